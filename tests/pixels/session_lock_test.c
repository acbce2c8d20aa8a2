/*
 * The session lock: what outputs show while the session is locked, who may lock and unlock it, and what lock surfaces
 * are told.
 */
#include "ext-session-lock-v1-client-protocol.h"
#include "locker.h"
#include "runner.h"
#include "stage.h"
#include <compositor/batch.h>
#include <compositor/compat.h>
#include <compositor/listener.h>
#include <compositor/monotonic.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <compositor/session_lock.h>
#include <stdio.h>
#include <string.h>
#include <wlr/backend/headless.h>
#include <wlr/types/wlr_output.h>

#define SIZE 96
#define PLACE 16 // position of the first window

struct desk {
	struct stage stage;
	struct window window, panel;
	struct picture picture, strip;
	struct image unlocked; // what the output shows
};

static void desk_init(struct desk *desk) {
	*desk = (struct desk){0};
	stage_init_tracking(&desk->stage, SIZE, SIZE);
	struct screen *screen = &desk->stage.screen;
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	picture_fill(&desk->picture, 1);
	picture_init(&desk->strip, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 8, 8, 32);
	picture_fill(&desk->strip, 2);
	window_init(&desk->window, screen, WINDOW_TOPLEVEL, 32, 32);
	window_commit(&desk->window, desk->picture.buffer);
	window_init(&desk->panel, screen, WINDOW_LAYER, 8, 8);
	window_commit(&desk->panel, desk->strip.buffer);
	stage_capture(&desk->stage, &desk->unlocked);
}

static void desk_finish(struct desk *desk) {
	image_finish(&desk->unlocked);
	window_finish(&desk->panel);
	window_finish(&desk->window);
	picture_finish(&desk->strip);
	picture_finish(&desk->picture);
	stage_finish(&desk->stage);
}

// The output must be black, except for the picture, if there is one.
static void expect_only(struct desk *desk, const struct picture *picture, const char *what) {
	struct image wanted, got;
	image_init(&wanted, SIZE, SIZE);
	if (picture != NULL) {
		picture_draw(picture, &wanted, 0, 0);
	}
	stage_capture(&desk->stage, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

static void expect_unlocked(struct desk *desk, const char *what) {
	struct image got;
	stage_capture(&desk->stage, &got);
	expect_image_of(&got, &desk->unlocked, what);
	image_finish(&got);
}

static struct output *get_output(struct desk *desk) {
	struct output *output = wl_container_of(desk->stage.server.compositor->desktop->outputs.next, output, link);
	return output;
}

TEST("session_lock@output-is-black-at-once-and-then-shows-only-the-lock-surface") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	locker_init(&locker, &desk.stage.server);
	expect_only(&desk, NULL, "before the locker draws");
	locker_show(&locker, 3);
	expect_only(&desk, &locker.picture, "the lock surface");
	// Neither changes of windows and panels nor new ones are shown.
	window_commit(&desk.window, desk.picture.buffer);
	window_commit(&desk.panel, desk.strip.buffer);
	struct window another, launcher;
	window_init(&another, &desk.stage.screen, WINDOW_FULLSCREEN, SIZE, SIZE);
	window_commit(&another, desk.picture.buffer);
	window_init(&launcher, &desk.stage.screen, WINDOW_LAYER, 8, 8);
	window_commit(&launcher, desk.strip.buffer);
	expect_only(&desk, &locker.picture, "the lock surface above new windows");
	window_finish(&another);
	window_finish(&launcher);
	locker_hide(&locker);
	expect_only(&desk, NULL, "without the lock surface");
	locker_unlock(&locker);
	expect_unlocked(&desk, "after the unlock");
	locker_finish(&locker);
	desk_finish(&desk);
}

// wlr_scene computes what is hidden later in a batch, and not at all if there are too many rectangles.
TEST("session_lock@output-is-black-at-once-whatever-the-scene-computes") {
	for (int i = 0; i < 2; i++) {
		struct desk desk;
		struct locker locker;
		desk_init(&desk);
		struct compositor *compositor = desk.stage.server.compositor;
		if (i == 0) {
			batch_expect(compositor, BATCH_VISITS_MAX);
			expect(compositor->batch->end != NULL);
		} else {
			scene_set_calculate_visibility(compositor->desktop->scene, false);
		}
		locker_init(&locker, &desk.stage.server);
		expect_only(&desk, NULL, "before the locker draws");
		locker_show(&locker, 3);
		expect_only(&desk, &locker.picture, "the lock surface");
		locker_unlock(&locker);
		expect_unlocked(&desk, "after the unlock");
		locker_finish(&locker);
		desk_finish(&desk);
	}
}

TEST("session_lock@unlock-with-a-lock-surface-shows-the-windows-again") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	for (uint32_t i = 0; i < 3; i++) {
		locker_init(&locker, &desk.stage.server);
		locker_show(&locker, 3 + i);
		expect_only(&desk, &locker.picture, "locked");
		locker_unlock(&locker);
		while (session_lock_is_locked(desk.stage.server.compositor)) {
			client_pump(&locker.screen.client, 20);
		}
		expect_unlocked(&desk, "unlocked");
		locker_finish(&locker);
	}
	desk_finish(&desk);
}

TEST("session_lock@locker-is-told-when-all-outputs-have-shown-it") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	struct compositor *compositor = desk.stage.server.compositor;
	expect(wlr_headless_add_output(compositor->backend, SIZE, SIZE) != NULL);
	client_roundtrip(&desk.stage.screen.client);
	struct output *first = get_output(&desk);
	struct output *second = wl_container_of(first->link.next, second, link);
	uint32_t commits = first->wlr->commit_seq;
	wl_notify_func_t draw = second->listeners.frame.notify;
	listener_remove(&second->listeners.frame);
	locker_init(&locker, &desk.stage.server);
	for (int i = 0; i < 50; i++) {
		client_pump(&locker.screen.client, 20);
	}
	expect(!first->lock.awaited && first->wlr->commit_seq > commits);
	expect(second->lock.awaited && !locker.locked);
	expect_only(&desk, NULL, "locked all the same");
	listener_add(&second->listeners.frame, &second->wlr->events.frame, draw);
	wlr_output_schedule_frame(second->wlr);
	locker_wait(&locker);
	expect(!second->lock.awaited);
	locker_unlock(&locker);
	locker_finish(&locker);
	desk_finish(&desk);
}

TEST("session_lock@output-that-is-disabled-or-destroyed-is-not-waited-for") {
	for (int i = 0; i < 2; i++) {
		struct desk desk;
		struct locker locker;
		desk_init(&desk);
		expect(wlr_headless_add_output(desk.stage.server.compositor->backend, SIZE, SIZE) != NULL);
		client_roundtrip(&desk.stage.screen.client);
		struct output *second = wl_container_of(get_output(&desk)->link.next, second, link);
		listener_remove(&second->listeners.frame);
		locker_init(&locker, &desk.stage.server);
		client_pump(&locker.screen.client, 100);
		client_pump(&locker.screen.client, 100);
		expect(second->lock.awaited && !locker.locked);
		if (i == 0) {
			wlr_output_destroy(second->wlr);
		} else {
			struct wlr_output_state state;
			wlr_output_state_init(&state);
			wlr_output_state_set_enabled(&state, false);
			expect(wlr_output_commit_state(second->wlr, &state));
			wlr_output_state_finish(&state);
		}
		locker_wait(&locker);
		locker_unlock(&locker);
		locker_finish(&locker);
		desk_finish(&desk);
	}
}

// Captures the last output that was added.
static void capture_last_output(struct desk *desk, struct image *image) {
	struct screen *screen = &desk->stage.screen;
	client_roundtrip(&screen->client);
	uint32_t name = 0;
	const struct client_global *global;
	wl_array_for_each(global, &screen->client.globals) {
		name = strcmp(global->interface, wl_output_interface.name) == 0 ? global->name : name;
	}
	struct wl_output *first = screen->output;
	screen->output = wl_registry_bind(screen->client.registry, name, &wl_output_interface, 3);
	screen_capture(screen, 0, 0, SIZE, SIZE, image);
	wl_output_release(screen->output);
	screen->output = first;
}

TEST("session_lock@output-that-appears-while-it-is-locked-is-black") {
	struct desk desk;
	struct locker locker;
	struct image wanted, got;
	desk_init(&desk);
	locker_init(&locker, &desk.stage.server);
	locker_show(&locker, 3);
	expect(wlr_headless_add_output(desk.stage.server.compositor->backend, SIZE, SIZE) != NULL);
	capture_last_output(&desk, &got);
	image_init(&wanted, SIZE, SIZE);
	expect_image_of(&got, &wanted, "the new output");
	image_finish(&got);
	expect_only(&desk, &locker.picture, "the first output");
	locker_unlock(&locker);
	capture_last_output(&desk, &got);
	expect_int(image_count_differences(&got, &wanted), >, 0); // the background
	image_finish(&got);
	image_finish(&wanted);
	locker_finish(&locker);
	desk_finish(&desk);
}

TEST("session_lock@stays-when-the-locker-dies-and-another-takes-over") {
	struct desk desk;
	struct locker first, second;
	desk_init(&desk);
	// Before and after it was told that the session is locked.
	for (int i = 0; i < 2; i++) {
		locker_init(&first, &desk.stage.server);
		if (i == 1) {
			locker_show(&first, 3);
		}
		locker_finish(&first);
		expect(session_lock_is_locked(desk.stage.server.compositor));
		expect_only(&desk, NULL, "after the locker has died");
	}
	locker_init(&second, &desk.stage.server);
	locker_show(&second, 4);
	expect_only(&desk, &second.picture, "the next locker");
	locker_unlock(&second);
	expect_unlocked(&desk, "unlocked by the next locker");
	locker_finish(&second);
	desk_finish(&desk);
}

TEST("session_lock@second-locker-is-refused-while-the-first-one-lives") {
	struct desk desk;
	struct locker first, second;
	desk_init(&desk);
	locker_init(&first, &desk.stage.server);
	locker_show(&first, 3);
	locker_init(&second, &desk.stage.server);
	expect(second.finished && !second.locked);
	// Its surfaces are inert.
	struct wl_surface *surface = wl_compositor_create_surface(second.screen.compositor);
	struct ext_session_lock_surface_v1 *inert =
			ext_session_lock_v1_get_lock_surface(second.lock, surface, second.screen.output);
	client_roundtrip(&second.screen.client);
	ext_session_lock_surface_v1_destroy(inert);
	wl_surface_destroy(surface);
	ext_session_lock_v1_destroy(second.lock);
	client_roundtrip(&second.screen.client);
	expect_only(&desk, &first.picture, "the first locker");
	locker_finish(&second);
	expect(session_lock_is_locked(desk.stage.server.compositor));
	locker_unlock(&first);
	expect_unlocked(&desk, "unlocked by the first locker");
	locker_finish(&first);
	desk_finish(&desk);
}

TEST("session_lock@cannot-be-ended-without-an-unlock") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	locker_init(&locker, &desk.stage.server);
	locker_wait(&locker);
	wl_proxy_marshal((struct wl_proxy *)locker.lock, EXT_SESSION_LOCK_V1_DESTROY);
	expect_protocol_error(
			&locker.screen.client, locker.lock, EXT_SESSION_LOCK_V1_ERROR_INVALID_DESTROY, "while locked");
	locker_finish(&locker);
	expect_only(&desk, NULL, "after the error");
	desk_finish(&desk);
}

static void set_mode(struct desk *desk, int32_t width, int32_t height, float scale) {
	struct output *output = get_output(desk);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_custom_mode(&state, width, height, 0);
	wlr_output_state_set_scale(&state, scale);
	expect(wlr_output_commit_state(output->wlr, &state));
	wlr_output_state_finish(&state);
}

TEST("session_lock@lock-surface-is-told-when-its-output-has-another-size-or-scale") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	locker_init(&locker, &desk.stage.server);
	locker_show(&locker, 3);
	expect_int(locker.configures, ==, 1);
	set_mode(&desk, SIZE / 2, SIZE, 1);
	client_roundtrip(&locker.screen.client);
	expect_int(locker.configures, ==, 2);
	expect(locker.width == SIZE / 2 && locker.height == SIZE);
	locker_draw(&locker, 4);
	set_mode(&desk, SIZE, SIZE, 2);
	client_roundtrip(&locker.screen.client);
	expect(locker.width == SIZE / 2 && locker.height == SIZE / 2);
	locker_draw(&locker, 5);
	set_mode(&desk, SIZE, SIZE, 1);
	client_roundtrip(&locker.screen.client);
	locker_draw(&locker, 6);
	expect_only(&desk, &locker.picture, "with the last size");
	locker_unlock(&locker);
	locker_finish(&locker);
	desk_finish(&desk);
}

TEST("session_lock@sizes-that-are-not-acknowledged-are-limited-and-the-last-one-is-sent-later") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	locker_init(&locker, &desk.stage.server);
	locker_show(&locker, 3);
	for (int i = 0; i < 100; i++) {
		set_mode(&desk, SIZE / 2 + i % 2, SIZE, 1);
		client_roundtrip(&locker.screen.client);
	}
	expect_int(locker.configures, ==, 1 + SESSION_LOCK_CONFIGURES_MAX);
	set_mode(&desk, SIZE, SIZE / 2, 1);
	locker_draw(&locker, 4);
	expect(locker.width == SIZE && locker.height == SIZE / 2);
	locker_finish(&locker);
	desk_finish(&desk);
}

// A locker that has acknowledged its first configure event, and neither of two later ones.
static void init_unacknowledged(struct desk *desk, struct locker *locker, uint32_t serials[3]) {
	desk_init(desk);
	locker_init(locker, &desk->stage.server);
	locker_show(locker, 3);
	for (int i = 0; i < 3; i++) {
		serials[i] = locker->serial;
		if (i < 2) {
			set_mode(desk, i == 0 ? SIZE / 2 : SIZE, SIZE, 1);
			client_roundtrip(&locker->screen.client);
			expect_int(locker->configures, ==, i + 2);
		}
	}
}

static void expect_invalid_serial(struct desk *desk, struct locker *locker, uint32_t serial) {
	char text[80];
	snprintf(text, sizeof(text), "serial %u", serial);
	expect_alive(&locker->screen.client);
	ext_session_lock_surface_v1_ack_configure(locker->lock_surface, serial);
	expect_protocol_error(
			&locker->screen.client, locker->lock_surface, EXT_SESSION_LOCK_SURFACE_V1_ERROR_INVALID_SERIAL, text);
	expect(session_lock_is_locked(desk->stage.server.compositor));
	locker_finish(locker);
	desk_finish(desk);
}

TEST("session_lock@acknowledged-serial-that-was-never-sent-is-invalid_serial") {
	struct desk desk;
	struct locker locker;
	uint32_t serials[3];
	init_unacknowledged(&desk, &locker, serials);
	expect_invalid_serial(&desk, &locker, serials[2] + 1000);
}

TEST("session_lock@acknowledged-serial-that-is-older-is-invalid_serial") {
	struct desk desk;
	struct locker locker;
	uint32_t serials[3];
	init_unacknowledged(&desk, &locker, serials);
	ext_session_lock_surface_v1_ack_configure(locker.lock_surface, serials[2]);
	expect_invalid_serial(&desk, &locker, serials[1]);
}

TEST("session_lock@serial-that-is-acknowledged-twice-is-invalid_serial") {
	struct desk desk;
	struct locker locker;
	uint32_t serials[3];
	init_unacknowledged(&desk, &locker, serials);
	ext_session_lock_surface_v1_ack_configure(locker.lock_surface, serials[1]);
	expect_invalid_serial(&desk, &locker, serials[1]);
}

TEST("session_lock@configure-events-may-be-acknowledged-in-turn-without-a-commit") {
	struct desk desk;
	struct locker locker;
	uint32_t serials[3];
	init_unacknowledged(&desk, &locker, serials);
	ext_session_lock_surface_v1_ack_configure(locker.lock_surface, serials[1]);
	locker_draw(&locker, 4);
	expect_only(&desk, &locker.picture, "the size that was acknowledged last");
	expect_invalid_serial(&desk, &locker, serials[0]);
}

// Each change hides or shows all windows, and their clients are told.
TEST("session_lock@locks-at-once-and-unlocks-at-a-limited-rate") {
	struct desk desk;
	struct locker locker;
	desk_init(&desk);
	struct compositor *compositor = desk.stage.server.compositor;
	locker_init(&locker, &desk.stage.server);
	int unlocks = 0;
	int64_t start = monotonic_msec();
	bool was_locked = true;
	while (unlocks < 4) {
		locker_wait(&locker);
		locker_unlock(&locker);
		for (int i = 0; i < 10; i++) {
			client_pump(&locker.screen.client, 5);
			unlocks += was_locked && !session_lock_is_locked(compositor);
			was_locked = session_lock_is_locked(compositor);
		}
		locker_finish(&locker);
		locker_init(&locker, &desk.stage.server);
		expect(session_lock_is_locked(compositor));
		was_locked = true;
	}
	expect_int(monotonic_msec() - start, >=, (unlocks - 1) * SESSION_LOCK_UNLOCK_MS - 1); // -1: both times are rounded
	locker_wait(&locker);
	locker_unlock(&locker);
	while (session_lock_is_locked(compositor)) {
		client_pump(&locker.screen.client, 20);
	}
	expect_unlocked(&desk, "in the end");
	locker_finish(&locker);
	desk_finish(&desk);
}

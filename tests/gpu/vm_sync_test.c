/*
 * Explicit synchronization, and what hostile clients can do with it. Each attack ends with a witness, another client
 * whose frames must go on and look right.
 */
#include "fence.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "picture.h"
#include "runner.h"
#include "screen.h"
#include "server.h"
#include "timeline.h"
#include "window.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include <compositor/account.h>
#include <compositor/clients.h>
#include <compositor/compat.h>
#include <compositor/object_limits.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 128 // of each window; the client's is at 0,0, and the witness' beside it
#define MANAGER "wp_linux_drm_syncobj_manager_v1"

struct party {
	struct screen screen;
	struct window window;
};

// What a client's process has of the protocol.
struct user {
	struct party party;
	struct zwp_linux_dmabuf_v1 *dmabufs;
	struct wp_linux_drm_syncobj_manager_v1 *manager;
	struct wp_linux_drm_syncobj_surface_v1 *sync;
	struct wp_linux_drm_syncobj_timeline_v1 *acquire, *release;
	struct drawing drawings[2];
};

struct fixture {
	struct server server;
	struct gpu gpu;
	struct timeline acquire, release;
	struct party witness;
	struct picture picture; // of the witness
	uint32_t frames;
	struct user user;
};

static void party_init(struct party *party, struct fixture *fixture) {
	screen_init(&party->screen, &fixture->server);
	window_init(&party->window, &party->screen, WINDOW_LAYER, SIZE, SIZE);
}

static struct wp_linux_drm_syncobj_timeline_v1 *import(struct user *user, const struct timeline *timeline) {
	int fd = timeline_export(timeline);
	struct wp_linux_drm_syncobj_timeline_v1 *imported =
			wp_linux_drm_syncobj_manager_v1_import_timeline(user->manager, fd);
	close(fd);
	return imported;
}

static void user_init(struct fixture *fixture) {
	struct user *user = &fixture->user;
	party_init(&user->party, fixture);
	struct client *client = &user->party.screen.client;
	user->dmabufs = client_bind(client, &zwp_linux_dmabuf_v1_interface, 3);
	user->manager = client_bind(client, &wp_linux_drm_syncobj_manager_v1_interface, 1);
	user->sync = wp_linux_drm_syncobj_manager_v1_get_surface(user->manager, user->party.window.surface);
	user->acquire = import(user, &fixture->acquire);
	user->release = import(user, &fixture->release);
	for (uint32_t i = 0; i < 2; i++) {
		drawing_init(&user->drawings[i], &fixture->gpu, user->dmabufs, SIZE);
		drawing_fill(&user->drawings[i], i + 1);
	}
	client_roundtrip(client);
}

// Also after the server has ended it.
static void user_finish(struct fixture *fixture) {
	struct user *user = &fixture->user;
	for (uint32_t i = 0; i < 2; i++) {
		drawing_finish(&user->drawings[i]);
	}
	wp_linux_drm_syncobj_timeline_v1_destroy(user->acquire);
	wp_linux_drm_syncobj_timeline_v1_destroy(user->release);
	if (user->sync != NULL) {
		wp_linux_drm_syncobj_surface_v1_destroy(user->sync);
	}
	wp_linux_drm_syncobj_manager_v1_destroy(user->manager);
	zwp_linux_dmabuf_v1_destroy(user->dmabufs);
	if (user->party.window.surface != NULL) {
		window_finish(&user->party.window);
	}
	screen_finish(&user->party.screen);
}

static void fixture_init(struct fixture *fixture) {
	*fixture = (struct fixture){0};
	const char *node = getenv("WLR_RENDER_DRM_DEVICE");
	if (getenv("LIDO_VM") == NULL || node == NULL) {
		skip("LIDO_VM is not set: run it by ./dev test --vm");
	}
	server_init_compositor(&fixture->server, 2 * SIZE, SIZE, NULL);
	party_init(&fixture->witness, fixture);
	if (!WLR_WAITS_FOR_TIMELINES) {
		expect(client_find_global(&fixture->witness.screen.client, MANAGER, NULL) == NULL);
		window_finish(&fixture->witness.window);
		screen_finish(&fixture->witness.screen);
		server_finish(&fixture->server);
		skip("this version of wlroots has no explicit synchronization, or a faulty one");
	}
	gpu_init(&fixture->gpu, node);
	timeline_init(&fixture->acquire, &fixture->gpu);
	timeline_init(&fixture->release, &fixture->gpu);
	zwlr_layer_surface_v1_set_margin(fixture->witness.window.layer_surface, 0, 0, 0, SIZE);
	picture_init(&fixture->picture, &fixture->witness.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE,
			SIZE * 4);
	user_init(fixture);
}

// The witness draws three frames, and sees each of them.
static void expect_witness(struct fixture *fixture) {
	struct window *window = &fixture->witness.window;
	for (int i = 0; i < 3; i++) {
		picture_fill(&fixture->picture, ++fixture->frames);
		window_commit(window, fixture->picture.buffer);
		window_show(window);
		struct image got, wanted;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&fixture->picture, &wanted, 0, 0);
		screen_capture(&fixture->witness.screen, SIZE, 0, SIZE, SIZE, &got);
		expect_image_of(&got, &wanted, "the witness");
		image_finish(&got);
		image_finish(&wanted);
	}
}

static void fixture_finish(struct fixture *fixture) {
	expect_witness(fixture);
	user_finish(fixture);
	expect_witness(fixture);
	picture_finish(&fixture->picture);
	window_finish(&fixture->witness.window);
	screen_finish(&fixture->witness.screen);
	server_finish(&fixture->server);
	timeline_finish(&fixture->acquire);
	timeline_finish(&fixture->release);
	gpu_finish(&fixture->gpu);
}

// The server has ended the user. Another one takes its place.
static void replace_user(struct fixture *fixture) {
	expect_witness(fixture);
	user_finish(fixture);
	user_init(fixture);
}

static void set_acquire(struct user *user, uint64_t point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			user->sync, user->acquire, (uint32_t)(point >> 32), (uint32_t)point);
}

static void set_release(struct user *user, uint64_t point) {
	wp_linux_drm_syncobj_surface_v1_set_release_point(
			user->sync, user->release, (uint32_t)(point >> 32), (uint32_t)point);
}

// Commits a drawing with the points of that number.
static void commit(struct fixture *fixture, int drawing, uint64_t point) {
	struct user *user = &fixture->user;
	set_acquire(user, point);
	set_release(user, point);
	window_commit(&user->party.window, user->drawings[drawing].buffer);
}

static void expect_shown(struct fixture *fixture, int drawing, const char *what) {
	struct image got, wanted;
	image_init(&wanted, SIZE, SIZE);
	image_draw(&wanted, 0, 0, DRM_FORMAT_XRGB8888, (const uint8_t *)fixture->user.drawings[drawing].pixels, SIZE, SIZE,
			SIZE * 4);
	screen_capture(&fixture->witness.screen, 0, 0, SIZE, SIZE, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&got);
	image_finish(&wanted);
}

// The runner's alarm ends endless waits.
static void wait_for_release(struct fixture *fixture, uint64_t point) {
	while (!timeline_is_signaled(&fixture->release, point)) {
		expect_witness(fixture);
	}
}

TEST("vm_sync@commit-waits-until-its-point-is-signaled") {
	struct fixture fixture;
	fixture_init(&fixture);
	timeline_signal(&fixture.acquire, 1);
	commit(&fixture, 0, 1);
	expect_shown(&fixture, 0, "a point that is signaled");
	commit(&fixture, 1, UINT64_C(1) << 33);
	commit(&fixture, 0, UINT64_C(2) << 33);
	commit(&fixture, 1, UINT64_C(3) << 33);
	expect_witness(&fixture);
	expect_shown(&fixture, 0, "while the second frame is drawn");
	timeline_signal(&fixture.acquire, UINT64_C(1) << 33);
	expect_witness(&fixture);
	expect_shown(&fixture, 1, "the second frame");
	timeline_signal(&fixture.acquire, UINT64_C(3) << 33);
	expect_witness(&fixture);
	expect_shown(&fixture, 1, "the last frame");
	fixture_finish(&fixture);
}

TEST("vm_sync@buffer-is-released-by-its-point") {
	struct fixture fixture;
	fixture_init(&fixture);
	timeline_signal(&fixture.acquire, 100);
	commit(&fixture, 1, 1);
	for (uint64_t point = 2; point < 6; point++) {
		expect_witness(&fixture);
		expect(!timeline_is_signaled(&fixture.release, point - 1));
		commit(&fixture, point % 2, point);
		expect_shown(&fixture, point % 2, "a frame");
		wait_for_release(&fixture, point - 1);
	}
	// Nor is the last one kept from the client when its window is gone.
	struct user *user = &fixture.user;
	wp_linux_drm_syncobj_surface_v1_destroy(user->sync);
	user->sync = NULL;
	window_finish(&user->party.window);
	client_roundtrip(&user->party.screen.client);
	wait_for_release(&fixture, 5);
	window_init(&user->party.window, &user->party.screen, WINDOW_LAYER, SIZE, SIZE);
	fixture_finish(&fixture);
}

// The point has a fence already: the client's GPU draws. That of the others need not wait for it.
TEST("vm_sync@commit-waits-until-the-gpu-has-drawn") {
	struct fixture fixture;
	struct fence fence;
	fixture_init(&fixture);
	timeline_signal(&fixture.acquire, 1);
	commit(&fixture, 0, 1);
	int file = fence_init_file(&fence);
	timeline_set_fence(&fixture.acquire, 2, file);
	commit(&fixture, 1, 2);
	expect_witness(&fixture);
	expect_shown(&fixture, 0, "while the GPU draws");
	fence_finish(&fence);
	expect_witness(&fixture);
	expect_shown(&fixture, 1, "what the GPU has drawn");
	close(file);
	fixture_finish(&fixture);
}

static size_t count_fds(const struct party *party) {
	return client_get_account(client_get_peer(&party->screen.client))->fds_len;
}

// Also while the compositor serves another client, or none.
TEST("vm_sync@fds-that-wait-count-on-their-client") {
	struct fixture fixture;
	fixture_init(&fixture);
	timeline_signal(&fixture.acquire, 2);
	for (uint64_t point = 1; point < 3; point++) {
		commit(&fixture, point % 2, point);
		expect_witness(&fixture);
	}
	size_t user = count_fds(&fixture.user.party), witness = count_fds(&fixture.witness);
	commit(&fixture, 0, 3);
	size_t one = count_fds(&fixture.user.party);
	expect_int(one, ==, user + 4); // two of wlroots for each commit, and two of Lido for the first
	commit(&fixture, 1, 4);
	expect_witness(&fixture);
	expect_int(count_fds(&fixture.user.party), ==, one + 2);
	timeline_signal(&fixture.acquire, 3);
	expect_witness(&fixture);
	expect_int(count_fds(&fixture.user.party), ==, one);
	expect_int(count_fds(&fixture.witness), ==, witness);
	timeline_signal(&fixture.acquire, 4);
	expect_witness(&fixture);
	expect_int(count_fds(&fixture.user.party), ==, user);
	fixture_finish(&fixture);
}

TEST("vm_sync@client-ends-and-surfaces-and-objects-go-while-commits-wait") {
	struct fixture fixture;
	fixture_init(&fixture);
	for (int round = 0; round < 4; round++) {
		struct user *user = &fixture.user;
		for (uint64_t point = 1; point < 20; point++) {
			commit(&fixture, point % 2, point);
		}
		if (round == 1) { // they wait no longer for the object
			wp_linux_drm_syncobj_surface_v1_destroy(user->sync);
			user->sync = NULL;
			client_roundtrip(&user->party.screen.client);
			timeline_signal(&fixture.acquire, 10);
			expect_witness(&fixture);
			user->sync = wp_linux_drm_syncobj_manager_v1_get_surface(user->manager, user->party.window.surface);
			commit(&fixture, 0, 30);
		} else if (round == 2) { // the object is without its surface
			window_finish(&user->party.window);
			client_roundtrip(&user->party.screen.client);
			window_init(&user->party.window, &user->party.screen, WINDOW_LAYER, SIZE, SIZE);
			expect_witness(&fixture);
		} else if (round == 3) { // all timelines are gone
			wp_linux_drm_syncobj_timeline_v1_destroy(user->acquire);
			wp_linux_drm_syncobj_timeline_v1_destroy(user->release);
			client_roundtrip(&user->party.screen.client);
			timeline_signal(&fixture.acquire, 100);
			expect_witness(&fixture);
			expect_shown(&fixture, 1, "the last frame");
			user->acquire = import(user, &fixture.acquire);
			user->release = import(user, &fixture.release);
		}
		expect_witness(&fixture);
		replace_user(&fixture);
		if (round < 3) {
			timeline_finish(&fixture.acquire);
			timeline_init(&fixture.acquire, &fixture.gpu);
			wp_linux_drm_syncobj_timeline_v1_destroy(user->acquire);
			user->acquire = import(user, &fixture.acquire);
		}
	}
	fixture_finish(&fixture);
}

TEST("vm_sync@commits-that-wait-without-end-end-the-client") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct user *user = &fixture.user;
	bool is_alive = true;
	for (uint64_t point = 1; point < 4096 && is_alive; point++) {
		set_acquire(user, point);
		set_release(user, point);
		wl_surface_attach(user->party.window.surface, user->drawings[0].buffer, 0, 0);
		wl_surface_commit(user->party.window.surface);
		if (point % 16 == 0) {
			is_alive = client_try_roundtrip(&user->party.screen.client);
		}
	}
	expect(!is_alive);
	expect_contains(user->party.screen.client.error, "too many");
	replace_user(&fixture);
	fixture_finish(&fixture);
}

TEST("vm_sync@timelines-reach-the-limit-and-no-more") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct user *user = &fixture.user;
	size_t max = object_limits_get("wp_linux_drm_syncobj_timeline_v1");
	struct wp_linux_drm_syncobj_timeline_v1 **timelines = calloc(max, sizeof(*timelines));
	expect(timelines != NULL && max > 2);
	for (size_t i = 2; i < max; i++) {
		timelines[i] = import(user, &fixture.acquire);
		if (i % 16 == 0) {
			client_roundtrip(&user->party.screen.client);
		}
	}
	expect_alive(&user->party.screen.client);
	timelines[0] = import(user, &fixture.acquire);
	expect_no_memory(&user->party.screen.client, "wp_linux_drm_syncobj_timeline_v1");
	for (size_t i = 0; i < max; i++) {
		if (timelines[i] != NULL) {
			wp_linux_drm_syncobj_timeline_v1_destroy(timelines[i]);
		}
	}
	free(timelines);
	replace_user(&fixture);
	fixture_finish(&fixture);
}

TEST("vm_sync@each-error-ends-its-client") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct user *user = &fixture.user;
	struct client *client = &user->party.screen.client;
	timeline_signal(&fixture.acquire, 100);

	// Shared memory.
	struct picture picture;
	picture_init(&picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	set_acquire(user, 1);
	set_release(user, 1);
	wl_surface_attach(user->party.window.surface, picture.buffer, 0, 0);
	wl_surface_commit(user->party.window.surface);
	expect_protocol_error(
			client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER, "zwp_linux_dmabuf_v1");
	picture_finish(&picture);
	replace_user(&fixture);

	struct wl_surface *surface = user->party.window.surface;
	wl_surface_attach(surface, user->drawings[0].buffer, 0, 0);
	set_release(user, 1);
	wl_surface_commit(surface);
	expect_protocol_error(client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT, "");
	replace_user(&fixture);

	surface = user->party.window.surface;
	wl_surface_attach(surface, user->drawings[0].buffer, 0, 0);
	set_acquire(user, 1000);
	wl_surface_commit(surface);
	expect_protocol_error(client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT, "");
	replace_user(&fixture);

	set_acquire(user, 1000);
	wl_surface_commit(user->party.window.surface);
	expect_protocol_error(client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER, "");
	replace_user(&fixture);

	surface = user->party.window.surface;
	wl_surface_attach(surface, user->drawings[0].buffer, 0, 0);
	set_acquire(user, 1000);
	wp_linux_drm_syncobj_surface_v1_set_release_point(user->sync, user->acquire, 0, 1000);
	wl_surface_commit(surface);
	expect_protocol_error(client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS, "");
	replace_user(&fixture);

	struct wp_linux_drm_syncobj_surface_v1 *second =
			wp_linux_drm_syncobj_manager_v1_get_surface(user->manager, user->party.window.surface);
	expect_protocol_error(client, user->manager, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS, "");
	wp_linux_drm_syncobj_surface_v1_destroy(second);
	replace_user(&fixture);

	int pipes[2];
	expect_int(pipe(pipes), ==, 0);
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
			wp_linux_drm_syncobj_manager_v1_import_timeline(user->manager, pipes[0]);
	expect_protocol_error(client, user->manager, WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE, "");
	wp_linux_drm_syncobj_timeline_v1_destroy(timeline);
	close(pipes[0]);
	close(pipes[1]);
	replace_user(&fixture);

	window_finish(&user->party.window);
	set_acquire(user, 1);
	expect_protocol_error(client, user->sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE, "");
	fixture_finish(&fixture);
}

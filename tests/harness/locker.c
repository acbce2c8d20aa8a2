#include "locker.h"
#include "ext-session-lock-v1-client-protocol.h"
#include "runner.h"

static void handle_locked(void *data, struct ext_session_lock_v1 *lock) {
	struct locker *locker = data;
	expect(!locker->locked && !locker->finished);
	locker->locked = true;
}

static void handle_finished(void *data, struct ext_session_lock_v1 *lock) {
	struct locker *locker = data;
	expect(!locker->finished);
	locker->finished = true;
}

static const struct ext_session_lock_v1_listener lock_listener = {
	.locked = handle_locked,
	.finished = handle_finished,
};

static void handle_configure(
		void *data, struct ext_session_lock_surface_v1 *surface, uint32_t serial, uint32_t width, uint32_t height) {
	struct locker *locker = data;
	locker->configured = true;
	locker->configures++;
	locker->serial = serial;
	locker->width = (int32_t)width;
	locker->height = (int32_t)height;
}

static const struct ext_session_lock_surface_v1_listener surface_listener = {
	.configure = handle_configure,
};

void locker_init(struct locker *locker, struct server *server) {
	*locker = (struct locker){0};
	screen_init(&locker->screen, server);
	locker->manager = client_bind(&locker->screen.client, &ext_session_lock_manager_v1_interface, 1);
	locker->lock = ext_session_lock_manager_v1_lock(locker->manager);
	ext_session_lock_v1_add_listener(locker->lock, &lock_listener, locker);
	client_roundtrip(&locker->screen.client);
}

void locker_wait(struct locker *locker) {
	expect(client_wait(&locker->screen.client, &locker->locked));
}

void locker_create_surface(struct locker *locker, struct wl_output *output) {
	locker->surface = wl_compositor_create_surface(locker->screen.compositor);
	locker->lock_surface = ext_session_lock_v1_get_lock_surface(locker->lock, locker->surface, output);
	ext_session_lock_surface_v1_add_listener(locker->lock_surface, &surface_listener, locker);
	locker->configured = false;
	expect(client_wait(&locker->screen.client, &locker->configured));
}

void locker_draw(struct locker *locker, uint32_t seed) {
	if (locker->shown) {
		picture_finish(&locker->picture);
	}
	locker->shown = true;
	picture_init(&locker->picture, &locker->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, locker->width,
			locker->height, locker->width * 4);
	picture_fill(&locker->picture, seed);
	ext_session_lock_surface_v1_ack_configure(locker->lock_surface, locker->serial);
	wl_surface_attach(locker->surface, locker->picture.buffer, 0, 0);
	wl_surface_damage_buffer(locker->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(locker->surface);
	client_roundtrip(&locker->screen.client);
}

void locker_show(struct locker *locker, uint32_t seed) {
	locker_wait(locker);
	locker_create_surface(locker, locker->screen.output);
	locker_draw(locker, seed);
}

void locker_hide(struct locker *locker) {
	ext_session_lock_surface_v1_destroy(locker->lock_surface);
	wl_surface_destroy(locker->surface);
	locker->surface = NULL;
	if (locker->shown) {
		picture_finish(&locker->picture);
		locker->shown = false;
	}
	client_roundtrip(&locker->screen.client);
}

void locker_unlock(struct locker *locker) {
	ext_session_lock_v1_unlock_and_destroy(locker->lock);
	locker->lock = NULL;
	client_roundtrip(&locker->screen.client);
}

void locker_finish(struct locker *locker) {
	if (locker->shown) {
		picture_finish(&locker->picture);
	}
	screen_finish(&locker->screen);
}

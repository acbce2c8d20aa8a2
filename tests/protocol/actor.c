#include "actor.h"
#include "runner.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ACTOR_FDS_MAX 28 // libwayland's own limit of a message

struct actor_picture {
	struct wl_list link; // actor.pictures
	struct pool_picture pool_picture;
	bool is_in_pool;
};

int64_t actor_now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

void actor_init(struct actor *actor, struct server *server) {
	*actor = (struct actor){.server = server};
	wl_array_init(&actor->fds);
	wl_list_init(&actor->pictures);
	screen_init_sparse(&actor->screen, server);
	actor->client = &actor->screen.client;
	client_init(&actor->other, server);
}

static void destroy_picture(struct actor_picture *picture) {
	if (picture->is_in_pool) {
		pool_picture_finish(&picture->pool_picture);
	} else {
		picture_finish(&picture->pool_picture.picture);
	}
	wl_list_remove(&picture->link);
	free(picture);
}

void actor_finish(struct actor *actor) {
	struct actor_picture *picture, *next;
	wl_list_for_each_safe(picture, next, &actor->pictures, link) {
		destroy_picture(picture);
	}
	if (actor->window.surface != NULL) {
		window_finish(&actor->window);
	}
	if (actor->surface != NULL) {
		wl_surface_destroy(actor->surface);
	}
	if (actor->pool.pool != NULL) {
		pool_client_finish(&actor->pool);
	}
	wl_display_flush(actor->client->display); // fds that are to be sent must not be closed before
	const int *fd;
	wl_array_for_each(fd, &actor->fds) {
		close(*fd);
	}
	wl_array_release(&actor->fds);
	client_finish(&actor->other);
	screen_finish(&actor->screen);
}

void actor_need(struct actor *actor, const char *interface, uint32_t version) {
	const struct client_global *global = client_find_global(actor->client, interface, NULL);
	if (global == NULL || global->version < version) {
		skip("no %s of version %u", interface, version);
	}
}

int actor_keep(struct actor *actor, int fd) {
	int *place = wl_array_add(&actor->fds, sizeof(fd));
	expect(fd >= 0 && place != NULL);
	*place = fd;
	return fd;
}

struct wl_shm_pool *actor_create_pool_in(
		struct actor *actor, enum file_kind kind, int64_t file_size, int32_t size, int *file) {
	*file = actor_keep(actor, file_create(kind, file_size));
	return wl_shm_create_pool(actor->client->shm, *file, size);
}

struct wl_shm_pool *actor_create_pool(struct actor *actor, enum file_kind kind, int32_t size) {
	int file;
	return actor_create_pool_in(actor, kind, size, size, &file);
}

struct wl_buffer *actor_create_buffer(struct wl_shm_pool *pool, int32_t offset, int32_t width, int32_t height) {
	return wl_shm_pool_create_buffer(pool, offset, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
}

void actor_send_raw(struct actor *actor, const void *data, size_t size, int fd, size_t fds_len) {
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(ACTOR_FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec vector = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	expect_int(fds_len, <=, ACTOR_FDS_MAX);
	if (fds_len > 0) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		control.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(fds_len * sizeof(int))};
		for (size_t i = 0; i < fds_len; i++) {
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(int));
		}
	}
	wl_display_flush(actor->client->display);
	// What is refused since the compositor has closed its end, or does not read, is part of its answer.
	sendmsg(wl_display_get_fd(actor->client->display), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static struct actor_picture *add_picture(struct actor *actor, bool is_in_pool) {
	struct actor_picture *picture = calloc(1, sizeof(*picture));
	expect(picture != NULL);
	picture->is_in_pool = is_in_pool;
	wl_list_insert(&actor->pictures, &picture->link);
	return picture;
}

struct picture *actor_create_picture(
		struct actor *actor, enum file_kind kind, uint32_t format, int32_t width, int32_t height, int32_t stride) {
	struct picture *picture = &add_picture(actor, false)->pool_picture.picture;
	picture_init(picture, actor->client, kind, format, width, height, stride);
	return picture;
}

struct picture *actor_create_window_picture(struct actor *actor, enum file_kind kind, uint32_t seed) {
	struct window *window = actor_get_sized_window(actor);
	struct picture *picture = actor_create_picture(actor, kind, WL_SHM_FORMAT_XRGB8888, window->configured_width,
			window->configured_height, window->configured_width * 4);
	picture_fill(picture, seed);
	return picture;
}

struct pool_client *actor_get_pool(struct actor *actor) {
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	if (actor->pool.pool == NULL) {
		pool_client_init(&actor->pool, actor->client, 0);
	}
	return &actor->pool;
}

struct pool_picture *actor_create_pool_picture(struct actor *actor, uint32_t seed) {
	struct pool_client *pool = actor_get_pool(actor);
	struct window *window = actor_get_sized_window(actor);
	struct pool_picture *picture = &add_picture(actor, true)->pool_picture;
	pool_picture_init(picture, pool, WL_SHM_FORMAT_XRGB8888, window->configured_width, window->configured_height,
			window->configured_width * 4);
	expect(picture->pixels != NULL);
	pool_picture_fill(picture, seed);
	return picture;
}

struct window *actor_get_window(struct actor *actor) {
	actor_need(actor, "wl_compositor", 5);
	actor_need(actor, "xdg_wm_base", 1);
	if (actor->window.surface == NULL) {
		window_init(&actor->window, &actor->screen, WINDOW_FULLSCREEN, 0, 0);
	}
	return &actor->window;
}

// Some compositors tell it only when there is something to show.
struct window *actor_get_sized_window(struct actor *actor) {
	struct window *window = actor_get_window(actor);
	if (window->configured_width > 0 && window->configured_height > 0) {
		return window;
	}
	struct wl_buffer *buffer = actor_create_buffer(actor_create_pool(actor, FILE_SEALED, 16384), 0, 64, 64);
	actor_commit(actor, buffer);
	int64_t end = actor_now() + ACTOR_PATIENCE;
	while (window->configured_width <= 0 || window->configured_height <= 0) {
		if (actor_now() > end || !client_pump(actor->client, 10)) {
			skip("no size is told for a window over the whole output");
		}
	}
	wl_buffer_destroy(buffer);
	return window;
}

struct wl_surface *actor_get_surface(struct actor *actor) {
	if (actor->screen.wm_base != NULL) {
		return actor_get_window(actor)->surface;
	}
	actor_need(actor, "wl_compositor", 5);
	if (actor->surface == NULL) {
		actor->surface = wl_compositor_create_surface(actor->screen.compositor);
	}
	return actor->surface;
}

void actor_commit(struct actor *actor, struct wl_buffer *buffer) {
	struct wl_surface *surface = actor_get_surface(actor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(surface);
}

void actor_expect_releases_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, int count) {
	int64_t end = actor_now() + ACTOR_PATIENCE;
	while (picture->releases < count) {
		if (!client_pump(actor->client, 10)) {
			return; // ended: the answer to the check says why
		}
		if (actor_now() > end) {
			expect_failed(file, line, "%d of %d release events came", picture->releases, count);
		}
	}
}

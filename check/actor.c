#include "actor.h"
#include "runner.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ACTOR_FDS_MAX 28 // libwayland's limit per message

struct actor_picture {
	struct wl_list link; // actor.pictures
	struct pool_picture pool_picture;
	bool is_in_pool;
};

struct actor_pool {
	struct wl_list link; // actor.pools
	struct pool_client pool;
};

struct actor_block {
	struct wl_list link; // actor.blocks
	struct pool_block block;
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
	wl_list_init(&actor->pools);
	wl_list_init(&actor->blocks);
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

// The pool objects destroy their blocks; only the memory of these structs remains.
static void finish_pools(struct actor *actor) {
	struct actor_pool *pool, *next_pool;
	wl_list_for_each_safe(pool, next_pool, &actor->pools, link) {
		if (pool->pool.pool != NULL) {
			pool_client_finish(&pool->pool);
		}
		free(pool);
	}
	if (actor->pool.pool != NULL) {
		pool_client_finish(&actor->pool);
	}
	struct actor_block *block, *next_block;
	wl_list_for_each_safe(block, next_block, &actor->blocks, link) {
		free(block);
	}
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
	finish_pools(actor);
	wl_display_flush(actor->client->display); // sends fds that are closed below
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
		skip("the compositor does not offer version %u of %s", version, interface);
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
	// Errors are ignored: if the compositor has closed its end or does not read, that is part of its answer.
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

static struct pool_client *add_pool(struct actor *actor) {
	struct actor_pool *pool = calloc(1, sizeof(*pool));
	expect(pool != NULL);
	wl_list_insert(&actor->pools, &pool->link);
	return &pool->pool;
}

struct pool_client *actor_add_pool(struct actor *actor, uint32_t reserve_max) {
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	struct pool_client *pool = add_pool(actor);
	pool_client_init(pool, actor->client, reserve_max);
	return pool;
}

struct pool_client *actor_add_private_pool(struct actor *actor, uint32_t reserve_max) {
	actor_need(actor, lido_shm_manager_v1_interface.name, LIDO_SHM_MANAGER_V1_GET_PRIVATE_POOL_SINCE_VERSION);
	struct pool_client *pool = add_pool(actor);
	pool_client_init_private(pool, actor->client, reserve_max);
	return pool;
}

struct pool_block *actor_create_block(struct actor *actor, struct pool_client *pool, uint32_t size) {
	struct actor_block *block = calloc(1, sizeof(*block));
	expect(block != NULL);
	wl_list_insert(&actor->blocks, &block->link);
	pool_block_init(&block->block, pool, size);
	return &block->block;
}

struct pool_block *actor_place_block_at(
		const char *file, int line, struct actor *actor, struct pool_client *pool, uint32_t size) {
	struct pool_block *block = actor_create_block(actor, pool, size);
	pool_block_expect_place_at(file, line, block);
	return block;
}

struct pool_block *actor_create_failed_block(struct actor *actor, uint32_t size) {
	expect_int(size, >, 4096);
	struct pool_block *block = actor_create_block(actor, actor_add_pool(actor, 4096), size);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	return block;
}

void actor_fill_block(const struct pool_block *block, uint32_t seed) {
	file_fill_memory(pool_block_get_data(block), 0, block->size, seed);
}

void actor_expect_filled_at(const char *file, int line, const uint8_t *data, size_t size, uint32_t seed) {
	uint8_t *wanted = malloc(size);
	expect(wanted != NULL);
	file_fill_memory(wanted, 0, size, seed);
	if (memcmp(data, wanted, size) != 0) {
		expect_failed(file, line, "expected memory to contain what was drawn there");
	}
	free(wanted);
}

void actor_expect_zeros_at(const char *file, int line, const uint8_t *data, size_t size) {
	for (size_t i = 0; i < size; i++) {
		if (data[i] != 0) {
			expect_failed(file, line, "expected zeros, got 0x%02x at byte %zu", data[i], i);
		}
	}
}

void actor_grow_file(const struct pool_area *area) {
	file_set_size(area->fd, file_get_size(area->fd) + 4096);
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

// Some compositors send the size only once the window has contents.
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
			skip("the compositor sends no size for a fullscreen window");
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

void actor_wait(struct actor *actor, int duration) {
	int64_t end = actor_now() + duration;
	while (actor_now() < end && client_pump(actor->client, 50)) {
		// pump until the time is over or the connection ends
	}
}

void actor_expect_releases_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, int count) {
	int64_t end = actor_now() + ACTOR_PATIENCE;
	while (picture->releases < count) {
		if (!client_pump(actor->client, 10)) {
			return; // disconnected: the answer to the rule says why
		}
		if (actor_now() > end) {
			expect_failed(file, line, "received %d of %d release events", picture->releases, count);
		}
	}
}

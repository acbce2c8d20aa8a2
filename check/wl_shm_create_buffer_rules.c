/*
 * wl_shm_pool.create_buffer: which buffers fit into a pool, and in which formats.
 */
#include "rule.h"
#include "sight.h"
#include <limits.h>
#include <unistd.h>

#define REQUEST "wl_shm_pool.create_buffer"
#define POOL_SIZE 65536

// Versions of the description differ in how this sentence goes on.
#define INVALID_STRIDE_CLAUSE "wl_shm.error: invalid size or stride during"
#define FORMAT_CLAUSE "must be one of those advertised through the wl_shm.format event"
#define GEOMETRY_CLAUSE "The buffer is created offset bytes into the pool and has width and height as specified."
#define STRIDE_CLAUSE "specifies the number of bytes from the beginning of one row to the beginning of the next."

static void create(
		struct actor *actor, int32_t offset, int32_t width, int32_t height, int32_t stride, uint32_t format) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, POOL_SIZE);
	wl_shm_pool_create_buffer(pool, offset, width, height, stride, format);
	actor_blame(actor, pool);
}

// Tries an 8x8 buffer in a new client, which must be disconnected.
static void expect_stride_refused(struct actor *actor, int32_t stride, uint32_t format) {
	struct client client;
	client_init(&client, actor->server);
	int fd = file_create(FILE_SEALED, POOL_SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(client.shm, fd, POOL_SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 8, 8, stride, format);
	expect_protocol_error(&client, pool, WL_SHM_ERROR_INVALID_STRIDE, "");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	client_finish(&client);
	close(fd);
}

#define REFUSED(name_, clause_, silent_, error, message, ...) \
	RULE(REQUEST "@" name_, .clause = (clause_), .silent = (silent_), .expected = {ERROR(wl_shm_pool, WL_SHM, error)}, \
			.lido_message = (message)) { \
		create(actor, __VA_ARGS__); \
	}

#define FITS(name_, clause_, silent_, ...) \
	RULE(REQUEST "@" name_, .clause = (clause_), .silent = (silent_), .expected = {ACCEPTED}) { \
		create(actor, __VA_ARGS__); \
	}

#define CREATE create
#define SIZE POOL_SIZE
#include "create_buffer_rules.h"

FITS("that-fills-the-pool", GEOMETRY_CLAUSE, NULL, 0, 128, 128, 512, ARGB)
FITS("one-row-of-the-whole-pool", GEOMETRY_CLAUSE, NULL, 0, POOL_SIZE / 4, 1, POOL_SIZE, ARGB)
FITS("one-column-of-the-whole-pool", GEOMETRY_CLAUSE, NULL, 0, 1, POOL_SIZE / 4, 4, WL_SHM_FORMAT_XRGB8888)

RULE("wl_shm_pool.create_buffer@two-pixels-in-eight-bytes", .clause = GEOMETRY_CLAUSE, .expected = {ACCEPTED}) {
	// tofi creates such buffers.
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_UNSEALABLE, 8);
	actor_create_buffer(pool, 0, 1, 1);
	actor_create_buffer(pool, 4, 1, 1);
}

RULE("wl_shm_pool.create_buffer@first-of-several-errors-counts", .clause = INVALID_STRIDE_CLAUSE,
		.expected = {ERROR(wl_shm_pool, WL_SHM, INVALID_STRIDE)}, .lido_message = "offset -1") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, POOL_SIZE);
	actor_create_buffer(pool, -1, 8, 8);
	wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, 99);
	actor_create_buffer(pool, 0, 8, 8);
	wl_shm_pool_resize(pool, 1);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.create_buffer@buffers-may-overlap", .clause = GEOMETRY_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, POOL_SIZE);
	for (int i = 0; i < 20; i++) {
		actor_create_buffer(pool, i * 100, 64, 64);
	}
}

RULE("wl_shm_pool.create_buffer@format-that-is-known-but-not-offered-is-refused", .clause = FORMAT_CLAUSE,
		.expected = {ERROR(wl_shm_pool, WL_SHM, INVALID_FORMAT)}, .lido_message = "not offered") {
	static const uint32_t candidates[] = {WL_SHM_FORMAT_C8, WL_SHM_FORMAT_AYUV, WL_SHM_FORMAT_RGB332,
		WL_SHM_FORMAT_BGR233, WL_SHM_FORMAT_NV42, WL_SHM_FORMAT_YUV410};
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		const uint32_t *offered;
		bool is_offered = false;
		wl_array_for_each(offered, &actor->client->formats) {
			is_offered = is_offered || *offered == candidates[i];
		}
		if (!is_offered) {
			create(actor, 0, 8, 8, 32, candidates[i]);
			return;
		}
	}
	skip("the compositor offers every format that was tried");
}

RULE("wl_shm_pool.create_buffer@every-offered-format", .clause = FORMAT_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, POOL_SIZE);
	const uint32_t *format;
	wl_array_for_each(format, &actor->client->formats) {
		// 48 bytes are a whole number of pixels in each format.
		wl_buffer_destroy(wl_shm_pool_create_buffer(pool, 0, 6, 6, 48, *format));
		if (!client_try_roundtrip(actor->client)) {
			printf("format 0x%x\n", *format);
			return;
		}
	}
}

RULE("wl_shm_pool.create_buffer@every-offered-format-is-shown", .clause = FORMAT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct window *window = actor_get_sized_window(actor);
	const uint32_t *format;
	int bytes;
	size_t known = 0;
	wl_array_for_each(format, &actor->client->formats) {
		uint32_t drm = *format == WL_SHM_FORMAT_ARGB8888   ? 0x34325241
					   : *format == WL_SHM_FORMAT_XRGB8888 ? 0x34325258
														   : *format;
		char what[32];
		snprintf(what, sizeof(what), "format 0x%08x", *format);
		if (image_knows_format(drm, &bytes)) {
			int32_t stride = (window->configured_width * bytes + 3) / 4 * 4;
			struct picture *picture = actor_create_picture(
					actor, FILE_SEALED, *format, window->configured_width, window->configured_height, stride);
			picture_fill(picture, *format);
			actor_commit(actor, picture->buffer);
			sight_expect_shown(actor, picture, what);
			known++;
		}
	}
	expect_int(known, >=, 2);
}

RULE("wl_shm_pool.create_buffer@offset-and-stride-are-shown", .clause = STRIDE_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct window *window = actor_get_sized_window(actor);
	int32_t stride = window->configured_width * 4 + 52;
	struct picture *picture = actor_create_picture(
			actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, window->configured_width, window->configured_height, stride);
	picture_fill(picture, 5);
	// The same pixels at an offset in another file: a picture always starts at the start of its file.
	int32_t size = stride * picture->height, offset = 4100, file_size = offset + size;
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, file_size, file_size, &file);
	file_write(file, offset, picture->data, (size_t)size);
	actor_commit(actor,
			wl_shm_pool_create_buffer(pool, offset, picture->width, picture->height, stride, WL_SHM_FORMAT_XRGB8888));
	sight_expect_shown(actor, picture, "offset 4100, padded rows");
}

RULE("wl_shm_pool.create_buffer@pool-may-be-destroyed-at-once",
		.clause = "so it is valid to destroy the pool immediately after creating a buffer from it.",
		.expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, POOL_SIZE);
	struct wl_buffer *buffer = actor_create_buffer(pool, 0, 64, 64);
	wl_shm_pool_destroy(pool);
	actor_commit(actor, buffer);
}

RULE("wl_shm_pool.create_buffer@buffer-of-a-destroyed-pool-is-shown",
		.clause = "A buffer will keep a reference to the pool it was created from", .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALABLE, 6);
	wl_shm_pool_destroy(picture->pool);
	picture->pool = NULL;
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "without its pool");
}

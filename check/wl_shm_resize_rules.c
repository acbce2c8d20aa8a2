/*
 * wl_shm_pool.resize and destroy, also while buffers of the pool are in use.
 */
#include "rule.h"
#include "sight.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define BIGGER_CLAUSE "This request can only be used to make the pool bigger."
// Versions of the description differ in how this sentence goes on.
#define INVALID_SIZE_CLAUSE "wl_shm.error: invalid size or stride during"
#define REMAP_CLAUSE "This request will cause the server to remap the backing memory for the pool"
#define FILE_CLAUSE "does not touch the file corresponding to the file descriptor passed at creation time"
#define DESTROY_CLAUSE \
	"The mmapped memory will be released when all buffers that have been created from this pool are gone."

// The description does not name the error, and compositors differ.
#define REFUSED {ERROR(wl_shm_pool, WL_SHM, INVALID_FD), ERROR(wl_shm_pool, WL_SHM, INVALID_STRIDE)}

RULE("wl_shm_pool.resize@smaller-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "shrinking from 8192") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
	wl_shm_pool_resize(pool, 4096);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@one-byte-smaller-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "shrinking from 8192") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
	wl_shm_pool_resize(pool, 8191);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@to-minus-one-byte-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "size -1") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
	wl_shm_pool_resize(pool, -1);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@to-no-bytes-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "size 0") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
	wl_shm_pool_resize(pool, 0);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@to-less-than-no-bytes-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "size -2147483648") {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
	wl_shm_pool_resize(pool, INT32_MIN);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@smaller-than-since-grown-is-refused", .clause = BIGGER_CLAUSE, .expected = REFUSED,
		.lido_message = "from 16384") {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 16384, 4096, &file);
	wl_shm_pool_resize(pool, 16384);
	client_roundtrip(actor->client);
	wl_shm_pool_resize(pool, 8192);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@to-the-same-size", .clause = BIGGER_CLAUSE, .silent = "the pool does not shrink",
		.expected = {ACCEPTED}) {
	wl_shm_pool_resize(actor_create_pool(actor, FILE_SEALED, 8192), 8192);
}

RULE("wl_shm_pool.resize@buffers-fit-into-what-is-new", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 16384, 4096, &file);
	wl_shm_pool_resize(pool, 16384);
	actor_create_buffer(pool, 4096, 32, 96);
}

RULE("wl_shm_pool.resize@buffers-must-not-exceed-what-is-new", .clause = INVALID_SIZE_CLAUSE,
		.expected = {ERROR(wl_shm_pool, WL_SHM, INVALID_STRIDE)}, .lido_message = "beyond pool size 16384") {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 65536, 4096, &file);
	wl_shm_pool_resize(pool, 16384);
	actor_create_buffer(pool, 4096, 32, 97);
	actor_blame(actor, pool);
}

RULE("wl_shm_pool.resize@file-that-has-grown-since", .clause = FILE_CLAUSE, .expected = {ACCEPTED}) {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int file;
		if (kind == FILE_SEALED_FAST) {
			continue; // cannot grow
		}
		struct wl_shm_pool *pool = actor_create_pool_in(actor, kind, 4096, 4096, &file);
		client_roundtrip(actor->client);
		file_set_size(file, 65536);
		wl_shm_pool_resize(pool, 65536);
		actor_commit(actor, actor_create_buffer(pool, 61440, 32, 32));
		client_roundtrip(actor->client);
	}
}

#define BEYOND_FILE "mmap() accepts it, as with create_pool"

RULE("wl_shm_pool.resize@beyond-the-file-while-nothing-lies-there", .clause = FILE_CLAUSE, .silent = BEYOND_FILE,
		.expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 4096);
	wl_shm_pool_resize(pool, 1 << 20);
	actor_commit(actor, actor_create_buffer(pool, 0, 32, 32));
}

#define BEYOND_FILE_RULES(name_, kind) \
	RULE("wl_shm_pool.resize@to-any-size-beyond-" name_, .clause = FILE_CLAUSE, .silent = BEYOND_FILE, \
			.expected = {ACCEPTED}) { \
		struct wl_shm_pool *pool = actor_create_pool(actor, kind, 4096); \
		wl_shm_pool_resize(pool, 4096); \
		wl_shm_pool_resize(pool, 4097); \
		wl_shm_pool_resize(pool, INT32_MAX); \
	} \
	RULE("wl_shm_pool.resize@buffer-beyond-" name_, .clause = FILE_CLAUSE, .silent = BEYOND_FILE, \
			.expected = {ACCEPTED}) { \
		struct wl_shm_pool *pool = actor_create_pool(actor, kind, 4096); \
		wl_shm_pool_resize(pool, 8192); \
		actor_create_buffer(pool, 4096, 32, 32); \
	}

BEYOND_FILE_RULES("a-sealable-memfd", FILE_SEALABLE)
BEYOND_FILE_RULES("a-memfd-sealed-against-shrinking", FILE_SEALED)
BEYOND_FILE_RULES("a-memfd-with-every-size-seal", FILE_SEALED_FAST)
BEYOND_FILE_RULES("an-unsealable-memfd", FILE_UNSEALABLE)
BEYOND_FILE_RULES("a-file-in-the-runtime-directory", FILE_RUNTIME_DIR)
BEYOND_FILE_RULES("a-shm_open-object", FILE_SHM_OPEN)

RULE("wl_shm_pool.resize@to-the-most-of-all-sizes", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALABLE, INT64_C(1) << 31, 4096, &file);
	wl_shm_pool_resize(pool, INT32_MAX);
	actor_create_buffer(pool, INT32_MAX - 4095 - 3, 32, 32);
}

RULE("wl_shm_pool.resize@two-hundred-times", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 201 * 4096, 4096, &file);
	for (int i = 1; i <= 200; i++) {
		wl_shm_pool_resize(pool, (i + 1) * 4096);
		actor_create_buffer(pool, i * 4096, 32, 32);
	}
}

RULE("wl_shm_pool.resize@as-a-cursor-theme-grows", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	// libwayland-cursor doubles its file and its pool, and keeps its buffers.
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 2304, 2304, &file);
	int32_t size = 2304, used = 0;
	for (int i = 0; i < 27; i++) {
		if (used + 9216 > size) {
			size = 2 * size + 9216;
			file_set_size(file, size);
			wl_shm_pool_resize(pool, size);
		}
		actor_create_buffer(pool, used, 48, 48);
		used += 9216;
	}
}

RULE("wl_shm_pool.resize@as-a-cursor-theme-doubles", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	// The file of libwayland-cursor starts with 2304 bytes and doubles eight times. Its buffers outlive the pool.
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALABLE, 2304, 2304, &file);
	struct wl_buffer *images[9];
	int32_t size = 2304;
	for (int i = 0; i < 9; i++, size *= 2) {
		file_set_size(file, size);
		wl_shm_pool_resize(pool, size);
		images[i] = actor_create_buffer(pool, size - 2304, 24, 24);
	}
	client_roundtrip(actor->client);
	wl_shm_pool_destroy(pool);
	for (int i = 0; i < 9; i++) {
		wl_buffer_destroy(images[i]);
	}
}

RULE("wl_shm_pool.resize@shown-buffer-stays-right", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 3);
	int32_t size = picture->stride * picture->height;
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "before");
	file_set_size(picture->fd, 2 * (int64_t)size);
	wl_shm_pool_resize(picture->pool, 2 * size);
	client_roundtrip(actor->client);
	sight_expect_shown(actor, picture, "after the pool has grown");
	picture_fill(picture, 4);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "drawn anew after that");
}

RULE("wl_shm_pool.resize@buffer-in-what-is-new-is-shown", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALABLE, 5);
	int32_t size = picture->stride * picture->height;
	actor_commit(actor, picture->buffer);
	file_set_size(picture->fd, 2 * (int64_t)size);
	file_write(picture->fd, size, picture->data, (size_t)size);
	file_fill(picture->fd, 0, (size_t)size, 6);
	wl_shm_pool_resize(picture->pool, 2 * size);
	actor_commit(actor, actor_create_buffer(picture->pool, size, picture->width, picture->height));
	sight_expect_shown(actor, picture, "in the second half");
}

RULE("wl_shm_pool.resize@after-the-client-has-closed-the-file", .clause = REMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file = file_create(FILE_SEALED, 65536);
	struct wl_shm_pool *pool = wl_shm_create_pool(actor->client->shm, file, 4096);
	wl_display_flush(actor->client->display);
	close(file);
	wl_shm_pool_resize(pool, 65536);
	actor_commit(actor, actor_create_buffer(pool, 61440, 32, 32));
}

RULE("wl_shm_pool.destroy@at-once", .clause = "Destroy the shared memory pool.", .expected = {ACCEPTED}) {
	wl_shm_pool_destroy(actor_create_pool(actor, FILE_SEALED, 4096));
}

RULE("wl_shm_pool.destroy@before-its-buffers", .clause = DESTROY_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_UNSEALABLE, 65536);
	struct wl_buffer *buffers[16];
	for (int i = 0; i < 16; i++) {
		buffers[i] = actor_create_buffer(pool, i * 4096, 32, 32);
	}
	wl_shm_pool_destroy(pool);
	client_roundtrip(actor->client);
	for (int i = 0; i < 16; i++) {
		wl_buffer_destroy(buffers[i * 5 % 16]);
	}
}

RULE("wl_shm_pool.destroy@after-its-buffers", .clause = DESTROY_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 65536);
	for (int i = 0; i < 16; i++) {
		wl_buffer_destroy(actor_create_buffer(pool, i * 4096, 32, 32));
	}
	wl_shm_pool_destroy(pool);
}

RULE("wl_shm_pool.destroy@other-pools-of-the-same-file-go-on", .clause = DESTROY_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 7);
	for (int i = 0; i < 5; i++) {
		wl_shm_pool_destroy(wl_shm_create_pool(actor->client->shm, picture->fd, picture->stride * picture->height));
	}
	client_roundtrip(actor->client);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "after other pools were destroyed");
}

RULE("wl_shm_pool.destroy@while-a-buffer-is-shown", .clause = DESTROY_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 8);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "before");
	wl_shm_pool_destroy(picture->pool);
	picture->pool = NULL;
	picture_fill(picture, 9);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "drawn anew without its pool");
}

/*
 * wl_shm.create_pool: which sizes and which kinds of files are accepted.
 */
#include "rule.h"
#include "sight.h"
#include <fcntl.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// Versions of the description differ in how this sentence goes on.
#define INVALID_SIZE_CLAUSE "wl_shm.error: invalid size or stride during"
#define INVALID_FD_CLAUSE "wl_shm.error: mmapping the file descriptor failed"
#define MMAP_CLAUSE \
	"The server will mmap size bytes of the passed file descriptor, to use as backing memory for the pool."

static void create(struct actor *actor, int fd, int32_t size) {
	wl_shm_create_pool(actor->client->shm, actor_keep(actor, fd), size);
	actor_blame(actor, actor->client->shm);
}

RULE("wl_shm.create_pool@no-bytes-are-refused", .clause = INVALID_SIZE_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_STRIDE)}, .lido_message = "size 0") {
	create(actor, file_create(FILE_SEALED, 4096), 0);
}

RULE("wl_shm.create_pool@less-than-no-bytes-is-refused", .clause = INVALID_SIZE_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_STRIDE)}, .lido_message = "size -1") {
	create(actor, file_create(FILE_SEALED, 4096), -1);
}

RULE("wl_shm.create_pool@least-of-all-sizes-is-refused", .clause = INVALID_SIZE_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_STRIDE)}, .lido_message = "size -2147483648") {
	create(actor, file_create(FILE_SEALED, 4096), INT32_MIN);
}

RULE("wl_shm.create_pool@one-byte", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	create(actor, file_create(FILE_SEALED, 4096), 1);
}

RULE("wl_shm.create_pool@most-of-all-sizes", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	create(actor, file_create(FILE_SEALABLE, INT64_C(1) << 31), INT32_MAX);
}

RULE("wl_shm.create_pool@size-that-is-no-whole-page", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	create(actor, file_create(FILE_SEALED, 4097), 4097);
}

#define FILE_RULE(name_, kind, mode, silent_) \
	RULE("wl_shm.create_pool@" name_, .clause = MMAP_CLAUSE, .silent = (silent_), .expected = {ACCEPTED}) { \
		int file = actor_keep(actor, file_create(kind, 4096)); \
		create(actor, file_reopen(file, mode), 4096); \
	}

FILE_RULE("sealable-memfd", FILE_SEALABLE, O_RDWR, NULL)
FILE_RULE("memfd-sealed-against-shrinking", FILE_SEALED, O_RDWR, NULL)
FILE_RULE("memfd-with-every-size-seal", FILE_SEALED_FAST, O_RDWR, NULL)
FILE_RULE("unsealable-memfd", FILE_UNSEALABLE, O_RDWR, NULL)
FILE_RULE("file-in-the-runtime-directory", FILE_RUNTIME_DIR, O_RDWR, NULL)
FILE_RULE("shm_open-object", FILE_SHM_OPEN, O_RDWR, NULL)

#define READ_ONLY "a server only needs to read; to write captures into the file is the choice of the client"
FILE_RULE("read-only-fd-of-a-memfd", FILE_SEALABLE, O_RDONLY, READ_ONLY)
FILE_RULE("read-only-fd-of-a-sealed-memfd", FILE_SEALED, O_RDONLY, READ_ONLY)
FILE_RULE("read-only-fd-of-a-file", FILE_RUNTIME_DIR, O_RDONLY, READ_ONLY)
FILE_RULE("read-only-fd-of-a-memfd-with-every-size-seal", FILE_SEALED_FAST, O_RDONLY, READ_ONLY)
FILE_RULE("read-only-fd-of-an-unsealable-memfd", FILE_UNSEALABLE, O_RDONLY, READ_ONLY)
FILE_RULE("read-only-fd-of-a-shm_open-object", FILE_SHM_OPEN, O_RDONLY, READ_ONLY)

RULE("wl_shm.create_pool@memfd-sealed-against-writing", .clause = MMAP_CLAUSE, .silent = READ_ONLY,
		.expected = {ACCEPTED}) {
	create(actor, file_create_sealed(4096, F_SEAL_SHRINK | F_SEAL_WRITE), 4096);
}

RULE("wl_shm.create_pool@memfd-sealed-against-further-writing", .clause = MMAP_CLAUSE, .silent = READ_ONLY,
		.expected = {ACCEPTED}) {
	create(actor, file_create_sealed(4096, F_SEAL_FUTURE_WRITE), 4096);
}

RULE("wl_shm.create_pool@write-only-fd-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "cannot be read") {
	int file = actor_keep(actor, file_create(FILE_SEALABLE, 4096));
	create(actor, file_reopen(file, O_WRONLY), 4096);
}

RULE("wl_shm.create_pool@fd-of-a-path-alone-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	int file = actor_keep(actor, file_create(FILE_RUNTIME_DIR, 4096));
	create(actor, file_reopen(file, O_PATH), 4096);
}

RULE("wl_shm.create_pool@pipe-is-refused", .clause = INVALID_FD_CLAUSE, .expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)},
		.lido_message = "invalid fd") {
	int fds[2];
	expect_int(pipe2(fds, O_CLOEXEC), ==, 0);
	actor_keep(actor, fds[1]);
	create(actor, fds[0], 4096);
}

RULE("wl_shm.create_pool@socket-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	create(actor, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), 4096);
}

RULE("wl_shm.create_pool@eventfd-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	create(actor, eventfd(0, EFD_CLOEXEC), 4096);
}

RULE("wl_shm.create_pool@directory-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	create(actor, open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC), 4096);
}

RULE("wl_shm.create_pool@device-that-cannot-be-mapped-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	create(actor, open("/dev/null", O_RDWR | O_CLOEXEC), 4096);
}

RULE("wl_shm.create_pool@device-that-can-be-mapped-is-refused", .clause = INVALID_FD_CLAUSE,
		.silent = "a device is not shared memory, and its driver controls its mappings",
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "invalid fd") {
	create(actor, open("/dev/zero", O_RDWR | O_CLOEXEC), 4096);
}

RULE("wl_shm.create_pool@file-of-procfs-is-refused", .clause = INVALID_FD_CLAUSE,
		.expected = {ERROR(wl_shm, WL_SHM, INVALID_FD)}, .lido_message = "file system") {
	create(actor, open("/proc/self/maps", O_RDONLY | O_CLOEXEC), 4096);
}

#define SIZE_SET_LATER "mmap() accepts it, and some clients set the size of their file later"

RULE("wl_shm.create_pool@file-that-is-still-empty", .clause = MMAP_CLAUSE, .silent = SIZE_SET_LATER,
		.expected = {ACCEPTED}) {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALABLE, 0, 4096, &file);
	client_roundtrip(actor->client);
	file_set_size(file, 4096);
	actor_commit(actor, actor_create_buffer(pool, 0, 32, 32));
}

RULE("wl_shm.create_pool@file-that-is-shorter", .clause = MMAP_CLAUSE, .silent = SIZE_SET_LATER,
		.expected = {ACCEPTED}) {
	int file;
	actor_create_pool_in(actor, FILE_SEALED, 4096, 1 << 20, &file);
}

#define EMPTY_FILE_RULE(name_, kind) \
	RULE("wl_shm.create_pool@most-of-all-sizes-of-an-empty-" name_, .clause = MMAP_CLAUSE, .silent = SIZE_SET_LATER, \
			.expected = {ACCEPTED}) { \
		int file; \
		actor_create_buffer(actor_create_pool_in(actor, kind, 0, INT32_MAX, &file), 0, 32, 32); \
	}

EMPTY_FILE_RULE("sealable-memfd", FILE_SEALABLE)
EMPTY_FILE_RULE("memfd-sealed-against-shrinking", FILE_SEALED)
EMPTY_FILE_RULE("memfd-with-every-size-seal", FILE_SEALED_FAST)
EMPTY_FILE_RULE("unsealable-memfd", FILE_UNSEALABLE)
EMPTY_FILE_RULE("file-in-the-runtime-directory", FILE_RUNTIME_DIR)
EMPTY_FILE_RULE("shm_open-object", FILE_SHM_OPEN)

RULE("wl_shm.create_pool@file-that-is-larger", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file;
	actor_create_pool_in(actor, FILE_SEALED_FAST, 1 << 20, 4096, &file);
}

RULE("wl_shm.create_pool@fd-closed-at-once", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 1);
	wl_display_flush(actor->client->display);
	close(picture->fd);
	picture->fd = -1;
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "after its fd was closed");
}

RULE("wl_shm.create_pool@same-fd-many-times", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	int file = actor_keep(actor, file_create(FILE_SEALED, 4096));
	for (int i = 0; i < 10; i++) {
		struct wl_shm_pool *pool = wl_shm_create_pool(actor->client->shm, file, 4096);
		actor_create_buffer(pool, 0, 32, 32);
	}
}

RULE("wl_shm.create_pool@thousand-one-after-another", .clause = MMAP_CLAUSE, .expected = {ACCEPTED}) {
	for (int i = 0; i < 1000; i++) {
		int file = file_create(i % FILE_KINDS_LEN, 4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(actor->client->shm, file, 4096);
		struct wl_buffer *buffer = actor_create_buffer(pool, 0, 32, 32);
		wl_buffer_destroy(buffer);
		wl_shm_pool_destroy(pool);
		if (i % 20 == 0) {
			client_roundtrip(actor->client);
		}
		wl_display_flush(actor->client->display);
		close(file);
	}
}

#define SHOWN_RULE(name_, kind, mode, silent_) \
	RULE("wl_shm.create_pool@" name_ "-is-shown", .clause = MMAP_CLAUSE, .silent = (silent_), \
			.expected = {ACCEPTED}) { \
		sight_need(actor); \
		struct picture *picture = actor_create_window_picture(actor, kind, 2); \
		int32_t size = picture->stride * picture->height; \
		int fd = actor_keep(actor, file_reopen(picture->fd, mode)); \
		struct wl_shm_pool *pool = wl_shm_create_pool(actor->client->shm, fd, size); \
		actor_commit(actor, actor_create_buffer(pool, 0, picture->width, picture->height)); \
		sight_expect_shown(actor, picture, file_kind_names[kind]); \
	}

SHOWN_RULE("sealable-memfd", FILE_SEALABLE, O_RDWR, NULL)
SHOWN_RULE("memfd-sealed-against-shrinking", FILE_SEALED, O_RDWR, NULL)
SHOWN_RULE("memfd-with-every-size-seal", FILE_SEALED_FAST, O_RDWR, NULL)
SHOWN_RULE("unsealable-memfd", FILE_UNSEALABLE, O_RDWR, NULL)
SHOWN_RULE("file-in-the-runtime-directory", FILE_RUNTIME_DIR, O_RDWR, NULL)
SHOWN_RULE("shm_open-object", FILE_SHM_OPEN, O_RDWR, NULL)
SHOWN_RULE("read-only-fd", FILE_SEALED, O_RDONLY, READ_ONLY)

/*
 * Hostile clients: they take memory away while it is in use, or use up resources. Whatever happens to them, the
 * compositor must go on serving others. Each rule tests this with a client that was already connected, most also with a
 * new one.
 */
#include "rule.h"
#include "server.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILE_CLAUSE \
	"wl_shm_pool.resize: It is the client's responsibility to ensure that the file is at least as big as the new pool " \
	"size."
#define MEMORY_CLAUSE "wl_display.error: server is out of memory"
#define MALFORMED_CLAUSE "wl_display.error: method doesn't exist on the specified interface or malformed request"

#define FOR_OTHERS "no client may use up resources that others need"

// Somewhat more pools, files and connections than a process can have.
#define MANY 70000

#define WITHIN_LIMITS {ACCEPTED, ERROR(wl_display, WL_DISPLAY, NO_MEMORY), ERROR(wl_shm, WL_SHM, INVALID_FD), CLOSED}

// A new client must be able to connect, and to create a pool and a buffer.
static void expect_newcomer_served(struct actor *actor) {
	struct client newcomer;
	if (!client_try_init(&newcomer, actor->server)) {
		fail("a new client was refused: %s", newcomer.error);
	}
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(newcomer.shm, fd, 4096);
	struct wl_buffer *buffer = actor_create_buffer(pool, 0, 32, 32);
	if (!client_try_roundtrip(&newcomer)) {
		fail("a new client was disconnected: %s", newcomer.error);
	}
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	client_finish(&newcomer);
	close(fd);
}

#define TRUNCATED_RULES(name_, kind) \
	RULE("wl_buffer@" name_ "-truncated-before-commit", .clause = FILE_CLAUSE, .is_hostile = true, \
			.silent = "the pixels do not exist", .expected = {ERROR(wl_buffer, WL_SHM, INVALID_FD)}) { \
		struct picture *picture = actor_create_window_picture(actor, kind, 1); \
		client_roundtrip(actor->client); \
		file_set_size(picture->fd, 100); \
		actor_commit(actor, picture->buffer); \
		actor_blame(actor, picture->buffer); \
		for (int i = 0; i < 5 && client_try_roundtrip(actor->client); i++) { \
			usleep(20000); \
		} \
	} \
	RULE("wl_buffer@" name_ "-truncated-while-shown", .clause = FILE_CLAUSE, .is_hostile = true, \
			.silent = "no other client may be affected", \
			.expected = {ACCEPTED, ERROR(wl_buffer, WL_SHM, INVALID_FD)}) { \
		struct picture *picture = actor_create_window_picture(actor, kind, 2); \
		actor_commit(actor, picture->buffer); \
		client_roundtrip(actor->client); \
		file_set_size(picture->fd, 100); \
		actor_commit(actor, picture->buffer); \
		for (int i = 0; i < 5 && client_try_roundtrip(actor->client); i++) { \
			usleep(20000); \
		} \
	}

TRUNCATED_RULES("unsealable-memfd", FILE_UNSEALABLE)
TRUNCATED_RULES("file-in-the-runtime-directory", FILE_RUNTIME_DIR)
TRUNCATED_RULES("shm_open-object", FILE_SHM_OPEN)

RULE("wl_buffer@sealable-memfd-truncated-at-once", .clause = FILE_CLAUSE, .is_hostile = true,
		.silent = "the pixels do not exist", .expected = {ERROR(wl_buffer, WL_SHM, INVALID_FD)}) {
	// Before the compositor could seal it.
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALABLE, 3);
	file_set_size(picture->fd, 100);
	actor_commit(actor, picture->buffer);
	actor_blame(actor, picture->buffer);
	for (int i = 0; i < 5 && client_try_roundtrip(actor->client); i++) {
		usleep(20000);
	}
}

RULE("wl_buffer@holes-punched-while-shown", .clause = FILE_CLAUSE, .is_hostile = true,
		.silent = "the size of the file has not changed", .expected = {ACCEPTED}) {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct picture *picture = actor_create_window_picture(actor, kind, 4);
		actor_commit(actor, picture->buffer);
		client_roundtrip(actor->client);
		expect_int(fallocate(picture->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
						   (off_t)picture->stride * picture->height),
				==, 0);
		actor_commit(actor, picture->buffer);
		client_roundtrip(actor->client);
	}
}

// Creates objects until the compositor disconnects the client, at most MANY.
static void create_many(struct actor *actor, void (*create)(struct actor *actor, void *data), void *data) {
	for (int i = 0; i < MANY; i++) {
		create(actor, data);
		if (i % 200 == 199 && !client_try_roundtrip(actor->client)) {
			return;
		}
	}
}

static void create_pool_of_new_file(struct actor *actor, void *data) {
	const int64_t *size = data;
	int fd = file_create(FILE_SEALED, *size);
	wl_shm_create_pool(actor->client->shm, fd, (int32_t)*size);
	wl_display_flush(actor->client->display);
	close(fd);
}

RULE("wl_shm.create_pool@files-without-end", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	int64_t size = 4096;
	create_many(actor, create_pool_of_new_file, &size);
	expect_newcomer_served(actor);
}

// How many pools of new files one client can have; at most MANY.
static int count_pools(struct actor *actor) {
	struct client scout;
	int count = 0;
	client_init(&scout, actor->server);
	for (bool alive = true; alive && count < MANY; count += alive) {
		int fd = file_create(FILE_SEALED, 4096);
		wl_shm_create_pool(scout.shm, fd, 4096);
		alive = client_try_roundtrip(&scout);
		close(fd);
	}
	client_finish(&scout);
	return count;
}

RULE("wl_shm.create_pool@just-below-the-limit", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	int64_t size = 4096;
	int count = count_pools(actor);
	for (int i = 0; i < count; i++) {
		create_pool_of_new_file(actor, &size);
		if (i % 200 == 199) {
			client_try_roundtrip(actor->client);
		}
	}
	client_try_roundtrip(actor->client);
	for (int i = 0; i < 5; i++) {
		expect_newcomer_served(actor);
	}
}

RULE("wl_shm.create_pool@giants-without-end", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	int64_t size = INT32_MAX;
	create_many(actor, create_pool_of_new_file, &size);
	expect_newcomer_served(actor);
}

static void create_pool_of_file(struct actor *actor, void *data) {
	const int *fd = data;
	wl_shm_create_pool(actor->client->shm, *fd, 4096);
}

RULE("wl_shm.create_pool@pools-of-one-file-without-end", .clause = MEMORY_CLAUSE, .is_hostile = true,
		.silent = FOR_OTHERS, .expected = WITHIN_LIMITS) {
	int fd = actor_keep(actor, file_create(FILE_SEALED, 4096));
	create_many(actor, create_pool_of_file, &fd);
	expect_newcomer_served(actor);
}

static void create_buffer(struct actor *actor, void *data) {
	actor_create_buffer(data, 0, 32, 32);
}

RULE("wl_shm_pool.create_buffer@without-end", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	create_many(actor, create_buffer, actor_create_pool(actor, FILE_SEALED, 4096));
	expect_newcomer_served(actor);
}

RULE("wl_display@events-that-are-never-read", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	for (int i = 0; i < MANY; i++) {
		wl_callback_destroy(wl_display_sync(actor->client->display));
		if (i % 100 == 99) {
			wl_display_flush(actor->client->display);
			server_work(actor->server, wl_display_get_fd(actor->client->display), 0);
		}
	}
	expect_newcomer_served(actor);
}

RULE("wl_display@half-a-message-then-silence", .clause = MALFORMED_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = {ACCEPTED, CLOSED, ERROR(wl_display, WL_DISPLAY, INVALID_METHOD),
			ERROR(wl_display, WL_DISPLAY, INVALID_OBJECT)}) {
	const uint32_t message[] = {1, ACTOR_HEADER(4096, 0), 7};
	actor_send_raw(actor, message, sizeof(message), -1, 0);
	expect_newcomer_served(actor);
	// The compositor reads what follows as the rest of that message.
	uint32_t rest[1024] = {0};
	actor_send_raw(actor, rest, sizeof(rest), -1, 0);
}

RULE("wl_display@message-shorter-than-its-header", .clause = MALFORMED_CLAUSE, .is_hostile = true,
		.expected = {
			CLOSED, ERROR(wl_display, WL_DISPLAY, INVALID_METHOD), ERROR(wl_display, WL_DISPLAY, INVALID_OBJECT)}) {
	const uint32_t message[] = {1, ACTOR_HEADER(0, 0)};
	actor_send_raw(actor, message, sizeof(message), -1, 0);
	expect_newcomer_served(actor);
}

RULE("wl_display@noise", .clause = MALFORMED_CLAUSE, .is_hostile = true,
		.expected = {
			CLOSED, ERROR(wl_display, WL_DISPLAY, INVALID_METHOD), ERROR(wl_display, WL_DISPLAY, INVALID_OBJECT)}) {
	uint8_t noise[4096];
	file_fill_memory(noise, 0, sizeof(noise), 99);
	// More bytes than any message can have, whatever size its random header states.
	for (int i = 0; i < 20; i++) {
		actor_send_raw(actor, noise, sizeof(noise), -1, 0);
	}
	expect_newcomer_served(actor);
}

RULE("wl_display@fds-that-no-request-takes", .clause = MALFORMED_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	int file;
	struct wl_shm_pool *pool = actor_create_pool_in(actor, FILE_SEALED, 4096, 4096, &file);
	const uint32_t message[] = {wl_proxy_get_id((struct wl_proxy *)pool), ACTOR_HEADER(12, WL_SHM_POOL_RESIZE), 4096};
	for (int i = 0; i < 200 && client_try_roundtrip(actor->client); i++) {
		actor_send_raw(actor, message, sizeof(message), file, 28);
	}
	expect_newcomer_served(actor);
}

RULE("wl_display@three-hundred-connections", .clause = MEMORY_CLAUSE, .is_hostile = true, .silent = FOR_OTHERS,
		.expected = WITHIN_LIMITS) {
	static struct client clients[300];
	for (int i = 0; i < 300; i++) {
		client_init(&clients[i], actor->server);
	}
	expect_newcomer_served(actor);
	for (int i = 0; i < 300; i++) {
		client_finish(&clients[i]);
	}
}

RULE("wl_surface.commit@storm", .clause = "A commit request atomically creates a", .is_hostile = true,
		.silent = FOR_OTHERS, .expected = WITHIN_LIMITS) {
	struct picture *picture = actor_create_window_picture(actor, FILE_UNSEALABLE, 5);
	for (int i = 0; i < 3000; i++) {
		actor_commit(actor, picture->buffer);
		if (i % 50 == 49) {
			wl_display_flush(actor->client->display);
			server_work(actor->server, wl_display_get_fd(actor->client->display), 0);
		}
	}
	expect_newcomer_served(actor);
}

/*
 * A wl_buffer in the server: its values, its locks, and its destruction.
 */
#include "faults.h"
#include "file.h"
#include "memory/area.h"
#include "memory/pool.h"
#include "pool_pair.h"
#include "runner.h"
#include "wire/buffer.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define SIZE 65536

struct fixture {
	struct pair pair;
	int fd;
	struct wl_shm_pool *shm_pool;
	struct wl_buffer *wl_buffer;
	struct lido_buffer *buffer;
};

static void fixture_init(struct fixture *fixture, enum file_kind kind) {
	pair_init(&fixture->pair, NULL);
	fixture->fd = file_create(kind, SIZE);
	file_fill(fixture->fd, 0, SIZE, 3);
	fixture->shm_pool = wl_shm_create_pool(fixture->pair.client.shm, fixture->fd, SIZE);
	fixture->wl_buffer = wl_shm_pool_create_buffer(fixture->shm_pool, 256, 60, 50, 512, WL_SHM_FORMAT_XRGB8888);
	fixture->buffer = pair_get_buffer(&fixture->pair, fixture->wl_buffer);
}

static void fixture_finish(struct fixture *fixture) {
	if (fixture->wl_buffer != NULL) {
		wl_buffer_destroy(fixture->wl_buffer);
	}
	wl_shm_pool_destroy(fixture->shm_pool);
	close(fixture->fd);
	pair_finish(&fixture->pair);
}

static void destroy_wl_buffer(struct fixture *fixture) {
	wl_buffer_destroy(fixture->wl_buffer);
	fixture->wl_buffer = NULL;
	client_roundtrip(&fixture->pair.client);
}

TEST("buffer@has-the-values-of-the-request") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	struct lido_buffer *buffer = fixture.buffer;
	expect_int(buffer->drm_format, ==, DRM_FORMAT_XRGB8888);
	expect_int(buffer->offset, ==, 256);
	expect_int(buffer->width, ==, 60);
	expect_int(buffer->height, ==, 50);
	expect_int(buffer->stride, ==, 512);
	expect_int(buffer->size, ==, 512 * 50);
	expect_int(buffer->commits, ==, 0);
	expect(buffer->data == NULL);
	expect(buffer->pool == pair_get_pool(&fixture.pair));
	fixture_finish(&fixture);
}

static void handle_release(void *data, struct wl_buffer *buffer) {
	int *count = data;
	(*count)++;
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

TEST("buffer@release-reaches-the-client-once-per-call") {
	struct fixture fixture;
	int count = 0;
	fixture_init(&fixture, FILE_SEALED);
	wl_buffer_add_listener(fixture.wl_buffer, &buffer_listener, &count);
	lido_buffer_lock(fixture.buffer);
	lido_buffer_unlock(fixture.buffer);
	client_roundtrip(&fixture.pair.client);
	expect_int(count, ==, 0);
	lido_buffer_send_release(fixture.buffer);
	client_roundtrip(&fixture.pair.client);
	expect_int(count, ==, 1);
	fixture_finish(&fixture);
}

TEST("buffer@lock-keeps-pixels-and-address-after-the-wl_buffer") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	struct lido_buffer *buffer = lido_buffer_lock(fixture.buffer);
	expect(buffer == fixture.buffer);
	const uint8_t *pixels = lido_buffer_map(buffer, 0, 50, NULL);
	destroy_wl_buffer(&fixture);
	wl_shm_pool_destroy(fixture.shm_pool);
	fixture.shm_pool = wl_shm_create_pool(fixture.pair.client.shm, fixture.fd, SIZE);
	client_roundtrip(&fixture.pair.client);
	expect(buffer->resource == NULL);
	static uint8_t wanted[SIZE];
	file_fill_memory(wanted, 0, SIZE, 3);
	expect_bytes(pixels, wanted + 256, 512 * 50);
	expect(lido_buffer_map(buffer, 0, 50, NULL) == pixels);
	lido_buffer_send_release(buffer);
	lido_buffer_post_truncated(buffer);
	expect_alive(&fixture.pair.client);
	expect_int(pool_used(pair_get_pool(&fixture.pair), BUFFERS), ==, 1);
	lido_buffer_unlock(buffer);
	expect_int(pool_used(pair_get_pool(&fixture.pair), BUFFERS), ==, 0);
	fixture_finish(&fixture);
}

TEST("buffer@locks-are-counted") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	for (int i = 0; i < 5; i++) {
		lido_buffer_lock(fixture.buffer);
	}
	destroy_wl_buffer(&fixture);
	for (int i = 0; i < 5; i++) {
		expect_int(pool_used(pair_get_pool(&fixture.pair), BUFFERS), ==, 1);
		lido_buffer_unlock(fixture.buffer);
	}
	expect_int(pool_used(pair_get_pool(&fixture.pair), BUFFERS), ==, 0);
	fixture_finish(&fixture);
}

struct watcher {
	struct wl_listener listener;
	int count;
	bool unlocks; // drops a lock from within the event
};

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct watcher *watcher = wl_container_of(listener, watcher, listener);
	struct lido_buffer *buffer = data;
	expect(buffer->resource == NULL);
	watcher->count++;
	wl_list_remove(&watcher->listener.link);
	if (watcher->unlocks) {
		lido_buffer_unlock(buffer);
	}
}

TEST("buffer@destroy-event-comes-once-and-its-listener-may-unlock") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	struct watcher watcher = {.listener.notify = handle_destroy, .unlocks = true};
	lido_buffer_lock(fixture.buffer);
	wl_signal_add(&fixture.buffer->events.destroy, &watcher.listener);
	destroy_wl_buffer(&fixture);
	expect_int(watcher.count, ==, 1);
	expect_int(pool_used(pair_get_pool(&fixture.pair), BUFFERS), ==, 0);
	fixture_finish(&fixture);
}

TEST("buffer@locked-one-outlives-its-client-and-its-server") {
	for (int server_first = 0; server_first < 2; server_first++) {
		struct server server;
		struct client client;
		server_init_core(&server, NULL);
		client_init(&client, &server);
		int fd = file_create(FILE_SEALED, SIZE);
		file_fill(fd, 0, SIZE, 3);
		struct wl_shm_pool *shm_pool = wl_shm_create_pool(client.shm, fd, SIZE);
		struct wl_buffer *wl_buffer = wl_shm_pool_create_buffer(shm_pool, 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&client);
		struct lido_buffer *buffer = lido_buffer_try_from_resource(
				wl_client_get_object(client_get_peer(&client), wl_proxy_get_id((struct wl_proxy *)wl_buffer)));
		lido_buffer_lock(buffer);
		const uint8_t *pixels = lido_buffer_map(buffer, 0, 128, NULL);
		client_finish(&client);
		expect(pixels != NULL && file_count_mappings(fd, NULL) == 1);
		if (server_first) {
			server_finish(&server);
		}
		static uint8_t wanted[SIZE];
		file_fill_memory(wanted, 0, SIZE, 3);
		expect_bytes(pixels, wanted, SIZE);
		lido_buffer_unlock(buffer);
		expect_int(file_count_mappings(fd, NULL), ==, 0);
		expect_int(file_count_fds(fd), ==, 1);
		if (!server_first) {
			server_finish(&server);
		}
		close(fd);
	}
}

TEST("buffer@other-resources-are-not-mistaken-for-buffers") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	struct wl_client *peer = client_get_peer(&fixture.pair.client);
	struct wl_resource *shm = wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)fixture.pair.client.shm));
	expect(lido_buffer_try_from_resource(shm) == NULL);
	struct wl_resource *shm_pool = wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)fixture.shm_pool));
	expect(lido_buffer_try_from_resource(shm_pool) == NULL);
	fixture_finish(&fixture);
}

TEST("buffer@truncation-is-invalid_fd-on-the-wl_buffer-and-names-both-sizes") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_UNSEALABLE);
	file_set_size(fixture.fd, 1000);
	lido_buffer_post_truncated(fixture.buffer);
	expect_protocol_error(&fixture.pair.client, fixture.wl_buffer, WL_SHM_ERROR_INVALID_FD,
			"the file has 1000 bytes, but the buffer ends at 25856");
	fixture_finish(&fixture);
}

TEST("buffer@truncation-posted-twice-is-one-error") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_UNSEALABLE);
	lido_buffer_post_truncated(fixture.buffer);
	lido_buffer_post_truncated(fixture.buffer);
	expect_protocol_error(&fixture.pair.client, fixture.wl_buffer, WL_SHM_ERROR_INVALID_FD, "invalid fd");
	fixture_finish(&fixture);
}

static void expect_commits(struct lido_buffer *buffer, uint32_t commits, uint32_t file_commits) {
	struct lido_commit commit;
	expect(lido_buffer_begin_commit(buffer, &commit));
	expect_int(commit.commits, ==, commits);
	expect_int(commit.file_commits, ==, file_commits);
}

TEST("buffer@commit-counts-saturate") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	expect_commits(fixture.buffer, 0, 0);
	expect_commits(fixture.buffer, 1, 1);
	fixture.buffer->internal.area->commits = 7;
	expect_commits(fixture.buffer, 2, 7);
	fixture.buffer->internal.area->commits = UINT32_MAX - 1;
	fixture.buffer->commits = UINT32_MAX - 1;
	expect_commits(fixture.buffer, UINT32_MAX - 1, UINT32_MAX - 1);
	expect_commits(fixture.buffer, UINT32_MAX, UINT32_MAX);
	expect_commits(fixture.buffer, UINT32_MAX, UINT32_MAX);
	fixture_finish(&fixture);
}

TEST("buffer@copied-bytes-are-limited-per-dispatch") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	for (int i = 0; i < 2; i++) {
		expect_int(lido_buffer_get_bytes_copied(fixture.buffer), ==, 0);
		expect(lido_buffer_spend(fixture.buffer, LIDO_DISPATCH_BYTES_MAX - 1));
		expect(lido_buffer_spend(fixture.buffer, 1));
		expect_int(lido_buffer_get_bytes_copied(fixture.buffer), ==, LIDO_DISPATCH_BYTES_MAX);
		client_roundtrip(&fixture.pair.client);
	}
	expect(lido_buffer_spend(fixture.buffer, LIDO_DISPATCH_BYTES_MAX));
	expect(!lido_buffer_spend(fixture.buffer, 1));
	expect(strstr(pair_get_pool(&fixture.pair)->quota.failure, "too much at once: 201326592 bytes") != NULL);
	fixture_finish(&fixture);
}

TEST("buffer@copies-after-the-end-of-the-client-are-not-charged") {
	struct fixture fixture;
	fixture_init(&fixture, FILE_SEALED);
	struct lido_buffer *buffer = lido_buffer_lock(fixture.buffer);
	expect(lido_buffer_spend(buffer, LIDO_DISPATCH_BYTES_MAX));
	wl_client_destroy(client_get_peer(&fixture.pair.client));
	// Copies for a remaining reader are charged to no client.
	expect(lido_buffer_spend(buffer, LIDO_DISPATCH_BYTES_MAX));
	expect(lido_buffer_spend(buffer, LIDO_DISPATCH_BYTES_MAX));
	lido_buffer_unlock(buffer);
	fixture_finish(&fixture);
}

TEST("buffer@is-writable-where-fd-and-seals-allow-it") {
	struct pair pair;
	pair_init(&pair, NULL);
	int files[] = {file_create(FILE_SEALED, SIZE), file_create(FILE_UNSEALABLE, SIZE), file_create(FILE_SHM_OPEN, SIZE),
		file_create_sealed(SIZE, F_SEAL_SHRINK | F_SEAL_WRITE),
		file_create_sealed(SIZE, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE), 0, 0};
	files[5] = file_reopen(files[0], O_RDONLY);
	files[6] = file_reopen(files[2], O_RDONLY);
	static const bool writable[] = {true, true, true, false, false};
	for (int i = 0; i < 7; i++) {
		struct client client;
		client_init(&client, &pair.server);
		struct wl_shm_pool *shm_pool = wl_shm_create_pool(client.shm, files[i], SIZE);
		struct wl_buffer *wl_buffer = wl_shm_pool_create_buffer(shm_pool, 0, 8, 8, 32, WL_SHM_FORMAT_ARGB8888);
		client_roundtrip(&client);
		struct lido_buffer *buffer = lido_buffer_try_from_resource(
				wl_client_get_object(client_get_peer(&client), wl_proxy_get_id((struct wl_proxy *)wl_buffer)));
		uint8_t pixels[256] = {0};
		bool wanted = i < 5 && writable[i];
		expect_int(lido_buffer_is_writable(buffer), ==, wanted);
		expect_int(lido_buffer_write(buffer, &(struct lido_box){0, 0, 8, 8}, pixels, 32), ==, wanted);
		client_finish(&client);
	}
	for (int i = 0; i < 7; i++) {
		close(files[i]);
	}
	pair_finish(&pair);
}

TEST("buffer@file-grown-by-its-client-is-file_changed-once-on-the-wl_buffer") {
	for (int destroyed = 0; destroyed < 2; destroyed++) {
		struct pool_pair pair;
		struct pool_block block;
		pool_pair_init(&pair, NULL, 0);
		pool_block_init(&block, &pair.pool, 4096);
		struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 32, 32);
		struct lido_buffer *buffer = lido_buffer_lock(pair_get_buffer(&pair.base, wl_buffer));
		expect(!lido_buffer_detect_tampering(buffer));
		file_set_size(block.area->fd, 8192);
		if (destroyed) {
			wl_buffer_destroy(wl_buffer);
			client_roundtrip(&pair.base.client);
		}
		expect(lido_buffer_detect_tampering(buffer));
		if (destroyed) {
			expect_alive(&pair.base.client); // no object to post on: its next request for memory ends the client
		} else {
			expect_protocol_error(&pair.base.client, wl_buffer, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "file changed: ");
			wl_buffer_destroy(wl_buffer);
		}
		lido_buffer_unlock(buffer);
		pool_pair_finish(&pair);
	}
}

TEST("buffer@on-a-failed-block-is-neither-sealed-nor-writable-nor-truncated") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 4096;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, 8192);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 32, 32);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	expect(!lido_buffer_is_sealed(buffer) && !lido_buffer_is_writable(buffer) && !lido_buffer_detect_tampering(buffer));
	expect(lido_buffer_map(buffer, 0, 32, NULL) == NULL);
	lido_buffer_post_truncated(buffer);
	expect_alive(&pair.base.client);
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

TEST("buffer@locked-one-in-a-block-outlives-its-server") {
	struct server server;
	struct client client;
	struct pool_client pool;
	struct pool_block block;
	server_init_core(&server, NULL);
	client_init(&client, &server);
	pool_client_init(&pool, &client, 0);
	pool_block_init(&block, &pool, 4096);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 32, 32);
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, 4096, 3);
	struct lido_buffer *buffer = lido_buffer_lock(lido_buffer_try_from_resource(
			wl_client_get_object(client_get_peer(&client), wl_proxy_get_id((struct wl_proxy *)wl_buffer))));
	const uint8_t *pixels = lido_buffer_map(buffer, 0, 32, NULL);
	expect(pixels != NULL);
	wl_buffer_destroy(wl_buffer);
	pool_client_finish(&pool);
	client_finish(&client);
	server_finish(&server);
	uint8_t wanted[4096];
	file_fill_memory(wanted, 0, sizeof(wanted), 3);
	expect_bytes(pixels, wanted, sizeof(wanted));
	lido_buffer_unlock(buffer); // the runner verifies that the fd and the mapping are gone
}

TEST("buffer@file-of-a-block-is-inspected-once-per-commit") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_commit commit;
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&block, &pair.pool, 4096);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 32, 32);
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, 4096, 1);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	faults_start(0);
	expect(lido_buffer_begin_commit(buffer, &commit));
	expect(commit.is_inspected);
	expect(lido_buffer_map(buffer, 0, buffer->height, &commit) != NULL);
	faults_stop();
	expect_int(faults_get_count(FAULT_FSTAT), ==, 1);
	// Outside of a commit the file is inspected anew.
	faults_start(0);
	expect(lido_buffer_map(buffer, 0, buffer->height, NULL) != NULL);
	faults_stop();
	expect_int(faults_get_count(FAULT_FSTAT), ==, 1);
	wl_buffer_destroy(wl_buffer);
	pool_block_finish(&block);
	pool_pair_finish(&pair);
}

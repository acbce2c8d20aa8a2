/*
 * Clients of lido_shm_v1 that change files, never read, or die at any step harm no other client. Only these tests count
 * the fds and mappings of the server meanwhile.
 */
#include "file.h"
#include "pair.h"
#include "pool_client.h"
#include "runner.h"
#include "wide.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct actors {
	struct pair pair;
	struct pool_client pool;  // of the test's client
	struct pool_client other; // must keep working
	struct pool_block other_block;
};

static void actors_init(struct actors *actors, const struct lido_limits *limits) {
	pair_init(&actors->pair, limits);
	pool_client_init(&actors->pool, &actors->pair.client, 0);
	pool_client_init(&actors->other, &actors->pair.other, 0);
	pool_block_init(&actors->other_block, &actors->other, 4096);
	expect_place(&actors->other_block);
	file_fill_memory(pool_block_get_data(&actors->other_block), 0, 4096, 99);
	client_roundtrip(&actors->pair.client);
}

static void expect_other_unharmed(struct actors *actors) {
	uint8_t wanted[4096];
	struct pool_block block;
	file_fill_memory(wanted, 0, sizeof(wanted), 99);
	expect_bytes(pool_block_get_data(&actors->other_block), wanted, sizeof(wanted));
	pool_block_init(&block, &actors->other, 65536);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, 64, 64);
	expect_place(&block);
	wl_buffer_destroy(buffer);
	pool_block_finish(&block);
}

static void actors_finish(struct actors *actors) {
	expect_other_unharmed(actors);
	pool_client_finish(&actors->pool);
	pool_client_finish(&actors->other);
	pair_finish(&actors->pair);
}

static void grow_file(const struct pool_block *block) {
	file_set_size(block->area->fd, (int64_t)block->area->size + 4096);
}

TEST("lido_shm_client@file-made-larger-is-file_changed-at-the-next-create_block") {
	struct actors actors;
	struct pool_block first, second;
	actors_init(&actors, NULL);
	pool_block_init(&first, &actors.pool, 4096);
	expect_place(&first);
	grow_file(&first);
	expect_alive(&actors.pair.client);
	pool_block_init(&second, &actors.pool, 4096);
	expect_protocol_error(
			&actors.pair.client, actors.pool.pool, LIDO_SHM_POOL_V1_ERROR_FILE_CHANGED, "changed the size");
	actors_finish(&actors);
}

TEST("lido_shm_client@file-made-larger-is-file_changed-at-the-next-resize") {
	static const uint32_t sizes[] = {64, 4096, 8192, 1 << 20};
	for (int i = 0; i < 4; i++) {
		struct actors actors;
		struct pool_block block;
		actors_init(&actors, NULL);
		pool_block_init(&block, &actors.pool, 4096);
		expect_place(&block);
		grow_file(&block);
		pool_block_resize(&block, sizes[i]);
		expect_protocol_error(
				&actors.pair.client, block.block, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "changed the size");
		actors_finish(&actors);
	}
}

TEST("lido_shm_client@any-file-of-the-pool-counts-as-changed") {
	struct actors actors;
	struct pool_block first, second, third;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = INT64_C(1) << 40;
	actors_init(&actors, &limits);
	pool_block_init(&first, &actors.pool, HAS_WIDE_ADDRESSES ? 0x70000000 : 0x10000000);
	pool_block_init(&second, &actors.pool, HAS_WIDE_ADDRESSES ? 0x70000000 : 0x10000000);
	expect_place(&second);
	expect_int(first.area->id, !=, second.area->id);
	pool_block_finish(&first);
	grow_file(&second);
	// The first area has room.
	pool_block_init(&third, &actors.pool, 4096);
	expect_protocol_error(
			&actors.pair.client, actors.pool.pool, LIDO_SHM_POOL_V1_ERROR_FILE_CHANGED, "changed the size");
	actors_finish(&actors);
}

TEST("lido_shm_client@punched-and-overwritten-files-are-its-own-business") {
	struct actors actors;
	struct pool_block block;
	uint8_t got[64 * 64 * 4];
	static const uint8_t zeros[sizeof(got)];
	actors_init(&actors, NULL);
	pool_block_init(&block, &actors.pool, sizeof(got));
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, sizeof(got), 1);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	struct lido_buffer *buffer = pair_get_buffer(&actors.pair, wl_buffer);
	expect(lido_buffer_map(buffer, 0, 64, NULL) != NULL);
	expect_int(fallocate(block.area->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, block.area->size), ==, 0);
	expect(lido_buffer_map(buffer, 0, 64, NULL) == NULL);
	expect_int(lido_buffer_read(buffer, &(struct lido_box){0, 0, 64, 64}, got, 256), ==, LIDO_READ_OK);
	expect_bytes(got, zeros, sizeof(got));
	expect_int(file_get_allocated(block.area->fd), ==, 0);
	pool_block_resize(&block, 1 << 20);
	expect_place(&block);
	wl_buffer_destroy(wl_buffer);
	actors_finish(&actors);
}

static size_t count_fds(void) {
	size_t count = 0;
	DIR *directory = opendir("/proc/self/fd");
	expect(directory != NULL);
	while (readdir(directory) != NULL) {
		count++;
	}
	closedir(directory);
	return count;
}

// The server dispatches requests; the client does not read.
static void send_only(struct client *client) {
	wl_display_flush(client->display);
	server_dispatch(client->server, 0);
}

TEST("lido_shm_client@that-never-reads-gets-no-more-fds-than-a-few") {
	enum {
		COUNT = 600
	};
	struct actors actors;
	static struct lido_shm_pool_v1 *pools[COUNT];
	static struct lido_shm_block_v1 *blocks[COUNT];
	actors_init(&actors, NULL);
	size_t fds = count_fds();
	for (int i = 0; i < COUNT && client_get_peer(&actors.pair.client) != NULL; i++) {
		pools[i] = lido_shm_manager_v1_get_pool(actors.pool.manager, 1 << 20);
		blocks[i] = lido_shm_pool_v1_create_block(pools[i], 4096);
		send_only(&actors.pair.client);
		expect_int(count_fds(), <, fds + 300);
	}
	expect_other_unharmed(&actors);
	for (int i = 0; i < COUNT; i++) {
		if (pools[i] != NULL) {
			lido_shm_block_v1_destroy(blocks[i]);
			lido_shm_pool_v1_destroy(pools[i]);
		}
	}
	actors_finish(&actors);
}

// The server must bound what it spends on the client: its answer to each block remains unread.
TEST("lido_shm_client@that-never-reads-and-asks-without-end-harms-nobody") {
	enum {
		COUNT = 100000
	};
	struct actors actors;
	struct lido_shm_block_v1 **blocks = calloc(COUNT, sizeof(struct lido_shm_block_v1 *));
	expect(blocks != NULL);
	actors_init(&actors, NULL);
	int count = 0;
	while (count < COUNT && client_get_peer(&actors.pair.client) != NULL) {
		for (int i = 0; i < 50; i++) {
			blocks[count++] = lido_shm_pool_v1_create_block(actors.pool.pool, 64);
		}
		send_only(&actors.pair.client);
	}
	expect_other_unharmed(&actors);
	for (int i = 0; i < count; i++) {
		lido_shm_block_v1_destroy(blocks[i]);
	}
	free(blocks);
	actors_finish(&actors);
}

TEST("lido_shm_client@that-creates-and-destroys-without-reading-harms-nobody") {
	struct actors actors;
	actors_init(&actors, NULL);
	for (int i = 0; i < 20000 && client_get_peer(&actors.pair.client) != NULL; i++) {
		lido_shm_block_v1_destroy(lido_shm_pool_v1_create_block(actors.pool.pool, 1 + (uint32_t)i % 100000));
		if (i % 50 == 0) {
			send_only(&actors.pair.client);
		}
	}
	expect_other_unharmed(&actors);
	actors_finish(&actors);
}

// Runs the first steps of a session.
static void act(struct actors *actors, int steps, struct pool_block *blocks, struct wl_buffer **buffers) {
	for (int step = 0; step < steps; step++) {
		switch (step % 8) {
		case 0:
			pool_block_init(&blocks[0], &actors->pool, 65536);
			break;
		case 1:
			buffers[0] = pool_block_create_buffer(&blocks[0], 0, 64, 64);
			break;
		case 2:
			pool_block_init(&blocks[1], &actors->pool, 1 << 20);
			break;
		case 3:
			pool_block_resize(&blocks[0], 1 << 19);
			break;
		case 4:
			buffers[1] = pool_block_create_buffer(&blocks[1], 4096, 128, 128);
			break;
		case 5:
			pool_block_finish(&blocks[0]);
			break;
		case 6:
			wl_buffer_destroy(buffers[0]);
			buffers[0] = NULL;
			break;
		case 7:
			wl_buffer_destroy(buffers[1]);
			buffers[1] = NULL;
			pool_block_finish(&blocks[1]);
			break;
		}
	}
}

// Shuts the connection down, so that destroying proxies sends nothing.
static void die(struct client *client) {
	shutdown(wl_display_get_fd(client->display), SHUT_RDWR);
	while (client_get_peer(client) != NULL) {
		server_dispatch(client->server, 10);
	}
}

// reads: whether the client has read the answers before.
static void expect_death_is_harmless(int steps, bool reads) {
	struct actors actors;
	struct pool_block blocks[2];
	struct wl_buffer *buffers[2] = {NULL, NULL};
	actors_init(&actors, NULL);
	act(&actors, steps, blocks, buffers);
	if (reads) {
		client_roundtrip(&actors.pair.client);
	} else {
		send_only(&actors.pair.client);
	}
	die(&actors.pair.client);
	for (int i = 0; i < 2; i++) {
		if (buffers[i] != NULL) {
			wl_buffer_destroy(buffers[i]);
		}
	}
	actors_finish(&actors);
}

TEST("lido_shm_client@that-dies-at-any-step-harms-nobody") {
	for (int steps = 0; steps <= 8; steps++) {
		expect_death_is_harmless(steps, true);
		expect_death_is_harmless(steps, false);
	}
}

TEST("lido_shm_client@that-dies-while-a-buffer-is-locked-leaves-just-that") {
	struct actors actors;
	struct pool_block block;
	actors_init(&actors, NULL);
	pool_block_init(&block, &actors.pool, 65536);
	expect_place(&block);
	file_fill_memory(pool_block_get_data(&block), 0, 16384, 2);
	int fd = dup(block.area->fd);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&block, 0, 64, 64);
	struct lido_buffer *locked = lido_buffer_lock(pair_get_buffer(&actors.pair, wl_buffer));
	wl_buffer_destroy(wl_buffer);
	pool_client_finish(&actors.pool);
	client_finish(&actors.pair.client);
	expect_int(file_count_mappings(fd, NULL), ==, 1);
	uint8_t wanted[16384];
	file_fill_memory(wanted, 0, sizeof(wanted), 2);
	const void *pixels = lido_buffer_map(locked, 0, 64, NULL);
	expect(pixels != NULL);
	expect_bytes(pixels, wanted, sizeof(wanted));
	lido_buffer_unlock(locked);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	client_init(&actors.pair.client, &actors.pair.server);
	pool_client_init(&actors.pool, &actors.pair.client, 0);
	actors_finish(&actors);
}

TEST("lido_shm_client@ten-thousand-come-and-go-without-a-trace") {
	struct actors actors;
	actors_init(&actors, NULL);
	size_t fds = 0;
	for (int i = 0; i < 10000; i++) {
		struct client client;
		struct pool_client pool;
		struct pool_block block;
		client_init(&client, &actors.pair.server);
		pool_client_init(&pool, &client, 0);
		pool_block_init(&block, &pool, 1 + (uint32_t)i * 7919 % 20000);
		expect_place(&block);
		pool_block_get_data(&block)[0] = 1;
		pool_client_finish(&pool);
		client_finish(&client);
		if (i == 10) {
			fds = count_fds();
		}
	}
	expect_int(count_fds(), ==, fds);
	actors_finish(&actors);
}

TEST("lido_shm_client@many-at-once-cost-an-fd-and-a-mapping-each") {
	enum {
		COUNT = HAS_WIDE_ADDRESSES ? 200 : 50
	};
	struct actors actors;
	static struct client clients[COUNT];
	static struct pool_client pools[COUNT];
	static struct pool_block blocks[COUNT][10];
	actors_init(&actors, NULL);
	for (int i = 0; i < COUNT; i++) {
		client_init(&clients[i], &actors.pair.server);
		pool_client_init(&pools[i], &clients[i], 0);
		for (int j = 0; j < 10; j++) {
			pool_block_init(&blocks[i][j], &pools[i], 64 << j);
		}
	}
	for (int i = 0; i < COUNT; i++) {
		expect_place(&blocks[i][9]);
		int fd = pool_client_get_first_area(&pools[i])->fd;
		expect_int(pool_client_count(&pools[i], POOL_EVENT_AREA), ==, 1);
		expect_int(file_count_fds(fd), ==, 2);
		expect_int(file_count_mappings(fd, NULL), ==, 2);
	}
	for (int i = 0; i < COUNT; i++) {
		pool_client_finish(&pools[i]);
		client_finish(&clients[i]);
	}
	actors_finish(&actors);
}

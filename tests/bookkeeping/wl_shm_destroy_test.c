/*
 * Objects of wl_shm destroyed in different orders, and connections that end at any step. Only these tests see which
 * files the server still has open or mapped.
 */
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <unistd.h>

TEST("wl_shm_destroy@buffers-outlive-pool-and-keep-its-file") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 8192);
		struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 8192);
		struct wl_buffer *first = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		struct wl_buffer *second = wl_shm_pool_create_buffer(pool, 4096, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		wl_shm_pool_destroy(pool);
		client_roundtrip(&pair.client);
		expect_int(file_count_fds(fd), ==, 2);
		wl_buffer_destroy(first);
		client_roundtrip(&pair.client);
		expect_int(file_count_fds(fd), ==, 2);
		wl_buffer_destroy(second);
		client_roundtrip(&pair.client);
		expect_int(file_count_fds(fd), ==, 1);
		close(fd);
	}
	pair_finish(&pair);
}

TEST("wl_shm_destroy@pool-outlives-buffers") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.client.shm, fd, 4096);
	for (int i = 0; i < 100; i++) {
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		wl_buffer_destroy(buffer);
		client_roundtrip(&pair.client);
	}
	expect_int(file_count_fds(fd), ==, 2);
	wl_shm_pool_destroy(pool);
	client_roundtrip(&pair.client);
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	pair_finish(&pair);
}

TEST("wl_shm_destroy@released-wl_shm-leaves-its-pools-alone") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm *shm = client_bind(&pair.client, &wl_shm_interface, 2);
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, 4096);
	wl_shm_release(shm);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
	wl_shm_pool_resize(pool, 8192);
	expect_alive(&pair.client);
	wl_shm_pool_destroy(pool);
	wl_buffer_destroy(buffer);
	expect_alive(&pair.client);
	expect_int(file_count_fds(fd), ==, 1);
	close(fd);
	pair_finish(&pair);
}

// Runs the first steps of a session. The server must clean up what the session leaves behind.
static void run_steps(struct client *client, const int fds[2], int steps) {
	struct wl_shm_pool *pools[3] = {0};
	struct wl_buffer *buffers[3] = {0};
	for (int step = 0; step < steps; step++) {
		switch (step) {
		case 0:
			pools[0] = wl_shm_create_pool(client->shm, fds[0], 8192);
			break;
		case 1:
			pools[1] = wl_shm_create_pool(client->shm, fds[1], 4096);
			break;
		case 2:
			pools[2] = wl_shm_create_pool(client->shm, fds[0], 4096);
			break;
		case 3:
			buffers[0] = wl_shm_pool_create_buffer(pools[0], 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
			break;
		case 4:
			buffers[1] = wl_shm_pool_create_buffer(pools[1], 0, 32, 32, 128, WL_SHM_FORMAT_XRGB8888);
			break;
		case 5:
			wl_shm_pool_destroy(pools[0]);
			break;
		case 6:
			wl_shm_pool_resize(pools[1], 8192);
			break;
		case 7:
			buffers[2] = wl_shm_pool_create_buffer(pools[1], 4096, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
			break;
		case 8:
			wl_buffer_destroy(buffers[1]);
			break;
		case 9:
			wl_shm_pool_destroy(pools[1]);
			break;
		}
	}
	wl_display_flush(client->display);
}

#define STEPS 10

// Ends the connection after each step. heard: whether the server has dispatched all requests before.
static void kill_at_every_step(enum file_kind first, enum file_kind second, bool heard) {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int steps = 0; steps <= STEPS; steps++) {
		int fds[2] = {file_create(first, 8192), file_create(second, 8192)};
		struct client victim;
		client_init(&victim, &pair.server);
		run_steps(&victim, fds, steps);
		if (heard) {
			client_roundtrip(&victim);
		}
		client_finish(&victim);
		expect_alive(&pair.client);
		for (int i = 0; i < 2; i++) {
			expect_int(file_count_fds(fds[i]), ==, 1);
			expect_int(file_count_mappings(fds[i], NULL), ==, 0);
			close(fds[i]);
		}
	}
	pair_finish(&pair);
}

TEST("wl_shm_destroy@client-that-dies-at-any-step-leaves-nothing") {
	for (int first = 0; first < FILE_KINDS_LEN; first++) {
		kill_at_every_step(first, FILE_UNSEALABLE, true);
	}
}

TEST("wl_shm_destroy@client-that-dies-before-it-is-heard-leaves-nothing") {
	kill_at_every_step(FILE_SEALED, FILE_UNSEALABLE, false);
	kill_at_every_step(FILE_RUNTIME_DIR, FILE_SEALABLE, false);
}

TEST("wl_shm_destroy@server-that-ends-before-its-clients-leaves-nothing") {
	struct server server;
	struct client client;
	server_init_core(&server, NULL);
	client_init(&client, &server);
	int fds[2] = {file_create(FILE_SEALED, 8192), file_create(FILE_UNSEALABLE, 8192)};
	run_steps(&client, fds, STEPS);
	client_roundtrip(&client);
	server_finish(&server);
	expect_int(file_count_fds(fds[0]), ==, 1);
	expect_int(file_count_fds(fds[1]), ==, 1);
	close(fds[0]);
	close(fds[1]);
	client_finish(&client);
}

TEST("wl_shm_destroy@manager-may-go-before-the-display") {
	struct server server;
	server_init_core(&server, NULL);
	lido_manager_destroy(server.manager);
	lido_manager_destroy(NULL);
	server_finish(&server);
}

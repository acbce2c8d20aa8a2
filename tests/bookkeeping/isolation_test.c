/*
 * No client ever gets a file or a byte of another one. Only these tests count all fds of a file, in the server and in
 * its clients.
 */
#include "file.h"
#include "pair.h"
#include "pool_client.h"
#include "runner.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CLIENTS 12
#define BLOCK_SIZE (256 * 1024)
#define BLOCKS 8

struct actor {
	struct client client;
	struct pool_client pool;
	struct pool_block blocks[BLOCKS];
};

static void actor_init(struct actor *actor, struct server *server) {
	client_init(&actor->client, server);
	pool_client_init(&actor->pool, &actor->client, 0);
	for (int i = 0; i < BLOCKS; i++) {
		pool_block_init(&actor->blocks[i], &actor->pool, BLOCK_SIZE);
	}
	client_roundtrip(&actor->client);
}

static void actor_finish(struct actor *actor) {
	pool_client_finish(&actor->pool);
	client_finish(&actor->client);
}

// Each byte of all blocks.
static void expect_zeros(struct actor *actor) {
	static const uint8_t zeros[BLOCK_SIZE];
	for (int i = 0; i < BLOCKS; i++) {
		expect_place(&actor->blocks[i]);
		expect_bytes(pool_block_get_data(&actor->blocks[i]), zeros, BLOCK_SIZE);
	}
}

static void draw(struct actor *actor) {
	for (int i = 0; i < BLOCKS; i++) {
		memset(pool_block_get_data(&actor->blocks[i]), 0xa5, BLOCK_SIZE);
	}
}

static void destroy_blocks(struct actor *actor) {
	for (int i = 0; i < BLOCKS; i++) {
		pool_block_finish(&actor->blocks[i]);
	}
	client_roundtrip(&actor->client);
}

TEST("isolation@no-file-is-sent-to-two-clients") {
	static struct actor actors[CLIENTS];
	struct server server;
	ino_t files[CLIENTS * 4];
	size_t files_len = 0;
	server_init_core(&server, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		actor_init(&actors[i], &server);
	}
	for (int i = 0; i < CLIENTS; i++) {
		struct pool_area *area;
		wl_list_for_each(area, &actors[i].pool.areas, link) {
			struct stat info;
			expect_int(fstat(area->fd, &info), ==, 0);
			for (size_t j = 0; j < files_len; j++) {
				expect(files[j] != info.st_ino);
			}
			expect_int(files_len, <, CLIENTS * 4);
			files[files_len++] = info.st_ino;
			// Only the server and this client have an fd of it.
			expect_int(file_count_fds(area->fd), ==, 2);
		}
	}
	expect_int(files_len, >=, CLIENTS);
	for (int i = 0; i < CLIENTS; i++) {
		actor_finish(&actors[i]);
	}
	server_finish(&server);
}

TEST("isolation@memory-of-the-living-is-not-recycled-for-others") {
	static struct actor first, second;
	struct server server;
	server_init_core(&server, NULL);
	actor_init(&first, &server);
	expect_zeros(&first);
	draw(&first);
	destroy_blocks(&first);
	actor_init(&second, &server);
	expect_zeros(&second);
	actor_finish(&second);
	actor_finish(&first);
	server_finish(&server);
}

TEST("isolation@memory-of-the-dead-is-not-recycled-for-others") {
	static struct actor actor;
	struct server server;
	server_init_core(&server, NULL);
	for (int i = 0; i < 10; i++) {
		actor_init(&actor, &server);
		expect_zeros(&actor);
		draw(&actor);
		actor_finish(&actor);
	}
	server_finish(&server);
}

TEST("isolation@writing-all-over-ones-own-memory-changes-nobody-elses") {
	static struct actor vandal, victim;
	struct server server;
	uint8_t wanted[BLOCK_SIZE];
	server_init_core(&server, NULL);
	actor_init(&victim, &server);
	actor_init(&vandal, &server);
	file_fill_memory(wanted, 0, BLOCK_SIZE, 7);
	for (int i = 0; i < BLOCKS; i++) {
		memcpy(pool_block_get_data(&victim.blocks[i]), wanted, BLOCK_SIZE);
	}
	struct pool_area *area;
	wl_list_for_each(area, &vandal.pool.areas, link) {
		memset(area->data, 0x5a, area->size);
	}
	for (int i = 0; i < BLOCKS; i++) {
		expect_place(&victim.blocks[i]);
		expect_bytes(pool_block_get_data(&victim.blocks[i]), wanted, BLOCK_SIZE);
	}
	actor_finish(&vandal);
	actor_finish(&victim);
	server_finish(&server);
}

#include "life.h"
#include "client.h"
#include "faults.h"
#include "file.h"
#include "memory/pool.h"
#include "pool_client.h"
#include "runner.h"
#include "server.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE LIFE_SIZE
#define LARGE (20 << 20) // closing its file takes more than one dispatch
#define FILES LIFE_FILES

static struct lido_buffer *find_buffer(struct client *client, struct wl_buffer *buffer) {
	struct wl_client *peer = client_get_peer(client);
	struct wl_resource *resource =
			peer != NULL ? wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)buffer)) : NULL;
	return resource != NULL ? lido_buffer_try_from_resource(resource) : NULL;
}

// Does with a buffer what a compositor does, including after failures.
static void use_buffer(struct lido_buffer *buffer) {
	struct lido_box whole = {.width = buffer->width, .height = buffer->height};
	struct lido_box narrow = {.x = 3, .y = 3, .width = 5, .height = 5};
	size_t stride = (size_t)buffer->stride + 64;
	struct lido_scratch *scratch = lido_scratch_create(buffer->pool, stride * (size_t)buffer->height);
	if (scratch == NULL) {
		lido_pool_post_no_memory(buffer->pool);
		return;
	}
	lido_buffer_lock(buffer);
	bool complete = lido_buffer_read(buffer, &whole, lido_scratch_get_data(scratch), stride) == LIDO_READ_OK;
	complete = lido_buffer_read(buffer, &narrow, lido_scratch_get_data(scratch), stride) == LIDO_READ_OK && complete;
	complete =
			lido_buffer_read(buffer, &whole, lido_scratch_get_data(scratch), stride - 64) == LIDO_READ_OK && complete;
	const void *pixels = lido_buffer_map(buffer, 0, buffer->height, NULL);
	if (pixels != NULL) {
		lido_buffer_copy(buffer, pixels, &whole, lido_scratch_get_data(scratch), stride);
	}
	lido_buffer_write(buffer, &whole, lido_scratch_get_data(scratch), stride - 64);
	lido_buffer_write(buffer, &narrow, lido_scratch_get_data(scratch), stride);
	if (!complete) {
		lido_buffer_post_truncated(buffer);
	}
	lido_scratch_destroy(scratch);
	lido_buffer_unlock(buffer);
}

// Creates pools and buffers, grows a pool, uses the buffers, and leaves objects behind. Stops where the server has
// ended the client.
static void run_shm_client(struct client *client, const int *fds) {
	struct wl_shm_pool *pools[FILES];
	struct wl_buffer *buffers[FILES];
	for (int i = 0; i < FILES; i++) {
		pools[i] = wl_shm_create_pool(client->shm, fds[i], SIZE);
		buffers[i] = wl_shm_pool_create_buffer(pools[i], 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	}
	struct wl_shm_pool *again = wl_shm_create_pool(client->shm, fds[0], SIZE);
	wl_shm_pool_resize(again, 2 * SIZE);
	struct wl_buffer *odd = wl_shm_pool_create_buffer(again, SIZE / 2, 99, 77, 198, WL_SHM_FORMAT_RGB565);
	client_try_roundtrip(client);
	for (int i = 0; i < FILES; i++) {
		struct lido_buffer *buffer = find_buffer(client, buffers[i]);
		if (buffer != NULL) {
			use_buffer(buffer);
			client_try_roundtrip(client);
		}
	}
	struct lido_buffer *buffer = find_buffer(client, odd);
	if (buffer != NULL) {
		use_buffer(buffer);
	}
	wl_shm_pool_destroy(pools[0]);
	wl_buffer_destroy(odd);
	client_try_roundtrip(client);
}

// Pins it for a while, as a compositor with a GPU does.
static void pin_buffer(struct client *client, struct wl_buffer *wl_buffer) {
	struct lido_buffer *buffer = find_buffer(client, wl_buffer);
	struct lido_pin *pin;
	if (buffer != NULL && lido_manager_open_udmabuf(client->server->manager) && lido_buffer_is_pinnable(buffer) &&
			lido_pin_create(buffer, NULL, &pin) == LIDO_PIN_OK) {
		lido_pin_flush(pin);
		lido_pin_is_read(pin);
		lido_pin_destroy(pin);
	}
}

// Frees everything idle in the client's pool.
static void trim(struct client *client) {
	client_try_roundtrip(client);
	if (client_get_peer(client) != NULL) {
		struct lido_pool *pool = lido_pool_from_client(client->server->manager, client_get_peer(client));
		lido_pool_trim(pool, 0, &(uint32_t){UINT32_MAX});
		lido_pool_audit(pool);
	}
}

// Allocates blocks of the server's pool, uses them, and frees them. Allocations may fail with an event.
static void run_pool_client(struct client *client) {
	struct pool_client pool;
	struct pool_block blocks[3];
	pool_client_init(&pool, client, 0);
	pool_block_init(&blocks[0], &pool, SIZE);
	pool_block_init(&blocks[1], &pool, 64);
	struct wl_buffer *wl_buffer = pool_block_create_buffer(&blocks[0], 4096, 99, 77);
	client_try_roundtrip(client);
	if (blocks[0].answer == POOL_ANSWER_PLACED) {
		memset(pool_block_get_data(&blocks[0]), 0x77, SIZE / 2); // the rest is a hole
	}
	struct lido_buffer *buffer = find_buffer(client, wl_buffer);
	if (buffer != NULL && !lido_buffer_detect_tampering(buffer)) {
		use_buffer(buffer);
	}
	struct wl_buffer *aligned = pool_block_create_buffer(&blocks[0], 0, 64, 64);
	client_try_roundtrip(client);
	pin_buffer(client, aligned);
	wl_buffer_destroy(aligned);
	pool_block_init(&blocks[2], &pool, 4096);
	pool_block_resize(&blocks[0], LARGE);
	pool_block_resize(&blocks[2], 64);
	client_try_roundtrip(client);
	wl_buffer_destroy(wl_buffer);
	pool_block_finish(&blocks[0]);
	trim(client);
	pool_block_finish(&blocks[1]);
	pool_block_finish(&blocks[2]);
	trim(client);
	pool_block_init(&blocks[0], &pool, 4096); // pool_client_finish() destroys it
	client_try_roundtrip(client);
	pool_client_finish(&pool);
	client_try_roundtrip(client);
}

void life_expect_honest_end(struct client *client) {
	int error = wl_display_get_error(client->display);
	if (error == 0) {
		return;
	}
	bool no_memory = strstr(client->error, "wl_display#1: error 2: ") != NULL;
	bool invalid_fd = strstr(client->error, ": error 2: invalid fd: ") != NULL;
	if (!no_memory && !invalid_fd) {
		fail("the server ended the client with \"%s\" (%s)", client->error, strerror(error));
	}
}

void life_create_files(int *fds) {
	fds[0] = file_create(FILE_SEALABLE, 2 * SIZE);
	fds[1] = file_create(FILE_UNSEALABLE, SIZE);
	fds[2] = file_create(FILE_SEALED_FAST, SIZE);
	for (int i = 0; i < FILES; i++) {
		file_fill(fds[i], 0, SIZE, 1);
	}
}

void life_close_files(const int *fds) {
	for (int i = 0; i < FILES; i++) {
		expect_int(file_count_fds(fds[i]), ==, 1);
		expect_int(file_count_mappings(fds[i], NULL), ==, 0);
		close(fds[i]);
	}
}

void life_run(struct client *client, const int *fds) {
	run_shm_client(client, fds);
	run_pool_client(client);
}

void life_expect_possible(struct server *server, const int *fds) {
	struct client client;
	client_init(&client, server);
	life_run(&client, fds);
	expect_alive(&client);
	client_finish(&client);
}

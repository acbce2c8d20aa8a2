#include "bystander.h"
#include "file.h"
#include "runner.h"
#include "server.h"
#include <string.h>
#include <unistd.h>

#define SIZE 4096 // bytes of each of its pictures
#define EDGE 32   // pixels
#define SEED 7

void bystander_init(struct bystander *bystander, struct server *server) {
	*bystander = (struct bystander){.fd = file_create(FILE_SEALABLE, SIZE)};
	client_init(&bystander->client, server);
	pool_client_init(&bystander->pool, &bystander->client, 0);
	pool_block_init(&bystander->block, &bystander->pool, 2 * SIZE);
	bystander->in_block = pool_block_create_buffer(&bystander->block, SIZE, EDGE, EDGE);
	bystander->shm_pool = wl_shm_create_pool(bystander->client.shm, bystander->fd, SIZE);
	bystander->in_file =
			wl_shm_pool_create_buffer(bystander->shm_pool, 0, EDGE, EDGE, 4 * EDGE, WL_SHM_FORMAT_ARGB8888);
	expect_place(&bystander->block);
	file_fill_memory(pool_block_get_data(&bystander->block) + SIZE, 0, SIZE, SEED);
	file_fill(bystander->fd, 0, SIZE, SEED);
}

static void expect_pixels(struct bystander *bystander, struct wl_buffer *wl_buffer) {
	uint8_t wanted[SIZE], pixels[SIZE];
	struct lido_box box = {.width = EDGE, .height = EDGE};
	struct wl_resource *resource =
			wl_client_get_object(client_get_peer(&bystander->client), wl_proxy_get_id((struct wl_proxy *)wl_buffer));
	expect(resource != NULL);
	struct lido_buffer *buffer = lido_buffer_try_from_resource(resource);
	expect(buffer != NULL);
	file_fill_memory(wanted, 0, SIZE, SEED);
	expect(!lido_buffer_detect_tampering(buffer));
	expect_int(lido_buffer_read(buffer, &box, pixels, 4 * EDGE), ==, LIDO_READ_OK);
	expect_bytes(pixels, wanted, SIZE);
	const void *mapped = lido_buffer_map(buffer, 0, EDGE, NULL);
	expect(mapped != NULL);
	expect_bytes(mapped, wanted, SIZE);
}

void bystander_expect_unharmed(struct bystander *bystander) {
	struct pool_block block;
	expect_alive(&bystander->client);
	expect_pixels(bystander, bystander->in_block);
	expect_pixels(bystander, bystander->in_file);
	pool_block_init(&block, &bystander->pool, SIZE);
	pool_block_resize(&block, 4 * SIZE);
	int fd = file_create(FILE_UNSEALABLE, SIZE);
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(bystander->client.shm, fd, SIZE);
	struct wl_buffer *buffer = pool_block_create_buffer(&block, 0, 2 * EDGE, 2 * EDGE);
	expect_place(&block);
	memset(pool_block_get_data(&block), 1, 4 * (size_t)SIZE);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(shm_pool);
	close(fd);
	pool_block_finish(&block);
	expect_alive(&bystander->client);
}

void bystander_finish(struct bystander *bystander) {
	wl_buffer_destroy(bystander->in_block);
	wl_buffer_destroy(bystander->in_file);
	wl_shm_pool_destroy(bystander->shm_pool);
	pool_client_finish(&bystander->pool);
	client_finish(&bystander->client);
	close(bystander->fd);
}

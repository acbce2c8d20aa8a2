#include "pair.h"
#include "file.h"
#include "runner.h"
#include <unistd.h>

void pair_init(struct pair *pair, const struct lido_limits *limits) {
	server_init_core(&pair->server, limits);
	client_init(&pair->client, &pair->server);
	client_init(&pair->other, &pair->server);
}

static void expect_unharmed(struct client *client) {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 4096);
		struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 2048);
		wl_shm_pool_resize(pool, 4096);
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
		expect_alive(client);
		wl_buffer_destroy(buffer);
		wl_shm_pool_destroy(pool);
		expect_alive(client);
		close(fd);
	}
}

void pair_finish(struct pair *pair) {
	expect_unharmed(&pair->other);
	client_finish(&pair->client);
	client_finish(&pair->other);
	server_finish(&pair->server);
}

struct lido_pool *pair_get_pool(struct pair *pair) {
	struct lido_pool *pool = lido_pool_from_client(pair->server.manager, client_get_peer(&pair->client));
	expect(pool != NULL);
	return pool;
}

struct lido_buffer *pair_get_buffer(struct pair *pair, struct wl_buffer *buffer) {
	client_roundtrip(&pair->client);
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)buffer);
	struct wl_resource *resource = wl_client_get_object(client_get_peer(&pair->client), id);
	expect(resource != NULL);
	struct lido_buffer *found = lido_buffer_try_from_resource(resource);
	expect(found != NULL);
	return found;
}

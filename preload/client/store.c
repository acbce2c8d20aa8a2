#include "store.h"

#include "lock.h"
#include "memory.h"
#include "raw.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <wayland-client-protocol.h>

struct store *store_create_in_block(struct block *block) {
	struct store *store = calloc(1, sizeof(*store));
	if (store == NULL) {
		block_defer_destroy(block);
		return NULL;
	}
	*store = (struct store){.users = 1,
		.block = block,
		.offset = block->offset,
		.size = block->size,
		.data = block->area->data + block->offset};
	return store;
}

static void add_fallback_pool(struct store *store, struct connection *connection, const struct owned_fd *fd) {
	struct fallback_pool *fallback_pool = calloc(1, sizeof(*fallback_pool));
	if (fallback_pool == NULL) {
		return;
	}
	fallback_pool->pool = connection_create_shm_pool(connection, fd, store->size);
	if (fallback_pool->pool == NULL) {
		free(fallback_pool);
		return;
	}
	fallback_pool->size = store->size;
	fallback_pool->next = store->fallback_pools;
	store->fallback_pools = fallback_pool;
}

struct store *store_create_fallback(
		size_t size, size_t reserve, struct connection *const *connections, size_t connections_len) {
	struct owned_fd fd;
	if (!owned_fd_create(&fd, reserve)) {
		return NULL;
	}
	struct store *store = calloc(1, sizeof(*store));
	void *data = store != NULL ? owned_fd_map(&fd, reserve) : MAP_FAILED;
	if (data != MAP_FAILED) {
		*store = (struct store){.users = 1, .size = size, .reserve = reserve, .data = data};
		for (size_t i = 0; i < connections_len; i++) {
			add_fallback_pool(store, connections[i], &fd);
		}
	} else {
		free(store);
		store = NULL;
	}
	owned_fd_close(&fd);
	return store;
}

bool store_grow_fallback(struct store *store, size_t size) {
	if (size > store->size && size <= store->reserve) {
		store->size = size;
	}
	return size <= store->size;
}

void store_ref(struct store *store) {
	store->users++;
}

void store_unref(struct store *store) {
	if (--store->users > 0) {
		return;
	}
	if (store->block != NULL) {
		block_defer_destroy(store->block);
	} else {
		while (store->fallback_pools != NULL) {
			struct fallback_pool *fallback_pool = store->fallback_pools;
			store->fallback_pools = fallback_pool->next;
			block_defer_destroy(fallback_pool->pool);
			free(fallback_pool);
		}
		raw_munmap(store->data, store->reserve);
	}
	free(store);
}

bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address) {
	if (store->block != NULL) {
		return area_remap_to(store->block->area, store->offset + offset, size, prot, address);
	}
	return memory_duplicate(store->data + offset, size, prot, address);
}

static struct fallback_pool *find_fallback_pool(const struct store *store, const struct connection *connection) {
	struct fallback_pool *fallback_pool = store->fallback_pools;
	while (fallback_pool != NULL && fallback_pool->pool->connection != connection) {
		fallback_pool = fallback_pool->next;
	}
	return fallback_pool;
}

bool store_is_known_to(const struct store *store, const struct connection *connection) {
	return store->block != NULL ? store->block->connection == connection
								: find_fallback_pool(store, connection) != NULL;
}

struct wl_proxy *store_get_proxy(struct store *store, const struct connection *connection) {
	if (store->block != NULL) {
		return store->block->connection == connection ? store->block->proxy : NULL;
	}
	state_lock();
	struct fallback_pool *fallback_pool = find_fallback_pool(store, connection);
	size_t size = store->size;
	state_unlock();
	if (fallback_pool == NULL) {
		return NULL;
	}
	if (fallback_pool->size < size) {
		fallback_pool->size = size;
		union wl_argument args[] = {{.i = (int32_t)size}};
		wayland_send(fallback_pool->pool->proxy, WL_SHM_POOL_RESIZE, args);
	}
	return fallback_pool->pool->proxy;
}

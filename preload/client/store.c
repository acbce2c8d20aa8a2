#include "store.h"

#include "lock.h"
#include "raw.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

struct store *store_create_in_block(struct block *block) {
	struct store *store = calloc(1, sizeof(*store));
	if (store == NULL) {
		block_defer_destroy(block);
		return NULL;
	}
	*store = (struct store){.users = 1,
		.block = block,
		.fd = block->area->fd,
		.offset = block->offset,
		.size = block->size,
		.data = block->area->data + block->offset};
	return store;
}

struct store *store_create_fallback(size_t size) {
	struct store *store = calloc(1, sizeof(*store));
	int fd = memfd_create("lido-run", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (store == NULL || fd == -1 || raw_ftruncate(fd, (off_t)size) != 0) {
		goto error;
	}
	void *data = raw_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (data == MAP_FAILED) {
		goto error;
	}
	*store = (struct store){.users = 1, .fd = fd, .size = size, .data = data};
	return store;

error:
	if (fd != -1) {
		close(fd);
	}
	free(store);
	return NULL;
}

bool store_grow_fallback(struct store *store, size_t size) {
	if (size <= store->size) {
		return true;
	}
	if (raw_ftruncate(store->fd, (off_t)size) != 0) {
		return false;
	}
	void *data = raw_mremap(store->data, store->size, size, MREMAP_MAYMOVE, NULL);
	if (data == MAP_FAILED) {
		return false;
	}
	store->data = data;
	store->size = size;
	return true;
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
		raw_munmap(store->data, store->size);
		close(store->fd);
	}
	free(store);
}

bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address) {
	if (store->block != NULL) {
		return area_remap_to(store->block->area, store->offset + offset, size, prot, address);
	}
	return raw_mmap(address, size, prot, MAP_SHARED | MAP_FIXED, store->fd, (off_t)offset) != MAP_FAILED;
}

static struct fallback_pool *find_fallback_pool(const struct store *store, const struct connection *connection) {
	struct fallback_pool *fallback_pool = store->fallback_pools;
	while (fallback_pool != NULL && fallback_pool->pool->connection != connection) {
		fallback_pool = fallback_pool->next;
	}
	return fallback_pool;
}

static struct fallback_pool *create_fallback_pool(struct store *store, struct connection *connection) {
	struct fallback_pool *fallback_pool = calloc(1, sizeof(*fallback_pool));
	if (fallback_pool == NULL) {
		return NULL;
	}
	fallback_pool->pool = connection_create_shm_pool(connection, store->fd, store->size);
	if (fallback_pool->pool == NULL) {
		free(fallback_pool);
		return NULL;
	}
	fallback_pool->size = store->size;
	state_lock();
	fallback_pool->next = store->fallback_pools;
	store->fallback_pools = fallback_pool;
	state_unlock();
	return fallback_pool;
}

struct wl_proxy *store_get_fallback_pool(struct store *store, struct connection *connection) {
	state_lock();
	struct fallback_pool *fallback_pool = find_fallback_pool(store, connection);
	size_t size = store->size;
	state_unlock();
	if (fallback_pool == NULL) {
		fallback_pool = create_fallback_pool(store, connection);
	} else if (fallback_pool->size < size) {
		fallback_pool->size = size;
		union wl_argument args[] = {{.i = (int32_t)size}};
		wayland_send(fallback_pool->pool->proxy, WL_SHM_POOL_RESIZE, args);
	}
	return fallback_pool != NULL ? fallback_pool->pool->proxy : NULL;
}

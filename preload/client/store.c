#include "store.h"

#include "lock.h"
#include "memory.h"
#include "own_heap.h"
#include "page.h"
#include "raw.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <wayland-client-protocol.h>

static _Atomic(struct store *) deferred; // store.next_deferred; changed with the state lock held

struct store *store_create_in_block(struct block *block) {
	struct store *store = own_calloc(1, sizeof(*store));
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

struct store *store_create_own(int fd, size_t size, size_t reserve) {
	void *data = raw_mmap(NULL, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (data == MAP_FAILED) {
		return NULL;
	}
	struct store *store = own_calloc(1, sizeof(*store));
	if (store == NULL) {
		raw_munmap(data, reserve);
		return NULL;
	}
	*store = (struct store){.users = 1, .is_own = true, .size = size, .reserve = reserve, .data = data};
	return store;
}

void store_tell(struct store *store, struct connection *connection, const struct owned_fd *fd) {
	struct plain_pool *plain_pool = own_calloc(1, sizeof(*plain_pool));
	if (plain_pool == NULL) {
		return;
	}
	// A pool must not be larger than its file.
	*plain_pool = (struct plain_pool){.size = (off_t)store->size < fd->size ? store->size : (size_t)fd->size};
	plain_pool->pool = connection_create_shm_pool(connection, fd, plain_pool->size);
	if (plain_pool->pool == NULL) {
		own_free(plain_pool);
		return;
	}
	state_lock();
	plain_pool->next = store->plain_pools;
	store->plain_pools = plain_pool;
	state_unlock();
}

struct store *store_create_fallback(
		size_t size, size_t reserve, struct connection *const *connections, size_t connections_len) {
	struct owned_fd fd;
	if (!owned_fd_create(&fd, reserve)) {
		return NULL;
	}
	struct store *store = own_calloc(1, sizeof(*store));
	void *data = store != NULL ? owned_fd_map(&fd, reserve) : MAP_FAILED;
	if (data != MAP_FAILED) {
		*store = (struct store){.users = 1, .size = size, .reserve = reserve, .data = data};
		for (size_t i = 0; i < connections_len; i++) {
			store_tell(store, connections[i], &fd);
		}
	} else {
		own_free(store);
		store = NULL;
	}
	owned_fd_close(&fd);
	return store;
}

bool store_grow(struct store *store, size_t size) {
	if (store->is_own && size > store->reserve) {
		void *data = raw_mremap(store->data, store->reserve, page_round(size), MREMAP_MAYMOVE, NULL);
		if (data == MAP_FAILED) {
			return false;
		}
		store->data = data;
		store->reserve = page_round(size);
	}
	if (size > store->size && size <= store->reserve) {
		store->size = size;
	}
	return size <= store->size;
}

void store_ref(struct store *store) {
	store->users++;
}

void store_note_buffer(struct store *store, size_t offset, size_t size) {
	size_t end = size < store->size && offset < store->size - size ? offset + size : store->size;
	if (offset >= end) {
		return;
	}
	bool is_first = store->drawn_start == store->drawn_end;
	store->drawn_start = is_first || offset < store->drawn_start ? offset : store->drawn_start;
	store->drawn_end = is_first || end > store->drawn_end ? end : store->drawn_end;
}

void store_punch(struct store *store, size_t offset, size_t size) {
	if (offset >= store->size) {
		return;
	}
	size = size < store->size - offset ? size : store->size - offset;
	memory_punch(store->data + offset, size);
	// A terminal that scrolls through a large pool punches what is behind its buffers.
	if (offset <= store->drawn_start && offset + size > store->drawn_start) {
		store->drawn_start = offset + size < store->drawn_end ? offset + size : store->drawn_end;
	} else if (offset < store->drawn_end && offset + size >= store->drawn_end) {
		store->drawn_end = offset > store->drawn_start ? offset : store->drawn_start;
	}
}

void store_unref(struct store *store) {
	if (--store->users > 0) {
		return;
	}
	if (store->block != NULL) {
		block_defer_destroy(store->block);
	} else {
		while (store->plain_pools != NULL) {
			struct plain_pool *plain_pool = store->plain_pools;
			store->plain_pools = plain_pool->next;
			block_defer_destroy(plain_pool->pool);
			own_free(plain_pool);
		}
		raw_munmap(store->data, store->reserve);
	}
	own_free(store);
}

void store_defer_unref(struct store *store) {
	store->next_deferred = atomic_load(&deferred);
	atomic_store(&deferred, store);
}

void store_flush_deferred(void) {
	if (atomic_load_explicit(&deferred, memory_order_relaxed) == NULL || !state_lock()) {
		return;
	}
	struct store *store = atomic_exchange(&deferred, NULL), *next;
	for (; store != NULL; store = next) {
		next = store->next_deferred;
		store_unref(store);
	}
	state_unlock();
}

bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address) {
	if (store->block != NULL) {
		return area_remap_to(store->block->area, store->offset + offset, size, prot, address);
	}
	return memory_duplicate(store->data + offset, size, prot, address);
}

bool store_remap_from(struct store *store, size_t offset, size_t size, void *address) {
	if (store->block == NULL || !area_remap_from(store->block->area, store->offset + offset, size, address)) {
		return false;
	}
	size_t start = offset > store->drawn_start ? offset : store->drawn_start;
	size_t end = offset + size < store->drawn_end ? offset + size : store->drawn_end;
	if (start < end) {
		area_note_populated(store->block->area, store->offset + start, end - start);
	}
	return true;
}

static struct plain_pool *find_plain_pool(const struct store *store, const struct connection *connection) {
	struct plain_pool *plain_pool = store->plain_pools;
	while (plain_pool != NULL && plain_pool->pool->connection != connection) {
		plain_pool = plain_pool->next;
	}
	return plain_pool;
}

bool store_is_known_to(const struct store *store, const struct connection *connection) {
	return store->block != NULL ? store->block->connection == connection : find_plain_pool(store, connection) != NULL;
}

struct wl_proxy *store_get_proxy(struct store *store, const struct connection *connection) {
	if (store->block != NULL) {
		return store->block->connection == connection ? store->block->proxy : NULL;
	}
	state_lock();
	struct plain_pool *plain_pool = find_plain_pool(store, connection);
	size_t size = store->size;
	state_unlock();
	if (plain_pool == NULL) {
		return NULL;
	}
	if (plain_pool->size < size) {
		plain_pool->size = size;
		union wl_argument args[] = {{.i = (int32_t)size}};
		wayland_send(plain_pool->pool->proxy, WL_SHM_POOL_RESIZE, args);
	}
	return plain_pool->pool->proxy;
}

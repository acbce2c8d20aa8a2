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
		block_doom(block);
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

struct store *store_create_file(size_t size) {
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

bool store_grow_file(struct store *store, size_t size) {
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
		block_doom(store->block);
	} else {
		while (store->homes != NULL) {
			struct home *home = store->homes;
			store->homes = home->next;
			block_doom(home->pool);
			free(home);
		}
		raw_munmap(store->data, store->size);
		close(store->fd);
	}
	free(store);
}

bool store_map(struct store *store, size_t offset, size_t size, int prot, void *address) {
	if (store->block != NULL) {
		return area_lend(store->block->area, store->offset + offset, size, prot, address);
	}
	return raw_mmap(address, size, prot, MAP_SHARED | MAP_FIXED, store->fd, (off_t)offset) != MAP_FAILED;
}

static struct home *find_home(const struct store *store, const struct connection *connection) {
	struct home *home = store->homes;
	while (home != NULL && home->pool->connection != connection) {
		home = home->next;
	}
	return home;
}

static struct home *create_home(struct store *store, struct connection *connection) {
	struct home *home = calloc(1, sizeof(*home));
	if (home == NULL) {
		return NULL;
	}
	home->pool = connection_create_pool(connection, store->fd, store->size);
	if (home->pool == NULL) {
		free(home);
		return NULL;
	}
	home->size = store->size;
	state_lock();
	home->next = store->homes;
	store->homes = home;
	state_unlock();
	return home;
}

struct wl_proxy *store_get_home(struct store *store, struct connection *connection) {
	state_lock();
	struct home *home = find_home(store, connection);
	size_t size = store->size;
	state_unlock();
	if (home == NULL) {
		home = create_home(store, connection);
	} else if (home->size < size) {
		home->size = size;
		union wl_argument args[] = {{.i = (int32_t)size}};
		wayland_send(home->pool->proxy, WL_SHM_POOL_RESIZE, args);
	}
	return home != NULL ? home->pool->proxy : NULL;
}

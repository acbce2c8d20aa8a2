#include "base/number.h"
#include "rounding.h"
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U // since Linux 6.3
#endif

// A growable file reserves address space, so that it can grow within one mapping and its address stays; but only a part
// of what is left, so that there is some for further files.
#define RESERVE_FACTOR 4
#define RESERVE_MIN (INT64_C(64) << 20)
#define RESERVE_SHARE 8
#define PAGE_SIZE 4096

struct file {
	int fd; // -1: closed, as neither this process nor another one needs it
	uint32_t id;
	struct wl_shm_pool *pool;
	uint8_t *data;    // the mapping
	uint32_t size;    // bytes of the file
	uint32_t reserve; // bytes of the mapping
};

struct shm_storage {
	struct lido_client_storage base;
	struct file file;
	bool is_growable;
};

static struct shm_storage *shm_storage_from_base(struct lido_client_storage *base) {
	struct shm_storage *storage = wl_container_of(base, storage, base);
	return storage;
}

static int64_t align_to_page(int64_t size) {
	int64_t aligned = round_up(size, PAGE_SIZE);
	return aligned > INT32_MAX ? size : aligned;
}

static uint32_t choose_reserve(const struct lido_client *client, uint32_t size, bool growable) {
	int64_t reserve = lido_min(lido_max((int64_t)size * RESERVE_FACTOR, RESERVE_MIN), INT32_MAX);
	reserve = lido_min(reserve, lido_client_get_reserve_left(client) / RESERVE_SHARE);
	return growable && reserve > size ? (uint32_t)align_to_page(reserve) : size;
}

static int create_fd(void) {
	int fd = memfd_create("lido-client", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	return fd < 0 && errno == EINVAL ? memfd_create("lido-client", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

static bool file_init(struct file *file, struct lido_client *client, uint32_t size, bool growable) {
	*file = (struct file){.size = size, .reserve = choose_reserve(client, size, growable), .fd = create_fd()};
	file->id = ++client->last_file_id;
	if (file->fd < 0) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	if (ftruncate(file->fd, size) < 0) {
		goto error_fd;
	}
	// The seal protects the server's mapping. Servers accept unsealed files too, so a failure is ignored where no other
	// process gets the file.
	int seals = growable ? F_SEAL_SHRINK : F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	if (fcntl(file->fd, F_ADD_SEALS, seals) != 0 && client->options.is_private) {
		goto error_fd;
	}
	file->data = lido_client_map(client, file->fd, file->reserve);
	if (file->data == NULL) {
		goto error_fd;
	}
	file->pool = wl_shm_create_pool(client->shm, file->fd, (int32_t)size);
	if (file->pool == NULL) {
		goto error_mapping;
	}
	if (!growable && !client->options.is_private) {
		close(file->fd);
		file->fd = -1;
	}
	client->stats.areas++;
	client->stats.files++;
	client->stats.bytes_files += size;
	return true;

error_mapping:
	lido_client_unmap(client, file->data, file->reserve);
error_fd:
	close(file->fd);
	return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
}

static void file_finish(struct file *file, struct lido_client *client) {
	client->stats.areas--;
	client->stats.files--;
	client->stats.bytes_files -= file->size;
	wl_shm_pool_destroy(file->pool);
	lido_client_unmap(client, file->data, file->reserve);
	if (file->fd >= 0) {
		close(file->fd);
	}
}

static bool file_grow(struct file *file, struct lido_client *client, uint32_t size) {
	if (file->fd < 0 || size > file->reserve || ftruncate(file->fd, size) < 0) {
		return false;
	}
	wl_shm_pool_resize(file->pool, (int32_t)size);
	client->stats.bytes_files += (int64_t)size - file->size;
	file->size = size;
	return true;
}

static bool grow(struct lido_client_storage *base, uint32_t size) {
	struct shm_storage *storage = shm_storage_from_base(base);
	size = (uint32_t)align_to_page(size);
	if (!file_grow(&storage->file, base->client, size)) {
		struct file file;
		if (!file_init(&file, base->client, size, storage->is_growable)) {
			return false;
		}
		file_finish(&storage->file, base->client);
		storage->file = file;
	}
	lido_client_storage_set_place(base, storage->file.data, storage->file.size);
	return true;
}

static struct wl_buffer *create_buffer(struct lido_client_storage *base, const struct lido_client_layout *layout) {
	return wl_shm_pool_create_buffer(shm_storage_from_base(base)->file.pool, (int32_t)layout->offset, layout->width,
			layout->height, layout->stride, layout->format);
}

static void get_file(struct lido_client_storage *base, struct lido_image_file *file) {
	struct shm_storage *storage = shm_storage_from_base(base);
	*file = (struct lido_image_file){
		.fd = storage->file.fd, .id = storage->file.id, .size = storage->file.size, .offset = 0};
}

static void destroy(struct lido_client_storage *base) {
	struct shm_storage *storage = shm_storage_from_base(base);
	file_finish(&storage->file, base->client);
	free(storage);
}

static const struct lido_client_storage_impl impl = {
	.grow = grow,
	.create_buffer = create_buffer,
	.get_file = get_file,
	.destroy = destroy,
};

struct lido_client_storage *lido_client_shm_storage_create(struct lido_client *client, uint32_t size, bool growable) {
	struct shm_storage *storage = calloc(1, sizeof(*storage));
	if (storage == NULL) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
		return NULL;
	}
	// Another process maps a private file once, so it is sealed against growing like an area.
	storage->is_growable = growable && !client->options.is_private;
	if (!file_init(&storage->file, client, (uint32_t)align_to_page(size), storage->is_growable)) {
		free(storage);
		return NULL;
	}
	lido_client_storage_init(&storage->base, client, &impl);
	lido_client_storage_set_place(&storage->base, storage->file.data, storage->file.size);
	return &storage->base;
}

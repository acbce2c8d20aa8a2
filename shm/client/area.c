#include "area.h"

#include "base/number.h"
#include "format.h"

#include "lido-shm-v1-client-protocol.h"
#include <assert.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct lido_client_area *find_area(struct lido_client *client, uint32_t id) {
	struct lido_client_area *area;
	wl_list_for_each(area, &client->areas, link) {
		if (area->id == id) {
			return area;
		}
	}
	return NULL;
}

static bool has_size(int fd, uint32_t size) {
	struct stat stat;
	return fstat(fd, &stat) == 0 && stat.st_size >= size;
}

// Access to so much of the file must never raise a bus error. A memfd on tmpfs has memory for all of its size, which
// can only grow once it is sealed; so its seals come before its size. A memfd of huge pages may find none.
static bool is_safe(int fd, uint32_t size, int seals_wanted) {
	struct statfs statfs;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & seals_wanted) == seals_wanted && has_size(fd, size) && fstatfs(fd, &statfs) == 0 &&
		   statfs.f_type == TMPFS_MAGIC;
}

static void area_destroy(struct lido_client_area *area) {
	assert(area->refs == 0);
	lido_client_unmap(area->client, area->data, area->reserve);
	close(area->fd);
	area->client->stats.areas--;
	area->client->stats.bytes_files -= area->size;
	wl_list_remove(&area->link);
	free(area);
}

// If mmap() failed, the next call tries again.
static bool area_map(struct lido_client_area *area) {
	if (area->data == NULL) {
		area->data = lido_client_map(area->client, area->fd, area->reserve);
	}
	return area->data != NULL;
}

static void handle_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
	// Exceeding the bytes only causes a failed event; exceeding the objects ends the connection.
	struct lido_client *client = data;
	client->blocks_max = bytes_hi != 0 || bytes_lo != 0 ? blocks : 0;
	client->buffers_max = buffers;
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t id, int32_t fd, uint32_t size, uint32_t reserve) {
	struct lido_client *client = data;
	// Another process may get a private area, and must not be able to enlarge it.
	int seals = client->options.is_private ? F_SEAL_SHRINK | F_SEAL_GROW : F_SEAL_SHRINK;
	struct lido_client_area *area = is_safe(fd, size, seals) ? calloc(1, sizeof(*area)) : NULL;
	if (area == NULL) {
		// Blocks that the server places in it will find no area and fail.
		close(fd);
		return;
	}
	*area = (struct lido_client_area){.client = client, .id = id, .size = size, .reserve = reserve, .fd = fd};
	area->file_id = ++client->last_file_id;
	wl_list_insert(&client->areas, &area->link);
	client->stats.areas++;
	client->stats.bytes_files += size;
	area_map(area);
}

static void handle_area_size(void *data, struct lido_shm_pool_v1 *pool, uint32_t id, uint32_t size) {
	struct lido_client_area *area = find_area(data, id);
	// Blocks beyond a size that the file does not have will fail.
	if (area != NULL && has_size(area->fd, size)) {
		area->client->stats.bytes_files += (int64_t)size - area->size;
		area->size = size;
	}
}

static void handle_area_removed(void *data, struct lido_shm_pool_v1 *pool, uint32_t id) {
	struct lido_client_area *area = find_area(data, id);
	if (area == NULL) {
		return;
	}
	// The protocol promises that no block lies in it any more. If one does, the mapping stays, so nothing crashes.
	area->is_removed = true;
	if (area->refs == 0) {
		area_destroy(area);
	}
}

// The server's memory could be wasted, and ours, if it told any number.
static void handle_layout(void *data, struct lido_shm_pool_v1 *pool, uint32_t stride, uint32_t offset) {
	struct lido_client *client = data;
	bool is_power = stride != 0 && (stride & (stride - 1)) == 0;
	if (is_power && stride >= LIDO_CLIENT_ROW_ALIGN_MIN && stride <= LIDO_CLIENT_ROW_ALIGN_MAX) {
		client->row_align = stride;
	}
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = handle_limits,
	.area = handle_area,
	.area_size = handle_area_size,
	.area_removed = handle_area_removed,
	.layout = handle_layout,
};

bool lido_client_create_pool(struct lido_client *client) {
	uint32_t reserve_max = client->options.reserve_max;
	client->pool = client->options.is_private ? lido_shm_manager_v1_get_private_pool(client->manager, reserve_max)
											  : lido_shm_manager_v1_get_pool(client->manager, reserve_max);
	if (client->pool == NULL) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	lido_shm_pool_v1_add_listener(client->pool, &pool_listener, client);
	return true;
}

void lido_client_destroy_pool(struct lido_client *client) {
	if (client->pool != NULL) {
		lido_shm_pool_v1_destroy(client->pool);
	}
	if (client->manager != NULL) {
		lido_shm_manager_v1_destroy(client->manager);
	}
	client->pool = NULL;
	client->manager = NULL;
	struct lido_client_area *area, *next;
	wl_list_for_each_safe(area, next, &client->areas, link) {
		area_destroy(area);
	}
}

uint8_t *lido_client_area_ref(
		struct lido_client *client, uint32_t id, uint32_t offset, uint32_t size, struct lido_client_area **area) {
	struct lido_client_area *found = find_area(client, id);
	if (found == NULL || !area_map(found)) {
		return NULL;
	}
	// Access beyond the end of the file raises a bus error.
	if ((int64_t)offset + size > lido_min(found->size, found->reserve)) {
		return NULL;
	}
	found->refs++;
	*area = found;
	return found->data + offset;
}

void lido_client_area_unref(struct lido_client_area *area) {
	if (area != NULL) {
		area->refs--;
		if (area->refs == 0 && area->is_removed) {
			area_destroy(area);
		}
	}
}

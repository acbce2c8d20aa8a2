#include "pool.h"

#include "area.h"
#include "manager.h"
#include "memory.h"
#include "os.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct lido_pool *pool = wl_container_of(listener, pool, client_destroy);
	// All resources are gone by now, and with them every buffer and handle that no reader locks.
	wl_list_remove(&pool->client_destroy.link);
	pool->client = NULL;
	lido_memory_trim(pool, 0);
	lido_pool_consider_destroy(pool);
}

static struct lido_pool *pool_create(struct lido_manager *manager, struct wl_client *client) {
	struct lido_pool *pool = lido_os.calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return NULL;
	}
	pool->manager = manager;
	pool->client = client;
	pool->limits = manager->limits;
	for (size_t i = 0; i < LIDO_POOL_BUCKETS; ++i) {
		wl_list_init(&pool->areas[i]);
	}
	wl_list_init(&pool->warm);
	wl_list_insert(manager->pools.prev, &pool->link);
	pool->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(client, &pool->client_destroy);
	return pool;
}

struct lido_pool *lido_pool_from_client(struct lido_manager *manager, struct wl_client *client) {
	struct wl_listener *listener = wl_client_get_destroy_late_listener(client, handle_client_destroy);
	if (listener == NULL) {
		return pool_create(manager, client);
	}
	struct lido_pool *pool = wl_container_of(listener, pool, client_destroy);
	return pool;
}

static void pool_destroy(struct lido_pool *pool) {
	lido_memory_trim(pool, 0);
	assert(pool->files == 0 && pool->mappings == 0 && pool->bytes == 0 && pool->bytes_live == 0);
	wl_list_remove(&pool->link);
	free(pool);
}

void lido_pool_consider_destroy(struct lido_pool *pool) {
	if (pool->client != NULL || pool->handles > 0 || pool->buffers > 0 || pool->memories > 0) {
		return;
	}
	pool_destroy(pool);
}

struct wl_list *lido_pool_get_bucket(struct lido_pool *pool, const struct stat *stat) {
	return &pool->areas[(stat->st_ino ^ stat->st_dev) % LIDO_POOL_BUCKETS];
}

bool lido_pool_fail(struct lido_pool *pool, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vsnprintf(pool->error, sizeof(pool->error), format, args);
	va_end(args);
	return false;
}

bool lido_pool_check_files(struct lido_pool *pool) {
	if (pool->files >= pool->limits.files_max) {
		return lido_pool_fail(pool, "too many files in wl_shm pools: %" PRIu32 " held, the limit (files) is %" PRIu32,
				pool->files, pool->limits.files_max);
	}
	uint32_t left = pool->manager->files_total_max - pool->manager->files;
	if (pool->files >= left) {
		return lido_pool_fail(pool,
				"too many files in wl_shm pools: %" PRIu32 " held, all clients together leave %" PRIu32 " of %" PRIu32,
				pool->files, left, pool->manager->files_total_max);
	}
	return true;
}

bool lido_pool_check_handles(struct lido_pool *pool) {
	if (pool->handles >= pool->limits.handles_max) {
		return lido_pool_fail(pool, "too many wl_shm_pool objects: %" PRIu32 " held, the limit (handles) is %" PRIu32,
				pool->handles, pool->limits.handles_max);
	}
	return true;
}

bool lido_pool_check_buffers(struct lido_pool *pool) {
	if (pool->buffers >= pool->limits.buffers_max) {
		return lido_pool_fail(pool, "too many wl_buffer objects: %" PRIu32 " held, the limit (buffers) is %" PRIu32,
				pool->buffers, pool->limits.buffers_max);
	}
	return true;
}

bool lido_pool_check_bytes(struct lido_pool *pool, int64_t more) {
	if (more > pool->limits.bytes_max - pool->bytes) {
		return lido_pool_fail(pool,
				"too much server memory: %" PRId64 " bytes held, %" PRId64 " more wanted, limit (bytes) %" PRId64,
				pool->bytes, more, pool->limits.bytes_max);
	}
	return true;
}

void lido_pool_post_no_memory(struct lido_pool *pool) {
	if (pool->client == NULL) {
		return;
	}
	// The display is object 1 of every client. libwayland's own function would not let us say why.
	struct wl_resource *display = wl_client_get_object(pool->client, 1);
	const char *text = pool->error[0] != '\0' ? pool->error : "out of memory";
	wl_resource_post_error(display, WL_DISPLAY_ERROR_NO_MEMORY, "%s", text);
}

void lido_pool_validate(const struct lido_pool *pool) {
	uint32_t files = 0, sealed_files = 0, mappings = 0;
	int64_t bytes_mapped = 0, warm = 0;
	for (size_t i = 0; i < LIDO_POOL_BUCKETS; ++i) {
		const struct lido_area *area;
		wl_list_for_each(area, &pool->areas[i], link) {
			assert(area->pool == pool && area->users > 0);
			++files;
			sealed_files += area->sealed;
			mappings += area->mappings_len;
			for (unsigned j = 0; j < area->mappings_len; ++j) {
				bytes_mapped += (int64_t)area->mappings[j].size;
			}
		}
	}
	const struct lido_memory *memory;
	wl_list_for_each(memory, &pool->warm, link) {
		warm += (int64_t)memory->charged;
	}
	assert(files == pool->files && sealed_files == pool->sealed_files);
	assert(mappings == pool->mappings && bytes_mapped == pool->bytes_mapped);
	assert(warm <= pool->bytes && (pool->memories > 0 || warm == pool->bytes));
	assert(pool->files <= pool->handles + pool->buffers);
}

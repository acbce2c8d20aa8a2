#include "memory/pool.h"

#include "base/os.h"
#include "memory/imported.h"
#include "memory/scratch.h"
#include "wire/manager.h"
#include "wire/pool_resource.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

// Blocks and files of a pool that debug builds look at after each request.
#define AUDIT_MAX 256

// Those that nobody has used since before that time; 0: all. Returns whether one is left for later.
static bool pool_destroy_unused_areas(struct lido_pool *pool, int64_t before) {
	bool left = false;
	struct lido_exported_area *area, *next;
	wl_list_for_each_safe(area, next, &pool->exported, base.link) {
		if (area->base.users > 0) {
			continue;
		}
		if (before != 0 && area->idle_since >= before) {
			left = true;
			continue;
		}
		lido_pool_handle_announce_removed(area);
		lido_exported_area_destroy(area);
	}
	return left;
}

bool lido_pool_trim(struct lido_pool *pool, int64_t before, uint32_t *calls_left) {
	bool left = lido_memory_trim(pool, before);
	left |= pool_destroy_unused_areas(pool, before);
	struct lido_exported_area *area;
	wl_list_for_each(area, &pool->exported, base.link) {
		left |= lido_exported_area_trim(area, before, calls_left);
	}
	lido_pool_audit(pool);
	return left;
}

static void handle_turn(void *data) {
	struct lido_pool *pool = data;
	pool->turn = NULL;
	pool->bytes_turn = 0;
}

int64_t lido_buffer_get_turn(const struct lido_buffer *buffer) {
	return buffer->pool->bytes_turn;
}

bool lido_buffer_spend(struct lido_buffer *buffer, int64_t bytes) {
	struct lido_pool *pool = buffer->pool;
	if (pool->client == NULL) {
		return true;
	}
	if (pool->turn == NULL) {
		struct wl_event_loop *loop = wl_display_get_event_loop(wl_client_get_display(pool->client));
		pool->turn = wl_event_loop_add_idle(loop, handle_turn, pool);
	}
	if (pool->turn == NULL || bytes > LIDO_TURN_BYTES_MAX - pool->bytes_turn) {
		return lido_pool_fail(pool,
				"too much at once: %" PRId64 " bytes of commits copied, %" PRId64 " more wanted, the limit is %" PRId64,
				pool->bytes_turn, bytes, LIDO_TURN_BYTES_MAX);
	}
	pool->bytes_turn += bytes;
	return true;
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct lido_pool *pool = wl_container_of(listener, pool, client_destroy);
	// All resources are gone by now, and with them every buffer and handle that no reader locks.
	wl_list_remove(&pool->client_destroy.link);
	pool->client = NULL;
	if (pool->turn != NULL) {
		wl_event_source_remove(pool->turn);
		pool->turn = NULL;
	}
	lido_memory_trim(pool, 0);
	pool_destroy_unused_areas(pool, 0);
	lido_pool_consider_destroy(pool);
}

static struct lido_pool *pool_create(struct lido_manager *manager, struct wl_client *client) {
	struct lido_pool *pool = lido_os.calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return NULL;
	}
	pool->manager = manager;
	pool->id = ++manager->last_pool_id;
	pool->client = client;
	pool->limits = manager->limits;
	for (size_t i = 0; i < LIDO_POOL_BUCKETS; i++) {
		wl_list_init(&pool->imported[i]);
	}
	wl_list_init(&pool->exported);
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
	assert(pool->blocks == 0 && pool->bytes_blocks == 0 && wl_list_empty(&pool->exported));
	wl_list_remove(&pool->link);
	free(pool);
}

void lido_pool_consider_destroy(struct lido_pool *pool) {
	lido_pool_audit(pool);
	if (pool->client != NULL || pool->handles > 0 || pool->objects > 0 || pool->buffers > 0 || pool->memories > 0) {
		return;
	}
	pool_destroy(pool);
}

struct wl_list *lido_pool_get_bucket(struct lido_pool *pool, const struct stat *stat) {
	return &pool->imported[(stat->st_ino ^ stat->st_dev) % LIDO_POOL_BUCKETS];
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
		return lido_pool_fail(pool, "too many files of wl_shm pools: %" PRIu32 " held, the limit (files) is %" PRIu32,
				pool->files, pool->limits.files_max);
	}
	const struct lido_manager *manager = pool->manager;
	uint32_t left = manager->files_total_max - manager->files - manager->disposal.files_len;
	if (pool->files >= left) {
		return lido_pool_fail(pool,
				"too many files of wl_shm pools: %" PRIu32 " held, all clients together leave %" PRIu32 " of %" PRIu32,
				pool->files, left, manager->files_total_max);
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

bool lido_pool_check_objects(struct lido_pool *pool) {
	uint64_t objects_max = (uint64_t)pool->limits.blocks_max * LIDO_OBJECTS_PER_BLOCK;
	if (pool->objects >= objects_max) {
		return lido_pool_fail(pool,
				"too many lido_shm_v1 objects: %" PRIu32 " held, the limit is %" PRIu64 ", %d times that of blocks",
				pool->objects, objects_max, LIDO_OBJECTS_PER_BLOCK);
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

static void exported_validate(
		const struct lido_pool *pool, uint32_t *blocks, int64_t *bytes_blocks, int64_t *bytes_mapped) {
	uint32_t len = 0;
	const struct lido_exported_area *area;
	wl_list_for_each(area, &pool->exported, base.link) {
		lido_allocator_validate(area->allocator);
		assert(area->base.pool == pool && area->base.users == lido_allocator_get_count(area->allocator));
		assert(lido_allocator_get_end(area->allocator) <= area->base.size && area->base.size <= area->reserve);
		*blocks += area->base.users;
		*bytes_blocks += lido_allocator_get_live(area->allocator);
		*bytes_mapped += area->reserve;
		len++;
	}
	assert(len == pool->exported_len);
}

void lido_pool_validate(const struct lido_pool *pool) {
	uint32_t imported = 0, sealed_files = 0, mappings = pool->exported_len, blocks = 0;
	int64_t bytes_mapped = 0, bytes_blocks = 0, warm = lido_memory_get_warm(pool);
	for (size_t i = 0; i < LIDO_POOL_BUCKETS; i++) {
		struct lido_area *area;
		wl_list_for_each(area, &pool->imported[i], link) {
			assert(area->pool == pool);
			lido_imported_area_validate(area, &mappings, &bytes_mapped);
			imported++;
			sealed_files += area->sealed;
		}
	}
	exported_validate(pool, &blocks, &bytes_blocks, &bytes_mapped);
	assert(imported + pool->exported_len == pool->files && sealed_files == pool->sealed_files);
	assert(mappings == pool->mappings && bytes_mapped == pool->bytes_mapped);
	assert(blocks == pool->blocks && bytes_blocks == pool->bytes_blocks);
	assert(warm <= pool->bytes && (pool->memories > 0 || warm == pool->bytes));
	assert(pool->buffers <= pool->buffers_peak && pool->bytes_live <= pool->bytes_live_peak);
	assert(pool->bytes <= pool->bytes_peak);
	assert(imported <= pool->handles + pool->buffers);
}

void lido_pool_audit(const struct lido_pool *pool) {
#ifdef LIDO_DEBUG
	if (pool->blocks + pool->files <= AUDIT_MAX) {
		lido_pool_validate(pool);
	}
#endif
}

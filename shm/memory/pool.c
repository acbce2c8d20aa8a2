#include "memory/pool.h"

#include "base/os.h"

#include <assert.h>
#include <errno.h>
#include <lido/shm.h>
#include <stdlib.h>

// Debug builds audit a pool after each request if it has no more blocks, files and scratches than this.
#define AUDIT_MAX 256

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct lido_pool *pool = wl_container_of(listener, pool, client_destroy);
	// libwayland has destroyed all resources, and with them all buffers that no reader locks.
	wl_list_remove(&pool->client_destroy.link);
	lido_quota_leave_client(&pool->quota);
	lido_scratches_free_idle(&pool->scratches);
	lido_exports_trim(&pool->exports, 0, &(uint32_t){0});
	lido_pool_audit_in_debug_build(pool);
	lido_refs_unref(&pool->refs);
}

static void handle_unused(struct lido_refs *refs) {
	struct lido_pool *pool = wl_container_of(refs, pool, refs);
	lido_scratches_free_idle(&pool->scratches);
	assert(wl_list_empty(&pool->exports.areas));
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		assert(i == LIDO_QUOTA_READ_BYTES || i == LIDO_QUOTA_UNREAD_FDS || lido_quota_get_used(&pool->quota, i) == 0);
	}
	lido_quota_finish(&pool->quota);
	lido_reclaimer_finish(&pool->reclaimer);
	wl_list_remove(&pool->link);
	free(pool);
}

static bool handle_trim(struct lido_reclaimer *reclaimer, int64_t before, uint32_t *calls_left) {
	struct lido_pool *pool = wl_container_of(reclaimer, pool, reclaimer);
	return lido_pool_trim(pool, before, calls_left);
}

struct lido_pool *lido_pool_create(struct wl_client *client, const struct lido_pool_context *context) {
	struct lido_pool *pool = lido_os.calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return NULL;
	}
	wl_list_init(&pool->link);
	lido_refs_init(&pool->refs, handle_unused);
	lido_quota_init(&pool->quota, client, context->total, &context->limits);
	lido_reclaimer_init(&pool->reclaimer, context->reclaim, handle_trim);
	lido_imports_init(&pool->imports, &pool->quota, &pool->reclaimer);
	lido_exports_init(&pool->exports, &pool->quota, &pool->reclaimer);
	lido_scratches_init(&pool->scratches, &pool->quota, &pool->reclaimer, &pool->refs);
	pool->formats = context->formats;
	pool->udmabufs = context->udmabufs;
	pool->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(client, &pool->client_destroy);
	return pool;
}

struct lido_pool *lido_pool_find(struct wl_client *client) {
	struct lido_pool *pool;
	struct wl_listener *listener = wl_client_get_destroy_late_listener(client, handle_client_destroy);
	return listener != NULL ? wl_container_of(listener, pool, client_destroy) : NULL;
}

bool lido_pool_set_limits(struct lido_pool *pool, const struct lido_limits *limits) {
	if (!lido_quota_limits_are_valid(limits)) {
		errno = EINVAL;
		return false;
	}
	lido_quota_set_limits(&pool->quota, limits);
	return true;
}

struct wl_client *lido_pool_get_client(const struct lido_pool *pool) {
	return pool->quota.client;
}

void lido_pool_detach(struct lido_pool *pool) {
	lido_reclaimer_finish(&pool->reclaimer);
	lido_quota_detach(&pool->quota);
	pool->udmabufs = NULL;
	wl_list_remove(&pool->link);
	wl_list_init(&pool->link);
}

bool lido_pool_trim(struct lido_pool *pool, int64_t before, uint32_t *calls_left) {
	bool is_left = lido_scratches_trim(&pool->scratches, before, calls_left);
	is_left |= lido_exports_trim(&pool->exports, before, calls_left);
	lido_pool_audit_in_debug_build(pool);
	return is_left;
}

struct lido_scratch *lido_scratch_create(struct lido_pool *pool, size_t size) {
	return lido_scratches_take(&pool->scratches, size);
}

void lido_pool_post_no_memory(struct lido_pool *pool) {
	lido_quota_post_no_memory(&pool->quota);
}

void lido_pool_audit(const struct lido_pool *pool) {
	static const enum lido_quota_kind summed[] = {LIDO_QUOTA_FILES, LIDO_QUOTA_SEALED_FILES, LIDO_QUOTA_MAPPINGS,
		LIDO_QUOTA_ADDRESS_BYTES, LIDO_QUOTA_SCRATCH_MAPPINGS, LIDO_QUOTA_MAPPED_BYTES, LIDO_QUOTA_AREAS,
		LIDO_QUOTA_BLOCKS, LIDO_QUOTA_BLOCK_BYTES, LIDO_QUOTA_SCRATCH_BYTES};
	struct lido_quota sums = {0};
	lido_imports_audit(&pool->imports, &sums);
	lido_exports_audit(&pool->exports, &sums);
	lido_quota_add(&sums, LIDO_QUOTA_FILES, lido_quota_get_used(&pool->quota, LIDO_QUOTA_UDMABUFS));
	int64_t used_scratches = lido_scratches_audit(&pool->scratches, &sums);
	for (size_t i = 0; i < sizeof(summed) / sizeof(summed[0]); i++) {
		assert(lido_quota_get_used(&sums, summed[i]) == lido_quota_get_used(&pool->quota, summed[i]));
	}
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		assert(pool->quota.counts[i].used >= 0 && pool->quota.counts[i].used <= pool->quota.counts[i].peak);
	}
	int64_t objects = lido_quota_get_used(&pool->quota, LIDO_QUOTA_SHM_POOLS) +
					  lido_quota_get_used(&pool->quota, LIDO_QUOTA_OBJECTS) +
					  lido_quota_get_used(&pool->quota, LIDO_QUOTA_BUFFERS);
	assert((int64_t)pool->refs.count >= objects + used_scratches + (pool->quota.client != NULL));
}

void lido_pool_audit_in_debug_build(const struct lido_pool *pool) {
#ifdef LIDO_DEBUG
	int64_t files = lido_quota_get_used(&pool->quota, LIDO_QUOTA_FILES);
	if (lido_quota_get_used(&pool->quota, LIDO_QUOTA_BLOCKS) + files + pool->scratches.len <= AUDIT_MAX) {
		lido_pool_audit(pool);
	}
#endif
}

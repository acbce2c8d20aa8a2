/*
 * A pool: all the memory of one client, with its quota and its bookkeeping.
 *
 * It is created when its client first binds a global of the manager. It lives as long as its client, its resources and
 * buffers, and the scratches in use: each of them is a user of its reference count.
 */
#ifndef LIDO_POOL_H
#define LIDO_POOL_H

#include "memory/exported.h"
#include "memory/imported.h"
#include "memory/scratch.h"
#include "memory/udmabuf.h"

struct lido_pool {
	struct wl_list link;   // lido_manager.pools, in the order of their ids
	uint32_t id;           // not 0
	struct lido_refs refs; // the client, resources, buffers, scratches in use
	struct lido_quota quota;
	struct lido_reclaimer reclaimer;
	struct lido_imports imports;
	struct lido_exports exports;
	struct lido_scratches scratches;
	const struct lido_format_list *formats; // that buffers may have; valid while the client exists
	struct lido_udmabuf_device *udmabufs;   // NULL once the manager is gone
	struct wl_listener client_destroy;
};

/* What all pools of a manager share. */
struct lido_pool_context {
	struct lido_limits limits;
	struct lido_quota_total *total;
	struct lido_reclaim *reclaim;
	const struct lido_format_list *formats;
	struct lido_udmabuf_device *udmabufs;
};

/* The pool of a client, or NULL. */
struct lido_pool *lido_pool_find(struct wl_client *client);

/* Creates the pool of a client, which must have none. Its link and id are the caller's to set. Returns NULL: no memory.
 */
struct lido_pool *lido_pool_create(struct wl_client *client, const struct lido_pool_context *context);

/* What the pools share is about to go. The pool is unlinked, and lives on while something of it is locked. */
void lido_pool_detach(struct lido_pool *pool);

/* As lido_reclaimer.trim. */
bool lido_pool_trim(struct lido_pool *pool, int64_t before, uint32_t *calls_left);

/* Asserts that all counts match what the lists hold. */
void lido_pool_audit(const struct lido_pool *pool);

/* The same in debug builds, for pools that are small enough to do so after each request; otherwise nothing. */
void lido_pool_audit_in_debug_build(const struct lido_pool *pool);

#endif

/*
 * A pool: all the memory of one client, its quota and its books.
 *
 * A pool is made when its client first binds a global of the manager, and dropped with the client. It is freed when,
 * besides, nothing that belongs to it is locked any more.
 */
#ifndef LIDO_POOL_H
#define LIDO_POOL_H

#include "base/validate.h"

#include <lido/shm.h>
#include <sys/stat.h>

#define LIDO_POOL_BUCKETS 64

struct lido_pool {
	struct wl_list link;          // lido_manager.pools, in the order of their ids
	uint32_t id;                  // not 0
	struct lido_manager *manager; // NULL once it was destroyed
	struct wl_client *client;     // NULL once it is gone
	struct wl_listener client_destroy;
	struct lido_limits limits;

	struct wl_list imported[LIDO_POOL_BUCKETS]; // lido_area.link; by inode
	struct wl_list exported;                    // lido_exported_area.base.link; in the order of their ids
	struct wl_list warm;                        // lido_memory.link; the one given back last comes first

	// What the pool holds; each is compared with its limit.
	uint32_t files;        // imported and exported
	uint32_t handles;      // wl_shm_pool
	uint32_t objects;      // of lido_shm_v1, but for the manager's
	uint32_t buffers;      // wl_buffer
	uint32_t exported_len; // areas
	uint32_t blocks;
	int64_t bytes_blocks;
	int64_t bytes; // of memory, in use and warm

	uint32_t memories; // in use
	uint32_t sealed_files;
	uint32_t mappings;
	int64_t bytes_mapped;
	int64_t bytes_live;
	int64_t bytes_read;                  // copied out of buffers, ever
	uint32_t buffers_peak;               // the most that there were
	int64_t bytes_live_peak, bytes_peak; // the same
	uint32_t last_area_id;
	int64_t bytes_turn;           // copied in this turn of the event loop
	struct wl_event_source *turn; // sets them to 0 when it ends; NULL: they are
	uint32_t fds_unread;          // sent since the client's socket was last seen to take more

	char error[LIDO_ERROR_TEXT_SIZE]; // what failed last: for lido_pool_post_no_memory()
};

/* The list of imported areas in which a file would be. */
struct wl_list *lido_pool_get_bucket(struct lido_pool *pool, const struct stat *stat);

/* Each returns false, and notes why, when one more would be too many. They change nothing. */
bool lido_pool_check_files(struct lido_pool *pool);
bool lido_pool_check_handles(struct lido_pool *pool);
bool lido_pool_check_objects(struct lido_pool *pool);
bool lido_pool_check_buffers(struct lido_pool *pool);
bool lido_pool_check_bytes(struct lido_pool *pool, int64_t more);

/* Notes what failed, for lido_pool_post_no_memory(). Returns false. */
__attribute__((format(printf, 2, 3))) bool lido_pool_fail(struct lido_pool *pool, const char *format, ...);

/*
 * Gives back what has been idle since before that time, in milliseconds, or all that is idle for 0: warm memory, pages
 * of freed blocks, areas without blocks. Of the freed blocks, each takes one of the calls of the kernel that are left.
 * Returns whether something is left that is idle, or will be.
 */
bool lido_pool_trim(struct lido_pool *pool, int64_t before, uint32_t *calls_left);

/*
 * What the client uses; see <lido/shm.h>. Asks the kernel for the size of each file, and walks over what is warm: takes
 * O(files + blocks) steps.
 */
void lido_pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats);

/* To be called whenever something of the pool was freed: frees the pool after its last thing. */
void lido_pool_consider_destroy(struct lido_pool *pool);

/* Do the counts and sums match what the lists hold? Asserts that they do. */
void lido_pool_validate(const struct lido_pool *pool);

/* The same after each request, in debug builds; elsewhere nothing. Of large pools not: each look costs their size. */
void lido_pool_audit(const struct lido_pool *pool);

#endif

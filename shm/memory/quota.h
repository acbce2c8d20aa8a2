/*
 * What each client holds, what all clients of a process hold, and what all clients hold together. This file alone adds
 * and subtracts.
 *
 * Each kind counts something that costs the server: objects, fds, mappings, bytes, or work. A client may hold as much
 * of a kind as its limit allows, and all clients of a process together little more (LIDO_PROCESS_PERCENT), so a process
 * gains nothing by connecting often. Of a kind that has a total limit as well, they may hold no more than is left for
 * all others: with a total of 100, the first process may hold 50, the next one 25, and there is always something left
 * for one more. Work is counted for one dispatch (iteration of the event loop), and returns to zero with its end.
 *
 *     if (!lido_quota_allows(quota, LIDO_QUOTA_BUFFERS, 1)) {
 *         lido_quota_post_no_memory(quota); // the text names the value and the limit
 *         return;
 *     }
 *     lido_quota_add(quota, LIDO_QUOTA_BUFFERS, 1);
 */
#ifndef LIDO_QUOTA_H
#define LIDO_QUOTA_H

#include "base/validate.h"

#include <lido/limits.h>
#include <wayland-server-core.h>

enum lido_quota_kind {
	// With a limit for each client.
	LIDO_QUOTA_FILES,           // fds of imported files, areas and udmabufs; has a total limit as well
	LIDO_QUOTA_MAPPINGS,        // of files and of scratch memory; has a total limit as well
	LIDO_QUOTA_ADDRESS_BYTES,   // address space of all mappings; only has a total limit, where pointers have 32 bits
	LIDO_QUOTA_SHM_POOLS,       // wl_shm_pool objects
	LIDO_QUOTA_OBJECTS,         // lido_shm_v1 objects, except managers
	LIDO_QUOTA_BUFFERS,         // wl_buffer objects, alive or locked
	LIDO_QUOTA_AREAS,           // exported files
	LIDO_QUOTA_BLOCKS,          // blocks with memory
	LIDO_QUOTA_BLOCK_BYTES,     // of these blocks
	LIDO_QUOTA_SCRATCH_BYTES,   // server memory for copies of pixels, in use or idle
	LIDO_QUOTA_PINNED_BYTES,    // of udmabufs; has a total limit as well
	LIDO_QUOTA_UNREAD_FDS,      // sent to the client since its socket was last seen to take more
	LIDO_QUOTA_COPIED_BYTES,    // work: bytes copied in this dispatch
	LIDO_QUOTA_SEARCHED_BYTES,  // work: bytes searched for holes in this dispatch
	LIDO_QUOTA_POPULATED_BYTES, // work: bytes put into the page table in this dispatch
	LIDO_QUOTA_DISCARDED_BYTES, // work: bytes returned to the kernel at the client's request in this dispatch

	// Without a limit: the limits above bound them.
	LIDO_QUOTA_SEALED_FILES,     // imported files that can be mapped
	LIDO_QUOTA_UDMABUFS,         // the fds that are of udmabufs
	LIDO_QUOTA_SCRATCH_MAPPINGS, // the mappings that are not of files
	LIDO_QUOTA_MAPPED_BYTES,     // address space of the mappings of files
	LIDO_QUOTA_BUFFER_BYTES,     // of the buffers
	LIDO_QUOTA_READ_BYTES,       // copied out of buffers, also by renderers that upload; ever

	LIDO_QUOTA_KINDS_LEN
};

struct lido_quota_count {
	int64_t used;
	int64_t peak; // the most that was used
	int64_t max;  // the limit; INT64_MAX: none
};

/* Why something was not allowed. */
struct lido_quota_refusal {
	enum lido_quota_kind kind;
	enum lido_limit_scope scope;
	int64_t used, wanted, max;
};

/* What all clients hold together. */
struct lido_quota_total {
	struct lido_quota_count counts[LIDO_QUOTA_KINDS_LEN];
	struct wl_signal limit_met; // data: struct lido_limit_event *
	struct wl_list processes;   // lido_quota_process.link
};

struct lido_quota_process;

/* What one client holds. */
struct lido_quota {
	struct wl_client *client;       // NULL once it is gone
	struct lido_quota_total *total; // NULL once its owner is gone
	/*
	 * What all clients of its process hold; may be NULL: this client alone. Clients of the server's own process are
	 * counted one by one: it connects others through socket pairs.
	 */
	struct lido_quota_process *process;
	struct lido_quota_count counts[LIDO_QUOTA_KINDS_LEN];
	struct wl_event_source *dispatch_end; // NULL: no work was counted in this dispatch
	char failure[LIDO_ERROR_TEXT_SIZE];   // the last thing that failed: for lido_quota_post_no_memory(); may be empty
	bool is_refused;                      // a limit was the reason of it, which refusal describes
	struct lido_quota_refusal refusal;
	bool is_ended;                            // the client was disconnected
	int64_t events_due[LIDO_QUOTA_KINDS_LEN]; // clock from which on the next event may be emitted that is not fatal
};

/*
 * Nothing is used. files_max, mappings_max: the total limits of LIDO_QUOTA_FILES and LIDO_QUOTA_MAPPINGS. That of
 * LIDO_QUOTA_PINNED_BYTES depends on the memory of the system.
 */
void lido_quota_total_init(struct lido_quota_total *total, uint32_t files_max, uint32_t mappings_max);

/* Adds to a total what belongs to no client any more. total: NULL is fine. */
void lido_quota_total_add(struct lido_quota_total *total, enum lido_quota_kind kind, int64_t amount);

/* Takes it back. total: NULL is fine. */
void lido_quota_total_subtract(struct lido_quota_total *total, enum lido_quota_kind kind, int64_t amount);

/* Nothing is used. total may be NULL; otherwise it must live until lido_quota_detach() or lido_quota_finish(). */
void lido_quota_init(struct lido_quota *quota, struct wl_client *client, struct lido_quota_total *total,
		const struct lido_limits *limits);

/* Can clients have buffers with these limits, and is no limit negative? */
bool lido_quota_limits_are_valid(const struct lido_limits *limits);

/* Replaces the limits. More than they allow may be used already: that remains so, and no more is allowed. */
void lido_quota_set_limits(struct lido_quota *quota, const struct lido_limits *limits);

/* The client is gone. What is used remains so. */
void lido_quota_leave_client(struct lido_quota *quota);

/* The total is gone. What is used remains so. */
void lido_quota_detach(struct lido_quota *quota);

/* Nothing may be used, except what has no limit or is sent. */
void lido_quota_finish(struct lido_quota *quota);

/*
 * May that much more be used? If not, notes the reason for lido_quota_post_no_memory(). Nothing more (0) always may,
 * also beyond the limit. Changes no count.
 */
bool lido_quota_allows(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount);

/* Counts that much more, whatever the limit. */
void lido_quota_add(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount);

/* Counts that much less; at least as much must be used. */
void lido_quota_subtract(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount);

/* Counts as used what is used now, for counts that are measured, not summed. */
void lido_quota_set(struct lido_quota *quota, enum lido_quota_kind kind, int64_t used);

/*
 * Counts work of this dispatch. Returns false, and counts nothing, if the limit does not allow it or memory is short;
 * notes the reason. The work for a client that is gone has no limit.
 */
bool lido_quota_spend(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount);

/* How much more the limit allows. Ignores limits of all clients together. */
int64_t lido_quota_get_left(const struct lido_quota *quota, enum lido_quota_kind kind);

int64_t lido_quota_get_used(const struct lido_quota *quota, enum lido_quota_kind kind);

/* The name of the kind's limit, as lido_limits_parse() takes it; NULL if no option sets it. Static. */
const char *lido_quota_get_key(enum lido_quota_kind kind);

/*
 * As lido_quota_allows(), for what the client goes without if it is refused: emits limit_met then, not more often than
 * once in LIDO_LIMIT_EVENT_INTERVAL_MS for each kind.
 */
bool lido_quota_allows_or_tells(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount);

/* Notes what failed, for lido_quota_post_no_memory(). Returns false. */
__attribute__((format(printf, 2, 3))) bool lido_quota_fail(struct lido_quota *quota, const char *format, ...);

/*
 * Disconnects the client with wl_display.no_memory and what failed last, and emits limit_met if that was because of a
 * limit. Does nothing if the client is gone.
 */
void lido_quota_post_no_memory(struct lido_quota *quota);

#endif

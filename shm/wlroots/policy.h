/*
 * The policy: how the pixels of a commit reach the renderer. Pure functions; see docs/architecture.md for the figures.
 */
#ifndef LIDO_POLICY_H
#define LIDO_POLICY_H

#include <lido/shm.h>

enum lido_policy {
	LIDO_POLICY_READ,     // pread() the damage into a snapshot, release at once
	LIDO_POLICY_COPY,     // copy the damage from the mapping into a snapshot, release at once
	LIDO_POLICY_UPLOAD,   // let the renderer read the damage, once, when the commit is applied; release then
	LIDO_POLICY_IN_PLACE, // let the renderer read the mapping, release when the next commit replaces the buffer
};

/* What is known of a surface from its commits. One per surface, zeroed at first. */
struct lido_policy_history {
	uint32_t run;     // commits in a row for which reading in place was right
	uint32_t run_new; // commits in a row that were each of a new block of the server's pool, of this size
	uint32_t resized; // the same, of any size
	uint32_t misses;  // how often the client had no other buffer while one was read in place
	bool is_holding;  // the last buffer was not released at once
	int64_t size;     // bytes of the last buffer
};

/* Inputs of one decision. */
struct lido_policy_commit {
	struct lido_commit buffer;
	bool is_uploaded; // the renderer copies what it shows when the commit is applied, see renderer.h
	bool is_other;    // not the buffer that was committed to this surface before
	bool is_held;     // the one before is read in place until now, or was until the client destroyed it
	int64_t size;     // bytes of the buffer
	int64_t damage;   // bytes of it that are damaged
};

/* How a commit reaches a renderer that can read the buffer with no copy. */
enum lido_gpu_policy {
	LIDO_GPU_POLICY_UPLOAD, // upload the damage, release at once
	LIDO_GPU_POLICY_HOLD,   // the same, but release with the next commit: to see whether the client has another buffer
	LIDO_GPU_POLICY_IMPORT, // let the GPU read the buffer, release when it has finished with it
};

/* What is known of a surface from its commits, for such a renderer. One per surface, zeroed at first. */
struct lido_gpu_history {
	uint32_t run;    // commits in a row for which importing is right
	uint32_t misses; // how often the client had no other buffer while one was held
	bool is_holding; // the last buffer was not released at once
	int64_t size;    // bytes of the last buffer
};

/* Inputs of one decision. */
struct lido_gpu_commit {
	bool is_possible; // the renderer may import it, by what is known
	bool is_new;      // the first commit of this buffer
	bool is_other;    // not the buffer that was committed to this surface before
	bool has_other;   // the client has another buffer of this size, which was committed to this surface before
	int64_t size;     // bytes of the buffer
	int64_t damage;   // bytes of it that are damaged
};

/* Decides, and updates the history. */
enum lido_gpu_policy lido_gpu_policy_decide(struct lido_gpu_history *history, const struct lido_gpu_commit *commit);

/* As lido_policy_stop_holding(), for a buffer that was held to see whether the client has another one. */
void lido_gpu_policy_stop_holding(struct lido_gpu_history *history);

/* Decides, and updates the history. */
enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit);

/*
 * Call it when nothing was committed for a while after a commit that is read in place, and the client may have no other
 * buffer: release that buffer, the client may be waiting for it.
 */
void lido_policy_stop_holding(struct lido_policy_history *history);

#endif

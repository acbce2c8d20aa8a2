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
	uint32_t run_new; // commits in a row that were each of a new block of the server's pool
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

/* Decides, and updates the history. */
enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit);

/*
 * Call it when nothing was committed for a while after a commit that is read in place, and the client may have no other
 * buffer: release that buffer, the client may be waiting for it.
 */
void lido_policy_stop_holding(struct lido_policy_history *history);

#endif

/*
 * How the pixels of a commit reach the renderer. Reading a file costs 1.2 times a copy, and no mapping; a mapping costs
 * a fault per 16 pages at first, and then a copy; reading in place costs nothing, but holds the client's buffer. Nine
 * out of ten buffers of stock clients are committed once: these are read. Measured; see docs/architecture.md.
 */
#include <lido/shm.h>

/* A buffer is mapped when it was committed this often before: only then does the mapping pay. */
#define MAP_AFTER_COMMITS 2

/* Smaller buffers are always read: the page table of a mapping would cost more than it saves. Bytes. */
#define MAP_SIZE_MIN 65536

/*
 * Buffers are read in place after this many commits in a row that each damaged most of the picture, and each brought
 * another buffer than the one before, although that one was released: such a client never needs back what it has just
 * committed.
 */
#define IN_PLACE_AFTER_RUN 8

static void update_history(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	bool rotates = history->last_buffer != 0 && history->last_buffer != commit->buffer_serial;
	bool most = commit->damage >= commit->size / 2;
	if (!rotates || !most) {
		history->full_run = 0;
	} else if (history->full_run < IN_PLACE_AFTER_RUN) {
		++history->full_run;
	}
	history->last_buffer = commit->buffer_serial;
}

enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	update_history(history, commit);
	if (!commit->sealed || commit->commits < MAP_AFTER_COMMITS || commit->size < MAP_SIZE_MIN) {
		return LIDO_POLICY_READ;
	}
	return history->full_run >= IN_PLACE_AFTER_RUN ? LIDO_POLICY_IN_PLACE : LIDO_POLICY_COPY;
}

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
 * Buffers are read in place after this many commits in a row that each damaged most of the picture, while the client
 * had another buffer to draw the next one into. A new buffer ends the run: the client lacked one. But if it makes a new
 * one for each frame, in the server's own pool, then it waits for none of them: that is a run as well. (Not so in
 * files: there are clients that leak what comes back late.)
 */
#define IN_PLACE_AFTER_RUN 8

/* Copying less than this costs less than a client's second buffer is worth. Bytes: about 100 µs. */
#define IN_PLACE_SIZE_MIN (1 << 20)

static void count_run(uint32_t *run, bool goes_on) {
	if (!goes_on) {
		*run = 0;
	} else if (*run < IN_PLACE_AFTER_RUN) {
		++*run;
	}
}

enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	bool is_mappable = commit->is_sealed && commit->commits >= MAP_AFTER_COMMITS && commit->size >= MAP_SIZE_MIN;
	bool is_much = commit->size >= IN_PLACE_SIZE_MIN && commit->damage >= commit->size / 2;
	bool is_new = commit->is_exported && commit->commits == 0;
	count_run(&history->run, is_mappable && is_much && commit->has_twin);
	count_run(&history->run_new, is_new && is_much);
	// Many commits at once, or very large ones: while they are copied, others wait.
	if (commit->is_sealed && commit->turn + commit->damage > LIDO_TURN_BYTES_IN_PLACE) {
		return LIDO_POLICY_IN_PLACE;
	}
	if (history->run_new >= IN_PLACE_AFTER_RUN) {
		return LIDO_POLICY_IN_PLACE;
	}
	if (!is_mappable) {
		return LIDO_POLICY_READ;
	}
	return history->run >= IN_PLACE_AFTER_RUN ? LIDO_POLICY_IN_PLACE : LIDO_POLICY_COPY;
}

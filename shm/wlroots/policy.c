/*
 * Costs: reading a file takes 1.2 times as long as copying, and needs no mapping. A mapping takes one fault per 16
 * pages at first, and then a copy. Reading in place costs nothing, but holds the client's buffer. Nine of ten buffers
 * of stock clients are committed once, so new ones are read. docs/architecture.md has the measurements.
 *
 * A client that gets its buffer back at once never shows whether it has a second one. So after a run of full commits
 * the surface holds a buffer to find out:
 *
 *     state      commit                                                    next state   policy
 *     releasing  full (128 KiB or more, at least half of it damaged), and
 *                the file is mapped or can be:     run < 8                 releasing    copy or read
 *                                                  run = 8, misses <= 3    holding      in place
 *                                                  run = 8, misses > 3     releasing    copy or read
 *     releasing  not full                          run = 0                 releasing    copy or read
 *     holding    full, of another buffer                                   holding      in place
 *     holding    of the same buffer, or of one in a new file or block:     as above     as above
 *                a miss
 *     holding    not full                          run = 0                 releasing    copy or read
 *     holding    none for a while (lido_policy_stop_holding()): a miss     releasing    (the held buffer is copied)
 *     any        of another size: run = misses = 0                         as above     as above
 *     any        to a renderer that uploads                                the same     upload
 *
 * Such a renderer copies by itself, and has no use for the buffer afterwards: a copy for it would be one too many, and
 * nothing is held.
 *
 * A renderer that can read the buffer with no copy is asked nothing of that: its uploads copy no more than it needs,
 * and an import is decided by lido_gpu_policy_decide(). What an import saves are the bytes of full commits. Small
 * damage is uploaded, since it costs less than a client's second buffer; and so is a new buffer, since to import it
 * costs as much as to upload it.
 *
 *     commit                                                                      policy
 *     not full: run = 0                                                           upload
 *     full, run < 8, or misses > 3                                                upload
 *     full, of another buffer, which was committed before, and the client has a
 *     second one: misses = 0                                                      import
 *     full, otherwise                                                             hold
 *     the next one while a buffer is held, if it is new or the same: a miss       as above
 *     none for a while after a hold: a miss                                       (the held buffer is released)
 *     of another size: run = misses = 0                                           as above
 *
 * Two rules do not depend on the state. A client that makes a new block of the server's pool for each of 8 full commits
 * in a row waits for none of them: in place, until it uses one a second time, be it by another buffer. If their sizes
 * differ: after 32. And a sealed commit that would exceed the bytes copied in one dispatch is read in place, since all
 * other clients wait meanwhile.
 */
#include "policy.h"

// A file is mapped after this many commits of buffers in it: earlier the mapping does not pay.
#define MAP_AFTER_COMMITS 2

// Smaller buffers are always read: the page table of a mapping would cost more than it saves. Bytes.
#define MAP_SIZE_MIN 65536

// A run of full commits has this length. In files, new buffers for each frame do not count as a run of new ones: some
// clients leak buffers that come back late.
#define IN_PLACE_AFTER_RUN 8

// While a window is resized, and its blocks grow, what one of them has freed is too small for the next: reading in
// place makes the client draw into two or three places in turn, whose pages are new. A page fault takes 3 µs or more,
// as long as 13 copies of a page.
#define IN_PLACE_AFTER_RESIZES 32

// After more misses than this, buffers of that size are always released early. The first misses are the buffers that
// the client then makes: clients have up to four.
#define MISSES_MAX 3

// Copying less than this takes less than a sixth of what a commit takes otherwise, which is not worth a client's second
// buffer. Bytes.
#define IN_PLACE_SIZE_MIN (1 << 17)

// Importing less than this saves less than a client's second buffer is worth: an upload of about 100 µs. Bytes.
#define IMPORT_SIZE_MIN (1 << 20)

static void count_run(uint32_t *run, bool continues, uint32_t max) {
	if (!continues) {
		*run = 0;
	} else if (*run < max) {
		(*run)++;
	}
}

static void count_miss(struct lido_policy_history *history) {
	history->misses += history->misses <= MISSES_MAX;
}

// What the client commits while its last buffer is held shows whether it had another one.
static void look_back(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	if (history->size != commit->size) {
		*history = (struct lido_policy_history){.size = commit->size, .resized = history->resized};
	} else if (history->is_holding && commit->is_held &&
			   (!commit->is_other || commit->buffer.file_commits == 0 || commit->buffer.is_new_block)) {
		count_miss(history);
	}
}

void lido_policy_stop_holding(struct lido_policy_history *history) {
	count_miss(history);
	history->is_holding = false;
}

enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	bool is_sealed = commit->buffer.is_sealed;
	bool is_mappable = is_sealed && commit->buffer.file_commits >= MAP_AFTER_COMMITS && commit->size >= MAP_SIZE_MIN;
	bool is_full = commit->size >= IN_PLACE_SIZE_MIN && commit->damage >= commit->size / 2;
	if (commit->is_uploaded) {
		return LIDO_POLICY_UPLOAD;
	}
	look_back(history, commit);
	count_run(&history->run, is_full && (is_mappable || (is_sealed && history->is_holding)), IN_PLACE_AFTER_RUN);
	count_run(&history->run_new, is_full && commit->buffer.is_new_block, IN_PLACE_AFTER_RUN);
	count_run(&history->resized, is_full && commit->buffer.is_new_block, IN_PLACE_AFTER_RESIZES);
	history->is_holding = history->run >= IN_PLACE_AFTER_RUN && history->misses <= MISSES_MAX;
	bool is_too_much = is_sealed && commit->buffer.bytes_copied + commit->damage > LIDO_DISPATCH_BYTES_IN_PLACE;
	bool is_stream = history->run_new >= IN_PLACE_AFTER_RUN || history->resized >= IN_PLACE_AFTER_RESIZES;
	if (is_too_much || history->is_holding || is_stream) {
		return LIDO_POLICY_IN_PLACE;
	}
	return is_mappable ? LIDO_POLICY_COPY : LIDO_POLICY_READ;
}

static bool is_full_for_gpu(const struct lido_gpu_commit *commit) {
	return commit->is_possible && commit->size >= IMPORT_SIZE_MIN && commit->damage >= commit->size / 2;
}

void lido_gpu_policy_stop_holding(struct lido_gpu_history *history) {
	history->misses += history->misses <= MISSES_MAX;
	history->is_holding = false;
}

enum lido_gpu_policy lido_gpu_policy_decide(struct lido_gpu_history *history, const struct lido_gpu_commit *commit) {
	if (history->size != commit->size) {
		*history = (struct lido_gpu_history){.size = commit->size};
	} else if (history->is_holding && (!commit->is_other || commit->is_new)) {
		history->misses += history->misses <= MISSES_MAX;
	}
	count_run(&history->run, is_full_for_gpu(commit), IN_PLACE_AFTER_RUN);
	history->is_holding = history->run >= IN_PLACE_AFTER_RUN && history->misses <= MISSES_MAX;
	if (!history->is_holding) {
		return LIDO_GPU_POLICY_UPLOAD;
	}
	if (commit->is_new || !commit->is_other || !commit->has_other) {
		return LIDO_GPU_POLICY_HOLD;
	}
	history->misses = 0;
	return LIDO_GPU_POLICY_IMPORT;
}

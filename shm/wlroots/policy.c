/*
 * How the pixels of a commit reach the renderer. Reading a file costs 1.2 times a copy, and no mapping; a mapping costs
 * a fault per 16 pages at first, and then a copy; reading in place costs nothing, but holds the client's buffer. Nine
 * out of ten buffers of stock clients are committed once: these are read. Measured; see docs/architecture.md.
 */
#include <lido/shm.h>

// A file is mapped when buffers in it were committed this often before: only then does the mapping pay.
#define MAP_AFTER_COMMITS 2

// Smaller buffers are always read: the page table of a mapping would cost more than it saves. Bytes.
#define MAP_SIZE_MIN 65536

// Buffers are read in place after this many commits in a row that each damaged most of the picture. A client that gets
// its buffer back at once needs just one, so whether it has another one to draw into is not seen before; it is then.
// Likewise if it makes a new one for each frame, in the server's own pool: it waits for none of them. (Not so in files:
// there are clients that leak what comes back late.)
#define IN_PLACE_AFTER_RUN 8

// So often may a client lack another buffer before it gets those of that size back early for good. The first ones that
// it makes are those that it lacked: clients have up to four.
#define LACKS_MAX 3

// Copying less than this costs less than a client's second buffer is worth. Bytes: about 100 µs.
#define IN_PLACE_SIZE_MIN (1 << 20)

static void count_run(uint32_t *run, bool goes_on) {
	if (!goes_on) {
		*run = 0;
	} else if (*run < IN_PLACE_AFTER_RUN) {
		(*run)++;
	}
}

static void count_lack(struct lido_policy_history *history) {
	history->lacks += history->lacks <= LACKS_MAX;
}

// What a client commits while its last buffer is kept tells whether it had another one.
static void look_back(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	if (history->size != commit->size) {
		*history = (struct lido_policy_history){.size = commit->size, .run_new = history->run_new};
	} else if (history->is_kept && commit->is_held && (!commit->is_other || commit->file_commits == 0)) {
		count_lack(history);
	}
}

void lido_policy_give_up(struct lido_policy_history *history) {
	count_lack(history);
	history->is_kept = false;
}

enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit) {
	bool is_mappable = commit->is_sealed && commit->file_commits >= MAP_AFTER_COMMITS && commit->size >= MAP_SIZE_MIN;
	bool is_much = commit->size >= IN_PLACE_SIZE_MIN && commit->damage >= commit->size / 2;
	bool is_new = commit->is_exported && commit->commits == 0;
	look_back(history, commit);
	count_run(&history->run, is_much && (is_mappable || (commit->is_sealed && history->is_kept)));
	count_run(&history->run_new, is_much && is_new);
	history->is_kept = history->run >= IN_PLACE_AFTER_RUN && history->lacks <= LACKS_MAX;
	// Many commits at once, or very large ones: while they are copied, others wait.
	bool is_too_much = commit->is_sealed && commit->turn + commit->damage > LIDO_TURN_BYTES_IN_PLACE;
	if (is_too_much || history->is_kept || history->run_new >= IN_PLACE_AFTER_RUN) {
		return LIDO_POLICY_IN_PLACE;
	}
	return is_mappable ? LIDO_POLICY_COPY : LIDO_POLICY_READ;
}

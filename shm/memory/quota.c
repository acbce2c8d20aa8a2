#include "memory/quota.h"

#include "base/clock.h"
#include "base/no_memory.h"
#include "base/number.h"
#include "base/os.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#define UNLIMITED INT64_MAX

// How messages speak of a kind.
static const struct kind {
	const char *key;   // of the limit; NULL: no option sets it
	const char *much;  // "too …"
	const char *unit;  // " bytes", or nothing
	const char *state; // what the used amount is
	bool is_work;      // counted for one dispatch
} kinds[LIDO_QUOTA_KINDS_LEN] = {
	[LIDO_QUOTA_FILES] = {"files", "many files of wl_shm pools", "", "held"},
	[LIDO_QUOTA_MAPPINGS] = {NULL, "many mappings", "", "held"},
	[LIDO_QUOTA_ADDRESS_BYTES] = {NULL, "much address space", " bytes", "held"},
	[LIDO_QUOTA_SHM_POOLS] = {"shm-pools", "many wl_shm_pool objects", "", "held"},
	[LIDO_QUOTA_OBJECTS] = {NULL, "many lido_shm_v1 objects", "", "held"},
	[LIDO_QUOTA_BUFFERS] = {"buffers", "many wl_buffer objects", "", "held"},
	[LIDO_QUOTA_AREAS] = {"areas", "many areas", "", "held"},
	[LIDO_QUOTA_BLOCKS] = {"blocks", "many blocks", "", "held"},
	[LIDO_QUOTA_BLOCK_BYTES] = {"area-bytes", "much memory in blocks", " bytes", "held"},
	[LIDO_QUOTA_SCRATCH_BYTES] = {"scratch-bytes", "much server memory", " bytes", "held"},
	[LIDO_QUOTA_PINNED_BYTES] = {"pinned-bytes", "much pinned memory", " bytes", "held"},
	[LIDO_QUOTA_UNREAD_FDS] = {NULL, "many unread fds", "", "sent"},
	[LIDO_QUOTA_COPIED_BYTES] = {NULL, "much at once", " bytes", "copied", true},
	[LIDO_QUOTA_SEARCHED_BYTES] = {NULL, "much at once", " bytes", "searched for holes", true},
	[LIDO_QUOTA_POPULATED_BYTES] = {NULL, "much at once", " bytes", "populated", true},
	[LIDO_QUOTA_DISCARDED_BYTES] = {NULL, "much at once", " bytes", "discarded", true},
};

struct lido_quota_process {
	struct wl_list link; // lido_quota_total.processes
	pid_t pid;
	size_t quotas_len;
	int64_t used[LIDO_QUOTA_KINDS_LEN];
};

void lido_quota_total_init(struct lido_quota_total *total, uint32_t files_max, uint32_t mappings_max) {
	*total = (struct lido_quota_total){0};
	wl_list_init(&total->processes);
	wl_signal_init(&total->limit_met);
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		total->counts[i].max = UNLIMITED;
	}
	total->counts[LIDO_QUOTA_FILES].max = files_max;
	total->counts[LIDO_QUOTA_MAPPINGS].max = mappings_max;
	total->counts[LIDO_QUOTA_PINNED_BYTES].max = lido_limits_get_pinned_bytes_total_max();
	total->counts[LIDO_QUOTA_ADDRESS_BYTES].max = LIDO_ADDRESS_TOTAL_MAX;
}

static void count_add(struct lido_quota_count *count, int64_t amount) {
	assert(amount >= 0);
	count->used += amount;
	count->peak = lido_max(count->peak, count->used);
}

static void count_subtract(struct lido_quota_count *count, int64_t amount) {
	assert(amount >= 0 && amount <= count->used);
	count->used -= amount;
}

void lido_quota_total_add(struct lido_quota_total *total, enum lido_quota_kind kind, int64_t amount) {
	if (total != NULL) {
		count_add(&total->counts[kind], amount);
	}
}

void lido_quota_total_subtract(struct lido_quota_total *total, enum lido_quota_kind kind, int64_t amount) {
	if (total != NULL) {
		count_subtract(&total->counts[kind], amount);
	}
}

static struct lido_quota_process *find_process(struct lido_quota_total *total, pid_t pid) {
	struct lido_quota_process *process;
	wl_list_for_each(process, &total->processes, link) {
		if (process->pid == pid) {
			return process;
		}
	}
	if ((process = lido_os.calloc(1, sizeof(*process))) != NULL) {
		process->pid = pid;
		wl_list_insert(&total->processes, &process->link);
	}
	return process;
}

static void join_process(struct lido_quota *quota) {
	pid_t pid;
	wl_client_get_credentials(quota->client, &pid, NULL, NULL);
	if (pid != getpid() && (quota->process = find_process(quota->total, pid)) != NULL) {
		quota->process->quotas_len++;
	}
}

// Without any of these, no client could have a buffer. The others are about what lido_shm_v1 and GPUs add.
bool lido_quota_limits_are_valid(const struct lido_limits *limits) {
	return limits->files_max > 0 && limits->shm_pools_max > 0 && limits->buffers_max > 0 &&
		   limits->scratch_bytes_max > 0 && limits->area_bytes_max >= 0 && limits->pinned_bytes_max >= 0;
}

void lido_quota_set_limits(struct lido_quota *quota, const struct lido_limits *limits) {
	quota->counts[LIDO_QUOTA_FILES].max = limits->files_max;
	quota->counts[LIDO_QUOTA_MAPPINGS].max = (int64_t)limits->files_max * LIDO_MAPPINGS_PER_FILE +
											 limits->scratch_bytes_max / LIDO_SCRATCH_BYTES_PER_MAPPING +
											 LIDO_SCRATCH_MAPPINGS_MIN;
	quota->counts[LIDO_QUOTA_SHM_POOLS].max = limits->shm_pools_max;
	// Also a client that gets no block has a pool object, by which it learns that.
	quota->counts[LIDO_QUOTA_OBJECTS].max = lido_max(limits->blocks_max, 1) * LIDO_OBJECTS_PER_BLOCK;
	quota->counts[LIDO_QUOTA_BUFFERS].max = limits->buffers_max;
	quota->counts[LIDO_QUOTA_AREAS].max = limits->areas_max;
	quota->counts[LIDO_QUOTA_BLOCKS].max = limits->blocks_max;
	quota->counts[LIDO_QUOTA_BLOCK_BYTES].max = limits->area_bytes_max;
	quota->counts[LIDO_QUOTA_SCRATCH_BYTES].max = limits->scratch_bytes_max;
	quota->counts[LIDO_QUOTA_PINNED_BYTES].max = limits->pinned_bytes_max;
}

void lido_quota_init(struct lido_quota *quota, struct wl_client *client, struct lido_quota_total *total,
		const struct lido_limits *limits) {
	*quota = (struct lido_quota){.client = client, .total = total};
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		quota->counts[i].max = UNLIMITED;
	}
	lido_quota_set_limits(quota, limits);
	quota->counts[LIDO_QUOTA_UNREAD_FDS].max = LIDO_UNREAD_FDS_MAX;
	quota->counts[LIDO_QUOTA_COPIED_BYTES].max = LIDO_DISPATCH_BYTES_MAX;
	quota->counts[LIDO_QUOTA_SEARCHED_BYTES].max = LIDO_DISPATCH_SEARCHED_BYTES_MAX;
	quota->counts[LIDO_QUOTA_POPULATED_BYTES].max = LIDO_DISPATCH_POPULATED_BYTES_MAX;
	quota->counts[LIDO_QUOTA_DISCARDED_BYTES].max = LIDO_DISPATCH_DISCARDED_BYTES_MAX;
	if (client != NULL && total != NULL) {
		join_process(quota);
	}
}

void lido_quota_detach(struct lido_quota *quota) {
	quota->total = NULL;
	if (quota->process != NULL) {
		wl_list_remove(&quota->process->link);
		wl_list_init(&quota->process->link);
	}
}

void lido_quota_finish(struct lido_quota *quota) {
	struct lido_quota_process *process = quota->process;
	if (process == NULL) {
		return;
	}
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		process->used[i] -= quota->counts[i].used;
	}
	if (--process->quotas_len == 0) {
		wl_list_remove(&process->link);
		free(process);
	}
}

// How much more the limits of the client and of its process allow.
static int64_t get_left_of_client(const struct lido_quota *quota, enum lido_quota_kind kind) {
	return quota->counts[kind].max - quota->counts[kind].used;
}

static int64_t get_process_max(const struct lido_quota *quota, enum lido_quota_kind kind) {
	int64_t max = quota->counts[kind].max;
	return max < UNLIMITED / LIDO_PROCESS_PERCENT ? max * LIDO_PROCESS_PERCENT / 100 : UNLIMITED;
}

static int64_t get_left_of_process(const struct lido_quota *quota, enum lido_quota_kind kind) {
	return quota->process != NULL ? get_process_max(quota, kind) - quota->process->used[kind] : UNLIMITED;
}

bool lido_quota_fail(struct lido_quota *quota, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vsnprintf(quota->failure, sizeof(quota->failure), format, args);
	va_end(args);
	quota->is_refused = false;
	return false;
}

// Call it after lido_quota_fail(), whose text says the same. Returns false.
static bool refuse(struct lido_quota *quota, struct lido_quota_refusal refusal) {
	quota->is_refused = true;
	quota->refusal = refusal;
	return false;
}

static bool fail_beyond_limit(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	const struct kind *words = &kinds[kind];
	char more[48] = "", whose[32] = "";
	bool of_process = amount <= get_left_of_client(quota, kind);
	int64_t used = of_process ? quota->process->used[kind] : quota->counts[kind].used;
	int64_t max = of_process ? get_process_max(quota, kind) : quota->counts[kind].max;
	if (amount > 1) {
		snprintf(more, sizeof(more), " %" PRId64 " more wanted,", amount);
	}
	if (of_process) {
		snprintf(whose, sizeof(whose), " of a process");
	} else if (words->key != NULL) {
		snprintf(whose, sizeof(whose), " (%s)", words->key);
	}
	lido_quota_fail(quota, "too %s: %" PRId64 "%s %s,%s the limit%s is %" PRId64, words->much, used, words->unit,
			words->state, more, whose, max);
	return refuse(quota, (struct lido_quota_refusal){.kind = kind,
							 .scope = of_process ? LIDO_LIMIT_OF_PROCESS : LIDO_LIMIT_OF_CLIENT,
							 .used = used,
							 .wanted = amount,
							 .max = max});
}

bool lido_quota_allows(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	if (amount == 0) {
		return true;
	}
	if (amount > get_left_of_client(quota, kind) || amount > get_left_of_process(quota, kind)) {
		return fail_beyond_limit(quota, kind, amount);
	}
	if (quota->total == NULL || quota->total->counts[kind].max == UNLIMITED) {
		return true;
	}
	const struct lido_quota_count *total = &quota->total->counts[kind];
	int64_t left = total->max - total->used;
	int64_t used = quota->process != NULL ? quota->process->used[kind] : quota->counts[kind].used;
	if (amount > left - used) {
		lido_quota_fail(quota, "too %s: %" PRId64 "%s %s, all clients together leave %" PRId64 " of %" PRId64,
				kinds[kind].much, used, kinds[kind].unit, kinds[kind].state, left, total->max);
		return refuse(quota,
				(struct lido_quota_refusal){
					.kind = kind, .scope = LIDO_LIMIT_TOTAL, .used = total->used, .wanted = amount, .max = total->max});
	}
	return true;
}

void lido_quota_add(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	count_add(&quota->counts[kind], amount);
	if (quota->process != NULL) {
		quota->process->used[kind] += amount;
	}
	lido_quota_total_add(quota->total, kind, amount);
}

void lido_quota_subtract(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	count_subtract(&quota->counts[kind], amount);
	if (quota->process != NULL) {
		quota->process->used[kind] -= amount;
	}
	lido_quota_total_subtract(quota->total, kind, amount);
}

void lido_quota_set(struct lido_quota *quota, enum lido_quota_kind kind, int64_t used) {
	int64_t before = quota->counts[kind].used;
	if (used >= before) {
		lido_quota_add(quota, kind, used - before);
	} else {
		lido_quota_subtract(quota, kind, before - used);
	}
}

static void forget_work(struct lido_quota *quota) {
	quota->dispatch_end = NULL;
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		if (kinds[i].is_work) {
			lido_quota_set(quota, i, 0);
		}
	}
}

static void handle_dispatch_end(void *data) {
	forget_work(data);
}

static bool watch_dispatch_end(struct lido_quota *quota) {
	if (quota->dispatch_end == NULL) {
		struct wl_event_loop *loop = wl_display_get_event_loop(wl_client_get_display(quota->client));
		quota->dispatch_end = wl_event_loop_add_idle(loop, handle_dispatch_end, quota);
	}
	return quota->dispatch_end != NULL || lido_quota_fail(quota, "out of memory");
}

bool lido_quota_spend(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	if (quota->client == NULL) {
		return true;
	}
	assert(kinds[kind].is_work);
	if (!lido_quota_allows(quota, kind, amount) || !watch_dispatch_end(quota)) {
		return false;
	}
	lido_quota_add(quota, kind, amount);
	return true;
}

void lido_quota_leave_client(struct lido_quota *quota) {
	quota->client = NULL;
	if (quota->dispatch_end != NULL) {
		wl_event_source_remove(quota->dispatch_end);
		forget_work(quota);
	}
}

int64_t lido_quota_get_left(const struct lido_quota *quota, enum lido_quota_kind kind) {
	return lido_min(get_left_of_client(quota, kind), get_left_of_process(quota, kind));
}

int64_t lido_quota_get_used(const struct lido_quota *quota, enum lido_quota_kind kind) {
	return quota->counts[kind].used;
}

const char *lido_quota_get_key(enum lido_quota_kind kind) {
	return kinds[kind].key;
}

static void emit_limit_met(const struct lido_quota *quota, bool is_fatal) {
	const struct lido_quota_refusal *refusal = &quota->refusal;
	if (quota->total == NULL) {
		return;
	}
	struct lido_limit_event event = {
		.client = quota->client,
		.key = kinds[refusal->kind].key,
		.scope = refusal->scope,
		.used = refusal->used,
		.wanted = refusal->wanted,
		.max = refusal->max,
		.is_fatal = is_fatal,
		.text = quota->failure,
	};
	wl_signal_emit(&quota->total->limit_met, &event);
}

bool lido_quota_allows_or_tells(struct lido_quota *quota, enum lido_quota_kind kind, int64_t amount) {
	if (lido_quota_allows(quota, kind, amount)) {
		return true;
	}
	int64_t *due = &quota->events_due[kind], now = lido_clock_now();
	if (quota->client != NULL && !quota->is_ended && now >= *due) {
		*due = now + LIDO_LIMIT_EVENT_INTERVAL_MS;
		emit_limit_met(quota, false);
	}
	return false;
}

void lido_quota_post_no_memory(struct lido_quota *quota) {
	if (quota->client == NULL || quota->is_ended) {
		return;
	}
	quota->is_ended = true;
	lido_post_no_memory(quota->client, quota->failure[0] != '\0' ? quota->failure : "out of memory");
	if (quota->is_refused) {
		emit_limit_met(quota, true);
	}
}

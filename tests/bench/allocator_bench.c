/*
 * Measures time and fragmentation of several allocators, all with the same calls: see contender.h.
 *
 *     allocator_bench ROUNDS TRACES
 *
 * Prints lines of fields separated by tabs.
 *
 * "time", allocated ranges, contender, and for one round: ns per alloc and per free in the median batch of 16; ns of
 * single calls without the cost of reading the clock: alloc at 50 % and 99.9 %, free at 50 % and 99.9 %; bytes of
 * bookkeeping per allocated range.
 *
 * "waste", load, contender, and: the most bytes requested at once; the most bytes allocated at once, after rounding;
 * the furthest end of any range; and the average end as a multiple of the allocated bytes.
 *
 * All contenders get the sizes and alignments that shm/ guarantees, so they differ only in where they place ranges.
 */
#include "contender.h"

#include "alloc/allocator.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_LEN 16
#define BATCHES_LEN 12500
#define ALLOCATED_MAX_LINEAR 10000

static const struct contender *const contenders[] = {
	&contender_lido,
#ifdef HAVE_VMA
	&contender_vma,
#endif
	&contender_linear,
	&contender_record,
};

#define CONTENDERS_LEN (sizeof(contenders) / sizeof(contenders[0]))

struct slot {
	void *range; // NULL: not allocated
	int64_t offset, size, asked;
};

struct load {
	const struct contender *contender;
	void *allocator;
	struct slot *slots;
	int slots_len;
	uint64_t random;
};

static void *checked(void *memory) {
	if (memory == NULL) {
		perror("allocator_bench");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static int64_t random_below(struct load *load, int64_t limit) {
	load->random ^= load->random << 13;
	load->random ^= load->random >> 7;
	load->random ^= load->random << 17;
	return limit > 0 ? (int64_t)((load->random >> 11) % (uint64_t)limit) : 0;
}

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void load_init(struct load *load, const struct contender *contender, int slots_len) {
	*load = (struct load){
		.contender = contender,
		.allocator = contender->create(LIDO_RANGE_SPAN_MAX),
		.slots = checked(calloc((size_t)slots_len, sizeof(load->slots[0]))),
		.slots_len = slots_len,
		.random = 0x9e3779b97f4a7c15,
	};
}

static void load_finish(struct load *load) {
	load->contender->destroy(load->allocator);
	free(load->slots);
}

static void slot_alloc(struct load *load, struct slot *slot, int64_t size) {
	slot->asked = size;
	slot->size = lido_allocator_round(size);
	int64_t align = slot->size < LIDO_RANGE_PAGE ? LIDO_RANGE_ALIGN : LIDO_RANGE_PAGE;
	slot->offset = load->contender->alloc(load->allocator, slot->size, align, &slot->range);
}

static void slot_free(struct load *load, struct slot *slot) {
	load->contender->free(load->allocator, slot->range);
	slot->range = NULL;
}

static int compare(const void *a, const void *b) {
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

// Sorts the values.
static int64_t get_quantile(int64_t *values, int len, double share) {
	qsort(values, (size_t)len, sizeof(values[0]), compare);
	return values[(int)(share * (len - 1))];
}

// The cost of reading the clock twice.
static int64_t measure_clock(void) {
	static int64_t values[10001];
	for (int i = 0; i < 10001; i++) {
		int64_t start = now();
		values[i] = now() - start;
	}
	return get_quantile(values, 10001, 0.5);
}

// Time.

// Small pictures, and one in sixteen of a page or two, so that a million fit.
static int64_t next_small(struct load *load) {
	return random_below(load, 16) == 0 ? 4097 + random_below(load, 4096) : 64 + random_below(load, 960);
}

struct times {
	int64_t *batches[2], *single[2]; // ns; [0] alloc, [1] free
	int batches_len, len;
};

// Frees BATCH_LEN ranges and allocates as many. Times each call if single, otherwise all calls of a kind together.
static void run_batch(struct load *load, struct times *times, bool single, int64_t clock) {
	struct slot *slots[BATCH_LEN], batch[BATCH_LEN];
	for (int i = 0; i < BATCH_LEN; i++) {
		// Slots of different parts, so that none repeats. Copying them keeps cache misses of the slots out of the
		// timing.
		int64_t part = load->slots_len / BATCH_LEN;
		slots[i] = &load->slots[i * part + random_below(load, part)];
		batch[i] = *slots[i];
	}
	int64_t start = now(), before = start;
	for (int i = 0; i < BATCH_LEN; i++) {
		slot_free(load, &batch[i]);
		if (single) {
			int64_t after = now();
			times->single[1][times->len + i] = after - before - clock;
			before = now();
		}
	}
	times->batches[1][times->batches_len] = now() - start - clock;
	for (int i = 0; i < BATCH_LEN; i++) {
		batch[i].asked = next_small(load);
	}
	start = before = now();
	for (int i = 0; i < BATCH_LEN; i++) {
		slot_alloc(load, &batch[i], batch[i].asked);
		if (single) {
			int64_t after = now();
			times->single[0][times->len + i] = after - before - clock;
			before = now();
		}
	}
	times->batches[0][times->batches_len++] = now() - start - clock;
	times->len += BATCH_LEN;
	for (int i = 0; i < BATCH_LEN; i++) {
		*slots[i] = batch[i];
	}
}

// Fragments the allocator: allocates a third more ranges than needed, frees the surplus at random, then replaces each
// range three times on average.
static void fragment(struct load *load, int allocated, struct times *times) {
	for (int i = 0; i < load->slots_len; i++) {
		slot_alloc(load, &load->slots[i], next_small(load));
	}
	for (int left = load->slots_len; left > allocated; left--) {
		int i = (int)random_below(load, left);
		slot_free(load, &load->slots[i]);
		load->slots[i] = load->slots[left - 1];
	}
	load->slots_len = allocated;
	for (int i = 0; i < 3 * allocated; i += BATCH_LEN) {
		times->len = times->batches_len = 0;
		run_batch(load, times, false, 0);
	}
}

static void measure_time(const struct contender *contender, int allocated, int64_t clock) {
	struct load load;
	load_init(&load, contender, allocated / 3 * 4);
	int len = BATCHES_LEN * BATCH_LEN;
	struct times times = {0};
	for (int i = 0; i < 2; i++) {
		times.single[i] = checked(calloc((size_t)len, sizeof(int64_t)));
		times.batches[i] = checked(calloc(BATCHES_LEN, sizeof(int64_t)));
	}
	struct mallinfo2 with_slots = mallinfo2();
	fragment(&load, allocated, &times);
	struct mallinfo2 after = mallinfo2();
	int64_t bookkeeping = (int64_t)(after.uordblks + after.hblkhd - with_slots.uordblks - with_slots.hblkhd);
	times.len = times.batches_len = 0;
	for (int i = 0; i < BATCHES_LEN; i++) {
		run_batch(&load, &times, false, clock);
	}
	printf("time\t%d\t%s", allocated, contender->name);
	for (int i = 0; i < 2; i++) {
		printf("\t%.1f", (double)get_quantile(times.batches[i], BATCHES_LEN, 0.5) / BATCH_LEN);
	}
	times.len = times.batches_len = 0;
	for (int i = 0; i < BATCHES_LEN; i++) {
		run_batch(&load, &times, true, clock);
	}
	for (int i = 0; i < 2; i++) {
		printf("\t%lld", (long long)get_quantile(times.single[i], len, 0.5));
		printf("\t%lld", (long long)get_quantile(times.single[i], len, 0.999));
		free(times.single[i]);
		free(times.batches[i]);
	}
	printf("\t%.1f\n", (double)bookkeeping / allocated);
	fflush(stdout);
	load_finish(&load);
}

// Waste.

struct waste {
	int64_t asked, rounded;         // bytes, now
	int64_t asked_max, rounded_max; // the most at once
	int64_t end_max;
	int64_t end_sum, rounded_sum; // over all samples
};

static int64_t get_end(const struct load *load) {
	int64_t end = 0;
	for (int i = 0; i < load->slots_len; i++) {
		const struct slot *slot = &load->slots[i];
		end = slot->range != NULL && slot->offset + slot->size > end ? slot->offset + slot->size : end;
	}
	return end;
}

static void take_sample(struct waste *waste, const struct load *load) {
	int64_t end = get_end(load);
	waste->end_max = end > waste->end_max ? end : waste->end_max;
	waste->end_sum += end;
	waste->rounded_sum += waste->rounded;
}

static void waste_alloc(struct waste *waste, struct load *load, struct slot *slot, int64_t size) {
	slot_alloc(load, slot, size);
	waste->asked += size;
	waste->rounded += slot->size;
	waste->asked_max = waste->asked > waste->asked_max ? waste->asked : waste->asked_max;
	waste->rounded_max = waste->rounded > waste->rounded_max ? waste->rounded : waste->rounded_max;
}

static void waste_free(struct waste *waste, struct load *load, struct slot *slot) {
	slot_free(load, slot);
	waste->asked -= slot->asked;
	waste->rounded -= slot->size;
}

static void print_waste(const struct waste *waste, const char *name, const struct load *load) {
	printf("waste\t%s\t%s\t%lld\t%lld\t%lld\t%.4f\n", name, load->contender->name, (long long)waste->asked_max,
			(long long)waste->rounded_max, (long long)waste->end_max,
			(double)waste->end_sum / (double)waste->rounded_sum);
	fflush(stdout);
}

// Pictures of 16 x 16 to 32 x 32 pixels.
static int64_t next_icon(struct load *load) {
	return 4 * (16 + random_below(load, 17)) * (16 + random_below(load, 17));
}

// Windows of up to 1024 x 768.
static int64_t next_window(struct load *load) {
	return 4 * (1 + random_below(load, 1024)) * (1 + random_below(load, 768));
}

static int64_t next_mixed(struct load *load) {
	return random_below(load, 100) == 0 ? next_window(load) : next_icon(load);
}

// The same number of bytes in every size class: the hardest load for any policy.
static int64_t next_scale(struct load *load) {
	int64_t size = INT64_C(64) << random_below(load, 14);
	return random_below(load, 1 << 13) < (1 << 13) / (size / 64) ? size + random_below(load, size) : 64;
}

static const struct random_load {
	const char *name;
	int allocated_max;
	int64_t (*next_size)(struct load *load);
} random_loads[] = {
	{"icons", 5000, next_icon},
	{"windows", 200, next_window},
	{"icons and windows", 2000, next_mixed},
	{"sizes of all scales", 20000, next_scale},
};

// Allocates and frees at random slots, 100 times the number of slots.
static void run_random_load(const struct contender *contender, const struct random_load *random_load) {
	struct load load;
	struct waste waste = {0};
	load_init(&load, contender, random_load->allocated_max);
	for (int i = 0; i < 100 * load.slots_len; i++) {
		struct slot *slot = &load.slots[random_below(&load, load.slots_len)];
		if (slot->range != NULL) {
			waste_free(&waste, &load, slot);
		} else {
			waste_alloc(&waste, &load, slot, random_load->next_size(&load));
		}
		if (i % 100 == 0) {
			take_sample(&waste, &load);
		}
	}
	print_waste(&waste, random_load->name, &load);
	load_finish(&load);
}

#define TRACE_SLOTS_MAX 1024

// Replays a line of the file: a name, then the calls. Modifies the line.
static void run_trace(const struct contender *contender, char *line) {
	struct load load;
	struct waste waste = {0};
	load_init(&load, contender, TRACE_SLOTS_MAX);
	char *rest = NULL, *name = strtok_r(line, " \n", &rest);
	int len = 0;
	for (char *word = strtok_r(NULL, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
		if (word[0] == '-') {
			waste_free(&waste, &load, &load.slots[atoi(word + 1)]);
		} else {
			waste_alloc(&waste, &load, &load.slots[len++], atoll(word));
		}
		take_sample(&waste, &load);
	}
	print_waste(&waste, name, &load);
	load_finish(&load);
}

static void run_traces(const struct contender *contender, const char *path) {
	FILE *file = checked(fopen(path, "re"));
	char *line = NULL;
	size_t size = 0;
	while (getline(&line, &size, file) > 0) {
		if (line[0] != '#') {
			run_trace(contender, line);
		}
	}
	free(line);
	fclose(file);
}

int main(int argc, char *argv[]) {
	if (argc != 3 || atoi(argv[1]) <= 0) {
		fprintf(stderr, "usage: allocator_bench ROUNDS TRACES\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < CONTENDERS_LEN; i++) {
		if (contenders[i]->is_limit) {
			continue;
		}
		for (size_t j = 0; j < sizeof(random_loads) / sizeof(random_loads[0]); j++) {
			run_random_load(contenders[i], &random_loads[j]);
		}
		run_traces(contenders[i], argv[2]);
	}
	int64_t clock = measure_clock();
	for (int round = 0; round < atoi(argv[1]); round++) {
		for (int allocated = 100; allocated <= 1000000; allocated *= 100) {
			for (size_t i = 0; i < CONTENDERS_LEN; i++) {
				if (!contenders[i]->is_linear || allocated <= ALLOCATED_MAX_LINEAR) {
					measure_time(contenders[i], allocated, clock);
				}
			}
		}
	}
	return EXIT_SUCCESS;
}

/*
 * Not an allocator, but the minimum that any with out-of-line bookkeeping does: it takes a record for each range, and
 * writes to it when the range is freed. Its time is a lower bound for any policy: if the records do not fit into the
 * caches, each free waits for memory.
 */
#include "contender.h"

#include <stdlib.h>

struct record {
	struct record *next_free, *next;
	char rest[48];
};

struct records {
	struct record *first_free, *first;
};

static void *checked(void *memory) {
	if (memory == NULL) {
		abort();
	}
	return memory;
}

static void *create(int64_t size) {
	(void)size;
	return checked(calloc(1, sizeof(struct records)));
}

static void destroy(void *allocator) {
	struct records *records = allocator;
	for (struct record *record = records->first, *next; record != NULL; record = next) {
		next = record->next;
		free(record);
	}
	free(records);
}

static int64_t alloc(void *allocator, int64_t size, int64_t align, void **range) {
	(void)size;
	(void)align;
	struct records *records = allocator;
	struct record *record = records->first_free;
	if (record != NULL) {
		records->first_free = record->next_free;
	} else {
		record = checked(calloc(1, sizeof(*record)));
		record->next = records->first;
		records->first = record;
	}
	*range = record;
	return 0;
}

static void free_range(void *allocator, void *range) {
	struct records *records = allocator;
	struct record *record = range;
	record->rest[0]++;
	record->next_free = records->first_free;
	records->first_free = record;
}

const struct contender contender_record = {
	.name = "record",
	.is_limit = true,
	.create = create,
	.destroy = destroy,
	.alloc = alloc,
	.free = free_range,
};

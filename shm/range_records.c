#include "range_records.h"

#include "os.h"

#include <assert.h>
#include <stdlib.h>

#define LINE_SIZE 64

#define RECORD_SIZE ((sizeof(struct lido_range) + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE)

// A chunk has as many as all before it, within these.
#define CHUNK_LEN_MIN 4
#define CHUNK_LEN_MAX 256

struct lido_range_chunk {
	struct lido_range_chunk *next;
};

// Where its records are: what calloc() returns may lie anywhere in a line.
static char *get_records(struct lido_range_chunk *chunk) {
	char *records = (char *)(chunk + 1);
	return records + (LINE_SIZE - (uintptr_t)records % LINE_SIZE) % LINE_SIZE;
}

static bool add_chunk(struct lido_range_records *records) {
	uint32_t len = records->len < CHUNK_LEN_MIN ? CHUNK_LEN_MIN : records->len;
	len = len > CHUNK_LEN_MAX ? CHUNK_LEN_MAX : len;
	struct lido_range_chunk *chunk = lido_os.calloc(1, sizeof(*chunk) + LINE_SIZE + len * RECORD_SIZE);
	if (chunk == NULL) {
		return false;
	}
	chunk->next = records->chunks;
	records->chunks = chunk;
	char *first = get_records(chunk);
	for (uint32_t i = len; i > 0; i--) {
		lido_range_records_give(records, (struct lido_range *)(void *)(first + (i - 1) * RECORD_SIZE));
	}
	records->len += len;
	return true;
}

bool lido_range_records_reserve(struct lido_range_records *records, uint32_t len) {
	assert(len <= CHUNK_LEN_MIN);
	return records->spares_len >= len || add_chunk(records);
}

struct lido_range *lido_range_records_take(struct lido_range_records *records) {
	assert(records->spares_len > 0);
	struct lido_range *range = records->spare;
	records->spare = range->next;
	--records->spares_len;
	return range;
}

void lido_range_records_give(struct lido_range_records *records, struct lido_range *range) {
	range->next = records->spare;
	records->spare = range;
	++records->spares_len;
}

void lido_range_records_finish(struct lido_range_records *records) {
	while (records->chunks != NULL) {
		struct lido_range_chunk *chunk = records->chunks;
		records->chunks = chunk->next;
		free(chunk);
	}
}

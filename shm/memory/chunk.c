#include "memory/chunk.h"

#include "base/number.h"
#include "base/os.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

// Bytes. Since each new chunk is twice as large as the last, a client has few: with 512 MiB of scratches at most some
// thirty, so that a walk over all of them is cheap.
#define CHUNK_SIZE_MIN (1 << 20)
#define CHUNK_SIZE_MAX (64 << 20)

_Static_assert(LIDO_PIECE_SIZE_MAX <= CHUNK_SIZE_MIN, "each chunk has room for each piece");

void lido_chunks_init(struct lido_chunks *chunks, struct lido_quota *quota, struct lido_reclaimer *reclaimer) {
	chunks->quota = quota;
	chunks->reclaimer = reclaimer;
	wl_list_init(&chunks->chunks);
}

static int64_t choose_size(const struct lido_chunks *chunks) {
	if (wl_list_empty(&chunks->chunks)) {
		return CHUNK_SIZE_MIN;
	}
	const struct lido_chunk *last = wl_container_of(chunks->chunks.prev, last, link);
	return lido_min((int64_t)last->mapping->size * 2, CHUNK_SIZE_MAX);
}

// Returns NULL if memory is short or the limit does not allow another one; the reason is in the quota.
static struct lido_chunk *chunk_create(struct lido_chunks *chunks) {
	struct lido_chunk *chunk = lido_os.calloc(1, sizeof(*chunk));
	if (chunk == NULL) {
		goto error_memory;
	}
	int64_t size = choose_size(chunks);
	chunk->allocator = lido_allocator_create(size);
	if (chunk->allocator == NULL) {
		goto error_chunk;
	}
	chunk->mapping = lido_mapping_create_anonymous(chunks->quota, (size_t)size);
	if (chunk->mapping == NULL) {
		lido_allocator_destroy(chunk->allocator);
		free(chunk);
		return NULL;
	}
	// The first touch of a small picture must not make two megabytes resident.
	lido_os.madvise(chunk->mapping->data, chunk->mapping->size, MADV_NOHUGEPAGE);
	wl_list_insert(chunks->chunks.prev, &chunk->link);
	return chunk;

error_chunk:
	free(chunk);
error_memory:
	lido_quota_fail(chunks->quota, "out of memory for copies of pixels");
	return NULL;
}

static void set_stale(struct lido_chunks *chunks, struct lido_chunk *chunk, int64_t stale) {
	int64_t free_bytes = (int64_t)chunk->mapping->size - lido_allocator_get_allocated(chunk->allocator);
	stale = lido_min(stale, free_bytes);
	lido_quota_subtract(chunks->quota, LIDO_QUOTA_SCRATCH_BYTES, chunk->stale);
	lido_quota_add(chunks->quota, LIDO_QUOTA_SCRATCH_BYTES, stale);
	chunk->stale = stale;
}

static void chunk_destroy(struct lido_chunks *chunks, struct lido_chunk *chunk) {
	assert(lido_allocator_get_count(chunk->allocator) == 0);
	set_stale(chunks, chunk, 0);
	lido_allocator_destroy(chunk->allocator);
	lido_reclaimer_unmap(chunks->reclaimer, chunks->quota, chunk->mapping);
	wl_list_remove(&chunk->link);
	free(chunk);
}

static bool chunk_alloc(struct lido_chunks *chunks, struct lido_chunk *chunk, size_t size, struct lido_piece *piece) {
	piece->chunk = chunk;
	piece->range = lido_allocator_alloc(chunk->allocator, (int64_t)size);
	if (piece->range == NULL) {
		return false;
	}
	set_stale(chunks, chunk, chunk->stale);
	return true;
}

// The first chunk with room is taken, so that the later ones become empty.
bool lido_chunks_alloc(struct lido_chunks *chunks, size_t size, struct lido_piece *piece) {
	assert(size > 0 && size <= LIDO_PIECE_SIZE_MAX);
	struct lido_chunk *chunk;
	wl_list_for_each(chunk, &chunks->chunks, link) {
		if (chunk_alloc(chunks, chunk, size, piece)) {
			return true;
		}
	}
	chunk = chunk_create(chunks);
	if (chunk == NULL) {
		return false;
	}
	if (!chunk_alloc(chunks, chunk, size, piece)) {
		chunk_destroy(chunks, chunk);
		return lido_quota_fail(chunks->quota, "out of memory for copies of pixels");
	}
	return true;
}

uint8_t *lido_piece_get_data(const struct lido_piece *piece) {
	return piece->chunk->mapping->data + piece->range->offset;
}

void lido_chunks_free(struct lido_chunks *chunks, const struct lido_piece *piece, int64_t charged, int64_t now) {
	struct lido_chunk *chunk = piece->chunk;
	lido_allocator_free(chunk->allocator, piece->range, now);
	set_stale(chunks, chunk, chunk->stale + charged);
}

// Returns whether warm ranges are left. If the kernel refuses, as it does for locked memory, the pages stay charged
// until the chunk is unmapped, rather than being tried again each second; new pieces use them.
static bool chunk_clean(struct lido_chunks *chunks, struct lido_chunk *chunk, uint32_t *calls_left) {
	bool is_refused = false;
	struct lido_range *range;
	while ((range = lido_allocator_get_oldest_warm(chunk->allocator)) != NULL && *calls_left > 0) {
		(*calls_left)--;
		is_refused |= lido_os.madvise(chunk->mapping->data + range->offset, (size_t)range->size, MADV_DONTNEED) != 0;
		lido_range_set_cold(range);
	}
	if (range == NULL && !is_refused) {
		set_stale(chunks, chunk, 0);
	}
	return range != NULL;
}

bool lido_chunks_trim(struct lido_chunks *chunks, uint32_t *calls_left) {
	bool is_left = false;
	struct lido_chunk *chunk, *next;
	wl_list_for_each_safe(chunk, next, &chunks->chunks, link) {
		if (lido_allocator_get_count(chunk->allocator) > 0) {
			is_left |= chunk_clean(chunks, chunk, calls_left);
		} else if (*calls_left > 0) {
			(*calls_left)--;
			chunk_destroy(chunks, chunk);
		} else {
			is_left = true;
		}
	}
	return is_left;
}

int64_t lido_chunks_get_stale(const struct lido_chunks *chunks) {
	int64_t bytes = 0;
	const struct lido_chunk *chunk;
	wl_list_for_each(chunk, &chunks->chunks, link) {
		bytes += chunk->stale;
	}
	return bytes;
}

void lido_chunks_audit(const struct lido_chunks *chunks, struct lido_quota *sums) {
	const struct lido_chunk *chunk;
	wl_list_for_each(chunk, &chunks->chunks, link) {
		int64_t size = (int64_t)chunk->mapping->size;
		lido_allocator_audit(chunk->allocator);
		assert(chunk->stale >= 0 && chunk->stale <= size - lido_allocator_get_allocated(chunk->allocator));
		lido_quota_add(sums, LIDO_QUOTA_MAPPINGS, 1);
		lido_quota_add(sums, LIDO_QUOTA_ADDRESS_BYTES, size);
		lido_quota_add(sums, LIDO_QUOTA_SCRATCH_MAPPINGS, 1);
		lido_quota_add(sums, LIDO_QUOTA_SCRATCH_BYTES, chunk->stale);
	}
}

/*
 * Chunks: mappings of the server's own anonymous memory, each shared by many small scratches of one client, so that
 * these do not take a mapping each. Each chunk is twice as large as the one before, up to a maximum.
 *
 * A piece that is freed may keep its pages for a moment: until then its bytes stay charged, as stale ones.
 */
#ifndef LIDO_CHUNK_H
#define LIDO_CHUNK_H

#include "alloc/allocator.h"
#include "memory/reclaim.h"

/* The largest piece. Bytes. */
#define LIDO_PIECE_SIZE_MAX (512 << 10)

/* The chunks of one client. */
struct lido_chunks {
	struct lido_quota *quota;
	struct lido_reclaimer *reclaimer;
	struct wl_list chunks; // lido_chunk.link; in the order in which they were made
};

struct lido_chunk {
	struct wl_list link; // lido_chunks.chunks
	struct lido_mapping *mapping;
	struct lido_allocator *allocator;
	int64_t stale; // bytes charged for freed pieces; never more than the chunk has free
};

/* A piece of a chunk. */
struct lido_piece {
	struct lido_chunk *chunk; // NULL: none
	struct lido_range *range;
};

/* quota and reclaimer must outlive the chunks. */
void lido_chunks_init(struct lido_chunks *chunks, struct lido_quota *quota, struct lido_reclaimer *reclaimer);

/*
 * Allocates a piece, of whole pages up to LIDO_PIECE_SIZE_MAX bytes. It is not charged. It may hold old contents of the
 * same client's. Returns false if memory is short or a limit does not allow it; the reason is in the quota.
 */
bool lido_chunks_alloc(struct lido_chunks *chunks, size_t size, struct lido_piece *piece);

uint8_t *lido_piece_get_data(const struct lido_piece *piece);

/*
 * Frees a piece. charged: bytes of it that were charged until now; they stay charged until its pages are given back.
 * now: milliseconds, never less than before.
 */
void lido_chunks_free(struct lido_chunks *chunks, const struct lido_piece *piece, int64_t charged, int64_t now);

/*
 * Gives the pages of freed pieces back, and unmaps chunks without pieces. Makes at most *calls_left system calls, and
 * takes those it made off. Returns whether something is left.
 */
bool lido_chunks_trim(struct lido_chunks *chunks, uint32_t *calls_left);

/* Bytes charged for freed pieces. Visits each chunk. */
int64_t lido_chunks_get_stale(const struct lido_chunks *chunks);

/* Asserts that the chunks are consistent, and adds their mappings and stale bytes to sums. */
void lido_chunks_audit(const struct lido_chunks *chunks, struct lido_quota *sums);

#endif

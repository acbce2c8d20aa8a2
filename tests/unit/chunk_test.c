/*
 * Chunks: how many mappings pieces take, and how their memory goes back.
 */
#include "base/clock.h"
#include "faults.h"
#include "memory/chunk.h"
#include "pair.h"
#include "runner.h"
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define MIB (1 << 20)

struct fixture {
	struct pair pair;
	struct lido_pool *pool;
	struct lido_chunks *chunks;
};

static void fixture_init(struct fixture *fixture) {
	pair_init(&fixture->pair, NULL);
	fixture->pool = pair_get_pool(&fixture->pair);
	fixture->chunks = &fixture->pool->scratches.chunks;
}

static void fixture_finish(struct fixture *fixture) {
	expect(!lido_chunks_trim(fixture->chunks, &(uint32_t){1000}));
	expect_int(pool_used(fixture->pool, MAPPINGS), ==, 0);
	expect_int(pool_used(fixture->pool, SCRATCH_BYTES), ==, 0);
	lido_pool_audit(fixture->pool);
	pair_finish(&fixture->pair);
}

static struct lido_piece alloc(struct fixture *fixture, size_t size) {
	struct lido_piece piece;
	expect(lido_chunks_alloc(fixture->chunks, size, &piece));
	return piece;
}

// Charges and frees a piece.
static void free_charged(struct fixture *fixture, const struct lido_piece *piece, int64_t charged) {
	lido_chunks_free(fixture->chunks, piece, charged, lido_clock_now());
	lido_pool_audit(fixture->pool);
}

static int count_resident_pages(const struct lido_chunk *chunk) {
	unsigned char pages[64 * MIB / PAGE];
	int count = 0;
	expect_int(mincore(chunk->mapping->data, chunk->mapping->size, pages), ==, 0);
	for (size_t i = 0; i < chunk->mapping->size / PAGE; i++) {
		count += pages[i] & 1;
	}
	return count;
}

TEST("chunk@pieces-share-one-mapping-and-no-bytes") {
	enum {
		COUNT = 200
	};
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_piece pieces[COUNT];
	for (int i = 0; i < COUNT; i++) {
		pieces[i] = alloc(&fixture, PAGE);
		memset(lido_piece_get_data(&pieces[i]), i, PAGE);
	}
	expect_int(pool_used(fixture.pool, MAPPINGS), ==, 1);
	expect_int(pool_used(fixture.pool, SCRATCH_MAPPINGS), ==, 1);
	for (int i = 0; i < COUNT; i++) {
		const uint8_t *data = lido_piece_get_data(&pieces[i]);
		expect(data[0] == i && data[PAGE - 1] == i);
		free_charged(&fixture, &pieces[i], 0);
	}
	fixture_finish(&fixture);
}

TEST("chunk@each-is-twice-as-large-as-the-one-before") {
	struct fixture fixture;
	fixture_init(&fixture);
	static struct lido_piece pieces[600];
	int64_t size = MIB;
	int len = 0;
	for (int i = 0; i < 9; i++) {
		do {
			pieces[len++] = alloc(&fixture, LIDO_PIECE_SIZE_MAX);
		} while (len * (int64_t)LIDO_PIECE_SIZE_MAX < size);
		const struct lido_chunk *last = wl_container_of(fixture.chunks->chunks.prev, last, link);
		expect_int(last->mapping->size, ==, i < 6 ? MIB << i : 64 * MIB);
		expect_int(pool_used(fixture.pool, MAPPINGS), ==, i + 1);
		size += (int64_t)last->mapping->size < 64 * MIB ? (int64_t)last->mapping->size * 2 : 64 * MIB;
	}
	for (int i = 0; i < len; i++) {
		free_charged(&fixture, &pieces[i], 0);
	}
	fixture_finish(&fixture);
}

TEST("chunk@pages-of-freed-pieces-are-charged-until-they-are-given-back") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_piece kept = alloc(&fixture, PAGE), freed = alloc(&fixture, 8 * PAGE);
	memset(lido_piece_get_data(&kept), 1, PAGE);
	memset(lido_piece_get_data(&freed), 1, 8 * PAGE);
	expect_int(count_resident_pages(kept.chunk), ==, 9);
	free_charged(&fixture, &freed, 8 * PAGE);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 8 * PAGE);
	expect_int(lido_chunks_get_stale(fixture.chunks), ==, 8 * PAGE);
	expect(lido_chunks_trim(fixture.chunks, &(uint32_t){0}));
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 8 * PAGE);
	uint32_t calls_left = 10;
	expect(!lido_chunks_trim(fixture.chunks, &calls_left));
	expect_int(calls_left, ==, 9);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	expect_int(count_resident_pages(kept.chunk), ==, 1);
	free_charged(&fixture, &kept, 0);
	fixture_finish(&fixture);
}

TEST("chunk@pieces-are-given-back-in-few-calls-and-never-in-more-than-allowed") {
	enum {
		COUNT = 100
	};
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_piece pieces[COUNT];
	for (int i = 0; i < COUNT; i++) {
		pieces[i] = alloc(&fixture, PAGE);
	}
	for (int i = 0; i < COUNT; i += 2) {
		free_charged(&fixture, &pieces[i], PAGE);
	}
	uint32_t calls_left = 20;
	expect(lido_chunks_trim(fixture.chunks, &calls_left));
	expect_int(calls_left, ==, 0);
	calls_left = COUNT;
	expect(!lido_chunks_trim(fixture.chunks, &calls_left));
	expect_int(calls_left, ==, COUNT - COUNT / 2 + 20);
	// What is adjacent goes together, and an empty chunk as a whole.
	for (int i = 1; i < COUNT - 2; i += 2) {
		free_charged(&fixture, &pieces[i], PAGE);
	}
	calls_left = COUNT;
	expect(!lido_chunks_trim(fixture.chunks, &calls_left));
	expect_int(calls_left, ==, COUNT - 1);
	free_charged(&fixture, &pieces[COUNT - 1], PAGE);
	calls_left = COUNT;
	expect(!lido_chunks_trim(fixture.chunks, &calls_left));
	expect_int(calls_left, ==, COUNT - 1);
	fixture_finish(&fixture);
}

TEST("chunk@pages-that-the-kernel-keeps-stay-charged-and-are-not-tried-again") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_piece kept = alloc(&fixture, PAGE), freed = alloc(&fixture, PAGE);
	free_charged(&fixture, &freed, PAGE);
	faults_start_all_of(FAULT_MADVISE, 0);
	expect(!lido_chunks_trim(fixture.chunks, &(uint32_t){10}));
	expect(!lido_chunks_trim(fixture.chunks, &(uint32_t){10}));
	expect_int(faults_get_count(FAULT_MADVISE), ==, 1);
	faults_stop();
	free_charged(&fixture, &kept, PAGE);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), <=, 2 * PAGE);
	fixture_finish(&fixture);
}

TEST("chunk@never-charges-more-than-it-has-free") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_piece kept = alloc(&fixture, MIB / 2);
	for (int i = 0; i < 10; i++) {
		struct lido_piece piece = alloc(&fixture, MIB / 2);
		expect(piece.chunk == kept.chunk);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
		free_charged(&fixture, &piece, MIB / 2);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, MIB / 2);
	}
	free_charged(&fixture, &kept, 0);
	fixture_finish(&fixture);
}

TEST("chunk@without-memory-there-is-no-piece") {
	struct fixture fixture;
	struct lido_piece piece;
	fixture_init(&fixture);
	for (int fault = 0; fault < 2; fault++) {
		faults_start_all_of(fault == 0 ? FAULT_CALLOC : FAULT_MMAP, 0);
		expect(!lido_chunks_alloc(fixture.chunks, PAGE, &piece));
		expect_contains(fixture.pool->quota.failure, "out of memory");
		faults_stop();
	}
	fixture_finish(&fixture);
}

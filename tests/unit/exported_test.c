/*
 * The server's own files: creation, tamper detection, and freeing of idle pages.
 */
#include "base/clock.h"
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/block.h"
#include "memory/exported.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096
#define RESERVE (1 << 20)
#define BLOCKS 8 // of a page each

// An area that the test writes through its fd, as a client does.
struct fixture {
	struct pair pair;
	struct lido_exported_area *area;
	struct lido_block *blocks[BLOCKS];
};

static void fixture_init(struct fixture *fixture) {
	pair_init(&fixture->pair, NULL);
	fixture->area = lido_exported_area_create(&pair_get_pool(&fixture->pair)->exports, NULL, RESERVE, PAGE);
	expect(fixture->area != NULL);
	for (int i = 0; i < BLOCKS; i++) {
		fixture->blocks[i] = lido_block_create(fixture->area, PAGE);
		expect(fixture->blocks[i] != NULL);
	}
	expect_int(lido_exported_area_grow(fixture->area), ==, LIDO_GROW_OK);
}

static void free_block(struct fixture *fixture, int i) {
	lido_block_disown(fixture->blocks[i]);
	fixture->blocks[i] = NULL;
}

static void fixture_finish(struct fixture *fixture) {
	lido_pool_audit(pair_get_pool(&fixture->pair));
	for (int i = 0; i < BLOCKS; i++) {
		free_block(fixture, i);
	}
	expect_int(pool_used(pair_get_pool(&fixture->pair), BLOCKS), ==, 0);
	pair_finish(&fixture->pair);
}

static int64_t get_allocated(const struct fixture *fixture) {
	return file_get_allocated(fixture->area->base.fd);
}

static void fill_all(const struct fixture *fixture) {
	file_fill(fixture->area->base.fd, 0, BLOCKS * PAGE, 3);
}

static int (*real_memfd_create)(const char *name, unsigned flags);

static int old_memfd_create(const char *name, unsigned flags) {
	if ((flags & ~(unsigned)(MFD_CLOEXEC | MFD_ALLOW_SEALING)) != 0) {
		errno = EINVAL;
		return -1;
	}
	return real_memfd_create(name, flags);
}

TEST("exported@creation-works-without-newer-memfd_create-flags") {
	real_memfd_create = lido_os.memfd_create;
	lido_os.memfd_create = old_memfd_create;
	struct fixture fixture;
	fixture_init(&fixture);
	expect_int(file_get_seals(fixture.area->base.fd) & (F_SEAL_SHRINK | F_SEAL_SEAL), ==, F_SEAL_SHRINK | F_SEAL_SEAL);
	fixture_finish(&fixture);
}

TEST("exported@failed-creation-leaves-nothing") {
	static const enum fault faults[] = {FAULT_CALLOC, FAULT_MEMFD_CREATE, FAULT_ADD_SEALS, FAULT_MMAP};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct pair pair;
		pair_init(&pair, NULL);
		struct lido_pool *pool = pair_get_pool(&pair);
		faults_start_all_of(faults[i], 0);
		expect(lido_exported_area_create(&pool->exports, NULL, RESERVE, PAGE) == NULL);
		faults_stop();
		lido_pool_audit(pool);
		expect_int(pool_used(pool, FILES), ==, 0);
		expect_int(pool_used(pool, AREAS), ==, 0);
		pair_finish(&pair);
	}
}

TEST("exported@scarce-address-space-halves-the-reserve-down-to-the-minimum") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool *pool = pair_get_pool(&pair);
	faults_start_all_of(FAULT_MMAP, 5 * PAGE);
	struct lido_exported_area *area = lido_exported_area_create(&pool->exports, NULL, 64 * PAGE, PAGE);
	expect(area != NULL);
	expect_int(area->reserve, ==, 4 * PAGE);
	expect(lido_exported_area_create(&pool->exports, NULL, 64 * PAGE, 6 * PAGE) == NULL);
	struct lido_exported_area *least = lido_exported_area_create(&pool->exports, NULL, 64 * PAGE, 5 * PAGE);
	expect(least != NULL);
	expect_int(least->reserve, ==, 5 * PAGE);
	expect_int(least->id, ==, area->id + 1);
	faults_stop();
	pair_finish(&pair);
}

TEST("exported@pages-are-punched-only-after-having-been-idle") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	uint32_t calls = 10;
	expect(!lido_exported_area_trim(fixture.area, 0, &calls));
	expect_int(calls, ==, 10);
	free_block(&fixture, 3);
	int64_t now = lido_clock_now();
	expect(lido_exported_area_trim(fixture.area, now - 1000, &calls));
	expect_int(get_allocated(&fixture), ==, BLOCKS * PAGE);
	expect(!lido_exported_area_trim(fixture.area, now + 1000, &calls));
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 1) * PAGE);
	expect_int(calls, ==, 9);
	// A cold range is not punched again.
	expect(!lido_exported_area_trim(fixture.area, 0, &calls));
	expect_int(calls, ==, 9);
	fixture_finish(&fixture);
}

TEST("exported@one-trim-makes-no-more-calls-than-allowed") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	for (int i = 0; i < BLOCKS; i += 2) {
		free_block(&fixture, i);
	}
	uint32_t calls = 3;
	expect(lido_exported_area_trim(fixture.area, 0, &calls));
	expect_int(calls, ==, 0);
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 3) * PAGE);
	expect(lido_exported_area_trim(fixture.area, 0, &calls));
	calls = 3;
	expect(!lido_exported_area_trim(fixture.area, 0, &calls));
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 4) * PAGE);
	fixture_finish(&fixture);
}

TEST("exported@failed-punch-is-not-retried") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	free_block(&fixture, 1);
	faults_start_all_of(FAULT_PUNCH_HOLE, 0);
	expect(!lido_exported_area_trim(fixture.area, 0, &(uint32_t){10}));
	expect_int(faults_get_count(FAULT_PUNCH_HOLE), ==, 1);
	faults_stop();
	expect_int(get_allocated(&fixture), ==, BLOCKS * PAGE);
	fixture_finish(&fixture);
}

static const void *map(struct fixture *fixture, int i, struct lido_pages *pages) {
	return lido_area_map(&fixture->area->base, fixture->blocks[i]->range->offset, PAGE, pages, false);
}

TEST("exported@file-without-holes-is-never-searched-for-holes") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	faults_start(0);
	for (int i = 0; i < BLOCKS; i++) {
		expect(map(&fixture, i, &(struct lido_pages){0}) != NULL);
	}
	expect_int(faults_get_count(FAULT_MINCORE), ==, 0);
	faults_stop();
	fixture_finish(&fixture);
}

TEST("exported@one-missing-page-is-detected") {
	struct fixture fixture;
	fixture_init(&fixture);
	for (int i = 0; i < BLOCKS; i++) {
		fill_all(&fixture);
		expect(map(&fixture, i, NULL) != NULL);
		expect_int(fallocate(fixture.area->base.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, i * PAGE, PAGE), ==, 0);
		expect(map(&fixture, i, NULL) == NULL);
		expect_int(get_allocated(&fixture), ==, (BLOCKS - 1) * PAGE);
	}
	fixture_finish(&fixture);
}

TEST("exported@range-without-holes-is-searched-again-only-after-pages-were-lost") {
	struct fixture fixture;
	struct lido_pages pages = {0};
	fixture_init(&fixture);
	int fd = fixture.area->base.fd;
	file_fill(fd, 0, 2 * PAGE, 3);
	faults_start(0);
	const uint8_t *first = map(&fixture, 0, &pages);
	expect(first != NULL);
	expect(map(&fixture, 0, &pages) == first);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 1);
	expect_int(faults_get_count(FAULT_MADVISE), ==, 1);
	expect(map(&fixture, 5, NULL) == NULL);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 2);
	// The client punches another block, and then this one.
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, PAGE), ==, 0);
	expect(map(&fixture, 0, &pages) == first);
	expect(map(&fixture, 0, &pages) == first);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 3);
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), ==, 0);
	expect(map(&fixture, 0, &pages) == NULL);
	faults_stop();
	expect_int(get_allocated(&fixture), ==, 0);
	fixture_finish(&fixture);
}

TEST("exported@trimming-causes-no-new-search-for-holes") {
	struct fixture fixture;
	struct lido_pages pages = {0};
	fixture_init(&fixture);
	file_fill(fixture.area->base.fd, 0, 4 * PAGE, 3);
	expect(map(&fixture, 0, &pages) != NULL);
	free_block(&fixture, 2);
	expect(!lido_exported_area_trim(fixture.area, 0, &(uint32_t){10}));
	expect_int(get_allocated(&fixture), ==, 3 * PAGE);
	faults_start(0);
	expect(map(&fixture, 0, &pages) != NULL);
	expect_int(faults_get_count(FAULT_MINCORE), ==, 0);
	faults_stop();
	fixture_finish(&fixture);
}

TEST("exported@file-grown-by-its-client-is-detected-and-not-mapped") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	struct lido_area *base = &fixture.area->base;
	expect((lido_area_inspect(base) != LIDO_AREA_TAMPERED));
	file_set_size(base->fd, base->size + PAGE);
	expect(!(lido_area_inspect(base) != LIDO_AREA_TAMPERED));
	expect(map(&fixture, 0, NULL) == NULL);
	struct lido_block *block = lido_block_create(fixture.area, PAGE);
	expect(block != NULL);
	// The client has already made the file long enough: the server never uses what is beyond its own size.
	file_set_size(base->fd, base->size + 2 * PAGE);
	expect_int(lido_exported_area_grow(fixture.area), ==, LIDO_GROW_TAMPERED);
	lido_block_disown(block);
	fixture_finish(&fixture);
}

TEST("exported@failed-fstat-is-not-tampering") {
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	faults_start_all_of(FAULT_FSTAT, 0);
	expect((lido_area_inspect(&fixture.area->base) != LIDO_AREA_TAMPERED));
	expect(map(&fixture, 0, NULL) == NULL);
	faults_stop();
	expect(map(&fixture, 0, NULL) != NULL);
	fixture_finish(&fixture);
}

TEST("exported@discard-has-its-own-pages-searched-for-holes-and-is-no-loss-by-the-client") {
	struct fixture fixture;
	struct lido_pages pages[2] = {{0}};
	fixture_init(&fixture);
	fill_all(&fixture);
	// A hole elsewhere: the file is not known to have all pages.
	expect_int(fallocate(fixture.area->base.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 7 * PAGE, PAGE), ==, 0);
	expect(map(&fixture, 0, &pages[0]) != NULL);
	expect(map(&fixture, 1, &pages[1]) != NULL);
	uint32_t losses = fixture.area->base.losses;
	lido_exported_area_discard(fixture.area, 0, PAGE);
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 2) * PAGE);
	expect(map(&fixture, 0, &pages[0]) == NULL);
	expect(map(&fixture, 1, &pages[1]) != NULL);
	expect_int(fixture.area->base.losses, ==, losses);
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 2) * PAGE);
	file_fill(fixture.area->base.fd, 0, PAGE, 4);
	expect(map(&fixture, 0, &pages[0]) != NULL);
	fixture_finish(&fixture);
}

TEST("exported@discard-does-not-hide-what-the-client-punches") {
	struct fixture fixture;
	struct lido_pages pages = {0};
	fixture_init(&fixture);
	fill_all(&fixture);
	expect(map(&fixture, 0, &pages) != NULL);
	uint32_t losses = fixture.area->base.losses;
	expect_int(fallocate(fixture.area->base.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), ==, 0);
	lido_exported_area_discard(fixture.area, 3 * PAGE, PAGE);
	expect_int(fixture.area->base.losses, ==, losses + 1);
	expect(map(&fixture, 0, &pages) == NULL);
	expect_int(get_allocated(&fixture), ==, (BLOCKS - 2) * PAGE);
	fixture_finish(&fixture);
}

TEST("exported@discard-of-a-file-that-was-changed-or-that-fails-changes-nothing") {
	static const enum fault faults[] = {FAULT_PUNCH_HOLE, FAULT_FSTAT};
	struct fixture fixture;
	fixture_init(&fixture);
	fill_all(&fixture);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		faults_start_all_of(faults[i], 0);
		lido_exported_area_discard(fixture.area, 0, PAGE);
		expect_int(faults_get_count(FAULT_PUNCH_HOLE), ==, faults[i] == FAULT_PUNCH_HOLE);
		faults_stop();
	}
	file_set_size(fixture.area->base.fd, fixture.area->base.size + PAGE);
	lido_exported_area_discard(fixture.area, 0, PAGE);
	expect_int(get_allocated(&fixture), ==, BLOCKS * PAGE);
	fixture_finish(&fixture);
}

TEST("exported@discards-of-one-dispatch-are-bounded") {
	enum {
		UNIT = LIDO_DISPATCH_DISCARD_COST_MIN
	};
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool *pool = pair_get_pool(&pair);
	pool->quota.counts[LIDO_QUOTA_DISCARDED_BYTES].max = 3 * UNIT + UNIT / 2;
	struct lido_exported_area *area = lido_exported_area_create(&pool->exports, NULL, 8 * UNIT, 8 * UNIT);
	expect(area != NULL);
	struct lido_block *block = lido_block_create(area, 8 * UNIT);
	expect_int(lido_exported_area_grow(area), ==, LIDO_GROW_OK);
	file_fill(area->base.fd, 0, 8 * UNIT, 1);
	faults_start(0);
	// A small one counts as a unit.
	lido_exported_area_discard(area, 0, PAGE);
	lido_exported_area_discard(area, PAGE, 2 * UNIT);
	expect_int(file_get_allocated(area->base.fd), ==, 6 * UNIT - PAGE);
	// Half a unit is left, which is less than a small one counts.
	lido_exported_area_discard(area, 4 * UNIT, PAGE);
	lido_exported_area_discard(area, 4 * UNIT, UNIT);
	expect_int(file_get_allocated(area->base.fd), ==, 6 * UNIT - PAGE);
	expect_int(faults_get_count(FAULT_PUNCH_HOLE), ==, 2);
	client_roundtrip(&pair.client);
	// Of one that is too large, as much as is left.
	lido_exported_area_discard(area, 3 * UNIT, 5 * UNIT);
	expect_int(file_get_allocated(area->base.fd), ==, 3 * UNIT - PAGE - UNIT / 2);
	faults_stop();
	lido_block_disown(block);
	pair_finish(&pair);
}

/*
 * Mappings: who is charged for them, and what becomes of one that cannot be unmapped.
 */
#include "base/clock.h"
#include "faults.h"
#include "file.h"
#include "memory/mapping.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 65536

struct fixture {
	struct pair pair;
	struct lido_pool *pool;
	struct lido_quota own, *quota; // not the pool's, which is audited
	struct lido_unmapping *unmapping;
};

static void fixture_init(struct fixture *fixture) {
	pair_init(&fixture->pair, NULL);
	fixture->pool = pair_get_pool(&fixture->pair);
	struct lido_manager *manager = fixture->pair.server.manager;
	struct lido_limits limits = lido_limits_default();
	lido_quota_init(&fixture->own, client_get_peer(&fixture->pair.client), &manager->total, &limits);
	fixture->quota = &fixture->own;
	fixture->unmapping = &manager->reclaim.unmapping;
}

static void fixture_finish(struct fixture *fixture) {
	expect_int(lido_quota_get_used(fixture->quota, LIDO_QUOTA_MAPPINGS), ==, 0);
	pair_finish(&fixture->pair);
}

static bool is_mapped(void *data) {
	return msync(data, SIZE, MS_ASYNC) == 0;
}

static int64_t get_total(const struct fixture *fixture) {
	return manager_used(fixture->pair.server.manager, MAPPINGS);
}

static void unmap(struct fixture *fixture, struct lido_mapping *mapping) {
	lido_reclaimer_unmap(&fixture->pool->reclaimer, fixture->quota, mapping);
}

// Waits until the server has returned everything, but not much longer than it should take.
static void wait_for_total(struct fixture *fixture, int64_t total) {
	int64_t end = lido_clock_now() + 3 * LIDO_TRIM_TICK_MS;
	while (get_total(fixture) != total && lido_clock_now() < end) {
		server_dispatch(&fixture->pair.server, 100);
	}
	expect_int(get_total(fixture), ==, total);
}

TEST("mapping@anonymous-one-is-zero-and-counts-once") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_mapping *mapping = lido_mapping_create_anonymous(fixture.quota, SIZE);
	expect(mapping != NULL);
	expect_int(mapping->size, ==, SIZE);
	for (int i = 0; i < SIZE; i++) {
		expect_int(mapping->data[i], ==, 0);
		mapping->data[i] = 1;
	}
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPINGS), ==, 1);
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPED_BYTES), ==, 0); // of files only
	expect_int(get_total(&fixture), ==, 1);
	void *data = mapping->data;
	unmap(&fixture, mapping);
	expect(!is_mapped(data));
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPINGS), ==, 0);
	expect_int(get_total(&fixture), ==, 0);
	fixture_finish(&fixture);
}

TEST("mapping@of-a-file-has-its-bytes-and-is-as-large-as-there-is-address-space-for") {
	struct fixture fixture;
	fixture_init(&fixture);
	int fd = file_create(FILE_SEALED, SIZE);
	file_fill(fd, 0, SIZE, 5);
	uint8_t wanted[SIZE];
	file_fill_memory(wanted, 0, SIZE, 5);
	faults_start_all_of(FAULT_MMAP, 8 * SIZE);
	struct lido_mapping *mapping = lido_mapping_create_of_file(fixture.quota, fd, 64 * SIZE, SIZE);
	faults_stop();
	expect(mapping != NULL);
	expect_int(mapping->size, ==, 8 * SIZE);
	expect_bytes(mapping->data, wanted, SIZE);
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPINGS), ==, 1);
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPED_BYTES), ==, 8 * SIZE);
	unmap(&fixture, mapping);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	faults_start_all_of(FAULT_MMAP, SIZE - 1);
	expect(lido_mapping_create_of_file(fixture.quota, fd, 64 * SIZE, SIZE) == NULL);
	expect_contains(fixture.quota->failure, "out of memory");
	faults_stop();
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPED_BYTES), ==, 0);
	close(fd);
	fixture_finish(&fixture);
}

TEST("mapping@limit-of-the-client-and-what-is-left-for-others-refuse-it") {
	struct fixture fixture;
	fixture_init(&fixture);
	fixture.quota->counts[LIDO_QUOTA_MAPPINGS].max = 1;
	struct lido_mapping *mapping = lido_mapping_create_anonymous(fixture.quota, SIZE);
	expect(mapping != NULL);
	expect(lido_mapping_create_anonymous(fixture.quota, SIZE) == NULL);
	expect_contains(fixture.quota->failure, "too many mappings: 1 held, the limit is 1");
	fixture.quota->counts[LIDO_QUOTA_MAPPINGS].max = 100;
	fixture.quota->total->counts[LIDO_QUOTA_MAPPINGS].max = 2;
	expect(lido_mapping_create_anonymous(fixture.quota, SIZE) == NULL);
	expect_contains(fixture.quota->failure, "too many mappings: 1 held, all clients together leave 1 of 2");
	unmap(&fixture, mapping);
	fixture_finish(&fixture);
}

TEST("mapping@that-cannot-be-unmapped-stays-counted-without-memory-until-it-can") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_mapping *mapping = lido_mapping_create_anonymous(fixture.quota, SIZE);
	uint8_t *data = mapping->data;
	memset(data, 1, SIZE);
	faults_start_all_of(FAULT_MUNMAP, 0);
	unmap(&fixture, mapping);
	expect(is_mapped(data));
	expect_int(data[0], ==, 0); // its pages are gone
	expect_int(lido_quota_get_used(fixture.quota, LIDO_QUOTA_MAPPINGS), ==, 0);
	expect_int(get_total(&fixture), ==, 1);
	server_dispatch(&fixture.pair.server, LIDO_TRIM_TICK_MS + 200);
	expect_int(get_total(&fixture), ==, 1);
	faults_stop();
	wait_for_total(&fixture, 0);
	expect(!is_mapped(data));
	fixture_finish(&fixture);
}

TEST("mapping@of-a-file-that-cannot-be-unmapped-is-unmapped-later") {
	struct fixture fixture;
	fixture_init(&fixture);
	int fd = file_create(FILE_SEALED, SIZE);
	struct lido_mapping *mapping = lido_mapping_create_of_file(fixture.quota, fd, SIZE, SIZE);
	faults_start_all_of(FAULT_MUNMAP, 0);
	unmap(&fixture, mapping);
	faults_stop();
	expect_int(file_count_mappings(fd, NULL), ==, 1);
	wait_for_total(&fixture, 0);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	close(fd);
	fixture_finish(&fixture);
}

TEST("mapping@each-that-waits-gets-its-turn") {
	enum {
		COUNT = 5
	};
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_mapping *mappings[COUNT];
	for (int i = 0; i < COUNT; i++) {
		mappings[i] = lido_mapping_create_anonymous(fixture.quota, SIZE);
	}
	faults_start_all_of(FAULT_MUNMAP, 0);
	for (int i = 0; i < COUNT; i++) {
		unmap(&fixture, mappings[i]);
	}
	uint32_t calls_left = 2;
	expect(lido_unmapping_retry(fixture.unmapping, &calls_left));
	expect_int(calls_left, ==, 0);
	expect(fixture.unmapping->mappings.next == &mappings[2]->link);
	calls_left = 100;
	expect(lido_unmapping_retry(fixture.unmapping, &calls_left));
	expect_int(calls_left, ==, 100 - COUNT);
	faults_stop();
	calls_left = COUNT - 1;
	expect(lido_unmapping_retry(fixture.unmapping, &calls_left));
	expect_int(get_total(&fixture), ==, 1);
	fixture_finish(&fixture); // unmaps the last one
}

// Makes mappings that do not merge until the kernel allows no more. Returns their number.
static int exhaust_mappings(uint8_t **fillers, int max) {
	for (int i = 0; i < max; i++) {
		int protection = i % 2 == 0 ? PROT_READ : PROT_NONE;
		fillers[i] = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (fillers[i] == MAP_FAILED) {
			return i;
		}
	}
	fail("the kernel has no limit of mappings below %d", max);
}

static bool are_adjacent(const struct lido_mapping *a, const struct lido_mapping *b) {
	return (uint8_t *)a->data + SIZE == (uint8_t *)b->data || (uint8_t *)b->data + SIZE == (uint8_t *)a->data;
}

// The kernel merges the last three, so that unmapping the one in the middle makes two mappings of one. The first ones
// may lie in holes of the address space. Returns their number.
static int create_merged(struct fixture *fixture, struct lido_mapping **mappings, int max) {
	int len = 0;
	while (len < 3 || !are_adjacent(mappings[len - 3], mappings[len - 2]) ||
			!are_adjacent(mappings[len - 2], mappings[len - 1])) {
		expect_int(len, <, max);
		mappings[len++] = lido_mapping_create_anonymous(fixture->quota, SIZE);
	}
	return len;
}

TEST("mapping@at-the-limit-of-the-kernel-is-unmapped-once-there-is-room") {
	enum {
		FILLERS_MAX = 1 << 20,
		MAPPINGS_MAX = 16
	};
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_mapping *mappings[MAPPINGS_MAX];
	int len = create_merged(&fixture, mappings, MAPPINGS_MAX);
	uint8_t *data = mappings[len - 2]->data;
	static uint8_t *fillers[FILLERS_MAX];
	int count = exhaust_mappings(fillers, FILLERS_MAX);
	unmap(&fixture, mappings[len - 2]);
	int64_t total = get_total(&fixture);
	for (int i = 0; i < count; i++) {
		munmap(fillers[i], 4096);
	}
	expect_int(total, ==, len);
	expect(is_mapped(data));
	wait_for_total(&fixture, len - 1);
	expect(!is_mapped(data));
	for (int i = 0; i < len; i++) {
		if (i != len - 2) {
			unmap(&fixture, mappings[i]);
		}
	}
	fixture_finish(&fixture);
}

TEST("mapping@is-unmapped-where-nobody-retries-as-well") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_mapping *mapping = lido_mapping_create_anonymous(fixture.quota, SIZE);
	uint8_t *data = mapping->data;
	lido_unmapping_unmap(NULL, fixture.quota, mapping);
	expect(!is_mapped(data));
	expect_int(get_total(&fixture), ==, 0);
	fixture_finish(&fixture);
}

// Where pointers have 32 bits, there is a limit; a test sets it anywhere.
static void limit_addresses(struct fixture *fixture, int64_t max) {
	fixture->pair.server.manager->total.counts[LIDO_QUOTA_ADDRESS_BYTES].max = max;
}

TEST("mapping@no-client-holds-more-address-space-than-it-leaves-for-others") {
	struct fixture fixture;
	struct lido_quota other;
	struct lido_limits limits = lido_limits_default();
	fixture_init(&fixture);
	expect(fixture.pair.server.manager->total.counts[LIDO_QUOTA_ADDRESS_BYTES].max == LIDO_ADDRESS_TOTAL_MAX);
	struct lido_quota_total *total = &fixture.pair.server.manager->total;
	lido_quota_init(&other, client_get_peer(&fixture.pair.client), total, &limits);
	limit_addresses(&fixture, total->counts[LIDO_QUOTA_ADDRESS_BYTES].used + 8 * SIZE);
	struct lido_mapping *mappings[5];
	for (int i = 0; i < 4; i++) {
		mappings[i] = lido_mapping_create_anonymous(fixture.quota, SIZE);
		expect(mappings[i] != NULL);
	}
	expect(lido_mapping_create_anonymous(fixture.quota, SIZE) == NULL);
	expect_contains(fixture.own.failure, "too much address space");
	// The other one may have half of what is left.
	expect(lido_mapping_create_anonymous(&other, 5 * SIZE) == NULL);
	mappings[4] = lido_mapping_create_anonymous(&other, 2 * SIZE);
	expect(mappings[4] != NULL);
	for (int i = 0; i < 4; i++) {
		unmap(&fixture, mappings[i]);
	}
	lido_reclaimer_unmap(&fixture.pool->reclaimer, &other, mappings[4]);
	fixture_finish(&fixture);
}

TEST("mapping@file-is-mapped-as-far-as-address-space-is-allowed") {
	struct fixture fixture;
	fixture_init(&fixture);
	int fd = file_create(FILE_SEALED, SIZE);
	int64_t used = fixture.pair.server.manager->total.counts[LIDO_QUOTA_ADDRESS_BYTES].used;
	limit_addresses(&fixture, used + 5 * SIZE);
	struct lido_mapping *mapping = lido_mapping_create_of_file(fixture.quota, fd, 16 * SIZE, SIZE);
	expect(mapping != NULL);
	expect_int(mapping->size, ==, 4 * SIZE);
	expect(lido_mapping_create_of_file(fixture.quota, fd, 16 * SIZE, SIZE) == NULL);
	unmap(&fixture, mapping);
	close(fd);
	fixture_finish(&fixture);
}

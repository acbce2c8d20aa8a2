/*
 * Scratches: charged to one client, recycled, trimmed, and never with another client's pixels.
 */
#include "base/clock.h"
#include "faults.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT (1 << 20)

struct fixture {
	struct pair pair;
	struct lido_pool *pool;
};

static void fixture_init(struct fixture *fixture) {
	struct lido_limits limits = lido_limits_default();
	limits.scratch_bytes_max = LIMIT;
	pair_init(&fixture->pair, &limits);
	fixture->pool = pair_get_pool(&fixture->pair);
}

static void fixture_finish(struct fixture *fixture) {
	lido_pool_audit(fixture->pool);
	pair_finish(&fixture->pair);
}

static bool is_zero(const uint8_t *data, size_t size) {
	for (size_t i = 0; i < size; i++) {
		if (data[i] != 0) {
			return false;
		}
	}
	return true;
}

TEST("scratch@new-one-is-zero-and-page-aligned") {
	struct fixture fixture;
	fixture_init(&fixture);
	static const size_t sizes[] = {1, 63, 4095, 4096, 4097, 100000, LIMIT};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct lido_scratch *scratch = lido_scratch_create(fixture.pool, sizes[i]);
		expect(scratch != NULL);
		expect_int((uintptr_t)lido_scratch_get_data(scratch) % 4096, ==, 0);
		expect(is_zero(lido_scratch_get_data(scratch), sizes[i]));
		lido_scratch_destroy(scratch);
		lido_scratches_free_idle(&fixture.pool->scratches);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	}
	lido_scratch_destroy(NULL);
	fixture_finish(&fixture);
}

static long count_resident_pages(void) {
	long size, resident;
	FILE *statm = fopen("/proc/self/statm", "re");
	expect(statm != NULL);
	expect(fscanf(statm, "%ld %ld", &size, &resident) == 2);
	fclose(statm);
	return resident;
}

TEST("scratch@new-pages-are-not-touched") {
	// A client cannot make the server spend time on zeroing memory: 64 MiB must not become resident.
	struct pair pair;
	pair_init(&pair, NULL);
	long before = count_resident_pages();
	struct lido_scratch *scratch = lido_scratch_create(pair_get_pool(&pair), 64 << 20);
	expect_int(count_resident_pages() - before, <, 1000);
	lido_scratch_destroy(scratch);
	pair_finish(&pair);
}

TEST("scratch@destroyed-one-is-recycled") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 100000);
	void *data = lido_scratch_get_data(scratch);
	int64_t bytes = pool_used(fixture.pool, SCRATCH_BYTES);
	for (int i = 0; i < 100; i++) {
		lido_scratch_destroy(scratch);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, bytes);
		scratch = lido_scratch_create(fixture.pool, 100000);
		expect(lido_scratch_get_data(scratch) == data);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, bytes);
	}
	lido_scratch_destroy(scratch);
	fixture_finish(&fixture);
}

TEST("scratch@request-that-is-a-little-larger-recycles-an-idle-one") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 100000);
	void *data = lido_scratch_get_data(scratch);
	lido_scratch_destroy(scratch);
	scratch = lido_scratch_create(fixture.pool, 110000);
	expect(lido_scratch_get_data(scratch) == data);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), >=, 110000);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), <, 110000 + 4096);
	memset(data, 1, 110000);
	lido_scratch_destroy(scratch);
	fixture_finish(&fixture);
}

TEST("scratch@large-idle-one-is-not-recycled-for-a-small-request") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *large = lido_scratch_create(fixture.pool, 512 << 10);
	void *data = lido_scratch_get_data(large);
	lido_scratch_destroy(large);
	struct lido_scratch *small = lido_scratch_create(fixture.pool, 4096);
	expect(lido_scratch_get_data(small) != data);
	lido_scratch_destroy(small);
	fixture_finish(&fixture);
}

TEST("scratch@smallest-idle-one-that-fits-is-recycled") {
	for (int order = 0; order < 2; order++) {
		struct fixture fixture;
		fixture_init(&fixture);
		struct lido_scratch *large = lido_scratch_create(fixture.pool, 100000);
		struct lido_scratch *small = lido_scratch_create(fixture.pool, 60000);
		void *data = lido_scratch_get_data(small);
		lido_scratch_destroy(order == 0 ? large : small);
		lido_scratch_destroy(order == 0 ? small : large);
		struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 50000);
		expect(lido_scratch_get_data(scratch) == data);
		lido_scratch_destroy(scratch);
		fixture_finish(&fixture);
	}
}

TEST("scratch@never-has-another-clients-pixels") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_pool *other = lido_pool_from_client(fixture.pair.server.manager, client_get_peer(&fixture.pair.other));
	for (int i = 0; i < 20; i++) {
		struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 100000);
		memset(lido_scratch_get_data(scratch), 0xaa, 100000);
		lido_scratch_destroy(scratch);
		struct lido_scratch *foreign = lido_scratch_create(other, 100000);
		expect(is_zero(lido_scratch_get_data(foreign), 100000));
		lido_scratch_destroy(foreign);
		lido_scratches_free_idle(&other->scratches);
	}
	fixture_finish(&fixture);
}

TEST("scratch@quota-is-exact-in-pages") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *scratches[LIMIT / 4096];
	for (int i = 0; i < LIMIT / 4096; i++) {
		scratches[i] = lido_scratch_create(fixture.pool, 4096);
		expect(scratches[i] != NULL);
	}
	expect(lido_scratch_create(fixture.pool, 1) == NULL);
	expect_contains(fixture.pool->quota.failure, "1048576");
	lido_scratch_destroy(scratches[0]);
	scratches[0] = lido_scratch_create(fixture.pool, 1);
	expect(scratches[0] != NULL);
	for (int i = 0; i < LIMIT / 4096; i++) {
		lido_scratch_destroy(scratches[i]);
	}
	fixture_finish(&fixture);
}

TEST("scratch@request-beyond-the-quota-is-refused") {
	struct fixture fixture;
	fixture_init(&fixture);
	expect(lido_scratch_create(fixture.pool, LIMIT + 1) == NULL);
	expect(lido_scratch_create(fixture.pool, PTRDIFF_MAX / 16) == NULL);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	struct lido_scratch *scratch = lido_scratch_create(fixture.pool, LIMIT);
	expect(scratch != NULL);
	lido_scratch_destroy(scratch);
	fixture_finish(&fixture);
}

TEST("scratch@idle-ones-are-freed-before-the-quota-refuses") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *scratches[16];
	for (int i = 0; i < 16; i++) {
		scratches[i] = lido_scratch_create(fixture.pool, LIMIT / 16);
	}
	for (int i = 0; i < 16; i++) {
		lido_scratch_destroy(scratches[i]);
	}
	struct lido_scratch *whole = lido_scratch_create(fixture.pool, LIMIT);
	expect(whole != NULL);
	lido_scratch_destroy(whole);
	fixture_finish(&fixture);
}

TEST("scratch@idle-one-that-grows-evicts-another-idle-one") {
	struct fixture fixture;
	fixture_init(&fixture);
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), most = LIMIT / page - 2;
	struct lido_scratch *small = lido_scratch_create(fixture.pool, 2 * page);
	struct lido_scratch *large = lido_scratch_create(fixture.pool, most * page);
	expect(small != NULL && large != NULL);
	lido_scratch_destroy(large);
	lido_scratch_destroy(small);
	// The small scratch has room for a third page, but the quota allows it only without the large one.
	struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 3 * page);
	expect(scratch != NULL);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 3 * page);
	lido_scratch_destroy(scratch);
	fixture_finish(&fixture);
}

TEST("scratch@idle-one-that-the-quota-keeps-from-growing-is-not-lost") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *held = lido_scratch_create(fixture.pool, LIMIT / 2);
	struct lido_scratch *idle = lido_scratch_create(fixture.pool, LIMIT / 2);
	lido_scratch_destroy(idle);
	// The idle scratch has room, but the quota forbids the growth.
	expect(lido_scratch_create(fixture.pool, LIMIT / 2 + 4096) == NULL);
	lido_pool_audit(fixture.pool);
	idle = lido_scratch_create(fixture.pool, LIMIT / 2);
	expect(idle != NULL);
	lido_scratch_destroy(idle);
	lido_scratch_destroy(held);
	fixture_finish(&fixture);
}

static void wait_in_server(struct server *server, int64_t milliseconds) {
	int64_t end = lido_clock_now() + milliseconds;
	while (lido_clock_now() < end) {
		server_dispatch(server, (int)(end - lido_clock_now()));
	}
}

TEST("scratch@idle-one-is-unmapped") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *used = lido_scratch_create(fixture.pool, 4096);
	struct lido_scratch *scratch = lido_scratch_create(fixture.pool, 100000);
	lido_scratch_destroy(scratch);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), >, 100000);
	wait_in_server(&fixture.pair.server, LIDO_IDLE_MS + 2 * LIDO_TRIM_TICK_MS + 500);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 4096);
	lido_scratch_destroy(used);
	fixture_finish(&fixture);
}

TEST("scratch@used-one-outlives-its-client") {
	struct server server;
	struct client client;
	server_init_core(&server, NULL);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	struct lido_scratch *first = lido_scratch_create(pool, 100000), *second = lido_scratch_create(pool, 100000);
	client_finish(&client);
	memset(lido_scratch_get_data(first), 1, 100000);
	lido_scratch_destroy(first);
	memset(lido_scratch_get_data(second), 1, 100000);
	lido_scratch_destroy(second);
	server_finish(&server);
}

TEST("scratch@used-one-outlives-the-server") {
	struct server server;
	struct client client;
	server_init_core(&server, NULL);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	struct lido_scratch *scratch = lido_scratch_create(pool, 100000);
	server_finish(&server);
	memset(lido_scratch_get_data(scratch), 1, 100000);
	lido_scratch_destroy(scratch);
	client_finish(&client);
}

TEST("scratch@small-ones-share-a-mapping-with-those-of-no-other-client") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_pool *pools[] = {
		fixture.pool, lido_pool_from_client(fixture.pair.server.manager, client_get_peer(&fixture.pair.other))};
	struct lido_scratch *scratches[2][20];
	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < 2; j++) {
			scratches[j][i] = lido_scratch_create(pools[j], 4096);
		}
	}
	for (int j = 0; j < 2; j++) {
		expect_int(pool_used(pools[j], MAPPINGS), ==, 1);
		for (int i = 0; i < 20; i++) {
			expect(scratches[j][i]->piece.chunk == scratches[j][0]->piece.chunk);
			lido_scratch_destroy(scratches[j][i]);
		}
	}
	expect(scratches[0][0]->piece.chunk != scratches[1][0]->piece.chunk);
	expect_int(manager_used(fixture.pair.server.manager, MAPPINGS), ==, 2);
	fixture_finish(&fixture);
}

TEST("scratch@large-one-has-a-mapping-of-its-own") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *large = lido_scratch_create(fixture.pool, 400000);
	struct lido_scratch *other = lido_scratch_create(fixture.pool, 400000);
	expect_int(pool_used(fixture.pool, MAPPINGS), ==, 2);
	expect(large->mapping != NULL && other->mapping != NULL);
	lido_scratch_destroy(large);
	lido_scratches_free_idle(&fixture.pool->scratches);
	expect_int(pool_used(fixture.pool, MAPPINGS), ==, 1);
	lido_scratch_destroy(other);
	fixture_finish(&fixture);
}

TEST("scratch@one-mapping-too-many-is-refused-after-idle-ones-are-freed") {
	struct fixture fixture;
	fixture_init(&fixture);
	fixture.pool->quota.counts[LIDO_QUOTA_MAPPINGS].max = 2;
	struct lido_scratch *first = lido_scratch_create(fixture.pool, 360000);
	struct lido_scratch *idle = lido_scratch_create(fixture.pool, 360000);
	lido_scratch_destroy(idle);
	struct lido_scratch *second = lido_scratch_create(fixture.pool, 600000);
	expect(second != NULL);
	expect(lido_scratch_create(fixture.pool, 4096) == NULL);
	expect_contains(fixture.pool->quota.failure, "too many mappings: 2 held, the limit is 2");
	lido_scratch_destroy(first);
	lido_scratch_destroy(second);
	fixture_finish(&fixture);
}

TEST("scratch@idle-ones-are-freed-in-pieces") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratches *scratches = &fixture.pool->scratches;
	struct lido_scratch *large = lido_scratch_create(fixture.pool, 400000);
	struct lido_scratch *other = lido_scratch_create(fixture.pool, 400000);
	struct lido_scratch *small = lido_scratch_create(fixture.pool, 4096);
	lido_scratch_destroy(small);
	lido_scratch_destroy(large);
	lido_scratch_destroy(other);
	// A small one takes no call until its chunk goes.
	uint32_t calls_left = 1;
	expect(lido_scratches_trim(scratches, 0, &calls_left));
	expect_int(calls_left, ==, 0);
	expect_int(scratches->len, ==, 1);
	expect_int(pool_used(fixture.pool, MAPPINGS), ==, 2);
	calls_left = 2;
	expect(!lido_scratches_trim(scratches, 0, &calls_left));
	expect_int(pool_used(fixture.pool, MAPPINGS), ==, 0);
	fixture_finish(&fixture);
}

TEST("scratch@failed-mmap-gives-no-scratch") {
	struct fixture fixture;
	fixture_init(&fixture);
	faults_start_all_of(FAULT_MMAP, 0);
	expect(lido_scratch_create(fixture.pool, 4096) == NULL);
	faults_stop();
	expect_contains(fixture.pool->quota.failure, "out of memory");
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	fixture_finish(&fixture);
}

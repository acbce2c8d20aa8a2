/*
 * The server's own memory of one client: charged, recycled, trimmed, and never another client's.
 */
#include "base/clock.h"
#include "faults.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
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

TEST("scratch@fresh-memory-is-zero-and-on-a-page") {
	struct fixture fixture;
	fixture_init(&fixture);
	static const size_t sizes[] = {1, 63, 4095, 4096, 4097, 100000, LIMIT};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct lido_scratch *memory = lido_scratch_create(fixture.pool, sizes[i]);
		expect(memory != NULL);
		expect_int((uintptr_t)lido_scratch_get_data(memory) % 4096, ==, 0);
		expect(is_zero(lido_scratch_get_data(memory), sizes[i]));
		lido_scratch_destroy(memory);
		lido_scratches_trim(&fixture.pool->scratches, 0);
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

TEST("scratch@fresh-pages-are-not-touched") {
	// No client can make the server spend time on zeroing memory: 64 MiB must not become resident.
	struct pair pair;
	pair_init(&pair, NULL);
	long before = count_resident_pages();
	struct lido_scratch *memory = lido_scratch_create(pair_get_pool(&pair), 64 << 20);
	expect_int(count_resident_pages() - before, <, 1000);
	lido_scratch_destroy(memory);
	pair_finish(&pair);
}

TEST("scratch@given-back-memory-is-taken-again") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *memory = lido_scratch_create(fixture.pool, 100000);
	void *data = lido_scratch_get_data(memory);
	int64_t bytes = pool_used(fixture.pool, SCRATCH_BYTES);
	for (int i = 0; i < 100; i++) {
		lido_scratch_destroy(memory);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, bytes);
		memory = lido_scratch_create(fixture.pool, 100000);
		expect(lido_scratch_get_data(memory) == data);
		expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, bytes);
	}
	lido_scratch_destroy(memory);
	fixture_finish(&fixture);
}

TEST("scratch@window-that-grows-keeps-its-memory") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *memory = lido_scratch_create(fixture.pool, 100000);
	void *data = lido_scratch_get_data(memory);
	lido_scratch_destroy(memory);
	memory = lido_scratch_create(fixture.pool, 110000);
	expect(lido_scratch_get_data(memory) == data);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), >=, 110000);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), <, 110000 + 4096);
	memset(data, 1, 110000);
	lido_scratch_destroy(memory);
	fixture_finish(&fixture);
}

TEST("scratch@large-memory-is-not-wasted-on-small-use") {
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

TEST("scratch@smallest-that-holds-it-is-taken") {
	for (int order = 0; order < 2; order++) {
		struct fixture fixture;
		fixture_init(&fixture);
		struct lido_scratch *large = lido_scratch_create(fixture.pool, 100000);
		struct lido_scratch *small = lido_scratch_create(fixture.pool, 60000);
		void *data = lido_scratch_get_data(small);
		lido_scratch_destroy(order == 0 ? large : small);
		lido_scratch_destroy(order == 0 ? small : large);
		struct lido_scratch *memory = lido_scratch_create(fixture.pool, 50000);
		expect(lido_scratch_get_data(memory) == data);
		lido_scratch_destroy(memory);
		fixture_finish(&fixture);
	}
}

TEST("scratch@never-anothers-pixels") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_pool *other = lido_pool_from_client(fixture.pair.server.manager, client_get_peer(&fixture.pair.other));
	for (int i = 0; i < 20; i++) {
		struct lido_scratch *memory = lido_scratch_create(fixture.pool, 100000);
		memset(lido_scratch_get_data(memory), 0xaa, 100000);
		lido_scratch_destroy(memory);
		struct lido_scratch *foreign = lido_scratch_create(other, 100000);
		expect(is_zero(lido_scratch_get_data(foreign), 100000));
		lido_scratch_destroy(foreign);
		lido_scratches_trim(&other->scratches, 0);
	}
	fixture_finish(&fixture);
}

TEST("scratch@quota-is-exact-in-pages") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *memories[LIMIT / 4096];
	for (int i = 0; i < LIMIT / 4096; i++) {
		memories[i] = lido_scratch_create(fixture.pool, 4096);
		expect(memories[i] != NULL);
	}
	expect(lido_scratch_create(fixture.pool, 1) == NULL);
	expect_contains(fixture.pool->quota.failure, "1048576");
	lido_scratch_destroy(memories[0]);
	memories[0] = lido_scratch_create(fixture.pool, 1);
	expect(memories[0] != NULL);
	for (int i = 0; i < LIMIT / 4096; i++) {
		lido_scratch_destroy(memories[i]);
	}
	fixture_finish(&fixture);
}

TEST("scratch@more-than-the-quota-at-once-is-refused") {
	struct fixture fixture;
	fixture_init(&fixture);
	expect(lido_scratch_create(fixture.pool, LIMIT + 1) == NULL);
	expect(lido_scratch_create(fixture.pool, (size_t)1 << 46) == NULL);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	struct lido_scratch *memory = lido_scratch_create(fixture.pool, LIMIT);
	expect(memory != NULL);
	lido_scratch_destroy(memory);
	fixture_finish(&fixture);
}

TEST("scratch@warm-memory-gives-way-before-the-quota-bites") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *memories[16];
	for (int i = 0; i < 16; i++) {
		memories[i] = lido_scratch_create(fixture.pool, LIMIT / 16);
	}
	for (int i = 0; i < 16; i++) {
		lido_scratch_destroy(memories[i]);
	}
	struct lido_scratch *whole = lido_scratch_create(fixture.pool, LIMIT);
	expect(whole != NULL);
	lido_scratch_destroy(whole);
	fixture_finish(&fixture);
}

TEST("scratch@warm-memory-that-grows-takes-the-place-of-other-warm-memory") {
	struct fixture fixture;
	fixture_init(&fixture);
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), most = LIMIT / page - 2;
	struct lido_scratch *small = lido_scratch_create(fixture.pool, 2 * page);
	struct lido_scratch *large = lido_scratch_create(fixture.pool, most * page);
	expect(small != NULL && large != NULL);
	lido_scratch_destroy(large);
	lido_scratch_destroy(small);
	// The small one has room for a third page, but the quota only if the large one goes.
	struct lido_scratch *memory = lido_scratch_create(fixture.pool, 3 * page);
	expect(memory != NULL);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 3 * page);
	lido_scratch_destroy(memory);
	fixture_finish(&fixture);
}

TEST("scratch@warm-memory-that-would-outgrow-the-quota-is-not-lost") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *held = lido_scratch_create(fixture.pool, LIMIT / 2);
	struct lido_scratch *warm = lido_scratch_create(fixture.pool, LIMIT / 2);
	lido_scratch_destroy(warm);
	// It has the room, but the pool has not the right to it.
	expect(lido_scratch_create(fixture.pool, LIMIT / 2 + 4096) == NULL);
	lido_pool_audit(fixture.pool);
	warm = lido_scratch_create(fixture.pool, LIMIT / 2);
	expect(warm != NULL);
	lido_scratch_destroy(warm);
	lido_scratch_destroy(held);
	fixture_finish(&fixture);
}

static void wait_in_server(struct server *server, int64_t milliseconds) {
	int64_t end = lido_clock_now() + milliseconds;
	while (lido_clock_now() < end) {
		server_dispatch(server, (int)(end - lido_clock_now()));
	}
}

TEST("scratch@idle-memory-goes-back-to-the-kernel") {
	struct fixture fixture;
	fixture_init(&fixture);
	struct lido_scratch *kept = lido_scratch_create(fixture.pool, 4096);
	struct lido_scratch *memory = lido_scratch_create(fixture.pool, 100000);
	lido_scratch_destroy(memory);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), >, 100000);
	wait_in_server(&fixture.pair.server, LIDO_IDLE_MS + 2 * LIDO_TRIM_TICK_MS + 500);
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 4096);
	lido_scratch_destroy(kept);
	fixture_finish(&fixture);
}

TEST("scratch@memory-in-use-outlives-its-client") {
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

TEST("scratch@memory-in-use-outlives-the-server") {
	struct server server;
	struct client client;
	server_init_core(&server, NULL);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	struct lido_scratch *memory = lido_scratch_create(pool, 100000);
	server_finish(&server);
	memset(lido_scratch_get_data(memory), 1, 100000);
	lido_scratch_destroy(memory);
	client_finish(&client);
}

TEST("scratch@kernel-that-gives-none-is-no-crash") {
	struct fixture fixture;
	fixture_init(&fixture);
	faults_start_all_of(FAULT_MMAP, 0);
	expect(lido_scratch_create(fixture.pool, 4096) == NULL);
	faults_stop();
	expect_contains(fixture.pool->quota.failure, "out of memory");
	expect_int(pool_used(fixture.pool, SCRATCH_BYTES), ==, 0);
	fixture_finish(&fixture);
}

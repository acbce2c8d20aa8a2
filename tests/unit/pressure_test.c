/*
 * Memory pressure: idle memory is freed as soon as the kernel notifies.
 */
#include "base/clock.h"
#include "base/os.h"
#include "file.h"
#include "memory/pool.h"
#include "memory/pressure.h"
#include "memory/scratch.h"
#include "pool_pair.h"
#include "runner.h"
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int kernel = -1; // an eventfd that stands in for the kernel's trigger

static int fake_open_pressure(const char *trigger) {
	expect_string(trigger, LIDO_PRESSURE_TRIGGER);
	return dup(kernel);
}

static int fake_watch_priority(int fd) {
	return dup(fd);
}

static void fake_kernel(void) {
	kernel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	expect(kernel != -1);
	lido_os.open_pressure = fake_open_pressure;
	lido_os.watch_priority = fake_watch_priority;
}

static void raise_pressure(struct pair *pair) {
	uint64_t one = 1;
	expect_int(write(kernel, &one, sizeof(one)), ==, sizeof(one));
	server_dispatch(&pair->server, 0);
	expect_int(read(kernel, &one, sizeof(one)), ==, sizeof(one));
}

TEST("pressure@frees-idle-pages-and-idle-scratches-at-once") {
	struct pool_pair pair;
	struct pool_block used, freed;
	fake_kernel();
	pool_pair_init(&pair, NULL, 0);
	pool_block_init(&used, &pair.pool, 4096);
	pool_block_init(&freed, &pair.pool, 1 << 20);
	expect_place(&freed);
	int fd = used.area->fd;
	file_fill_memory(pool_block_get_data(&used), 0, 4096, 1);
	file_fill_memory(pool_block_get_data(&freed), 0, 1 << 20, 1);
	lido_scratch_destroy(lido_scratch_create(pair_get_pool(&pair.base), 65536));
	pool_block_finish(&freed);
	client_roundtrip(&pair.base.client);
	expect_int(file_get_allocated(fd), ==, 4096 + (1 << 20));
	expect_int(pool_used(pair_get_pool(&pair.base), SCRATCH_BYTES), ==, 65536);
	raise_pressure(&pair.base);
	expect_int(file_get_allocated(fd), ==, 4096);
	expect_int(pool_used(pair_get_pool(&pair.base), SCRATCH_BYTES), ==, 0);
	pool_client_finish(&pair.pool);
	client_roundtrip(&pair.base.client);
	raise_pressure(&pair.base);
	expect_int(pool_used(pair_get_pool(&pair.base), AREAS), ==, 0);
	pair_finish(&pair.base);
	close(kernel);
}

TEST("pressure@many-pages-are-freed-in-steps") {
	enum {
		COUNT = 400
	};
	struct pool_pair pair;
	static struct pool_block blocks[COUNT];
	fake_kernel();
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&blocks[i], &pair.pool, 4096);
	}
	expect_place(&blocks[COUNT - 1]);
	int fd = blocks[1].area->fd;
	for (int i = 0; i < COUNT; i++) {
		pool_block_get_data(&blocks[i])[0] = 1;
	}
	for (int i = 0; i < COUNT; i += 2) {
		pool_block_finish(&blocks[i]);
	}
	client_roundtrip(&pair.base.client);
	raise_pressure(&pair.base);
	expect_int(file_get_allocated(fd), <, COUNT * 4096);
	expect_int(file_get_allocated(fd), >, COUNT / 2 * 4096);
	int64_t start = lido_clock_now();
	while (file_get_allocated(fd) > COUNT / 2 * 4096) {
		server_dispatch(&pair.base.server, 100);
	}
	// Long before the idle time is over.
	expect_int(lido_clock_now() - start, <, LIDO_IDLE_MS);
	pool_pair_finish(&pair);
	close(kernel);
}

TEST("pressure@real-trigger-does-not-make-the-loop-spin") {
	int fd = lido_os.open_pressure(LIDO_PRESSURE_TRIGGER);
	if (fd == -1) {
		skip("/proc/pressure/memory cannot be used here: %s", errno == ENOENT ? "the kernel has none" : "not allowed");
	}
	int watch = lido_os.watch_priority(fd);
	expect(watch != -1);
	close(watch);
	close(fd);
	struct pair pair;
	pair_init(&pair, NULL);
	// The loop must not spin, with pressure or without (other programs on the machine may cause some).
	int64_t start = lido_clock_now();
	int dispatches = 0;
	while (lido_clock_now() - start < 200) {
		server_dispatch(&pair.server, 50);
		dispatches++;
	}
	expect_int(dispatches, <, 20);
	pair_finish(&pair);
}

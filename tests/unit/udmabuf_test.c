/*
 * Pins: who is charged for them, how long they live, and what the kernel makes of them. Bookkeeping is tested with
 * files in place of udmabufs, everything else with the kernel's; without /dev/udmabuf these tests are skipped.
 */
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/udmabuf.h"
#include "pool_pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH 64
#define HEIGHT 256
#define STRIDE (WIDTH * 4)
#define SIZE (STRIDE * HEIGHT) // 16 pages
#define BLOCKS 4

struct fixture {
	struct pool_pair pair;
	struct pool_block blocks[BLOCKS];
	struct wl_buffer *wl_buffers[BLOCKS];
	struct lido_buffer *buffers[BLOCKS];
	struct lido_pool *pool;
};

static int opened;     // calls of open_dev_null()
static uint64_t syncs; // flags of all calls of note_sync(), one byte each, the last one lowest

static int open_dev_null(void) {
	opened++;
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int fail_to_open(void) {
	opened++;
	errno = EACCES;
	return -1;
}

// Any fd will do where nobody reads the pixels.
static int create_memfd(int device_fd, int fd, off_t offset, off_t size) {
	return memfd_create("udmabuf", MFD_CLOEXEC);
}

static int note_sync(int fd, uint64_t flags) {
	syncs = syncs << 8 | flags;
	return 0;
}

static const char *met_key; // of the last limit that a client has met

static void handle_limit(struct wl_listener *listener, void *data) {
	const struct lido_limit_event *event = data;
	expect(!event->is_fatal);
	met_key = event->key;
}

static struct wl_listener limit_listener = {.notify = handle_limit};

static void fixture_init(struct fixture *fixture, const struct lido_limits *limits) {
	pool_pair_init(&fixture->pair, limits, 0);
	for (int i = 0; i < BLOCKS; i++) {
		pool_block_init(&fixture->blocks[i], &fixture->pair.pool, SIZE);
		client_roundtrip(&fixture->pair.base.client);
		expect_place(&fixture->blocks[i]);
		memset(pool_block_get_data(&fixture->blocks[i]), i + 1, SIZE);
		fixture->wl_buffers[i] = pool_block_create_buffer(&fixture->blocks[i], 0, WIDTH, HEIGHT);
		fixture->buffers[i] = pair_get_buffer(&fixture->pair.base, fixture->wl_buffers[i]);
	}
	fixture->pool = pair_get_pool(&fixture->pair.base);
}

static void destroy_block(struct fixture *fixture, int i) {
	if (fixture->wl_buffers[i] != NULL) {
		wl_buffer_destroy(fixture->wl_buffers[i]);
		pool_block_finish(&fixture->blocks[i]);
		fixture->wl_buffers[i] = NULL;
		client_roundtrip(&fixture->pair.base.client);
	}
}

static void fixture_finish(struct fixture *fixture) {
	for (int i = 0; i < BLOCKS; i++) {
		destroy_block(fixture, i);
	}
	expect_int(pool_used(fixture->pool, PINNED_BYTES), ==, 0);
	expect_int(pool_used(fixture->pool, UDMABUFS), ==, 0);
	expect_int(manager_used(fixture->pair.base.server.manager, PINNED_BYTES), ==, 0);
	pool_pair_finish(&fixture->pair);
}

static struct lido_manager *get_manager(struct fixture *fixture) {
	return fixture->pair.base.server.manager;
}

static void fake_device(struct fixture *fixture) {
	lido_os.open_udmabuf = open_dev_null;
	lido_os.create_udmabuf = create_memfd;
	expect(lido_manager_open_udmabuf(get_manager(fixture)));
}

static void require_device(struct fixture *fixture) {
	if (!lido_manager_open_udmabuf(get_manager(fixture))) {
		skip("/dev/udmabuf: %s", strerror(errno));
	}
}

static struct lido_pin *create_pin(struct fixture *fixture, int i) {
	struct lido_pin *pin = NULL;
	expect_int(lido_pin_create(fixture->buffers[i], NULL, &pin), ==, LIDO_PIN_OK);
	expect(pin != NULL);
	return pin;
}

static void expect_result(struct fixture *fixture, int i, enum lido_pin_result result) {
	struct lido_pin *pin = NULL;
	expect_int(lido_pin_create(fixture->buffers[i], NULL, &pin), ==, result);
	expect(pin == NULL);
}

// What a reader of the udmabuf sees.
static uint8_t *map_pin(const struct lido_pin *pin) {
	void *data = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, lido_pin_get_fd(pin), 0);
	expect(data != MAP_FAILED);
	return data;
}

// As the client does.
static void punch(int fd, off_t offset, off_t size) {
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size), ==, 0);
}

TEST("udmabuf@device-that-cannot-be-opened-is-tried-once") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	lido_os.open_udmabuf = fail_to_open;
	for (int i = 0; i < 3; i++) {
		errno = 0;
		expect(!lido_manager_open_udmabuf(get_manager(&fixture)));
		expect_int(errno, ==, EACCES);
	}
	expect_int(opened, ==, 1);
	expect_result(&fixture, 0, LIDO_PIN_NEVER);
	fixture_finish(&fixture);
}

TEST("udmabuf@device-is-opened-once-and-only-if-asked-for") {
	struct fixture fixture;
	lido_os.open_udmabuf = open_dev_null;
	fixture_init(&fixture, NULL);
	expect_int(opened, ==, 0);
	expect_result(&fixture, 0, LIDO_PIN_NEVER);
	expect(lido_manager_open_udmabuf(get_manager(&fixture)) && lido_manager_open_udmabuf(get_manager(&fixture)));
	expect_int(opened, ==, 1);
	fixture_finish(&fixture);
}

TEST("udmabuf@pin-counts-its-pages-and-an-fd-until-it-is-destroyed") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	int64_t files = pool_used(fixture.pool, FILES);
	struct lido_pin *first = create_pin(&fixture, 0), *second = create_pin(&fixture, 1);
	expect_int(pool_used(fixture.pool, PINNED_BYTES), ==, 2 * SIZE);
	expect_int(manager_used(get_manager(&fixture), PINNED_BYTES), ==, 2 * SIZE);
	expect_int(pool_used(fixture.pool, FILES), ==, files + 2);
	lido_pool_audit(fixture.pool);
	lido_pin_destroy(first);
	expect_int(pool_used(fixture.pool, PINNED_BYTES), ==, SIZE);
	lido_pin_destroy(second);
	lido_pin_destroy(NULL);
	expect_int(pool_used(fixture.pool, FILES), ==, files);
	fixture_finish(&fixture);
}

static void note_stats(const struct lido_pool_stats *stats, void *data) {
	if (stats->pins > 0) {
		*(struct lido_pool_stats *)data = *stats;
	}
}

TEST("udmabuf@statistics-tell-what-is-pinned") {
	struct fixture fixture;
	struct lido_pool_stats stats = {0};
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 0);
	lido_manager_for_each_pool(get_manager(&fixture), note_stats, &stats);
	expect_int(stats.pins, ==, 1);
	expect_int(stats.bytes_pinned, ==, SIZE);
	expect_int(stats.fds, ==, 2);
	expect_int(stats.exported_areas, ==, 1);
	expect_int(stats.unsealable_files, ==, 0);
	lido_pin_destroy(pin);
	fixture_finish(&fixture);
}

TEST("udmabuf@client-pins-no-more-than-its-limit") {
	struct fixture fixture;
	struct lido_limits limits = lido_limits_default();
	limits.pinned_bytes_max = 2 * SIZE;
	fixture_init(&fixture, &limits);
	fake_device(&fixture);
	lido_manager_add_limit_listener(get_manager(&fixture), &limit_listener);
	struct lido_pin *first = create_pin(&fixture, 0), *second = create_pin(&fixture, 1);
	expect(met_key == NULL);
	expect_result(&fixture, 2, LIDO_PIN_LATER);
	expect_contains(fixture.pool->quota.failure, "too much pinned memory: 131072 bytes held");
	expect_string(met_key, "pinned-bytes");
	lido_pin_destroy(first);
	first = create_pin(&fixture, 2);
	lido_pin_destroy(first);
	lido_pin_destroy(second);
	expect_alive(&fixture.pair.base.client);
	fixture_finish(&fixture);
}

TEST("udmabuf@client-pins-no-more-than-is-left-for-the-others") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	get_manager(&fixture)->total.counts[LIDO_QUOTA_PINNED_BYTES].max = 4 * SIZE;
	struct lido_pin *first = create_pin(&fixture, 0), *second = create_pin(&fixture, 1);
	expect_result(&fixture, 2, LIDO_PIN_LATER);
	lido_pin_destroy(first);
	lido_pin_destroy(second);
	fixture_finish(&fixture);
}

TEST("udmabuf@one-dispatch-pins-no-more-than-it-may-populate") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	int64_t left = lido_quota_get_left(&fixture.pool->quota, LIDO_QUOTA_POPULATED_BYTES);
	expect(lido_quota_spend(&fixture.pool->quota, LIDO_QUOTA_POPULATED_BYTES, left));
	expect_result(&fixture, 0, LIDO_PIN_LATER);
	client_roundtrip(&fixture.pair.base.client);
	lido_pin_destroy(create_pin(&fixture, 0));
	fixture_finish(&fixture);
}

TEST("udmabuf@holes-are-not-pinned") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	punch(fixture.blocks[0].area->fd, fixture.blocks[0].offset + SIZE / 2, 4096);
	expect_result(&fixture, 0, LIDO_PIN_LATER);
	lido_pin_destroy(create_pin(&fixture, 1));
	memset(pool_block_get_data(&fixture.blocks[0]), 1, SIZE);
	lido_pin_destroy(create_pin(&fixture, 0));
	fixture_finish(&fixture);
}

TEST("udmabuf@every-failure-leaves-nothing-charged") {
	struct fixture fixture;
	bool is_done = false;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	int64_t files = pool_used(fixture.pool, FILES);
	for (uint64_t n = 1; !is_done; n++) {
		struct lido_pin *pin = NULL;
		faults_start(n);
		enum lido_pin_result result = lido_pin_create(fixture.buffers[0], NULL, &pin);
		is_done = !faults_was_hit();
		faults_stop();
		expect_int(result == LIDO_PIN_OK, ==, pin != NULL);
		lido_pin_destroy(pin);
		expect_int(pool_used(fixture.pool, FILES), ==, files);
		expect_int(pool_used(fixture.pool, PINNED_BYTES), ==, 0);
		expect(!is_done || result == LIDO_PIN_OK);
	}
	fixture_finish(&fixture);
}

TEST("udmabuf@refusal-by-the-kernel-is-final") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	faults_start_all_of(FAULT_CREATE_UDMABUF, 0);
	expect_result(&fixture, 0, LIDO_PIN_NEVER);
	faults_stop();
	expect_contains(fixture.pool->quota.failure, "cannot pin 65536 bytes");
	fixture_finish(&fixture);
}

TEST("udmabuf@pin-keeps-its-block-until-it-is-destroyed") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 0);
	destroy_block(&fixture, 0);
	expect_int(pool_used(fixture.pool, BLOCKS), ==, BLOCKS);
	expect_int(pool_used(fixture.pool, PINNED_BYTES), ==, SIZE);
	lido_pool_trim(fixture.pool, 0, &(uint32_t){UINT32_MAX});
	expect_int(file_get_allocated(fixture.blocks[1].area->fd), ==, BLOCKS * SIZE);
	lido_pin_destroy(pin);
	expect_int(pool_used(fixture.pool, BLOCKS), ==, BLOCKS - 1);
	lido_pool_trim(fixture.pool, 0, &(uint32_t){UINT32_MAX});
	expect_int(file_get_allocated(fixture.blocks[1].area->fd), ==, (BLOCKS - 1) * SIZE);
	fixture_finish(&fixture);
}

TEST("udmabuf@pin-outlives-its-client-and-the-manager") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 0);
	struct lido_pool *pool = fixture.pool;
	for (int i = 0; i < BLOCKS; i++) {
		destroy_block(&fixture, i);
	}
	pool_pair_finish(&fixture.pair);
	expect(pool->udmabufs == NULL);
	lido_pin_destroy(pin);
}

TEST("udmabuf@only-aligned-buffers-are-pinned") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	struct pair *pair = &fixture.pair.base;
	struct lido_shm_block_v1 *block = fixture.blocks[0].block;
	const struct {
		int32_t offset, width, stride;
		uint32_t format;
		bool is_pinnable;
	} layouts[] = {
		{0, 64, 256, WL_SHM_FORMAT_XRGB8888, true},
		{4096, 60, 256, WL_SHM_FORMAT_ARGB8888, true},
		{0, 10, 512, WL_SHM_FORMAT_ARGB8888, true},
		{64, 64, 256, WL_SHM_FORMAT_XRGB8888, false},
		{0, 63, 252, WL_SHM_FORMAT_XRGB8888, false},
	};
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(
				block, layouts[i].offset, layouts[i].width, 20, layouts[i].stride, layouts[i].format);
		expect_int(lido_buffer_is_pinnable(pair_get_buffer(pair, buffer)), ==, layouts[i].is_pinnable);
		wl_buffer_destroy(buffer);
	}
	fixture_finish(&fixture);
}

// Pins a buffer in a client's file, or expects that result. The file has all its pages.
static struct lido_pin *pin_file(struct fixture *fixture, int fd, enum lido_pin_result result) {
	struct pair *pair = &fixture->pair.base;
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(pair->client.shm, fd, SIZE);
	struct wl_buffer *wl_buffer = wl_shm_pool_create_buffer(shm_pool, 0, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_XRGB8888);
	struct lido_buffer *buffer = pair_get_buffer(pair, wl_buffer);
	struct lido_pin *pin = NULL;
	if (lido_buffer_is_pinnable(buffer)) {
		expect_int(lido_pin_create(buffer, NULL, &pin), ==, result);
	} else {
		expect_int(LIDO_PIN_NEVER, ==, result);
	}
	wl_buffer_destroy(wl_buffer);
	wl_shm_pool_destroy(shm_pool);
	client_roundtrip(&pair->client);
	return pin;
}

TEST("udmabuf@sealed-files-of-stock-clients-are-pinned-others-are-not") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	for (enum file_kind kind = FILE_SEALABLE; kind <= FILE_UNSEALABLE; kind++) {
		int fd = file_create(kind, SIZE);
		file_fill(fd, 0, SIZE, 3);
		bool is_sealable = kind != FILE_UNSEALABLE;
		struct lido_pin *pin = pin_file(&fixture, fd, is_sealable ? LIDO_PIN_OK : LIDO_PIN_NEVER);
		expect_int(pin != NULL, ==, is_sealable);
		if (pin != NULL) {
			uint8_t *seen = map_pin(pin), wanted[4096];
			file_fill_memory(wanted, 0, sizeof(wanted), 3);
			expect_bytes(seen, wanted, sizeof(wanted));
			munmap(seen, SIZE);
		}
		lido_pin_destroy(pin);
		close(fd);
	}
	fixture_finish(&fixture);
}

TEST("udmabuf@write-sealed-files-are-not-pinned") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	int fd = file_create(FILE_SEALABLE, SIZE);
	file_fill(fd, 0, SIZE, 3);
	expect_int(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), ==, 0);
	expect(pin_file(&fixture, fd, LIDO_PIN_NEVER) == NULL);
	close(fd);
	fixture_finish(&fixture);
}

TEST("udmabuf@pin-of-a-file-that-lost-pages-is-not-current") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	int fd = file_create(FILE_SEALABLE, SIZE);
	file_fill(fd, 0, SIZE, 3);
	struct lido_pin *of_file = pin_file(&fixture, fd, LIDO_PIN_OK), *of_block = create_pin(&fixture, 0);
	expect(lido_pin_is_current(of_file, NULL) && lido_pin_is_current(of_block, NULL));
	punch(fd, 4096, 4096);
	punch(fixture.blocks[0].area->fd, fixture.blocks[0].offset, 4096);
	expect(!lido_pin_is_current(of_file, NULL) && !lido_pin_is_current(of_block, NULL));
	file_fill(fd, 0, SIZE, 3);
	memset(pool_block_get_data(&fixture.blocks[0]), 1, SIZE);
	expect(!lido_pin_is_current(of_file, NULL) && !lido_pin_is_current(of_block, NULL));
	lido_pin_destroy(of_block);
	of_block = create_pin(&fixture, 0);
	expect(lido_pin_is_current(of_block, NULL));
	lido_pin_destroy(of_block);
	lido_pin_destroy(of_file);
	close(fd);
	fixture_finish(&fixture);
}

TEST("udmabuf@caches-are-written-back-where-devices-do-not-see-them") {
	struct fixture fixture;
	const uint64_t start = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE, end = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	lido_os.sync_dmabuf = note_sync;
	get_manager(&fixture)->udmabufs.needs_sync = true;
	struct lido_pin *pin = create_pin(&fixture, 0);
	expect_int(syncs, ==, start << 8 | end);
	lido_pin_flush(pin);
	expect_int(syncs, ==, start << 16 | end << 8 | end);
	lido_pin_destroy(pin);
	syncs = 0;
	get_manager(&fixture)->udmabufs.needs_sync = false;
	pin = create_pin(&fixture, 0);
	lido_pin_flush(pin);
	expect_int(syncs, ==, 0);
	lido_pin_destroy(pin);
	fixture_finish(&fixture);
}

TEST("udmabuf@kernel-shares-the-pages-of-each-block") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	struct lido_pin *pins[BLOCKS];
	uint8_t *seen[BLOCKS];
	for (int i = 0; i < BLOCKS; i++) {
		pins[i] = create_pin(&fixture, i);
		seen[i] = map_pin(pins[i]);
		expect_int(lseek(lido_pin_get_fd(pins[i]), 0, SEEK_END), ==, SIZE);
		expect(!lido_pin_is_read(pins[i]));
	}
	for (int i = 0; i < BLOCKS; i++) {
		expect_bytes(seen[i], pool_block_get_data(&fixture.blocks[i]), SIZE);
		memset(pool_block_get_data(&fixture.blocks[i]), 0x80 + i, SIZE);
		expect_int(seen[i][0], ==, 0x80 + i);
		expect_int(seen[i][SIZE - 1], ==, 0x80 + i);
	}
	for (int i = 0; i < BLOCKS; i++) {
		munmap(seen[i], SIZE);
		lido_pin_destroy(pins[i]);
	}
	fixture_finish(&fixture);
}

TEST("udmabuf@growing-and-trimming-leave-what-is-pinned") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 1);
	uint8_t *seen = map_pin(pin);
	destroy_block(&fixture, 0);
	destroy_block(&fixture, 2);
	lido_pool_trim(fixture.pool, 0, &(uint32_t){UINT32_MAX});
	expect_int(file_get_allocated(fixture.blocks[1].area->fd), ==, 2 * SIZE);
	struct pool_block large;
	pool_block_init(&large, &fixture.pair.pool, 16 * SIZE);
	client_roundtrip(&fixture.pair.base.client);
	expect_place(&large);
	memset(pool_block_get_data(&large), 7, 16 * SIZE);
	expect_bytes(seen, pool_block_get_data(&fixture.blocks[1]), SIZE);
	memset(pool_block_get_data(&fixture.blocks[1]), 0x55, SIZE);
	expect_int(seen[SIZE - 1], ==, 0x55);
	munmap(seen, SIZE);
	lido_pin_destroy(pin);
	pool_block_finish(&large);
	fixture_finish(&fixture);
}

TEST("udmabuf@client-that-punches-spoils-its-own-picture-only") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 0), *other = create_pin(&fixture, 1);
	uint8_t *seen = map_pin(pin), *seen_other = map_pin(other);
	punch(fixture.blocks[0].area->fd, fixture.blocks[0].offset, SIZE);
	memset(pool_block_get_data(&fixture.blocks[0]), 9, SIZE);
	expect_int(seen[0], ==, 1);
	expect_int(seen_other[0], ==, 2);
	lido_pin_destroy(pin);
	munmap(seen, SIZE);
	pin = create_pin(&fixture, 0);
	seen = map_pin(pin);
	expect_int(seen[0], ==, 9);
	munmap(seen, SIZE);
	munmap(seen_other, SIZE);
	lido_pin_destroy(pin);
	lido_pin_destroy(other);
	expect_alive(&fixture.pair.base.client);
	fixture_finish(&fixture);
}

TEST("udmabuf@write-backs-work-and-do-not-wait") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	require_device(&fixture);
	get_manager(&fixture)->udmabufs.needs_sync = true;
	struct lido_pin *pin = create_pin(&fixture, 0);
	expect_int(lido_os.sync_dmabuf(lido_pin_get_fd(pin), DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE), ==, 0);
	lido_pin_flush(pin);
	lido_pin_destroy(pin);
	fixture_finish(&fixture);
}

TEST("udmabuf@pinned-block-is-not-discarded-and-its-neighbors-are-without-a-loss-for-it") {
	struct fixture fixture;
	fixture_init(&fixture, NULL);
	fake_device(&fixture);
	struct lido_pin *pin = create_pin(&fixture, 1);
	int fd = fixture.blocks[1].area->fd;
	for (int i = 0; i < 3; i++) {
		pool_block_discard(&fixture.blocks[i], 0, SIZE);
	}
	client_roundtrip(&fixture.pair.base.client);
	expect_int(file_get_allocated(fd), ==, 2 * SIZE);
	expect(lido_pin_is_current(pin, NULL));
	lido_pin_destroy(pin);
	pool_block_discard(&fixture.blocks[1], 0, SIZE);
	client_roundtrip(&fixture.pair.base.client);
	expect_int(file_get_allocated(fd), ==, SIZE);
	fixture_finish(&fixture);
}

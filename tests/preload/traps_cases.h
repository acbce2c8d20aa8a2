/*
 * The cases of traps.c, one function each.
 */
#ifndef TRAPS_CASES_H
#define TRAPS_CASES_H

static void run_drawn_before(struct session *session) {
	int fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	fill(pixels, 0x102030);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	show(session, buffer);
	check_shown(session, 0x102030, "pixels drawn before the pool was created are not shown");
	check(pixels[0] == 0x102030, "pixels drawn before the pool was created have changed");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	close(fd);
}

static void run_mapped_late(struct session *session) {
	int fd = create_file(SIZE), other = dup(fd);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	close(fd);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	wl_shm_pool_destroy(pool);
	uint32_t *pixels = map(other, SIZE, 0);
	check(pixels[5] == 0, "new memory is not zero");
	fill(pixels, 0x405060);
	show(session, buffer);
	check_shown(session, 0x405060, "pixels of a mapping made after the pool are not shown");
	munmap(pixels, SIZE);
	// The same again, when only the buffer and the file are left.
	pixels = map(other, SIZE, 0);
	check(pixels[5] == 0x405060, "pixels are lost with their mapping");
	fill(pixels, 0x607080);
	show(session, buffer);
	check_shown(session, 0x607080, "pixels of a second mapping made after the pool are not shown");
	munmap(pixels, SIZE);
	close(other);
	wl_buffer_destroy(buffer);
}

static void run_mapped_twice(struct session *session) {
	int fd = create_file(2 * SIZE);
	uint32_t *first = map(fd, 2 * SIZE, 0), *second = map(fd, SIZE, (off_t)SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, 2 * SIZE);
	uint32_t *third = map(fd, SIZE, (off_t)SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, (int32_t)SIZE);
	fill(second, 0x112233);
	check(first[SIZE / 4] == 0x112233 && third[7] == 0x112233, "mappings of one file show different pixels");
	check(first[0] == 0, "drawing into one buffer has changed another");
	show(session, buffer);
	check_shown(session, 0x112233, "pixels of a second mapping are not shown");
	munmap(first, 2 * SIZE);
	fill(third, 0x332211);
	show(session, buffer);
	check_shown(session, 0x332211, "pixels of a third mapping are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(second, SIZE);
	munmap(third, SIZE);
	close(fd);
}

// A pool that grows must not change its neighbor in the same area, and its earlier buffers must stay usable.
static void run_grows(struct session *session) {
	int fd = create_file(SIZE), other = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0), *neighbor = map(other, SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	struct wl_shm_pool *other_pool = wl_shm_create_pool(session->shm, other, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(neighbor, 0xabcdef);
	fill(pixels, 0x010203);
	for (size_t size = 2 * SIZE; size <= 256 * SIZE; size *= 2) {
		check(ftruncate(fd, (off_t)size) == 0, "cannot grow the file");
		pixels = mremap(pixels, size / 2, size, MREMAP_MAYMOVE);
		check(pixels != MAP_FAILED, "cannot grow the mapping");
		fill(pixels + (size - SIZE) / 4, 0x0000ff);
		wl_shm_pool_resize(pool, (int32_t)size);
	}
	check(neighbor[0] == 0xabcdef && neighbor[SIZE / 4 - 1] == 0xabcdef, "the neighbor's pixels have changed");
	check(pixels[0] == 0x010203, "pixels are lost as the pool grows");
	show(session, buffer);
	check_shown(session, 0x010203, "a buffer created before the pool grew is not shown");
	fill(pixels, 0x030201);
	show(session, buffer);
	check_shown(session, 0x030201, "new pixels of a buffer created before the pool grew are not shown");
	struct wl_buffer *last = create_buffer(session, pool, (int32_t)(255 * SIZE));
	show(session, last);
	check_shown(session, 0x0000ff, "a buffer at the new end of the pool is not shown");
	wl_buffer_destroy(buffer);
	wl_buffer_destroy(last);
	wl_shm_pool_destroy(pool);
	wl_shm_pool_destroy(other_pool);
	munmap(pixels, 256 * SIZE);
	munmap(neighbor, SIZE);
	close(fd);
	close(other);
}

static void run_reads_as_zeros(struct session *session) {
	for (int i = 0; i < 20; i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
		for (size_t k = 0; k < SIZE / 4; k++) {
			check(pixels[k] == 0, "recycled memory is not zero");
		}
		struct wl_buffer *buffer = create_buffer(session, pool, 0);
		wl_shm_pool_destroy(pool);
		close(fd);
		fill(pixels, 0x777777);
		show(session, buffer);
		wl_buffer_destroy(buffer);
		munmap(pixels, SIZE);
	}
}

// A mapping that outlives its buffer and pool must neither show nor change the pixels of later pools.
static void run_outlives(struct session *session) {
	int fd = create_file(SIZE), other = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	close(fd);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x123456);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	wl_display_roundtrip(session->display);
	uint32_t *next = map(other, SIZE, 0);
	pool = wl_shm_create_pool(session->shm, other, SIZE);
	fill(next, 0x654321);
	check(pixels[9] == 0x123456, "a mapping shows another pool's pixels");
	fill(pixels, 0xffffff);
	buffer = create_buffer(session, pool, 0);
	show(session, buffer);
	check_shown(session, 0x654321, "a mapping that outlived its pool has changed a new pool");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	munmap(next, SIZE);
	close(other);
}

static void run_two_pools(struct session *session) {
	int fd = create_file(2 * SIZE);
	uint32_t *pixels = map(fd, 2 * SIZE, 0);
	struct wl_shm_pool *first = wl_shm_create_pool(session->shm, fd, 2 * SIZE);
	struct wl_shm_pool *second = wl_shm_create_pool(session->shm, fd, 2 * SIZE);
	struct wl_buffer *one = create_buffer(session, first, 0), *two = create_buffer(session, second, (int32_t)SIZE);
	wl_shm_pool_destroy(first);
	fill(pixels, 0x00aa00);
	fill(pixels + SIZE / 4, 0xaa0000);
	show(session, one);
	check_shown(session, 0x00aa00, "the first pool of a file is not shown");
	show(session, two);
	check_shown(session, 0xaa0000, "the second pool of a file is not shown");
	wl_buffer_destroy(one);
	wl_buffer_destroy(two);
	wl_shm_pool_destroy(second);
	munmap(pixels, 2 * SIZE);
	close(fd);
}

static void run_two_connections(struct session *session) {
	struct session other;
	session_init(&other);
	int fd = create_file(2 * SIZE);
	uint32_t *pixels = map(fd, 2 * SIZE, 0), *other_pixels = pixels + SIZE / 4;
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, 2 * SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x010101);
	show(session, buffer);
	check_shown(session, 0x010101, "the first connection shows something else");
	struct wl_shm_pool *other_pool = wl_shm_create_pool(other.shm, fd, 2 * SIZE);
	struct wl_buffer *other_buffer = create_buffer(&other, other_pool, (int32_t)SIZE);
	check(pixels[0] == 0x010101, "pixels are lost by a second connection");
	fill(other_pixels, 0x020202);
	show(&other, other_buffer);
	check_shown(&other, 0x020202, "the second connection shows something else");
	// Unmap the second window, in case it covers the first.
	wl_surface_attach(other.surface, NULL, 0, 0);
	wl_surface_commit(other.surface);
	wl_display_roundtrip(other.display);
	fill(pixels, 0x030303);
	show(session, buffer);
	check_shown(session, 0x030303, "later pixels of the first connection are not shown");
	struct wl_buffer *last = create_buffer(session, pool, (int32_t)SIZE);
	show(session, last);
	check_shown(session, 0x020202, "a new buffer of the first connection is not shown");
	wl_buffer_destroy(last);
	wl_buffer_destroy(other_buffer);
	wl_shm_pool_destroy(other_pool);
	session_finish(&other);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, 2 * SIZE);
	close(fd);
}

// Pools of all kinds, and all objects, are there when the program disconnects.
static void run_leaves_all(struct session *session) {
	// Static, so that leak checks do not report what is left on purpose.
	static struct session other;
	static struct wl_shm_pool *pools[3];
	static struct wl_buffer *buffers[3], *larger_buffers[3];
	session_init(&other);
	for (int i = 0; i < 3; i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0), word;
		pools[i] = wl_shm_create_pool(other.shm, fd, SIZE);
		buffers[i] = create_buffer(&other, pools[i], 0);
		check(buffers[i] != NULL, "cannot create a buffer");
		fill(pixels, 0x616161);
		if (i > 0) {
			check(ftruncate(fd, 64 * (off_t)SIZE) == 0, "cannot grow a file");
			wl_shm_pool_resize(pools[i], 64 * SIZE);
			larger_buffers[i] = create_buffer(&other, pools[i], 63 * SIZE);
			check(larger_buffers[i] != NULL, "cannot create a buffer in a larger pool");
		}
		check(i < 2 || pread(fd, &word, 4, 0) == 4, "cannot read a file"); // it returns
		close(fd);
	}
	wl_display_roundtrip(other.display);
	wl_display_disconnect(other.display);
}

// Lets read_peak() begin anew.
static void forget_peak(void) {
	FILE *file = fopen("/proc/self/clear_refs", "w");
	check(file != NULL && fputs("5", file) >= 0 && fclose(file) == 0, "cannot reset the peak of resident memory");
}

// Returns the most memory that has been resident, bytes.
static size_t read_peak(void) {
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	size_t kib = 0;
	check(file != NULL, "cannot read the peak of resident memory");
	while (kib == 0 && fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "VmHWM: %zu", &kib);
	}
	fclose(file);
	check(kib > 0, "there is no peak of resident memory");
	return kib << 10;
}

// A little larger with each frame, and full. A pool that moves is in two places at once, and never in three. The old
// place counts twice as resident, since both the program and the library have mapped it. The library's mapping of the
// area, of 4 MiB, also shows where captures were: that is less than a third place of the larger pool that moves.
static void run_grows_in_steps(struct session *session) {
	const size_t step = (size_t)256 << 10, slack = (size_t)2 << 20;
	size_t size = 4 * step;
	int fd = create_file(size);
	uint32_t *pixels = map(fd, size, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, (int32_t)size);
	forget_peak();
	const size_t before = read_peak();
	memset(pixels, 0x5f, size);
	for (uint32_t i = 0; i < 20; i++) {
		check(ftruncate(fd, (off_t)(size + step)) == 0, "cannot grow a file");
		pixels = mremap(pixels, size, size + step, MREMAP_MAYMOVE);
		check(pixels != MAP_FAILED, "cannot grow a mapping");
		wl_shm_pool_resize(pool, (int32_t)(size + step));
		struct wl_buffer *buffer = create_buffer(session, pool, (int32_t)size);
		memset(pixels + size / 4, 0x5f, step);
		fill(pixels + size / 4, 0x600000 + i);
		show(session, buffer);
		check_shown(session, 0x600000 + i, "pixels at the end of a pool that grows are not shown");
		wl_buffer_destroy(buffer);
		size += step;
		size_t peak = read_peak();
		printf("a pool of %zu KiB took %zu KiB at most\n", size >> 10, (peak - before) >> 10);
		check(peak <= before + 3 * size + slack, "a pool that grows takes more than two places");
	}
	wl_shm_pool_destroy(pool);
	munmap(pixels, size);
	close(fd);
}

static void run_fork_draws(struct session *session) {
	int fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	pid_t child = fork();
	if (child == 0) {
		fill(pixels, 0x000000);
		fill(map(fd, SIZE, 0), 0x445566);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	show(session, buffer);
	check_shown(session, 0x445566, "pixels drawn by a child process are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	close(fd);
}

static void run_punches(struct session *session) {
	int fd = create_file(2 * SIZE);
	uint32_t *pixels = map(fd, 2 * SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, 2 * SIZE);
	fill(pixels, 0x111111);
	fill(pixels + SIZE / 4, 0x222222);
	check(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)SIZE) == 0, "cannot punch a hole");
	check(pixels[0] == 0 && pixels[SIZE / 4 - 1] == 0, "a hole does not read as zeros");
	check(pixels[SIZE / 4] == 0x222222, "the hole reaches into the next buffer");
	wl_shm_pool_destroy(pool);
	munmap(pixels, 2 * SIZE);
	close(fd);
}

// As in foot: a thread that has prepared a read must be able to create pools.
static void run_prepared(struct session *session) {
	int fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	check(wl_display_prepare_read(session->display) == 0, "cannot prepare to read: there are events in the queue");
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	wl_display_cancel_read(session->display);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x7f7f00);
	show(session, buffer);
	check_shown(session, 0x7f7f00, "pixels are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	close(fd);
}

// As in Mesa: events of a buffer must arrive on the queue of the wl_shm that created its pool.
static void run_queue(struct session *session) {
	struct wl_event_queue *queue = wl_display_create_queue(session->display);
	struct wl_shm *shm = wl_proxy_create_wrapper(session->shm);
	wl_proxy_set_queue((struct wl_proxy *)shm, queue);
	int fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x00ff7f);
	show(session, buffer);
	check_shown(session, 0x00ff7f, "pixels are not shown");
	check(session->releases == 0, "a release event arrived on the default queue");
	while (session->releases == 0) {
		check(wl_display_roundtrip_queue(session->display, queue) >= 0, "the connection is broken");
	}
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	wl_proxy_wrapper_destroy(shm);
	wl_event_queue_destroy(queue);
	munmap(pixels, SIZE);
	close(fd);
}

static void *make_pools(void *data) {
	struct session *session = data;
	for (uint32_t i = 0; i < 100; i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
		check(pixels[0] == 0 && pixels[SIZE / 4 - 1] == 0, "recycled memory is not zero");
		close(fd);
		fill(pixels, i);
		struct wl_buffer *buffer = create_buffer(session, pool, 0);
		wl_shm_pool_destroy(pool);
		check(pixels[0] == i && pixels[SIZE / 4 - 1] == i, "another thread has drawn into this pool");
		wl_buffer_destroy(buffer);
		munmap(pixels, SIZE);
	}
	return NULL;
}

static void run_threads(struct session *session) {
	pthread_t threads[4];
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		check(pthread_create(&threads[i], NULL, make_pools, session) == 0, "cannot create a thread");
	}
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		pthread_join(threads[i], NULL);
	}
	check(wl_display_roundtrip(session->display) >= 0, "the connection is broken");
}

// Pixels that are written are only in the file, so it must not move into a block.
static void run_written(struct session *session) {
	int fd = create_file(SIZE);
	uint32_t pixels[SIZE / 4];
	fill(pixels, 0x0f0f0f);
	check(pwrite(fd, pixels, SIZE, 0) == (ssize_t)SIZE, "cannot write the file");
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	show(session, buffer);
	check_shown(session, 0x0f0f0f, "pixels written before the pool was created are not shown");
	fill(pixels, 0x1f1f1f);
	check(pwrite(fd, pixels, SIZE, 0) == (ssize_t)SIZE, "cannot write the file");
	show(session, buffer);
	check_shown(session, 0x1f1f1f, "pixels written after the pool was created are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
}

// More pools than the server's limit allows: those beyond it must stay files.
static void run_beyond_limit(struct session *session) {
	enum {
		LEN = 8
	};
	const size_t size = (size_t)256 << 20;
	uint32_t *pixels[LEN];
	struct wl_buffer *buffers[LEN];
	for (uint32_t i = 0; i < LEN; i++) {
		int fd = create_file(size);
		pixels[i] = map(fd, size, 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, (int32_t)size);
		buffers[i] = create_buffer(session, pool, 0);
		wl_shm_pool_destroy(pool);
		close(fd);
		fill(pixels[i], 0x100000 + i);
	}
	for (uint32_t i = 0; i < LEN; i++) {
		show(session, buffers[i]);
		check_shown(session, 0x100000 + i, "one of many large pools is not shown");
		wl_buffer_destroy(buffers[i]);
		munmap(pixels[i], size);
	}
}

#include "traps_drag_cases.h"
#include "traps_fd_cases.h"
#include "traps_io_cases.h"
#include "traps_process_cases.h"
#include "traps_race_cases.h"
#include "traps_unseen_cases.h"
#include "traps_word_cases.h"

static const struct {
	const char *name;
	void (*run)(struct session *session);
} cases[] = {
	{"drawn-before", run_drawn_before},
	{"mapped-late", run_mapped_late},
	{"mapped-twice", run_mapped_twice},
	{"grows", run_grows},
	{"grows-in-steps", run_grows_in_steps},
	{"reads-as-zeros", run_reads_as_zeros},
	{"outlives", run_outlives},
	{"leaves-all", run_leaves_all},
	{"two-pools", run_two_pools},
	{"two-connections", run_two_connections},
	{"fork-draws", run_fork_draws},
	{"punches", run_punches},
	{"prepared", run_prepared},
	{"finds-libwayland", run_finds_libwayland},
	{"queue", run_queue},
	{"threads", run_threads},
	{"written", run_written},
	{"beyond-limit", run_beyond_limit},
	{"drag", run_drag},
	{"drag-beside", run_drag_beside},
	{"drag-sparse", run_drag_sparse},
	{"drag-threads", run_drag_threads},
	{"closes-unknown-fds", run_closes_unknown_fds},
	{"close-range", run_close_range},
	{"closefrom", run_closefrom},
	{"dup2", run_dup2},
	{"closes-stderr", run_closes_stderr},
	{"fork-closes", run_fork_closes},
	{"vfork-exec", run_vfork_exec},
	{"daemonizes", run_daemonizes},
	{"signals", run_signals},
	{"seccomp", run_seccomp},
	{"reads", run_reads},
	{"writes", run_writes},
	{"captures", run_captures},
	{"shrinks-sealed", run_shrinks_sealed},
	{"shrinks", run_shrinks},
	{"truncates-by-opening", run_truncates_by_opening},
	{"fallocates", run_fallocates},
	{"private-mapping", run_private_mapping},
	{"remaps-pages", run_remaps_pages},
	{"draws-meanwhile", run_draws_meanwhile},
	{"reads-meanwhile", run_reads_meanwhile},
	{"asks-meanwhile", run_asks_meanwhile},
	{"draws-in-sandbox", run_draws_in_sandbox},
	{"unseen-read", run_unseen_read},
	{"unseen-write", run_unseen_write},
	{"reuses-fds", run_reuses_fds},
	{"ordinary-reads", run_ordinary_reads},
	{"sent", run_sent},
	{"received", run_received},
	{"forked-before", run_forked_before},
	{"forks-allocating", run_forks_allocating},
	{"inherited", run_inherited},
	{"debugged", run_debugged},
	{"forked-grows", run_forked_grows},
	{"named", run_named},
	{"ring-after", run_ring_after},
	{"ring-before", run_ring_before},
	{"ring-of-plugin", run_ring_of_plugin},
	{"ring-of-library", run_ring_of_library},
	{"ring-noticed", run_ring_noticed},
	{"cloned-before", run_cloned_before},
	{"closes-returned", run_closes_returned},
	{"without-fds", run_without_fds},
	{"setuid", run_setuid},
	{"unseen-mapping", run_unseen_mapping},
	{"sized-unseen", run_sized_unseen},
	{"counts-blocks", run_counts_blocks},
	{"allocates", run_allocates},
	{"signal-in-move", run_signal_in_move},
	{"signal-reads", run_signal_reads},
	{"calls-in-move", run_calls_in_move},
	{"splices-around", run_splices_around},
	{"splices-into-closed", run_splices_into_closed},
	{"cancels", run_cancels},
	{"forked-unsized", run_forked_unsized},
	{"streams-before", run_streams_before},
	{"named-before", run_named_before},
	{"numbered", run_numbered},
	{"shrinks-numbered", run_shrinks_numbered},
	{"seeks-numbered", run_seeks_numbered},
	{"sends-numbered", run_sends_numbered},
	{"large-file", run_large_file},
	{"far-mapping", run_far_mapping},
};

#endif

/*
 * The cases of traps.c that measure what a new pool for each frame costs.
 */
#ifndef TRAPS_DRAG_CASES_H
#define TRAPS_DRAG_CASES_H

#include "traps_fd_cases.h"

static int64_t get_time(const struct timeval *time) {
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

// What a window that is being resized costs: it creates a new pool for each frame. pool_size: of each; 0: that of its
// buffer. offset: of the buffer.
static void drag(struct session *session, int32_t pool_size, int32_t offset) {
	enum {
		FRAMES = 300
	};
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	for (int32_t i = 0; i < FRAMES; i++) {
		int32_t width = 800 + i % 40, height = 600, size = width * 4 * height, whole = pool_size > 0 ? pool_size : size;
		int fd = create_file((size_t)whole);
		uint8_t *pixels = (uint8_t *)map(fd, (size_t)whole, 0);
		struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, whole);
		struct wl_buffer *buffer =
				wl_shm_pool_create_buffer(pool, offset, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
		wl_shm_pool_destroy(pool);
		close(fd);
		check(pixels[offset] == 0 && pixels[offset + size - 1] == 0, "a new pool is not all zeros");
		memset(pixels + offset, i, (size_t)size);
		show(session, buffer);
		wl_buffer_destroy(buffer);
		munmap(pixels, (size_t)whole);
	}
	getrusage(RUSAGE_SELF, &after);
	int64_t user = get_time(&after.ru_utime) - get_time(&before.ru_utime);
	int64_t system = get_time(&after.ru_stime) - get_time(&before.ru_stime);
	printf("a frame: %ld faults, %ld us\n", (after.ru_minflt - before.ru_minflt) / FRAMES,
			(long)(user + system) / FRAMES);
}

static void run_drag(struct session *session) {
	drag(session, 0, 0);
}

// Beside a small pool, so that the blocks begin anywhere.
static void run_drag_beside(struct session *session) {
	struct picture picture;
	picture_init(&picture, session, create_file(5 * SIZE / 4), SIZE, 0);
	drag(session, 0, 0);
	picture_finish(&picture);
}

// As foot: pools of which the most is never used; smaller ones where there is no address space for three of these.
static void run_drag_sparse(struct session *session) {
	const int mebibytes = sizeof(void *) > 4 ? 512 : 32;
	drag(session, mebibytes << 20, mebibytes << 18);
}

static void *wait_for_end(void *data) {
	pause();
	return NULL;
}

// The same in a program that has threads, which must not draw while a file moves.
static void run_drag_threads(struct session *session) {
	pthread_t thread;
	check(pthread_create(&thread, NULL, wait_for_end, NULL) == 0, "cannot create a thread");
	run_drag(session);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}

#endif

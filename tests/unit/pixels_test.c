/*
 * Reading, copying and writing pixels: every box, stride and kind of file gives the bytes of the file.
 */
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "memory/area.h"
#include "pool_pair.h"
#include "runner.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OFFSET 300
#define GUARD 0xcd

struct picture {
	struct pair pair;
	int fd;
	struct wl_shm_pool *shm_pool;
	struct wl_buffer *wl_buffer;
	struct lido_buffer *buffer;
	uint8_t *file; // contents of the file
	size_t file_size;
};

static void picture_init(
		struct picture *picture, enum file_kind kind, int32_t width, int32_t height, int32_t stride, uint32_t format) {
	pair_init(&picture->pair, NULL);
	picture->file_size = (size_t)OFFSET + 2 * (size_t)stride * (size_t)height + 100;
	picture->fd = file_create(kind, (int64_t)picture->file_size);
	picture->file = malloc(picture->file_size);
	file_fill_memory(picture->file, 0, picture->file_size, 9);
	file_write(picture->fd, 0, picture->file, picture->file_size);
	picture->shm_pool = wl_shm_create_pool(picture->pair.client.shm, picture->fd, (int32_t)picture->file_size);
	picture->wl_buffer = wl_shm_pool_create_buffer(picture->shm_pool, OFFSET, width, height, stride, format);
	picture->buffer = pair_get_buffer(&picture->pair, picture->wl_buffer);
}

static void picture_finish(struct picture *picture) {
	wl_buffer_destroy(picture->wl_buffer);
	wl_shm_pool_destroy(picture->shm_pool);
	free(picture->file);
	close(picture->fd);
	pair_finish(&picture->pair);
}

static int clip(int64_t value, int max) {
	return value < 0 ? 0 : value > max ? max : (int)value;
}

// Expects in dst, which was full of guards: in the box the bytes of the file; outside the box in its rows, those or
// guards; in other rows guards. Pixels have pixel_size bytes. The box is clipped to the buffer.
static void expect_box(const struct picture *picture, const struct lido_box *box, int pixel_size, const uint8_t *dst,
		size_t dst_stride) {
	const struct lido_buffer *buffer = picture->buffer;
	int x1 = clip(box->x, buffer->width), x2 = clip((int64_t)box->x + box->width, buffer->width);
	int y1 = clip(box->y, buffer->height), y2 = clip((int64_t)box->y + box->height, buffer->height);
	for (int y = 0; y < buffer->height; y++) {
		for (size_t i = 0; i < dst_stride; i++) {
			bool in_rows = x1 < x2 && y >= y1 && y < y2;
			bool in_box = in_rows && (int64_t)i >= x1 * pixel_size && (int64_t)i < x2 * pixel_size;
			uint8_t got = dst[(size_t)y * dst_stride + i];
			uint8_t wanted = i < (size_t)buffer->stride
									 ? picture->file[(size_t)OFFSET + (size_t)y * (size_t)buffer->stride + i]
									 : GUARD;
			if (got != wanted && (in_box || got != GUARD || (!in_rows && got != GUARD))) {
				fail("box %d,%d %dx%d: row %d, byte %zu: expected 0x%02x, got 0x%02x", box->x, box->y, box->width,
						box->height, y, i, wanted, got);
			}
			if (!in_rows && got != GUARD) {
				fail("box %d,%d %dx%d: row %d, byte %zu outside its rows was written", box->x, box->y, box->width,
						box->height, y, i);
			}
		}
	}
}

static void try_box(struct picture *picture, const struct lido_box *box, int pixel_size, size_t dst_stride) {
	struct lido_buffer *buffer = picture->buffer;
	size_t size = dst_stride * (size_t)buffer->height;
	uint8_t *dst = malloc(size); // AddressSanitizer guards its end
	expect(dst != NULL);
	memset(dst, GUARD, size);
	expect_int(lido_buffer_read(buffer, box, dst, dst_stride), ==, LIDO_READ_OK);
	expect_box(picture, box, pixel_size, dst, dst_stride);
	const void *pixels = lido_buffer_map(buffer, 0, buffer->height, NULL);
	if (pixels != NULL) {
		memset(dst, GUARD, size);
		lido_buffer_copy(buffer, pixels, box, dst, dst_stride);
		expect_box(picture, box, pixel_size, dst, dst_stride);
	}
	free(dst);
}

static const struct lido_box boxes[] = {
	{0, 0, 23, 17},
	{0, 0, 1, 1},
	{22, 16, 1, 1},
	{0, 16, 23, 1},
	{0, 3, 12, 5},
	{0, 3, 11, 5},
	{12, 3, 11, 5},
	{5, 3, 3, 14},
	{0, 0, 0, 0},
	{5, 5, 0, 3},
	{5, 5, 3, 0},
	{-5, -5, 8, 8},
	{20, 14, 100, 100},
	{-5, -5, 100, 100},
	{23, 0, 5, 5},
	{0, 17, 5, 5},
	{-10, 0, 10, 5},
	{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX},
	{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX},
	{1, 1, INT32_MAX, INT32_MAX},
	{5, 5, -3, -3},
};

static void try_all_boxes(enum file_kind kind, uint32_t format, int pixel_size, int32_t stride) {
	struct picture picture;
	picture_init(&picture, kind, 23, 17, stride, format);
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		try_box(&picture, &boxes[i], pixel_size, (size_t)stride);
		try_box(&picture, &boxes[i], pixel_size, (size_t)stride + 1);
		try_box(&picture, &boxes[i], pixel_size, (size_t)stride + 64);
	}
	picture_finish(&picture);
}

TEST("pixels@every-box-is-read-right-from-every-kind-of-file") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		try_all_boxes(kind, WL_SHM_FORMAT_ARGB8888, 4, 92);
		try_all_boxes(kind, WL_SHM_FORMAT_ARGB8888, 4, 128);
	}
}

TEST("pixels@every-box-is-read-right-at-odd-strides") {
	try_all_boxes(FILE_SEALED, WL_SHM_FORMAT_RGB565, 2, 46);
	try_all_boxes(FILE_UNSEALABLE, WL_SHM_FORMAT_RGB565, 2, 50);
	try_all_boxes(FILE_SEALED, WL_SHM_FORMAT_RGB888, 3, 69);
	try_all_boxes(FILE_UNSEALABLE, WL_SHM_FORMAT_RGB888, 3, 75);
	try_all_boxes(FILE_UNSEALABLE, WL_SHM_FORMAT_R8, 1, 23);
}

TEST("pixels@more-rows-than-one-call-takes-are-read-right") {
	for (int height = 255; height <= 514; height += 257) {
		struct picture picture;
		picture_init(&picture, FILE_UNSEALABLE, 23, height, 92, WL_SHM_FORMAT_ARGB8888);
		struct lido_box whole = {.width = 23, .height = height};
		try_box(&picture, &whole, 4, 92);
		try_box(&picture, &whole, 4, 96);
		picture_finish(&picture);
	}
}

TEST("pixels@wide-damage-takes-one-call-and-narrow-damage-reads-no-more-than-it") {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 1000, 200, 4000, WL_SHM_FORMAT_ARGB8888);
	uint8_t *dst = malloc(4096 * 200);
	faults_start(0);
	lido_buffer_read(picture.buffer, &(struct lido_box){.width = 1000, .height = 200}, dst, 4000);
	expect_int(faults_stop(), ==, 1);
	faults_start(0);
	lido_buffer_read(picture.buffer, &(struct lido_box){.width = 1000, .height = 200}, dst, 4096);
	expect_int(faults_stop(), ==, 1);
	faults_start(0);
	lido_buffer_read(picture.buffer, &(struct lido_box){10, 10, 20, 20}, dst, 4000);
	faults_stop();
	expect_int(faults_get_bytes_read(), ==, 20 * 20 * 4);
	free(dst);
	picture_finish(&picture);
}

TEST("pixels@paired-pixels-are-read-whole") {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 22, 5, 44, WL_SHM_FORMAT_YUYV);
	uint8_t dst[44 * 5];
	for (int x = 0; x < 22; x++) {
		memset(dst, GUARD, sizeof(dst));
		struct lido_box box = {.x = x, .y = 1, .width = 1, .height = 1};
		expect_int(lido_buffer_read(picture.buffer, &box, dst, 44), ==, LIDO_READ_OK);
		expect_bytes(dst + 44 + x / 2 * 4, picture.file + OFFSET + 44 + x / 2 * 4, 4);
	}
	picture_finish(&picture);
}

TEST("pixels@planar-formats-are-read-as-a-whole") {
	for (int kind = FILE_SEALED; kind <= FILE_UNSEALABLE; kind++) {
		struct picture picture;
		picture_init(&picture, kind, 23, 17, 24, WL_SHM_FORMAT_YUV420);
		size_t size = (size_t)picture.buffer->size;
		expect_int(size, ==, 24 * 17 + 2 * 12 * 9);
		uint8_t *dst = malloc(size);
		struct lido_box box = {.x = 3, .y = 3, .width = 1, .height = 1};
		expect_int(lido_buffer_read(picture.buffer, &box, dst, 24), ==, LIDO_READ_OK);
		expect_bytes(dst, picture.file + OFFSET, size);
		const void *pixels = lido_buffer_map(picture.buffer, 0, 17, NULL);
		expect((pixels != NULL) == FILE_KIND_IS_SEALABLE(kind));
		if (pixels != NULL) {
			memset(dst, 0, size);
			lido_buffer_copy(picture.buffer, pixels, &box, dst, 24);
			expect_bytes(dst, picture.file + OFFSET, size);
		}
		free(dst);
		picture_finish(&picture);
	}
}

// Reads a file that ends left bytes after the start of the buffer: the rest must be zero, and the result TRUNCATED.
static void try_truncated(int32_t left, size_t dst_stride) {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	file_set_size(picture.fd, OFFSET + left);
	uint8_t *dst = malloc(dst_stride * 17);
	expect(dst != NULL);
	memset(dst, GUARD, dst_stride * 17);
	struct lido_box whole = {.width = 23, .height = 17};
	expect_int(lido_buffer_read(picture.buffer, &whole, dst, dst_stride), ==, LIDO_READ_TRUNCATED);
	for (int y = 0; y < 17; y++) {
		for (int i = 0; i < 92; i++) {
			int place = y * 92 + i;
			expect_int(dst[(size_t)y * dst_stride + (size_t)i], ==, place < left ? picture.file[OFFSET + place] : 0);
		}
	}
	// Rows that the file still has can be read.
	struct lido_box first = {.width = 5, .height = 1};
	expect_int(lido_buffer_read(picture.buffer, &first, dst, dst_stride), ==,
			left >= 92 ? LIDO_READ_OK : LIDO_READ_TRUNCATED);
	free(dst);
	picture_finish(&picture);
}

TEST("pixels@truncated-file-gives-zeros-and-is-reported") {
	static const int32_t lefts[] = {0, 1, 91 - 90, 92, 93, 92 * 8 + 5, 92 * 17 - 1};
	for (size_t i = 0; i < sizeof(lefts) / sizeof(lefts[0]); i++) {
		try_truncated(lefts[i], 92);
		try_truncated(lefts[i], 96);
	}
}

TEST("pixels@file-truncated-before-the-buffer-gives-zeros") {
	struct picture picture;
	picture_init(&picture, FILE_SHM_OPEN, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	file_set_size(picture.fd, 0);
	uint8_t dst[92 * 17];
	static const uint8_t zeros[92 * 17];
	memset(dst, GUARD, sizeof(dst));
	struct lido_box whole = {.width = 23, .height = 17};
	expect_int(lido_buffer_read(picture.buffer, &whole, dst, 92), ==, LIDO_READ_TRUNCATED);
	expect_bytes(dst, zeros, sizeof(zeros));
	picture_finish(&picture);
}

TEST("pixels@missing-padding-of-the-last-row-has-the-same-result-at-any-stride") {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 23, 17, 128, WL_SHM_FORMAT_ARGB8888);
	file_set_size(picture.fd, OFFSET + 128 * 16 + 92);
	uint8_t dst[192 * 17];
	struct lido_box whole = {.width = 23, .height = 17};
	expect_int(
			lido_buffer_read(picture.buffer, &whole, dst, 128), ==, lido_buffer_read(picture.buffer, &whole, dst, 192));
	picture_finish(&picture);
}

static const struct lido_box write_all = {.width = 23, .height = 17};

// Writes the box, and expects that its pixels have changed in the file and nothing else has. src_stride: of the pixels
// that are written.
static void try_write(struct picture *picture, const struct lido_box *box, int pixel_size, size_t src_stride) {
	static uint32_t seed = 77;
	size_t row_size = (size_t)box->width * (size_t)pixel_size, stride = (size_t)picture->buffer->stride;
	size_t size = box->height > 0 ? (size_t)(box->height - 1) * src_stride + row_size : 0;
	uint8_t *src = malloc(size + 1), *now = malloc(picture->file_size); // AddressSanitizer guards their ends
	expect(src != NULL && now != NULL);
	file_fill_memory(src, 0, size, seed++);
	for (size_t y = 0; y < (size_t)box->height; y++) {
		size_t start = OFFSET + ((size_t)box->y + y) * stride + (size_t)box->x * (size_t)pixel_size;
		memcpy(picture->file + start, src + y * src_stride, row_size);
	}
	expect(lido_buffer_write(picture->buffer, box, src, src_stride));
	file_read(picture->fd, 0, now, picture->file_size);
	expect_bytes(now, picture->file, picture->file_size);
	free(now);
	free(src);
}

TEST("pixels@write-changes-exactly-the-pixels-of-the-box") {
	static const struct lido_box within[] = {{0, 0, 23, 17}, {0, 0, 1, 1}, {22, 16, 1, 1}, {0, 16, 23, 1},
		{12, 3, 11, 5}, {0, 3, 23, 14}, {5, 5, 0, 3}, {5, 5, 3, 0}, {23, 17, 0, 0}};
	static const int32_t strides[] = {92, 128};
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		for (int i = 0; i < 2; i++) {
			struct picture picture;
			picture_init(&picture, kind, 23, 17, strides[i], WL_SHM_FORMAT_ARGB8888);
			for (size_t j = 0; j < sizeof(within) / sizeof(within[0]); j++) {
				try_write(&picture, &within[j], 4, 92);
				try_write(&picture, &within[j], 4, 128);
				try_write(&picture, &within[j], 4, 1000);
			}
			picture_finish(&picture);
		}
	}
}

// Expects that nothing is written.
static void expect_refused(struct picture *picture, const struct lido_box *box) {
	static const uint8_t src[65536] = {0};
	uint8_t *now = malloc(picture->file_size);
	expect(now != NULL && !lido_buffer_write(picture->buffer, box, src, (size_t)picture->buffer->stride));
	file_read(picture->fd, 0, now, picture->file_size);
	expect_bytes(now, picture->file, picture->file_size);
	free(now);
}

TEST("pixels@write-beyond-the-buffer-is-refused") {
	static const struct lido_box beyond[] = {{0, 0, 24, 17}, {0, 0, 23, 18}, {1, 0, 23, 17}, {0, 1, 23, 17},
		{-1, 0, 23, 17}, {0, -1, 23, 17}, {0, 0, -1, 17}, {0, 0, 23, -1}, {24, 0, 0, 1}, {INT32_MAX, 0, 1, 1},
		{1, 1, INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN}};
	struct picture picture;
	picture_init(&picture, FILE_SEALED, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		expect_refused(&picture, &beyond[i]);
	}
	picture_finish(&picture);
}

TEST("pixels@write-of-pixels-that-share-bytes-takes-whole-groups") {
	static const struct lido_box cut[] = {{1, 0, 2, 1}, {0, 0, 1, 1}, {0, 0, 22 - 1, 1}};
	struct picture picture;
	picture_init(&picture, FILE_SEALED, 23, 17, 48, WL_SHM_FORMAT_YUYV);
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		expect_refused(&picture, &cut[i]);
	}
	try_write(&picture, &(struct lido_box){4, 3, 6, 5}, 2, 100);
	static const uint8_t last[4] = {1, 2, 3, 4};
	expect(lido_buffer_write(picture.buffer, &(struct lido_box){22, 16, 1, 1}, last, 4));
	uint8_t now[4];
	file_read(picture.fd, OFFSET + 16 * 48 + 44, now, 4);
	expect_bytes(now, last, 4);
	picture_finish(&picture);
}

TEST("pixels@several-planes-are-written-as-a-whole") {
	struct picture picture;
	picture_init(&picture, FILE_SEALED, 24, 16, 32, WL_SHM_FORMAT_NV12);
	expect_refused(&picture, &(struct lido_box){0, 0, 23, 16});
	size_t size = (size_t)picture.buffer->size;
	file_fill_memory(picture.file + OFFSET, 0, size, 78);
	expect(lido_buffer_write(picture.buffer, &(struct lido_box){0, 0, 24, 16}, picture.file + OFFSET, 32));
	uint8_t *now = malloc(picture.file_size);
	file_read(picture.fd, 0, now, picture.file_size);
	expect_bytes(now, picture.file, picture.file_size);
	free(now);
	picture_finish(&picture);
}

TEST("pixels@write-that-fails-midway-is-told") {
	struct picture picture;
	static const uint8_t pixels[92 * 17] = {0};
	picture_init(&picture, FILE_SEALED, 23, 17, 128, WL_SHM_FORMAT_ARGB8888);
	bool is_hit = true;
	uint64_t rows = 0;
	// The first call asks for seals, which not all files have.
	for (uint64_t n = 2; is_hit; n++) {
		faults_start(n);
		bool is_written = lido_buffer_write(picture.buffer, &write_all, pixels, 92);
		is_hit = faults_was_hit();
		rows = faults_get_count(FAULT_PWRITE);
		faults_stop();
		expect(is_written == !is_hit);
	}
	expect_int(rows, ==, 17);
	picture_finish(&picture);
}

TEST("pixels@write-never-grows-a-file") {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	uint8_t pixels[92 * 17] = {0};
	file_set_size(picture.fd, OFFSET + 92 * 17 - 1);
	expect(!lido_buffer_write(picture.buffer, &write_all, pixels, 92));
	expect_int(file_get_size(picture.fd), ==, OFFSET + 92 * 17 - 1);
	file_set_size(picture.fd, 0);
	expect(!lido_buffer_write(picture.buffer, &write_all, pixels, 92));
	expect_int(file_get_size(picture.fd), ==, 0);
	picture_finish(&picture);
}

TEST("pixels@write-beyond-RLIMIT_FSIZE-raises-no-signal") {
	struct picture picture;
	picture_init(&picture, FILE_UNSEALABLE, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	uint8_t pixels[92 * 17] = {0};
	struct rlimit limit = {.rlim_cur = OFFSET + 100, .rlim_max = RLIM_INFINITY}, before;
	expect_int(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
	limit.rlim_max = before.rlim_max;
	expect_int(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	expect(!lido_buffer_write(picture.buffer, &write_all, pixels, 92));
	expect_int(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
	expect(lido_buffer_write(picture.buffer, &write_all, pixels, 92));
	picture_finish(&picture);
}

static int interruptions;

static bool is_interrupted(void) {
	errno = EINTR;
	return interruptions++ % 2 == 0;
}

static ssize_t interrupted_pread(int fd, void *data, size_t size, off_t offset) {
	return is_interrupted() ? -1 : pread(fd, data, size < 100 ? size : 100, offset);
}

static ssize_t interrupted_pwrite(int fd, const void *data, size_t size, off_t offset) {
	return is_interrupted() ? -1 : pwrite(fd, data, size < 100 ? size : 100, offset);
}

TEST("pixels@interrupted-and-partial-calls-are-continued") {
	struct picture picture;
	uint8_t pixels[92 * 17];
	struct lido_box all = {.width = 23, .height = 17};
	picture_init(&picture, FILE_UNSEALABLE, 23, 17, 92, WL_SHM_FORMAT_ARGB8888);
	lido_os.pread = interrupted_pread;
	lido_os.pwrite = interrupted_pwrite;
	expect_int(lido_buffer_read(picture.buffer, &all, pixels, 92), ==, LIDO_READ_OK);
	expect_bytes(pixels, picture.file + OFFSET, sizeof(pixels));
	file_fill_memory(pixels, 0, sizeof(pixels), 10);
	expect(lido_buffer_write(picture.buffer, &write_all, pixels, 92));
	expect_int(interruptions, ==, 64);
	lido_os.pread = pread;
	lido_os.pwrite = pwrite;
	uint8_t written[sizeof(pixels)];
	file_read(picture.fd, OFFSET, written, sizeof(written));
	expect_bytes(written, pixels, sizeof(written));
	picture_finish(&picture);
}

TEST("pixels@planar-buffer-on-a-failed-block-is-all-zeros") {
	struct pool_pair pair;
	struct pool_block block;
	struct lido_limits limits = lido_limits_default();
	uint8_t pixels[64 * 96];
	struct lido_box box = {.width = 1, .height = 1};
	limits.area_bytes_max = 4096;
	pool_pair_init(&pair, &limits, 0);
	pool_block_init(&block, &pair.pool, 65536);
	struct wl_buffer *wl_buffer = lido_shm_block_v1_create_buffer(block.block, 0, 64, 64, 64, WL_SHM_FORMAT_NV12);
	struct lido_buffer *buffer = pair_get_buffer(&pair.base, wl_buffer);
	expect_int(buffer->size, ==, sizeof(pixels));
	memset(pixels, GUARD, sizeof(pixels));
	expect_int(lido_buffer_read(buffer, &box, pixels, 64), ==, LIDO_READ_OK);
	for (size_t i = 0; i < sizeof(pixels); i++) {
		expect_int(pixels[i], ==, 0);
	}
	wl_buffer_destroy(wl_buffer);
	pool_pair_finish(&pair);
}

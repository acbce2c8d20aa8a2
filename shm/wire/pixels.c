/*
 * Moving the pixels of a buffer: from its file by pread(), from its mapping by copying, and back into the file.
 *
 * Damage at least half a row wide is read as one band of whole rows, in as few system calls as possible; narrower
 * damage row by row.
 */
#include "base/number.h"
#include "base/os.h"
#include "memory/pool.h"

#include <assert.h>
#include <errno.h>
#include <lido/shm.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

// Rows that one preadv() reads.
#define ROWS_MAX 256
_Static_assert(ROWS_MAX <= IOV_MAX, "one call takes them all");

// A box, clipped to the buffer and in bytes.
struct span {
	int64_t start; // bytes from the start of a row
	int64_t size;  // bytes of a row
	int32_t y;
	int32_t height;
};

static int32_t clip(int64_t value, int32_t max) {
	return (int32_t)lido_max(0, lido_min(value, max));
}

// Returns false for an empty box.
static bool span_init(struct span *span, const struct lido_buffer *buffer, const struct lido_box *box) {
	const struct lido_format_plane *plane = &buffer->format->planes[0];
	int32_t x1 = clip(box->x, buffer->width), x2 = clip((int64_t)box->x + box->width, buffer->width);
	int32_t y1 = clip(box->y, buffer->height), y2 = clip((int64_t)box->y + box->height, buffer->height);
	if (x1 >= x2 || y1 >= y2) {
		return false;
	}
	span->start = (int64_t)(x1 / plane->texel_block_width) * plane->texel_block_size;
	span->size = lido_format_row_size(buffer->format, 0, x2) - span->start;
	span->y = y1;
	span->height = y2 - y1;
	return true;
}

static void count_read(const struct lido_buffer *buffer, int64_t bytes) {
	lido_quota_add(&buffer->pool->quota, LIDO_QUOTA_READ_BYTES, bytes);
}

void lido_buffer_count_read(const struct lido_buffer *buffer, int64_t pixels) {
	const struct lido_format_plane *plane = &buffer->format->planes[0];
	count_read(buffer, pixels / plane->texel_block_width * plane->texel_block_size);
}

static int64_t row_size(const struct lido_buffer *buffer) {
	return lido_format_row_size(buffer->format, 0, buffer->width);
}

// Reads all, or zeroes what is missing and returns false.
static bool read_all(int fd, uint8_t *dst, size_t size, int64_t offset) {
	while (size > 0) {
		ssize_t n = lido_os.pread(fd, dst, size, offset);
		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			memset(dst, 0, size);
			return false;
		}
		dst += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}

// Reads up to ROWS_MAX whole rows, which are contiguous in the file, into rows with a larger stride.
static bool read_rows_apart(const struct lido_buffer *buffer, int64_t y, int rows, uint8_t *dst, size_t dst_stride) {
	struct iovec iov[ROWS_MAX];
	assert(rows > 0 && rows <= ROWS_MAX);
	int fd = buffer->internal.area->fd;
	size_t stride = (size_t)buffer->stride;
	int64_t offset = buffer->offset + y * buffer->stride;
	for (int i = 0; i < rows; i++) {
		iov[i] = (struct iovec){.iov_base = dst + (size_t)i * dst_stride, .iov_len = stride};
	}
	if (lido_os.preadv(fd, iov, rows, offset) == (ssize_t)(stride * (size_t)rows)) {
		return true;
	}
	// Interrupted or truncated, which is rare. Reads row by row to find out.
	bool complete = true;
	for (int i = 0; i < rows; i++) {
		complete &= read_all(fd, iov[i].iov_base, stride, offset + i * (int64_t)stride);
	}
	return complete;
}

static bool read_band(const struct lido_buffer *buffer, const struct span *span, uint8_t *dst, size_t dst_stride) {
	dst += (size_t)span->y * dst_stride;
	count_read(buffer, (int64_t)span->height * buffer->stride);
	if (dst_stride == (size_t)buffer->stride) {
		return read_all(buffer->internal.area->fd, dst, (size_t)span->height * dst_stride,
				buffer->offset + (int64_t)span->y * buffer->stride);
	}
	bool complete = true;
	for (int32_t done = 0; done < span->height; done += ROWS_MAX) {
		int rows = (int)lido_min(span->height - done, ROWS_MAX);
		complete &= read_rows_apart(buffer, span->y + done, rows, dst + (size_t)done * dst_stride, dst_stride);
	}
	return complete;
}

static bool read_narrow(const struct lido_buffer *buffer, const struct span *span, uint8_t *dst, size_t dst_stride) {
	bool complete = true;
	count_read(buffer, span->height * span->size);
	for (int32_t y = span->y; y < span->y + span->height; y++) {
		complete &= read_all(buffer->internal.area->fd, dst + (size_t)y * dst_stride + span->start, (size_t)span->size,
				buffer->offset + (int64_t)y * buffer->stride + span->start);
	}
	return complete;
}

static void zero_all(const struct lido_buffer *buffer, uint8_t *dst, size_t dst_stride) {
	if (buffer->format->planes_len > 1) {
		memset(dst, 0, (size_t)buffer->size);
		return;
	}
	for (int32_t y = 0; y < buffer->height; y++) {
		memset(dst + (size_t)y * dst_stride, 0, (size_t)row_size(buffer));
	}
}

enum lido_read_result lido_buffer_read(
		struct lido_buffer *buffer, const struct lido_box *box, void *dst, size_t dst_stride) {
	bool complete = true;
	struct span span;
	assert(dst_stride >= (size_t)buffer->stride);
	if (buffer->internal.area == NULL) {
		zero_all(buffer, dst, dst_stride);
	} else if (buffer->format->planes_len > 1) {
		assert(dst_stride == (size_t)buffer->stride);
		count_read(buffer, buffer->size);
		complete = read_all(buffer->internal.area->fd, dst, (size_t)buffer->size, buffer->offset);
	} else if (span_init(&span, buffer, box)) {
		bool wide = span.size * 2 >= row_size(buffer);
		complete = (wide ? read_band : read_narrow)(buffer, &span, dst, dst_stride);
	}
	return complete ? LIDO_READ_OK : LIDO_READ_TRUNCATED;
}

void lido_buffer_copy(const struct lido_buffer *buffer, const void *pixels, const struct lido_box *box, void *dst,
		size_t dst_stride) {
	struct span span;
	if (buffer->format->planes_len > 1) {
		assert(dst_stride == (size_t)buffer->stride);
		count_read(buffer, buffer->size);
		memcpy(dst, pixels, (size_t)buffer->size);
		return;
	}
	if (!span_init(&span, buffer, box)) {
		return;
	}
	count_read(buffer, span.height * span.size);
	const uint8_t *from = (const uint8_t *)pixels + (int64_t)span.y * buffer->stride + span.start;
	uint8_t *to = (uint8_t *)dst + (size_t)span.y * dst_stride + span.start;
	for (int32_t i = 0; i < span.height; i++) {
		memcpy(to, from, (size_t)span.size);
		from += buffer->stride;
		to += dst_stride;
	}
}

// A write beyond RLIMIT_FSIZE would raise SIGXFSZ; one beyond the end would grow the file.
static bool may_write(const struct lido_buffer *buffer) {
	int64_t end = buffer->offset + buffer->size;
	struct stat stat;
	struct rlimit limit;
	return lido_buffer_is_writable(buffer) && lido_os.fstat(buffer->internal.area->fd, &stat) == 0 &&
		   stat.st_size >= end && getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= (rlim_t)end;
}

static bool write_all(int fd, const uint8_t *src, size_t size, int64_t offset) {
	while (size > 0) {
		ssize_t n = lido_os.pwrite(fd, src, size, offset);
		if (n == -1 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return false;
		}
		src += n;
		size -= (size_t)n;
		offset += n;
	}
	return true;
}

static bool is_whole(const struct lido_buffer *buffer, const struct lido_box *box) {
	return box->x == 0 && box->y == 0 && box->width == buffer->width && box->height == buffer->height;
}

// Is the box within the buffer, and does it consist of whole texel blocks?
static bool is_writable_box(const struct lido_buffer *buffer, const struct lido_box *box) {
	int32_t width = buffer->format->planes[0].texel_block_width;
	if (buffer->format->planes_len > 1) {
		return is_whole(buffer, box);
	}
	return box->x >= 0 && box->y >= 0 && box->width >= 0 && box->height >= 0 && box->width <= buffer->width - box->x &&
		   box->height <= buffer->height - box->y && box->x % width == 0 &&
		   (box->width % width == 0 || box->x + box->width == buffer->width);
}

bool lido_buffer_write(struct lido_buffer *buffer, const struct lido_box *box, const void *src, size_t src_stride) {
	struct span span;
	if (!is_writable_box(buffer, box) || !may_write(buffer)) {
		return false;
	}
	int fd = buffer->internal.area->fd;
	if (buffer->format->planes_len > 1) {
		assert(src_stride == (size_t)buffer->stride);
		return write_all(fd, src, (size_t)buffer->size, buffer->offset);
	}
	if (!span_init(&span, buffer, box)) {
		return true;
	}
	int64_t offset = buffer->offset + (int64_t)span.y * buffer->stride + span.start;
	if (span.size == buffer->stride && src_stride == (size_t)buffer->stride) {
		return write_all(fd, src, (size_t)span.height * src_stride, offset);
	}
	assert(src_stride >= (size_t)span.size);
	const uint8_t *from = src;
	for (int32_t i = 0; i < span.height; i++) {
		if (!write_all(fd, from + (size_t)i * src_stride, (size_t)span.size, offset + (int64_t)i * buffer->stride)) {
			return false;
		}
	}
	return true;
}

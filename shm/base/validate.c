#include "base/validate.h"

#include "lido-shm-v1-protocol.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <wayland-server-protocol.h>

__attribute__((format(printf, 3, 4))) static bool fail(
		struct lido_validation_error *error, uint32_t code, const char *format, ...) {
	va_list args;
	va_start(args, format);
	error->code = code;
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return false;
}

bool lido_validate_pool_size(int32_t size, struct lido_validation_error *error) {
	if (size <= 0) {
		return fail(error, WL_SHM_ERROR_INVALID_STRIDE, "invalid pool size %" PRId32 ": must be at least 1", size);
	}
	return true;
}

bool lido_validate_pool_resize(int32_t old_size, int32_t size, struct lido_validation_error *error) {
	if (size < old_size) {
		return fail(error, WL_SHM_ERROR_INVALID_FD,
				"invalid pool size %" PRId32 ": shrinking from %" PRId32 " bytes is not allowed", size, old_size);
	}
	return true;
}

bool lido_validate_block_size(uint32_t size, struct lido_validation_error *error) {
	_Static_assert((int)LIDO_SHM_POOL_V1_ERROR_INVALID_SIZE == (int)LIDO_SHM_BLOCK_V1_ERROR_INVALID_SIZE,
			"one cause, one number");
	if (size == 0) {
		return fail(error, LIDO_SHM_POOL_V1_ERROR_INVALID_SIZE, "invalid block size 0: must be at least 1");
	}
	return true;
}

bool lido_validate_block_range(
		uint32_t offset, uint32_t size, int64_t block_size, struct lido_validation_error *error) {
	int64_t end = (int64_t)offset + size;
	if (end > block_size) {
		return fail(error, LIDO_SHM_BLOCK_V1_ERROR_INVALID_RANGE,
				"range ends at %" PRId64 ", beyond block size %" PRId64 " (offset %" PRIu32 ", size %" PRIu32 ")", end,
				block_size, offset, size);
	}
	return true;
}

_Static_assert((int)WL_SHM_ERROR_INVALID_FORMAT == (int)LIDO_SHM_BLOCK_V1_ERROR_INVALID_FORMAT &&
					   (int)WL_SHM_ERROR_INVALID_STRIDE == (int)LIDO_SHM_BLOCK_V1_ERROR_INVALID_STRIDE,
		"an invalid buffer has the same error code in a wl_shm_pool and in a block");

static bool validate_ranges(const struct lido_buffer_request *request, struct lido_validation_error *error) {
	if (request->offset < 0) {
		return fail(
				error, WL_SHM_ERROR_INVALID_STRIDE, "invalid offset %" PRId32 ": must be at least 0", request->offset);
	}
	if (request->width <= 0 || request->height <= 0) {
		return fail(error, WL_SHM_ERROR_INVALID_STRIDE, "invalid size %" PRId32 "x%" PRId32 ": must be at least 1x1",
				request->width, request->height);
	}
	return true;
}

static bool validate_stride(const struct lido_buffer_request *request, const struct lido_format *format,
		struct lido_validation_error *error) {
	uint8_t texel_block_size = format->planes[0].texel_block_size;
	if (request->stride <= 0) {
		return fail(
				error, WL_SHM_ERROR_INVALID_STRIDE, "invalid stride %" PRId32 ": must be at least 1", request->stride);
	}
	if (request->stride % texel_block_size != 0) {
		return fail(error, WL_SHM_ERROR_INVALID_STRIDE,
				"invalid stride %" PRId32 ": not a multiple of the %u bytes of a pixel", request->stride,
				texel_block_size);
	}
	for (unsigned plane = 0; plane < format->planes_len; plane++) {
		int64_t stride = lido_format_stride(format, plane, request->stride);
		int64_t row_size = lido_format_row_size(format, plane, request->width);
		if (stride < row_size) {
			return fail(error, WL_SHM_ERROR_INVALID_STRIDE,
					"invalid stride %" PRId32 ": plane %u gets %" PRId64 " bytes a row, %" PRId32
					" pixels take %" PRId64,
					request->stride, plane, stride, request->width, row_size);
		}
	}
	return true;
}

bool lido_validate_buffer(const struct lido_buffer_request *request, const struct lido_format *format,
		const char *container, int64_t container_size, int64_t *size, struct lido_validation_error *error) {
	if (format == NULL) {
		return fail(error, WL_SHM_ERROR_INVALID_FORMAT, "invalid format 0x%" PRIx32 ": not offered by wl_shm.format",
				request->shm_format);
	}
	if (!validate_ranges(request, error) || !validate_stride(request, format, error)) {
		return false;
	}
	// A plane is below 2^62 bytes and there are at most three, so the sum cannot overflow.
	_Static_assert(LIDO_FORMAT_PLANES_MAX == 3, "the sum of planes fits into 64 bits");
	uint64_t sum = 0;
	for (unsigned plane = 0; plane < format->planes_len; plane++) {
		sum += (uint64_t)(lido_format_stride(format, plane, request->stride) *
						  lido_format_rows(format, plane, request->height));
	}
	uint64_t end = (uint64_t)request->offset + sum;
	if (end > (uint64_t)container_size) {
		return fail(error, WL_SHM_ERROR_INVALID_STRIDE,
				"buffer ends at %" PRIu64 ", beyond %s size %" PRId64 " (offset %" PRId32 ", stride %" PRId32
				", height %" PRId32 ")",
				end, container, container_size, request->offset, request->stride, request->height);
	}
	*size = (int64_t)sum;
	return true;
}

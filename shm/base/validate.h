/*
 * Validation of what clients ask: pure functions of numbers, in 64 bits. One cause, one error.
 *
 * Each returns true if the request is right. Otherwise *error has the code to post, on the object
 * that was asked, and a text that names the value and the limit.
 */
#ifndef LIDO_CHECK_H
#define LIDO_CHECK_H

#include "base/format.h"

#include <stdbool.h>
#include <stdint.h>

/* libwayland cuts what it sends behind this: a text must not be longer. Bytes, with the zero at the end. */
#define LIDO_ERROR_TEXT_SIZE 128

struct lido_check_error {
	uint32_t code; // enum wl_shm_error or lido_shm_block_v1_error
	char text[LIDO_ERROR_TEXT_SIZE];
};

/* What create_buffer says; unchecked. */
struct lido_buffer_request {
	int32_t offset;        // bytes
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t shm_format;   // enum wl_shm_format
};

/* wl_shm.create_pool: size is positive, or invalid_stride. */
bool lido_check_pool_size(int32_t size, struct lido_check_error *error);

/* wl_shm_pool.resize: size does not shrink, or invalid_fd. */
bool lido_check_pool_resize(int32_t old_size, int32_t size, struct lido_check_error *error);

/* lido_shm_pool_v1.create_block and lido_shm_block_v1.resize: size is positive, or invalid_size. */
bool lido_check_block_size(uint32_t size, struct lido_check_error *error);

/*
 * create_buffer of a wl_shm_pool or a lido_shm_block_v1 ("pool" or "block", place) of place_size bytes. Both have the
 * same numbers for the same errors. format: that of the request, NULL if it is not offered:
 * invalid_format. Everything else is invalid_stride: offset, width or height out of range, a stride that holds no row
 * or is no whole number of pixels, in any plane, or an end beyond the place. On success *size is the bytes from the
 * offset to the end of the last plane.
 */
bool lido_check_buffer(const struct lido_buffer_request *request, const struct lido_format *format, const char *place,
		int64_t place_size, int64_t *size, struct lido_check_error *error);

#endif

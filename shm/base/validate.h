/*
 * Validation of requests: pure functions of numbers, computed in 64 bits. Each cause has one error.
 *
 * Each function returns true if the request is valid. Otherwise it sets *error to the code to post on the object that
 * received the request, and to a text that names the value and the limit.
 */
#ifndef LIDO_VALIDATE_H
#define LIDO_VALIDATE_H

#include "base/format.h"

/* libwayland truncates longer texts. Bytes, with the terminating zero. */
#define LIDO_ERROR_TEXT_SIZE 128

struct lido_validation_error {
	uint32_t code; // enum wl_shm_error or enum lido_shm_block_v1_error
	char text[LIDO_ERROR_TEXT_SIZE];
};

/* Arguments of create_buffer, as received. */
struct lido_buffer_request {
	int32_t offset;        // bytes
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t shm_format;   // enum wl_shm_format
};

/* wl_shm.create_pool. invalid_stride unless size is positive. */
bool lido_validate_pool_size(int32_t size, struct lido_validation_error *error);

/* wl_shm_pool.resize. invalid_fd if size is less than old_size. */
bool lido_validate_pool_resize(int32_t old_size, int32_t size, struct lido_validation_error *error);

/* lido_shm_pool_v1.create_block and lido_shm_block_v1.resize. invalid_size unless size is positive. */
bool lido_validate_block_size(uint32_t size, struct lido_validation_error *error);

/* lido_shm_block_v1.discard. invalid_range if the range ends beyond the block, which has block_size bytes. */
bool lido_validate_block_range(uint32_t offset, uint32_t size, int64_t block_size, struct lido_validation_error *error);

/*
 * create_buffer of a wl_shm_pool or a lido_shm_block_v1; container is its name in messages, "pool" or "block", and
 * container_size its bytes. Both interfaces use the same error codes.
 *
 * format: NULL if the manager does not offer it; then invalid_format. Everything else is invalid_stride: an offset,
 * width or height out of range; a stride that in any plane holds less than a row, or no whole number of pixels; a last
 * plane that ends beyond the container. On success *size is the number of bytes from the offset to the end of the last
 * plane.
 */
bool lido_validate_buffer(const struct lido_buffer_request *request, const struct lido_format *format,
		const char *container, int64_t container_size, int64_t *size, struct lido_validation_error *error);

#endif

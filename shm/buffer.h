/*
 * Making the buffers that <lido/shm.h> describes.
 */
#ifndef LIDO_BUFFER_H
#define LIDO_BUFFER_H

#include "check.h"

#include <lido/shm.h>

/* Where a buffer's bytes are. */
struct lido_buffer_source {
	struct lido_pool *pool;
	struct lido_area *area;   // NULL: nowhere; it shows zeros
	struct lido_block *block; // of that area, if it is an exported one
};

/*
 * Makes the wl_buffer for a request that was checked, size bytes long, and adds a user to the block, or to the imported
 * area. Returns false when memory is short or there are too many; the reason is in pool->error.
 */
bool lido_buffer_create(const struct lido_buffer_source *source, const struct lido_buffer_request *request,
		const struct lido_format *format, int64_t size, struct wl_client *client, uint32_t id);

#endif

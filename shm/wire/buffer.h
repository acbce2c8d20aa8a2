/*
 * Making the buffers that <lido/shm.h> describes.
 */
#ifndef LIDO_BUFFER_H
#define LIDO_BUFFER_H

#include "base/validate.h"

#include <lido/shm.h>

/* What create_buffer is asked of. */
struct lido_buffer_place {
	const char *noun; // for messages
	struct lido_pool *pool;
	struct lido_area *area;   // NULL: there is no memory
	struct lido_block *block; // of that area, if it is an exported one
	int64_t claimed;          // bytes that the client may count on
	int64_t size;             // bytes that there are: a buffer that is not within them has no memory
};

/*
 * create_buffer of a wl_shm_pool or lido_shm_block_v1 (handle): makes the wl_buffer, which is then a user of the block,
 * or of the imported area; or ends the client with the error that fits.
 */
void lido_buffer_create(struct wl_resource *handle, uint32_t id, const struct lido_buffer_place *place,
		const struct lido_buffer_request *request);

#endif

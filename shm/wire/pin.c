/*
 * Pins of buffers, which <lido/shm.h> describes.
 *
 * A pin covers the pages of one buffer, not those of its block or of a larger piece of the area. Readers import each
 * buffer by itself, so a larger udmabuf would save none of that work; it would pin pages that nobody reads, and would
 * have to go before the server punches free ranges in it. A buffer keeps its block, and so its pages, while it is
 * locked.
 */
#include "base/os.h"
#include "base/page.h"
#include "memory/block.h"
#include "memory/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct lido_pin {
	struct lido_buffer *buffer; // locked
	struct lido_udmabuf udmabuf;
	uint32_t losses; // of the area, when it was pinned
};

bool lido_buffer_is_pinnable(const struct lido_buffer *buffer) {
	return lido_buffer_is_sealed(buffer) && buffer->format->planes_len == 1 &&
		   buffer->offset == lido_page_round_down(buffer->offset) && buffer->stride % LIDO_PIN_STRIDE_ALIGNMENT == 0 &&
		   buffer->size <= LIDO_PIN_SIZE_MAX;
}

// A client's file may end within the last page, or be one that the kernel does not take (F_SEAL_WRITE).
static enum lido_pin_result pin_init(
		struct lido_pin *pin, struct lido_buffer *buffer, const struct lido_commit *commit) {
	const struct lido_udmabuf_device *device = buffer->pool->udmabufs;
	if (device == NULL || device->fd == -1) {
		return LIDO_PIN_NEVER;
	}
	struct lido_area *area = buffer->internal.area;
	if (lido_buffer_map(buffer, 0, buffer->height, commit) == NULL) {
		return LIDO_PIN_LATER;
	}
	if (!lido_udmabuf_init(&pin->udmabuf, device, area, buffer->offset, buffer->size)) {
		return errno == 0 ? LIDO_PIN_LATER : LIDO_PIN_NEVER;
	}
	return LIDO_PIN_OK;
}

enum lido_pin_result lido_pin_create(
		struct lido_buffer *buffer, const struct lido_commit *commit, struct lido_pin **pin_out) {
	assert(lido_buffer_is_pinnable(buffer));
	struct lido_pin *pin = lido_os.calloc(1, sizeof(*pin));
	if (pin == NULL) {
		lido_quota_fail(&buffer->pool->quota, "out of memory for a pin");
		return LIDO_PIN_LATER;
	}
	enum lido_pin_result result = pin_init(pin, buffer, commit);
	if (result != LIDO_PIN_OK) {
		free(pin);
		return result;
	}
	pin->buffer = lido_buffer_lock(buffer);
	pin->losses = buffer->internal.area->losses;
	if (buffer->internal.block != NULL) {
		lido_block_add_reader(buffer->internal.block);
	}
	*pin_out = pin;
	return LIDO_PIN_OK;
}

void lido_pin_destroy(struct lido_pin *pin) {
	if (pin != NULL) {
		lido_udmabuf_finish(&pin->udmabuf);
		if (pin->buffer->internal.block != NULL) {
			lido_block_remove_reader(pin->buffer->internal.block);
		}
		lido_buffer_unlock(pin->buffer);
		free(pin);
	}
}

bool lido_pin_is_current(const struct lido_pin *pin, const struct lido_commit *commit) {
	struct lido_buffer *buffer = pin->buffer;
	return lido_buffer_map(buffer, 0, buffer->height, commit) != NULL && buffer->internal.area->losses == pin->losses;
}

int lido_pin_get_fd(const struct lido_pin *pin) {
	return pin->udmabuf.fd;
}

void lido_pin_flush(struct lido_pin *pin) {
	lido_udmabuf_flush(&pin->udmabuf);
}

bool lido_pin_is_read(const struct lido_pin *pin) {
	return !lido_os.is_writable(pin->udmabuf.fd);
}

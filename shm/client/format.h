/*
 * The formats that this library knows: those of wl_shm with one plane. And how pixels lie in memory.
 */
#ifndef LIDO_CLIENT_FORMAT_H
#define LIDO_CLIENT_FORMAT_H

#include <lido/client.h>

/* An image's place in its memory; the first row is at its start. */
struct lido_client_layout {
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t format;       // enum wl_shm_format
	uint32_t size;         // bytes, at most INT32_MAX
};

/* The bit of a format in a set of formats; 0: one that this library does not know. */
uint64_t lido_client_format_to_bit(uint32_t format);

/*
 * Lays an image out. Rows are padded to a multiple of 4 bytes, those of 2 KiB or more to one of 256. Returns
 * LIDO_CLIENT_ERROR_NONE; INVALID for a size that cannot be; UNSUPPORTED for a format that is not in the set offered.
 */
enum lido_client_error lido_client_layout_init(
		struct lido_client_layout *layout, uint64_t offered, int32_t width, int32_t height, uint32_t format);

#endif

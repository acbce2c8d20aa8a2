/*
 * The formats that this library knows, which are those of wl_shm with one plane, and the layout of pixels in memory.
 */
#ifndef LIDO_CLIENT_FORMAT_H
#define LIDO_CLIENT_FORMAT_H

#include <lido/client.h>

/* The layout of an image in its storage. */
struct lido_client_layout {
	uint32_t offset;       // bytes from the start of the storage to the first row
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t format;       // enum wl_shm_format
	uint32_t size;         // bytes, at most INT32_MAX
};

/* Returns the bit of a format in a set of formats; 0 if this library does not know the format. */
uint64_t lido_client_format_to_bit(uint32_t format);

/*
 * The multiple of which wide rows are, unless the server tells another one, and what it may tell. Bytes, powers of two.
 */
#define LIDO_CLIENT_ROW_ALIGN_DEFAULT 256
#define LIDO_CLIENT_ROW_ALIGN_MIN 4
#define LIDO_CLIENT_ROW_ALIGN_MAX 4096

/*
 * Computes the size of a layout whose other fields are set, and the stride where that is 0: rows are then padded to a
 * multiple of 4 bytes, or of row_align where that is an eighth of a row or less; for pixels of 3 bytes, to multiples of
 * three times as much. offered: a set of formats. Returns LIDO_CLIENT_ERROR_NONE; UNSUPPORTED if the format is not
 * offered; INVALID if the width or height is below 1, or the image has more than INT32_MAX bytes; STRIDE if the stride
 * is less than a row, or no multiple of a pixel. Where it fails, nothing is set.
 */
enum lido_client_error lido_client_layout_compute(
		struct lido_client_layout *layout, uint64_t offered, uint32_t row_align);

#endif

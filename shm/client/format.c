#include "format.h"

#include "rounding.h"

#include <wayland-client-protocol.h>

// GPUs import in place only rows that start at multiples of 256 bytes, or of what the server tells. In small images
// that padding would waste much memory for no gain; where a row has this many times as much, it adds an eighth at most.
#define WIDE_ROW_MULTIPLE 8
#define ROW_ALIGN 4

// Servers also require a stride of whole pixels. A pixel of three bytes is the only one that fits into no power of two.
#define ODD_TEXEL_BLOCK_SIZE 3

struct format {
	uint32_t format;           // enum wl_shm_format
	uint8_t texel_block_size;  // bytes
	uint8_t texel_block_width; // pixels in these bytes
};

// The formatter would put each on a line of its own.
// clang-format off
static const struct format formats[] = {
	{WL_SHM_FORMAT_ARGB8888, 4, 1}, {WL_SHM_FORMAT_XRGB8888, 4, 1},
	{WL_SHM_FORMAT_ABGR8888, 4, 1}, {WL_SHM_FORMAT_XBGR8888, 4, 1},
	{WL_SHM_FORMAT_RGBA8888, 4, 1}, {WL_SHM_FORMAT_RGBX8888, 4, 1},
	{WL_SHM_FORMAT_BGRA8888, 4, 1}, {WL_SHM_FORMAT_BGRX8888, 4, 1},
	{WL_SHM_FORMAT_ARGB2101010, 4, 1}, {WL_SHM_FORMAT_XRGB2101010, 4, 1},
	{WL_SHM_FORMAT_ABGR2101010, 4, 1}, {WL_SHM_FORMAT_XBGR2101010, 4, 1},
	{WL_SHM_FORMAT_RGBA1010102, 4, 1}, {WL_SHM_FORMAT_RGBX1010102, 4, 1},
	{WL_SHM_FORMAT_BGRA1010102, 4, 1}, {WL_SHM_FORMAT_BGRX1010102, 4, 1},
	{WL_SHM_FORMAT_ARGB16161616, 8, 1}, {WL_SHM_FORMAT_XRGB16161616, 8, 1},
	{WL_SHM_FORMAT_ABGR16161616, 8, 1}, {WL_SHM_FORMAT_XBGR16161616, 8, 1},
	{WL_SHM_FORMAT_ARGB16161616F, 8, 1}, {WL_SHM_FORMAT_XRGB16161616F, 8, 1},
	{WL_SHM_FORMAT_ABGR16161616F, 8, 1}, {WL_SHM_FORMAT_XBGR16161616F, 8, 1},
	{WL_SHM_FORMAT_RGB888, 3, 1}, {WL_SHM_FORMAT_BGR888, 3, 1},
	{WL_SHM_FORMAT_RGB565, 2, 1}, {WL_SHM_FORMAT_BGR565, 2, 1},
	{WL_SHM_FORMAT_ARGB4444, 2, 1}, {WL_SHM_FORMAT_XRGB4444, 2, 1},
	{WL_SHM_FORMAT_ABGR4444, 2, 1}, {WL_SHM_FORMAT_XBGR4444, 2, 1},
	{WL_SHM_FORMAT_RGBA4444, 2, 1}, {WL_SHM_FORMAT_RGBX4444, 2, 1},
	{WL_SHM_FORMAT_BGRA4444, 2, 1}, {WL_SHM_FORMAT_BGRX4444, 2, 1},
	{WL_SHM_FORMAT_ARGB1555, 2, 1}, {WL_SHM_FORMAT_XRGB1555, 2, 1},
	{WL_SHM_FORMAT_ABGR1555, 2, 1}, {WL_SHM_FORMAT_XBGR1555, 2, 1},
	{WL_SHM_FORMAT_RGBA5551, 2, 1}, {WL_SHM_FORMAT_RGBX5551, 2, 1},
	{WL_SHM_FORMAT_BGRA5551, 2, 1}, {WL_SHM_FORMAT_BGRX5551, 2, 1},
	{WL_SHM_FORMAT_RGB332, 1, 1}, {WL_SHM_FORMAT_BGR233, 1, 1},
	{WL_SHM_FORMAT_R8, 1, 1}, {WL_SHM_FORMAT_R16, 2, 1},
	{WL_SHM_FORMAT_RG88, 2, 1}, {WL_SHM_FORMAT_GR88, 2, 1},
	{WL_SHM_FORMAT_RG1616, 4, 1}, {WL_SHM_FORMAT_GR1616, 4, 1},
	{WL_SHM_FORMAT_YUYV, 4, 2}, {WL_SHM_FORMAT_YVYU, 4, 2},
	{WL_SHM_FORMAT_UYVY, 4, 2}, {WL_SHM_FORMAT_VYUY, 4, 2},
};
// clang-format on

#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))
_Static_assert(FORMATS_LEN <= 64, "a set of formats has 64 bits");

uint64_t lido_client_format_to_bit(uint32_t format) {
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (formats[i].format == format) {
			return UINT64_C(1) << i;
		}
	}
	return 0;
}

static int64_t choose_stride(const struct format *format, int64_t row_size, uint32_t row_align) {
	int64_t factor = format->texel_block_size == ODD_TEXEL_BLOCK_SIZE ? ODD_TEXEL_BLOCK_SIZE : 1;
	int64_t wide = row_align * factor;
	return round_up(row_size, row_size < wide * WIDE_ROW_MULTIPLE ? ROW_ALIGN * factor : wide);
}

enum lido_client_error lido_client_layout_compute(
		struct lido_client_layout *layout, uint64_t offered, uint32_t row_align) {
	uint64_t bit = lido_client_format_to_bit(layout->format) & offered;
	if (bit == 0) {
		return LIDO_CLIENT_ERROR_UNSUPPORTED;
	}
	if (layout->width < 1 || layout->height < 1) {
		return LIDO_CLIENT_ERROR_INVALID;
	}
	const struct format *known = &formats[__builtin_ctzll(bit)];
	int64_t row_size =
			round_up(layout->width, known->texel_block_width) / known->texel_block_width * known->texel_block_size;
	int64_t stride = layout->stride != 0 ? layout->stride : choose_stride(known, row_size, row_align);
	if (stride < row_size || stride % known->texel_block_size != 0) {
		return LIDO_CLIENT_ERROR_STRIDE;
	}
	if (stride > INT32_MAX / layout->height) {
		return LIDO_CLIENT_ERROR_INVALID;
	}
	layout->stride = (int32_t)stride;
	layout->size = (uint32_t)(stride * layout->height);
	return LIDO_CLIENT_ERROR_NONE;
}

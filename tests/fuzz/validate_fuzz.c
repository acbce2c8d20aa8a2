/*
 * The validation of shm/base/validate.c. Belief: its results equal those of unbounded arithmetic, here of wide numbers
 * with a separate table of formats. A refused request gets the right code, and a text that names the problem and is not
 * truncated.
 */
#include "base/validate.h"
#include "input.h"
#include "lido-shm-v1-protocol.h"
#include "runner.h"
#include "wide.h"
#include <drm_fourcc.h>
#include <string.h>
#include <wayland-server-protocol.h>

// A plane: bits per sample, and pixels of the image per sample across and down.
struct plane {
	int bits, across, down;
};

struct layout {
	int planes_len;
	struct plane planes[3];
	int pixel_size; // bytes of a texel block of the first plane; strides are a multiple of it
	int pair;       // pixels of a texel block
};

static struct layout get_planes(int planes_len, int across, int down) {
	struct layout layout = {.planes_len = planes_len, .planes = {{8, 1, 1}}, .pixel_size = 1, .pair = 1};
	for (int i = 1; i < planes_len; i++) {
		layout.planes[i] = (struct plane){planes_len == 2 ? 16 : 8, across, down};
	}
	return layout;
}

static int get_bits(uint32_t drm) {
	// A fourcc that ends in two digits names its bits, without padding: "XR24" has 32 bits, "RG24" has 24.
	switch (drm) {
	case DRM_FORMAT_R8:
		return 8;
	case DRM_FORMAT_GR88:
	case DRM_FORMAT_YUYV:
	case DRM_FORMAT_YVYU:
	case DRM_FORMAT_UYVY:
	case DRM_FORMAT_VYUY:
		return 16;
	case DRM_FORMAT_RGB888:
	case DRM_FORMAT_BGR888:
		return 24;
	case DRM_FORMAT_RGB565:
	case DRM_FORMAT_BGR565:
		return 16;
	}
	switch (drm >> 16) {
	case '1' | '2' << 8: // 4444
	case '1' | '5' << 8: // 1555, 5551
		return 16;
	case '2' | '4' << 8: // 8888
	case '3' | '0' << 8: // 2101010
		return 32;
	case '4' | '8' << 8: // 16161616
	case '4' | 'H' << 8: // 16161616F
		return 64;
	}
	fail("the test knows no bits per pixel of format 0x%x", drm);
}

static struct layout get_layout(uint32_t drm) {
	switch (drm) {
	case DRM_FORMAT_NV12:
	case DRM_FORMAT_NV21:
		return get_planes(2, 2, 2);
	case DRM_FORMAT_NV16:
	case DRM_FORMAT_NV61:
		return get_planes(2, 2, 1);
	case DRM_FORMAT_YUV420:
	case DRM_FORMAT_YVU420:
		return get_planes(3, 2, 2);
	case DRM_FORMAT_YUV422:
	case DRM_FORMAT_YVU422:
		return get_planes(3, 2, 1);
	case DRM_FORMAT_YUV444:
	case DRM_FORMAT_YVU444:
		return get_planes(3, 1, 1);
	}
	int bits = get_bits(drm);
	bool is_pair = drm == DRM_FORMAT_YUYV || drm == DRM_FORMAT_YVYU || drm == DRM_FORMAT_UYVY || drm == DRM_FORMAT_VYUY;
	int pair = is_pair ? 2 : 1;
	return (struct layout){.planes_len = 1, .planes = {{bits, 1, 1}}, .pixel_size = bits * pair / 8, .pair = pair};
}

static wide_int divide_up(wide_int value, wide_int by) {
	wide_int quotient = value / by;
	return quotient * by < value ? quotient + 1 : quotient;
}

// Does the request describe an image? If so, *end receives the offset of its end.
static bool is_image(const struct lido_buffer_request *request, const struct layout *layout, wide_int *end) {
	if (request->offset < 0 || request->width <= 0 || request->height <= 0 || request->stride <= 0 ||
			request->stride % layout->pixel_size != 0) {
		return false;
	}
	wide_int sum = request->offset;
	for (int i = 0; i < layout->planes_len; i++) {
		const struct plane *plane = &layout->planes[i];
		// Texel blocks are complete.
		wide_int width = divide_up(divide_up(request->width, plane->across), layout->pair) * layout->pair;
		wide_int stride =
				divide_up((wide_int)request->stride * plane->bits, (wide_int)layout->planes[0].bits * plane->across);
		if (stride * 8 < width * plane->bits) {
			return false;
		}
		sum += stride * divide_up(request->height, plane->down);
	}
	*end = sum;
	return true;
}

static void expect_text(const struct lido_validation_error *error, const char *part) {
	expect_int(strnlen(error->text, sizeof(error->text)), <, sizeof(error->text) - 1);
	expect_contains(error->text, part);
}

// Returns a format of the table, and sometimes any other number.
static uint32_t take_format(struct input *input) {
	static const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_RGB888, DRM_FORMAT_BGR888,
		DRM_FORMAT_RGB565, DRM_FORMAT_RGBA4444, DRM_FORMAT_XBGR1555, DRM_FORMAT_RGBA5551, DRM_FORMAT_XBGR2101010,
		DRM_FORMAT_RGBX1010102, DRM_FORMAT_ABGR16161616, DRM_FORMAT_XRGB16161616F, DRM_FORMAT_R8, DRM_FORMAT_GR88,
		DRM_FORMAT_YUYV, DRM_FORMAT_YVYU, DRM_FORMAT_UYVY, DRM_FORMAT_VYUY, DRM_FORMAT_NV12, DRM_FORMAT_NV21,
		DRM_FORMAT_NV16, DRM_FORMAT_NV61, DRM_FORMAT_YUV420, DRM_FORMAT_YVU420, DRM_FORMAT_YUV422, DRM_FORMAT_YVU422,
		DRM_FORMAT_YUV444, DRM_FORMAT_YVU444};
	uint32_t choice = input_take_byte(input);
	return choice < 250 ? formats[choice % (sizeof(formats) / sizeof(formats[0]))] : input_take_word(input);
}

static void fuzz_buffer(struct input *input) {
	const struct lido_format *format = lido_format_from_drm(take_format(input));
	struct lido_buffer_request request = {
		.offset = (int32_t)input_take_number(input),
		.width = (int32_t)input_take_number(input),
		.height = (int32_t)input_take_number(input),
		.stride = (int32_t)input_take_number(input),
		.shm_format = format != NULL ? lido_format_drm_to_shm(format->drm) : input_take_word(input),
	};
	bool is_block = input_take_byte(input) % 2 == 1;
	int64_t place_size = is_block ? (int64_t)input_take_number(input) : (int32_t)(input_take_number(input) & INT32_MAX);
	struct lido_validation_error error = {.code = UINT32_MAX};
	wide_int end = 0;
	struct layout layout = {0};
	if (format != NULL) {
		layout = get_layout(format->drm);
		if (input_take_byte(input) % 2 == 1 && is_image(&request, &layout, &end)) {
			// The edge: the image fits exactly, or the place is a byte too small.
			wide_int edge = end - input_take_byte(input) % 2;
			place_size = edge <= UINT32_MAX ? (int64_t)edge : place_size;
		}
	}
	int64_t size = -1;
	bool is_right = lido_validate_buffer(&request, format, is_block ? "block" : "pool", place_size, &size, &error);
	if (format == NULL) {
		expect(!is_right);
		expect_int(error.code, ==, WL_SHM_ERROR_INVALID_FORMAT);
		expect_text(&error, "invalid format");
		return;
	}
	bool is_right_image = is_image(&request, &layout, &end);
	expect_int(is_right, ==, is_right_image && end <= (wide_int)place_size);
	if (is_right) {
		expect_int(size, ==, (int64_t)end - request.offset);
		expect_int(size, >, 0);
		return;
	}
	expect_int(error.code, ==, WL_SHM_ERROR_INVALID_STRIDE);
	expect_text(&error, is_right_image ? (is_block ? "beyond block size" : "beyond pool size") : "invalid ");
}

static void fuzz_sizes(struct input *input) {
	int32_t size = (int32_t)input_take_number(input), old_size = (int32_t)input_take_number(input);
	struct lido_validation_error error = {.code = UINT32_MAX};
	expect_int(lido_validate_pool_size(size, &error), ==, size > 0);
	if (size <= 0) {
		expect_int(error.code, ==, WL_SHM_ERROR_INVALID_STRIDE);
		expect_text(&error, "invalid pool size");
	}
	expect_int(lido_validate_pool_resize(old_size, size, &error), ==, (int64_t)size - old_size >= 0);
	if (size < old_size) {
		expect_int(error.code, ==, WL_SHM_ERROR_INVALID_FD);
		expect_text(&error, "shrinking");
	}
	expect_int(lido_validate_block_size((uint32_t)size, &error), ==, size != 0);
	if (size == 0) {
		expect_int(error.code, ==, LIDO_SHM_BLOCK_V1_ERROR_INVALID_SIZE);
		expect_text(&error, "invalid block size 0");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct input input = {data, size};
	while (!input_is_empty(&input)) {
		fuzz_sizes(&input);
		fuzz_buffer(&input);
	}
	return 0;
}

#include "image.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <math.h>
#include <pixman.h>
#include <stdlib.h>
#include <string.h>

static const struct format {
	uint32_t drm;
	pixman_format_code_t pixman;
} formats[] = {
	{DRM_FORMAT_ARGB8888, PIXMAN_a8r8g8b8},
	{DRM_FORMAT_XRGB8888, PIXMAN_x8r8g8b8},
	{DRM_FORMAT_ABGR8888, PIXMAN_a8b8g8r8},
	{DRM_FORMAT_XBGR8888, PIXMAN_x8b8g8r8},
	{DRM_FORMAT_RGBA8888, PIXMAN_r8g8b8a8},
	{DRM_FORMAT_RGBX8888, PIXMAN_r8g8b8x8},
	{DRM_FORMAT_BGRA8888, PIXMAN_b8g8r8a8},
	{DRM_FORMAT_BGRX8888, PIXMAN_b8g8r8x8},
	{DRM_FORMAT_RGB565, PIXMAN_r5g6b5},
	{DRM_FORMAT_BGR565, PIXMAN_b5g6r5},
	{DRM_FORMAT_BGR888, PIXMAN_b8g8r8},
	{DRM_FORMAT_ARGB2101010, PIXMAN_a2r10g10b10},
	{DRM_FORMAT_XRGB2101010, PIXMAN_x2r10g10b10},
	{DRM_FORMAT_ABGR2101010, PIXMAN_a2b10g10r10},
	{DRM_FORMAT_XBGR2101010, PIXMAN_x2b10g10r10},
#if PIXMAN_VERSION >= PIXMAN_VERSION_ENCODE(0, 46, 0) // wlroots 0.20 supports it from this version on
	{DRM_FORMAT_ABGR16161616, PIXMAN_a16b16g16r16},
#endif
};

// Formats that pixman lacks and GPUs have. A pixel is a little-endian number; channels are red, green, blue, alpha.
static const struct packed_format {
	uint32_t drm;
	int bytes; // per pixel
	bool is_float;
	struct {
		int shift, bits; // 0 bits: the channel is missing
	} channels[4];
} packed_formats[] = {
	{DRM_FORMAT_RGBX4444, 2, false, {{12, 4}, {8, 4}, {4, 4}}},
	{DRM_FORMAT_RGBA4444, 2, false, {{12, 4}, {8, 4}, {4, 4}, {0, 4}}},
	{DRM_FORMAT_RGBX5551, 2, false, {{11, 5}, {6, 5}, {1, 5}}},
	{DRM_FORMAT_RGBA5551, 2, false, {{11, 5}, {6, 5}, {1, 5}, {0, 1}}},
	{DRM_FORMAT_XBGR16161616, 8, false, {{0, 16}, {16, 16}, {32, 16}}},
	{DRM_FORMAT_ABGR16161616, 8, false, {{0, 16}, {16, 16}, {32, 16}, {48, 16}}},
	{DRM_FORMAT_XBGR16161616F, 8, true, {{0, 16}, {16, 16}, {32, 16}}},
	{DRM_FORMAT_ABGR16161616F, 8, true, {{0, 16}, {16, 16}, {32, 16}, {48, 16}}},
};

static int tolerance;

void image_set_tolerance(int difference) {
	tolerance = difference;
}

static const struct packed_format *find_packed_format(uint32_t drm) {
	for (size_t i = 0; i < sizeof(packed_formats) / sizeof(packed_formats[0]); i++) {
		if (packed_formats[i].drm == drm) {
			return &packed_formats[i];
		}
	}
	return NULL;
}

// A half float without sign, infinity and NaN, which pictures do not have.
static double decode_half(uint64_t bits) {
	int exponent = (int)(bits >> 10), fraction = (int)(bits & 0x3ff);
	return exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
}

// Returns the pixel as a8r8g8b8, each channel rounded to the nearest value.
static uint32_t unpack(const struct packed_format *format, const uint8_t *pixel) {
	static const int shifts[4] = {16, 8, 0, 24};
	uint64_t number = 0;
	uint32_t unpacked = 0;
	for (int i = 0; i < format->bytes; i++) {
		number |= (uint64_t)pixel[i] << 8 * i;
	}
	for (int i = 0; i < 4; i++) {
		uint64_t max = ((uint64_t)1 << format->channels[i].bits) - 1;
		uint64_t value = number >> format->channels[i].shift & max;
		double part = max == 0 ? 1 : format->is_float ? decode_half(value) : (double)value / (double)max;
		unpacked |= (uint32_t)(part * 255 + 0.5) << shifts[i];
	}
	return unpacked;
}

static const struct format *find_format(uint32_t drm) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].drm == drm) {
			return &formats[i];
		}
	}
	return NULL;
}

void image_init(struct image *image, int32_t width, int32_t height) {
	*image = (struct image){.width = width, .height = height};
	image->pixels = calloc((size_t)width * (size_t)height, sizeof(uint32_t));
	expect(image->pixels != NULL);
}

void image_finish(struct image *image) {
	free(image->pixels);
	*image = (struct image){0};
}

bool image_knows_format(uint32_t drm, int *bytes) {
	const struct format *format = find_format(drm);
	const struct packed_format *packed = find_packed_format(drm);
	*bytes = format != NULL ? (int)PIXMAN_FORMAT_BPP(format->pixman) / 8 : packed != NULL ? packed->bytes : 0;
	return *bytes != 0;
}

void image_draw(struct image *image, int32_t x, int32_t y, uint32_t drm, const uint8_t *data, int32_t width,
		int32_t height, int32_t stride) {
	const struct format *format = find_format(drm);
	const struct packed_format *packed = find_packed_format(drm);
	if (format == NULL) {
		expect(packed != NULL);
		uint32_t *pixels = malloc((size_t)width * (size_t)height * 4);
		expect(pixels != NULL);
		for (int32_t i = 0; i < width * height; i++) {
			pixels[i] = unpack(packed, data + (int64_t)(i / width) * stride + i % width * packed->bytes);
		}
		image_draw(image, x, y, DRM_FORMAT_ARGB8888, (const uint8_t *)pixels, width, height, width * 4);
		free(pixels);
		return;
	}
	// pixman requires rows of whole 32-bit words.
	int32_t row = (stride + 3) / 4 * 4;
	uint8_t *copy = calloc((size_t)height, (size_t)row);
	expect(copy != NULL);
	for (int32_t i = 0; i < height; i++) {
		memcpy(copy + (size_t)i * (size_t)row, data + (size_t)i * (size_t)stride, (size_t)stride);
	}
	pixman_image_t *from = pixman_image_create_bits(format->pixman, width, height, (uint32_t *)(void *)copy, row);
	pixman_image_t *to =
			pixman_image_create_bits(PIXMAN_x8r8g8b8, image->width, image->height, image->pixels, image->width * 4);
	expect(from != NULL && to != NULL);
	pixman_image_composite32(PIXMAN_OP_OVER, from, NULL, to, 0, 0, 0, 0, x, y, width, height);
	pixman_image_unref(from);
	pixman_image_unref(to);
	free(copy);
}

static bool is_same(uint32_t left, uint32_t right) {
	for (int shift = 0; shift < 24; shift += 8) {
		if (abs((int)(left >> shift & 0xff) - (int)(right >> shift & 0xff)) > tolerance) {
			return false;
		}
	}
	return true;
}

size_t image_count_differences(const struct image *left, const struct image *right) {
	expect(left->width == right->width && left->height == right->height);
	size_t count = 0;
	for (size_t i = 0; i < (size_t)left->width * (size_t)left->height; i++) {
		count += !is_same(left->pixels[i], right->pixels[i]);
	}
	return count;
}

void image_expect_at(
		const char *file, int line, const struct image *got, const struct image *wanted, const char *what) {
	size_t differences = image_count_differences(got, wanted);
	if (differences == 0) {
		return;
	}
	int32_t i = 0;
	while (is_same(got->pixels[i], wanted->pixels[i])) {
		i++;
	}
	expect_failed(file, line, "%s: %zu of %d pixels differ; at %d,%d: expected 0x%06x, got 0x%06x", what, differences,
			got->width * got->height, i % got->width, i / got->width, wanted->pixels[i] & 0xffffff,
			got->pixels[i] & 0xffffff);
}

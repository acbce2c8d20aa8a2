/*
 * Rules that wl_shm_pool.create_buffer and lido_shm_block_v1.create_buffer share, for a pool or a block of SIZE bytes.
 * Include once for each request, after defining REQUEST, REFUSED, FITS, CREATE, SIZE, INVALID_STRIDE_CLAUSE,
 * FORMAT_CLAUSE, GEOMETRY_CLAUSE, STRIDE_CLAUSE and expect_stride_refused(), which tries an 8x8 buffer in a new client.
 */
#define ARGB WL_SHM_FORMAT_ARGB8888

// message of Lido, offset, width, height, stride, format
REFUSED("negative-offset-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "offset -1", -1, 8, 8, 32, ARGB)
REFUSED("least-offset-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "offset -2147483648", INT32_MIN, 8, 8,
		32, ARGB)
REFUSED("width-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "0x8", 0, 0, 8, 32, ARGB)
REFUSED("height-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "8x0", 0, 8, 0, 32, ARGB)
REFUSED("negative-width-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "-8x8", 0, -8, 8, 32, ARGB)
REFUSED("negative-height-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "8x-2147483648", 0, 8, INT32_MIN, 32,
		ARGB)
REFUSED("stride-below-a-row-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "stride 28", 0, 8, 8, 28, ARGB)
REFUSED("stride-counted-in-pixels-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "stride 8", 0, 8, 8, 8,
		ARGB)
REFUSED("stride-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "stride 0", 0, 8, 8, 0, ARGB)
REFUSED("negative-stride-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "stride -32", 0, 8, 8, -32, ARGB)
REFUSED("row-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "4294967296", 0, 1 << 30,
		1, 4, ARGB)
REFUSED("end-one-byte-beyond-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "65537", 1, 128, 128, 512, ARGB)
REFUSED("end-one-row-beyond-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "66048", 0, 128, 129, 512, ARGB)
REFUSED("start-at-the-end-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "65540", SIZE, 1, 1, 4, ARGB)
REFUSED("size-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "4294967296", 0, 1,
		1 << 16, 1 << 16, ARGB)
REFUSED("end-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "offset 2147483584",
		INT32_MAX - 63, 1, 1 << 15, 1 << 16, ARGB)
REFUSED("most-of-everything-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "height 2147483647", INT32_MAX, 1,
		INT32_MAX, INT32_MAX - 3, ARGB)
REFUSED("stride-of-broken-pixels-is-refused", INVALID_STRIDE_CLAUSE, "no renderer can draw parts of pixels",
		INVALID_STRIDE, "multiple", 0, 8, 8, 33, ARGB)
REFUSED("format-that-nobody-knows-is-refused", FORMAT_CLAUSE, NULL, INVALID_FORMAT, "0xffffffff", 0, 8, 8, 32,
		UINT32_MAX)
REFUSED("drm-code-of-argb8888-is-refused", FORMAT_CLAUSE, NULL, INVALID_FORMAT, "0x34325241", 0, 8, 8, 32, 0x34325241)
REFUSED("least-width-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "-2147483648x8", 0, INT32_MIN, 8, 32,
		ARGB)
REFUSED("row-of-the-largest-width-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "stride 2147483644", 0,
		INT32_MAX, 1, INT32_MAX - 3, ARGB)
REFUSED("end-of-padded-rows-beyond-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "65664", 128, 127, 128,
		512, ARGB)
REFUSED("largest-offset-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, "offset 2147483647", INT32_MAX, 1, 1,
		4, ARGB)
REFUSED("format-2-is-refused", FORMAT_CLAUSE, NULL, INVALID_FORMAT, "0x2", 0, 8, 8, 32, 2)
REFUSED("format-that-nobody-knows-matters-before-the-rest", FORMAT_CLAUSE,
		"without a format, it is unknown which numbers describe an image", INVALID_FORMAT, "0xffffffff", -1, -1, -1, -1,
		UINT32_MAX)

FITS("one-pixel-at-the-start", GEOMETRY_CLAUSE, NULL, 0, 1, 1, 4, ARGB)
FITS("one-pixel-at-the-end", GEOMETRY_CLAUSE, NULL, SIZE - 4, 1, 1, 4, ARGB)
FITS("offset-that-is-no-multiple-of-a-page", GEOMETRY_CLAUSE, NULL, 100, 8, 8, 32, ARGB)
FITS("offset-that-is-no-multiple-of-a-pixel", GEOMETRY_CLAUSE, "the description requires no alignment", 3, 1, 1, 4,
		ARGB)
FITS("padded-stride", STRIDE_CLAUSE, NULL, 0, 7, 8, 256, ARGB)
FITS("stride-of-a-row-alone", STRIDE_CLAUSE, NULL, 0, 7, 9, 28, ARGB)

// Calls try_format for each offered format with a known number of bytes per pixel.
static void for_each_format(
		struct actor *actor, void (*try_format)(struct actor *actor, uint32_t format, int32_t bytes)) {
	const uint32_t *format;
	wl_array_for_each(format, &actor->client->formats) {
		uint32_t drm = *format == WL_SHM_FORMAT_ARGB8888   ? 0x34325241
					   : *format == WL_SHM_FORMAT_XRGB8888 ? 0x34325258
														   : *format;
		int bytes;
		if (image_knows_format(drm, &bytes)) {
			printf("format 0x%x\n", *format);
			try_format(actor, *format, bytes);
		}
	}
}

static void try_stride_below_a_row(struct actor *actor, uint32_t format, int32_t bytes) {
	expect_stride_refused(actor, 7 * bytes, format);
}

static void try_stride_of_broken_pixels(struct actor *actor, uint32_t format, int32_t bytes) {
	expect_stride_refused(actor, 8 * bytes + 1, format);
}

static void try_odd_width(struct actor *actor, uint32_t format, int32_t bytes) {
	CREATE(actor, 0, 7, 8, 7 * bytes, format);
	client_roundtrip(actor->client);
}

RULE(REQUEST "@stride-below-a-row-is-refused-in-every-offered-format", .clause = INVALID_STRIDE_CLAUSE,
		.expected = {ACCEPTED}) {
	for_each_format(actor, try_stride_below_a_row);
}

RULE(REQUEST "@stride-of-broken-pixels-is-refused-in-every-offered-format", .clause = INVALID_STRIDE_CLAUSE,
		.silent = "no renderer can draw parts of pixels", .expected = {ACCEPTED}) {
	for_each_format(actor, try_stride_of_broken_pixels);
}

RULE(REQUEST "@stride-of-an-odd-row-alone-in-every-offered-format", .clause = STRIDE_CLAUSE, .expected = {ACCEPTED}) {
	for_each_format(actor, try_odd_width);
}

/*
 * Rules that wl_shm_pool.create_buffer and lido_shm_block_v1.create_buffer share, for a pool or a block of SIZE bytes.
 * Include once for each request, after defining REFUSED, FITS, SIZE, INVALID_STRIDE_CLAUSE, FORMAT_CLAUSE,
 * GEOMETRY_CLAUSE and STRIDE_CLAUSE.
 */
#define ARGB WL_SHM_FORMAT_ARGB8888

// offset, width, height, stride, format
REFUSED("negative-offset-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, -1, 8, 8, 32, ARGB)
REFUSED("least-offset-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, INT32_MIN, 8, 8, 32, ARGB)
REFUSED("width-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 0, 8, 32, ARGB)
REFUSED("height-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, 0, 32, ARGB)
REFUSED("negative-width-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, -8, 8, 32, ARGB)
REFUSED("negative-height-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, INT32_MIN, 32, ARGB)
REFUSED("stride-below-a-row-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, 8, 28, ARGB)
REFUSED("stride-counted-in-pixels-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, 8, 8, ARGB)
REFUSED("stride-of-0-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, 8, 0, ARGB)
REFUSED("negative-stride-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 8, 8, -32, ARGB)
REFUSED("row-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 1 << 30, 1, 4, ARGB)
REFUSED("end-one-byte-beyond-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 1, 128, 128, 512, ARGB)
REFUSED("end-one-row-beyond-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 128, 129, 512, ARGB)
REFUSED("start-at-the-end-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, SIZE, 1, 1, 4, ARGB)
REFUSED("size-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, 0, 1, 1 << 16, 1 << 16,
		ARGB)
REFUSED("end-that-overflows-32-bits-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, INT32_MAX - 63, 1,
		1 << 15, 1 << 16, ARGB)
REFUSED("most-of-everything-is-refused", INVALID_STRIDE_CLAUSE, NULL, INVALID_STRIDE, INT32_MAX, 1, INT32_MAX,
		INT32_MAX - 3, ARGB)
REFUSED("stride-of-broken-pixels-is-refused", INVALID_STRIDE_CLAUSE, "no renderer can draw parts of pixels",
		INVALID_STRIDE, 0, 8, 8, 33, ARGB)
REFUSED("format-that-nobody-knows-is-refused", FORMAT_CLAUSE, NULL, INVALID_FORMAT, 0, 8, 8, 32, UINT32_MAX)
REFUSED("drm-code-of-argb8888-is-refused", FORMAT_CLAUSE, NULL, INVALID_FORMAT, 0, 8, 8, 32, 0x34325241)

FITS("one-pixel-at-the-start", GEOMETRY_CLAUSE, NULL, 0, 1, 1, 4, ARGB)
FITS("one-pixel-at-the-end", GEOMETRY_CLAUSE, NULL, SIZE - 4, 1, 1, 4, ARGB)
FITS("offset-that-is-no-multiple-of-a-page", GEOMETRY_CLAUSE, NULL, 100, 8, 8, 32, ARGB)
FITS("offset-that-is-no-multiple-of-a-pixel", GEOMETRY_CLAUSE, "the description requires no alignment", 3, 1, 1, 4,
		ARGB)
FITS("padded-stride", STRIDE_CLAUSE, NULL, 0, 7, 8, 256, ARGB)
FITS("stride-of-a-row-alone", STRIDE_CLAUSE, NULL, 0, 7, 9, 28, ARGB)

#include "calls.h"
#include "toolkit.h"
#include <lido/limits.h>
#include <sys/mman.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define MANY 500
#define SIZE 32                  // of small images, pixels
#define IMAGE (SIZE * SIZE * 4)  // bytes
#define SHEET 100                // of an atlas, pixels
#define SHEET_STRIDE (SHEET * 4) // bytes

static struct lido_client_block *create(struct lido_client *client, uint32_t size) {
	struct lido_client_block *block = lido_client_block_create(client, size);
	expect(block != NULL);
	return block;
}

// Places an image of SIZE x SIZE as number index in a block.
static struct lido_image *place(struct lido_client_block *block, uint32_t index) {
	struct lido_image *image = lido_client_block_create_image(block, index * IMAGE, SIZE, SIZE, SIZE * 4, XRGB);
	expect(image != NULL);
	return image;
}

static void expect_shown(struct toolkit_pair *pair, struct lido_image *image, uint32_t sum) {
	struct surfaces_commit commit;
	expect(toolkit_commit(&pair->toolkit, image));
	remote_receive(&pair->remote, &commit);
	expect_int(commit.width, ==, lido_image_get_width(image));
	expect_int(commit.height, ==, lido_image_get_height(image));
	expect_int(commit.stride, ==, lido_image_get_stride(image));
	expect_int(commit.sum, ==, sum);
}

TEST_EACH_BACKEND("client_block@has-images-where-the-program-places-them") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, &(struct remote_options){.reports = true}, backend);
	struct lido_client_block *block = create(client, 100000);
	struct lido_image *images[] = {
		lido_client_block_create_image(block, 0, 10, 10, 40, XRGB),
		lido_client_block_create_image(block, 400, 37, 21, 160, XRGB),
		lido_client_block_create_image(block, 5004, 1, 1, 4, WL_SHM_FORMAT_ARGB8888),
		lido_client_block_create_image(block, 99600, 100, 1, 0, XRGB),
	};
	static const ptrdiff_t offsets[] = {0, 400, 5004, 99600};
	uint32_t sums[4];
	for (uint32_t i = 0; i < 4; i++) {
		expect(images[i] != NULL);
		sums[i] = toolkit_draw(images[i], i);
	}
	const uint8_t *first = lido_image_get_pixels(images[0]);
	for (int i = 0; i < 4; i++) {
		expect_int((const uint8_t *)lido_image_get_pixels(images[i]) - first, ==, offsets[i]);
		expect_shown(&pair, images[i], sums[i]);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@is-one-file-and-one-round-trip-however-many-images-it-has") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	uint32_t before = toolkit_get_stats(&pair.toolkit).round_trips, sums[MANY];
	struct lido_client_block *block = create(client, MANY * IMAGE);
	struct lido_image *images[MANY];
	for (uint32_t i = 0; i < MANY; i++) {
		images[i] = place(block, i);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		sums[i] = toolkit_draw(images[i], i);
	}
	struct lido_client_stats stats = toolkit_get_stats(&pair.toolkit);
	expect_int(stats.round_trips - before, ==, backend == LIDO_CLIENT_BACKEND_POOL ? 1 : 0);
	expect_int(stats.images, ==, MANY);
	expect_int(stats.areas, ==, 1);
	expect_int(stats.mappings, ==, 1);
	expect_int(stats.bytes_images, ==, MANY * IMAGE);
	for (int i = 0; i < MANY; i++) {
		expect_int(surfaces_sum(lido_image_get_pixels(images[i]), SIZE, SIZE, SIZE * 4), ==, sums[i]);
		lido_image_destroy(images[i]);
	}
	expect_int(toolkit_get_stats(&pair.toolkit).bytes_images, ==, 0);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@may-be-an-atlas-of-which-images-show-parts") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, &(struct remote_options){.reports = true}, backend);
	// The last row of each part takes a whole stride.
	struct lido_client_block *block = create(client, (SHEET + 1) * SHEET_STRIDE);
	struct lido_image *sheet = lido_client_block_create_image(block, 0, SHEET, SHEET, SHEET_STRIDE, XRGB);
	expect(sheet != NULL);
	toolkit_draw(sheet, 1);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t offset = i / 2 * 50 * SHEET_STRIDE + i % 2 * 50 * 4;
		struct lido_image *part = lido_client_block_create_image(block, offset, 50, 50, SHEET_STRIDE, XRGB);
		expect(part != NULL);
		const uint8_t *pixels = (const uint8_t *)lido_image_get_pixels(sheet) + offset;
		expect(lido_image_get_pixels(part) == pixels);
		expect_shown(&pair, part, surfaces_sum(pixels, 50, 50, SHEET_STRIDE));
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@ends-where-its-last-image-ends") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_client_block *block = create(client, 4000);
	struct lido_image *last = lido_client_block_create_image(block, 3600, 10, 10, 40, XRGB);
	expect(last != NULL && lido_image_get_buffer(last) != NULL);
	static const struct {
		uint32_t offset;
		int32_t width, height, stride;
	} images[] = {
		{3601, 10, 10, 40},
		{3640, 10, 10, 40},
		{4000, 1, 1, 4},
		{2800, 10, 3, 404},
		{0, 1, 1001, 4},
		{INT32_MAX, 1, 1, 4},
		{UINT32_MAX, 1, 1, 4},
		{UINT32_MAX - 3, 1, 1, 4},
		{UINT32_MAX, 10000, 50000, 40000},
	};
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		expect(lido_client_block_create_image(
					   block, images[i].offset, images[i].width, images[i].height, images[i].stride, XRGB) == NULL);
		expect_client_error(client, RANGE);
	}
	expect(lido_client_block_create_image(block, 0, 0, 1, 4, XRGB) == NULL);
	expect_client_error(client, INVALID);
	expect(lido_client_block_create_image(block, 0, 2, 2, 4, XRGB) == NULL);
	expect_client_error(client, STRIDE);
	expect(lido_client_block_create_image(block, 0, 1, 1, 4, 12345) == NULL);
	expect_client_error(client, UNSUPPORTED);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@impossible-size-is-invalid") {
	static const uint32_t sizes[] = {0, (uint32_t)INT32_MAX + 1, UINT32_MAX};
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect(lido_client_block_create(client, sizes[i]) == NULL);
		expect_client_error(client, INVALID);
	}
	struct lido_image *image = lido_client_block_create_image(create(client, 1), 0, 1, 1, 1, WL_SHM_FORMAT_R8);
	expect(image != NULL && lido_image_get_buffer(image) != NULL);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@may-be-destroyed-before-its-images") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, &(struct remote_options){.reports = true}, backend);
	struct lido_client_block *block = create(client, 2 * IMAGE);
	struct lido_image *first = place(block, 0), *second = place(block, 1);
	lido_client_block_destroy(block);
	uint32_t sum = toolkit_draw(second, 7);
	lido_image_destroy(first);
	expect_shown(&pair, second, sum);
	lido_image_destroy(second);
	expect_int(toolkit_get_stats(&pair.toolkit).images, ==, 0);
	if (backend == LIDO_CLIENT_BACKEND_WL_SHM) {
		expect_int(toolkit_get_stats(&pair.toolkit).areas, ==, 0);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@that-remains-goes-with-the-client") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	create(client, 1);
	toolkit_draw(place(create(client, IMAGE), 0), 1);
	lido_client_block_destroy(create(client, 5000));
	lido_client_block_destroy(NULL);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@images-are-busy-each-by-itself") {
	struct toolkit_pair pair;
	struct lido_client *client =
			toolkit_pair_init(&pair, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED}, backend);
	struct lido_client_block *block = create(client, 2 * IMAGE);
	struct lido_image *first = place(block, 0), *second = place(block, 1);
	expect(toolkit_commit(&pair.toolkit, first));
	expect(lido_image_is_busy(first) && !lido_image_is_busy(second));
	expect(toolkit_commit(&pair.toolkit, second));
	toolkit_settle(&pair.toolkit);
	expect(!lido_image_is_busy(first) && lido_image_is_busy(second));
	toolkit_pair_finish(&pair);
}

TEST("client_block@counts-as-one-block-for-the-limit") {
	struct lido_limits limits = lido_limits_default();
	limits.blocks_max = 1;
	struct toolkit_pair pair;
	struct lido_client *client =
			toolkit_pair_init(&pair, &(struct remote_options){.limits = &limits}, LIDO_CLIENT_BACKEND_POOL);
	struct lido_client_block *block = create(client, 10 * IMAGE);
	struct lido_image *images[10];
	for (uint32_t i = 0; i < 10; i++) {
		images[i] = place(block, i);
		toolkit_draw(images[i], i);
	}
	expect(lido_client_block_create(client, 1) == NULL);
	expect_client_error(client, LIMIT);
	// The images keep the memory.
	lido_client_block_destroy(block);
	expect(lido_client_block_create(client, 1) == NULL);
	for (int i = 0; i < 10; i++) {
		lido_image_destroy(images[i]);
	}
	toolkit_draw(place(create(client, IMAGE), 0), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_block@without-memory-has-images-without-memory") {
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 20;
	struct toolkit_pair pair;
	struct lido_client *client =
			toolkit_pair_init(&pair, &(struct remote_options){.limits = &limits}, LIDO_CLIENT_BACKEND_POOL);
	struct lido_client_block *block = create(client, 2 << 20);
	struct lido_image *images[] = {place(block, 0), place(block, 1)};
	expect(!lido_image_is_ready(images[0]) && !lido_image_is_ready(images[1]));
	for (int i = 0; i < 2; i++) {
		expect(!lido_image_wait(images[i]));
		expect_client_error(client, LIMIT);
		expect(lido_image_is_ready(images[1]));
		expect(lido_image_get_pixels(images[i]) == NULL);
		expect(lido_image_get_buffer(images[i]) == NULL);
	}
	toolkit_draw(place(create(client, IMAGE), 0), 1);
	toolkit_pair_finish(&pair);
}

static bool is_present(uint8_t *address) {
	unsigned char page;
	expect_int(mincore(address, 1, &page), ==, 0);
	return (page & 1) != 0;
}

TEST_EACH_BACKEND("client_block@has-memory-only-where-images-are-drawn") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_client_block *block = create(client, 64 << 20);
	const uint32_t offsets[] = {0, 32 << 20, 48 << 20};
	uint8_t *pixels[3];
	calls_start(0);
	for (int i = 0; i < 3; i++) {
		struct lido_image *image = lido_client_block_create_image(block, offsets[i], 256, 256, 1024, XRGB);
		expect(image != NULL);
		pixels[i] = lido_image_get_pixels(image);
		expect(pixels[i] != NULL);
		expect_int(calls_get_count(CALL_MADVISE), ==, i + 1);
	}
	calls_stop();
	for (int i = 0; i < 3; i++) {
		expect(is_present(pixels[i]) && !is_present(pixels[i] + (8 << 20)));
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_block@large-image-is-populated-once") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_client_block *block = create(client, 2 << 20);
	struct lido_image *image = lido_client_block_create_image(block, 1 << 20, 256, 256, 1024, XRGB);
	expect(image != NULL);
	uint8_t *pixels = lido_image_get_pixels(image);
	expect(pixels != NULL && is_present(pixels));
	expect_int(madvise(pixels, 256 * 1024, MADV_REMOVE), ==, 0);
	expect(lido_image_get_pixels(image) == pixels);
	expect(!is_present(pixels));
	toolkit_pair_finish(&pair);
}

#include "calls.h"
#include "toolkit.h"
#include <sys/mman.h>
#include <unistd.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define WIDTH 256
#define HEIGHT 256
#define PAGES (WIDTH * HEIGHT * 4 / 4096)

static void begin(struct toolkit_pair *pair, enum surfaces_release release, enum lido_client_backend backend) {
	toolkit_pair_init(pair, &(struct remote_options){.release = release, .reports = true}, backend);
}

static int count_pages(uint8_t *pixels) {
	unsigned char pages[PAGES];
	int count = 0;
	expect_int((uintptr_t)pixels % 4096, ==, 0);
	expect_int(mincore(pixels, sizeof(pages) * 4096, pages), ==, 0);
	for (int i = 0; i < PAGES; i++) {
		count += pages[i] & 1;
	}
	return count;
}

static void commit(struct toolkit_pair *pair, struct lido_image *image, uint32_t sum) {
	struct surfaces_commit received;
	expect(toolkit_commit(&pair->toolkit, image));
	remote_receive(&pair->remote, &received);
	expect_int(received.sum, ==, sum);
}

TEST_EACH_BACKEND("client_discard@returns-memory-in-the-pool-and-the-image-can-be-drawn-again") {
	struct toolkit_pair pair;
	begin(&pair, SURFACES_RELEASE_AT_ONCE, backend);
	struct lido_image *image = lido_image_create(pair.toolkit.client, WIDTH, HEIGHT, XRGB);
	for (uint32_t seed = 1; seed < 5; seed++) {
		uint8_t *pixels = lido_image_get_pixels(image);
		expect(pixels != NULL);
		commit(&pair, image, toolkit_draw(image, seed));
		toolkit_settle(&pair.toolkit);
		expect(!lido_image_is_busy(image));
		expect_int(count_pages(pixels), ==, PAGES);
		lido_image_discard(image);
		lido_image_discard(image);
		expect(lido_image_is_ready(image) == (backend == LIDO_CLIENT_BACKEND_WL_SHM));
		toolkit_settle(&pair.toolkit);
		expect(lido_image_is_ready(image));
		expect_int(count_pages(pixels), ==, backend == LIDO_CLIENT_BACKEND_POOL ? 0 : PAGES);
		expect(lido_image_get_pixels(image) == pixels);
	}
	lido_image_discard(image);
	lido_image_destroy(image);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_discard@what-is-drawn-afterwards-is-shown-without-waiting-for-anything-else") {
	struct toolkit_pair pair;
	begin(&pair, SURFACES_RELEASE_AT_ONCE, backend);
	struct lido_image *image = lido_image_create(pair.toolkit.client, WIDTH, HEIGHT, XRGB);
	expect(lido_image_wait(image));
	for (uint32_t seed = 1; seed < 50; seed++) {
		uint32_t before = toolkit_get_stats(&pair.toolkit).round_trips;
		lido_image_discard(image);
		uint32_t sum = toolkit_draw(image, seed);
		expect_int(
				toolkit_get_stats(&pair.toolkit).round_trips - before, ==, backend == LIDO_CLIENT_BACKEND_POOL ? 1 : 0);
		commit(&pair, image, sum);
		toolkit_settle(&pair.toolkit);
	}
	lido_image_destroy(image);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_discard@busy-image-and-one-without-memory-stay-as-they-are") {
	struct toolkit_pair pair;
	begin(&pair, SURFACES_RELEASE_REPLACED, backend);
	struct lido_image *image = lido_image_create(pair.toolkit.client, WIDTH, HEIGHT, XRGB);
	lido_image_discard(image);
	uint8_t *pixels = lido_image_get_pixels(image);
	expect(pixels != NULL);
	commit(&pair, image, toolkit_draw(image, 1));
	expect(lido_image_is_busy(image));
	lido_image_discard(image);
	toolkit_settle(&pair.toolkit);
	expect_int(count_pages(pixels), ==, PAGES);
	lido_image_destroy(image);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_discard@images-of-a-swapchain-have-no-age-and-those-of-a-block-leave-the-others") {
	struct toolkit_pair pair;
	begin(&pair, SURFACES_RELEASE_AT_ONCE, backend);
	struct lido_swapchain *swapchain = lido_swapchain_create(pair.toolkit.client);
	expect(swapchain != NULL);
	for (uint32_t i = 0; i < 4; i++) {
		struct lido_image *image = lido_swapchain_acquire(swapchain, WIDTH, HEIGHT, XRGB);
		expect(image != NULL);
		expect_int(lido_image_get_age(image), ==, i % 2);
		commit(&pair, image, toolkit_draw(image, i));
		toolkit_settle(&pair.toolkit);
		if (i % 2 == 1) {
			lido_swapchain_discard(swapchain);
		}
	}
	struct lido_client_block *block = lido_client_block_create(pair.toolkit.client, 3 * PAGES * 4096);
	struct lido_image *images[3];
	uint8_t *pixels[3];
	expect(block != NULL);
	for (uint32_t i = 0; i < 3; i++) {
		images[i] = lido_client_block_create_image(block, i * PAGES * 4096, WIDTH, HEIGHT, 0, XRGB);
		expect(images[i] != NULL);
		toolkit_draw(images[i], i);
		pixels[i] = lido_image_get_pixels(images[i]);
	}
	lido_image_discard(images[1]);
	toolkit_settle(&pair.toolkit);
	for (int i = 0; i < 3; i++) {
		bool is_returned = i == 1 && backend == LIDO_CLIENT_BACKEND_POOL;
		expect_int(count_pages(pixels[i]), ==, is_returned ? 0 : PAGES);
	}
	lido_client_block_destroy(block);
	toolkit_pair_finish(&pair);
}

TEST("client_discard@without-memory-to-hear-of-the-answer-the-next-drawing-asks-for-it") {
	struct toolkit_pair pair;
	begin(&pair, SURFACES_RELEASE_AT_ONCE, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *image = lido_image_create(pair.toolkit.client, WIDTH, HEIGHT, XRGB);
	uint32_t sum = toolkit_draw(image, 1);
	calls_start_all_of(CALL_OBJECT);
	lido_image_discard(image);
	calls_stop();
	toolkit_settle(&pair.toolkit);
	expect(!lido_image_is_ready(image));
	expect_int(toolkit_draw(image, 1), ==, sum);
	expect(lido_image_is_ready(image));
	commit(&pair, image, sum);
	lido_image_destroy(image);
	toolkit_pair_finish(&pair);
}

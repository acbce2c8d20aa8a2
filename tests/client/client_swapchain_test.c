#include "calls.h"
#include "toolkit.h"

#define XRGB WL_SHM_FORMAT_XRGB8888

struct fixture {
	struct remote remote;
	struct toolkit toolkit;
	struct lido_client *client;
	struct lido_swapchain *swapchain;
};

static void begin(struct fixture *fixture, enum surfaces_release release, enum lido_client_backend backend) {
	remote_init(&fixture->remote, &(struct remote_options){.release = release});
	toolkit_init(&fixture->toolkit, &fixture->remote, backend);
	fixture->client = fixture->toolkit.client;
	fixture->swapchain = lido_swapchain_create(fixture->client);
	expect(fixture->swapchain != NULL);
}

static void end(struct fixture *fixture) {
	lido_swapchain_destroy(fixture->swapchain);
	expect_int(toolkit_get_stats(&fixture->toolkit).images, ==, 0);
	toolkit_settle(&fixture->toolkit);
	toolkit_finish(&fixture->toolkit);
	expect(remote_finish(&fixture->remote));
}

static struct lido_image *acquire(struct fixture *fixture, int32_t width, int32_t height) {
	struct lido_image *image = lido_swapchain_acquire(fixture->swapchain, width, height, XRGB);
	expect(image != NULL);
	expect(!lido_image_is_busy(image));
	expect_int(lido_image_get_width(image), ==, width);
	expect_int(lido_image_get_height(image), ==, height);
	return image;
}

// Shows a frame, of which it draws only the first and last byte. Returns the age of its image.
static uint32_t show(struct fixture *fixture, int32_t width, int32_t height) {
	struct lido_image *image = acquire(fixture, width, height);
	uint8_t *pixels = lido_image_get_pixels(image);
	expect(pixels != NULL);
	pixels[0] = 1;
	pixels[(size_t)lido_image_get_stride(image) * height - 1] = 1;
	expect(toolkit_commit(&fixture->toolkit, image));
	return lido_image_get_age(image);
}

static uint32_t show_and_settle(struct fixture *fixture, int32_t width, int32_t height) {
	uint32_t age = show(fixture, width, height);
	toolkit_settle(&fixture->toolkit);
	return age;
}

TEST_EACH_BACKEND("client_swapchain@one-image-is-enough-for-a-server-that-copies") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_AT_ONCE, backend);
	expect_int(show_and_settle(&fixture, 60, 40), ==, 0);
	for (int i = 0; i < 5; i++) {
		expect_int(show_and_settle(&fixture, 60, 40), ==, 1);
	}
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 1);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@two-images-alternate-for-a-server-that-holds-one") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	expect_int(show_and_settle(&fixture, 60, 40), ==, 0);
	expect_int(show_and_settle(&fixture, 60, 40), ==, 0);
	for (int i = 0; i < 5; i++) {
		expect_int(show_and_settle(&fixture, 60, 40), ==, 2);
	}
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 2);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@pixels-of-an-age-are-those-of-that-frame") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	uint32_t sums[20];
	for (uint32_t i = 0; i < 20; i++) {
		struct lido_image *image = acquire(&fixture, 70, 50);
		uint32_t age = lido_image_get_age(image);
		expect_int(age, <=, i);
		expect(age == 0 ||
				surfaces_sum(lido_image_get_pixels(image), 70, 50, lido_image_get_stride(image)) == sums[i - age]);
		sums[i] = toolkit_draw(image, i);
		expect(toolkit_commit(&fixture.toolkit, image));
		toolkit_settle(&fixture.toolkit);
	}
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@image-that-was-not-shown-is-acquired-again") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_AT_ONCE, backend);
	show_and_settle(&fixture, 60, 40);
	struct lido_image *image = acquire(&fixture, 60, 40);
	expect_int(lido_image_get_age(image), ==, 1);
	expect(acquire(&fixture, 60, 40) == image);
	// The program may have drawn half of it.
	expect_int(lido_image_get_age(image), ==, 0);
	expect_int(show_and_settle(&fixture, 60, 40), ==, 0);
	expect_int(show_and_settle(&fixture, 60, 40), ==, 1);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@other-size-or-format-has-age-0") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_AT_ONCE, backend);
	show_and_settle(&fixture, 60, 40);
	expect_int(show_and_settle(&fixture, 40, 60), ==, 0);
	expect_int(show_and_settle(&fixture, 40, 60), ==, 1);
	struct lido_image *image = lido_swapchain_acquire(fixture.swapchain, 40, 60, WL_SHM_FORMAT_RGB565);
	expect(image != NULL);
	expect_int(lido_image_get_age(image), ==, 0);
	expect_int(lido_image_get_stride(image), ==, 80);
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 1);
	expect_int(toolkit_get_stats(&fixture.toolkit).bytes_images, ==, 80 * 60);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@frames-of-one-size-make-no-system-calls") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	show_and_settle(&fixture, 640, 480);
	show_and_settle(&fixture, 640, 480);
	struct lido_client_stats before = toolkit_get_stats(&fixture.toolkit);
	calls_start(0);
	for (int i = 0; i < 200; i++) {
		show_and_settle(&fixture, 640, 480);
	}
	calls_stop();
	expect_int(calls_get_system_calls(), ==, 0);
	expect_int(calls_get_count(CALL_CALLOC), ==, 0);
	expect_int(calls_get_count(CALL_OBJECT), ==, 0);
	struct lido_client_stats after = toolkit_get_stats(&fixture.toolkit);
	expect_int(after.round_trips, ==, before.round_trips);
	expect_int(after.mappings, ==, before.mappings);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@resizing-below-the-largest-size-makes-no-system-calls") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	show_and_settle(&fixture, 640, 480);
	show_and_settle(&fixture, 640, 480);
	struct lido_client_stats before = toolkit_get_stats(&fixture.toolkit);
	calls_start(0);
	for (int i = 1; i <= 400; i++) {
		show_and_settle(&fixture, 100 + i * 73 % 540, 100 + i * 57 % 380);
	}
	calls_stop();
	expect_int(calls_get_system_calls(), ==, 0);
	expect_int(calls_get_count(CALL_CALLOC), ==, 0);
	// One wl_buffer for each frame.
	expect_int(calls_get_count(CALL_OBJECT), ==, 400);
	struct lido_client_stats after = toolkit_get_stats(&fixture.toolkit);
	expect_int(after.round_trips, ==, before.round_trips);
	expect_int(after.mappings, ==, before.mappings);
	expect_int(after.images, ==, 2);
	end(&fixture);
}

// Growing from 1 to 10,000 units of memory by half each time takes 23 steps. Each may need another call to populate.
TEST_EACH_BACKEND("client_swapchain@growing-makes-a-logarithmic-number-of-calls") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	uint32_t before = toolkit_get_stats(&fixture.toolkit).round_trips;
	calls_start(0);
	for (int i = 8; i <= 800; i++) {
		show_and_settle(&fixture, i, i);
	}
	calls_stop();
	struct lido_client_stats after = toolkit_get_stats(&fixture.toolkit);
	expect_int(after.images, ==, 2);
	expect_int(after.round_trips - before, <=, backend == LIDO_CLIENT_BACKEND_POOL ? 2 * 23 + 2 : 0);
	expect_int(calls_get_system_calls(), <=, 2 * 23 * 3 + 8);
	expect_int(after.mappings, <=, 2);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@new-image-takes-no-more-memory-than-needed") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_REPLACED, backend);
	show_and_settle(&fixture, 1024, 1024);
	calls_start(0);
	show_and_settle(&fixture, 1024, 1024);
	show_and_settle(&fixture, 1024, 1025);
	calls_stop();
	if (backend == LIDO_CLIENT_BACKEND_WL_SHM) {
		expect_int(calls_get_count(CALL_FTRUNCATE), ==, 2); // once for the second image, once to grow the first
		expect_int(calls_get_count(CALL_MMAP), ==, 1);
	}
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@acquire-reads-releases-that-are-under-way") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_AT_ONCE, backend);
	// This program does not read events itself.
	for (int i = 0; i < 20; i++) {
		show(&fixture, 60, 40);
	}
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 2);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@number-of-unreleased-images-is-limited") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_NEVER, backend);
	for (int i = 0; i < 16; i++) {
		show(&fixture, 60, 40);
	}
	expect(lido_swapchain_acquire(fixture.swapchain, 60, 40, XRGB) == NULL);
	expect_client_error(fixture.client, LIMIT);
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 16);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@unused-images-are-destroyed") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_AT_ONCE, backend);
	struct lido_image *images[5];
	for (int i = 0; i < 5; i++) {
		images[i] = acquire(&fixture, 60, 40);
		expect(lido_image_get_buffer(images[i]) != NULL);
	}
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 5);
	for (int i = 0; i < 5; i++) {
		expect(toolkit_commit(&fixture.toolkit, images[i]));
	}
	for (int i = 0; i < 300; i++) {
		show_and_settle(&fixture, 60, 40);
	}
	expect_int(toolkit_get_stats(&fixture.toolkit).images, ==, 2);
	end(&fixture);
}

TEST_EACH_BACKEND("client_swapchain@is-destroyed-with-its-client") {
	struct fixture fixture;
	begin(&fixture, SURFACES_RELEASE_NEVER, backend);
	for (int i = 1; i < 10; i++) {
		show(&fixture, 60 * i, 40);
	}
	expect(lido_image_create(fixture.client, 100, 100, XRGB) != NULL);
	toolkit_finish(&fixture.toolkit);
	expect(remote_finish(&fixture.remote));
}

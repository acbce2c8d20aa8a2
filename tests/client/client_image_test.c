#include "calls.h"
#include "toolkit.h"
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define MANY 500

static struct lido_image *create(struct lido_client *client, int32_t width, int32_t height) {
	struct lido_image *image = lido_image_create(client, width, height, XRGB);
	expect(image != NULL);
	return image;
}

TEST_EACH_BACKEND("client_image@is-zero-at-first") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_image *image = create(client, 640, 480);
	const uint8_t *pixels = lido_image_get_pixels(image);
	expect(pixels != NULL);
	for (size_t i = 0; i < (size_t)640 * 480 * 4; i++) {
		expect(pixels[i] == 0);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@is-what-the-server-reads") {
	static const int32_t sizes[][2] = {
		{1, 1}, {16, 16}, {37, 21}, {64, 64}, {513, 3}, {800, 600}, {1, 3000}, {3000, 1}};
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, &(struct remote_options){.reports = true}, backend);
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct lido_image *image = create(client, sizes[i][0], sizes[i][1]);
		uint32_t sum = toolkit_draw(image, i);
		expect(toolkit_commit(&pair.toolkit, image));
		struct surfaces_commit commit;
		remote_receive(&pair.remote, &commit);
		expect_int(commit.width, ==, sizes[i][0]);
		expect_int(commit.height, ==, sizes[i][1]);
		expect_int(commit.stride, ==, lido_image_get_stride(image));
		expect_int(commit.sum, ==, sum);
	}
	toolkit_pair_finish(&pair);
}

// What a program does that goes into the background.
TEST_EACH_BACKEND("client_image@child-of-a-fork-goes-on-with-the-client") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, &(struct remote_options){.reports = true}, backend);
	struct lido_image *image = create(client, 300, 200);
	uint32_t sum = toolkit_draw(image, 1);
	toolkit_draw(image, 0);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		toolkit_draw(image, 1);
		expect(toolkit_commit(&pair.toolkit, image));
		// Memory that the server has not announced yet.
		struct lido_image *large = create(client, 900, 700);
		toolkit_draw(large, 2);
		expect(toolkit_commit(&pair.toolkit, large));
		toolkit_settle(&pair.toolkit);
		_exit(0);
	}
	int status;
	expect(waitpid(pid, &status, 0) == pid && status == 0);
	struct surfaces_commit commit;
	remote_receive(&pair.remote, &commit);
	expect_int(commit.sum, ==, sum);
	remote_receive(&pair.remote, &commit);
	expect_int(commit.width, ==, 900);
	// Sends nothing: the child has used the display.
	toolkit_finish(&pair.toolkit);
	expect(remote_finish(&pair.remote));
}

TEST_EACH_BACKEND("client_image@many-need-at-most-one-round-trip") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	bool is_pool = backend == LIDO_CLIENT_BACKEND_POOL;
	struct lido_image *images[MANY];
	uint32_t before = toolkit_get_stats(&pair.toolkit).round_trips, sums[MANY];
	for (int i = 0; i < MANY; i++) {
		images[i] = create(client, 16 + i % 17, 16);
	}
	for (int i = 0; i < MANY; i++) {
		expect(lido_image_wait(images[i]));
		sums[i] = toolkit_draw(images[i], (uint32_t)i);
	}
	struct lido_client_stats stats = toolkit_get_stats(&pair.toolkit);
	expect_int(stats.round_trips - before, ==, is_pool ? 1 : 0);
	expect_int(stats.images, ==, MANY);
	expect_int(stats.areas, ==, is_pool ? 1 : MANY);
	expect_int(stats.mappings, ==, is_pool ? 1 : MANY);
	// No image overlaps another.
	for (int i = 0; i < MANY; i++) {
		expect_int(surfaces_sum(lido_image_get_pixels(images[i]), 16 + i % 17, 16, lido_image_get_stride(images[i])),
				==, sums[i]);
		lido_image_destroy(images[i]);
	}
	stats = toolkit_get_stats(&pair.toolkit);
	expect_int(stats.images, ==, 0);
	expect_int(stats.bytes_images, ==, 0);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@rows-are-padded") {
	static const struct {
		int32_t width;
		uint32_t format;
		int32_t stride;
	} rows[] = {
		{1, XRGB, 4},
		{511, XRGB, 2044},
		{512, XRGB, 2048},
		{513, XRGB, 2304},
		{3, WL_SHM_FORMAT_RGB888, 12},
		{5, WL_SHM_FORMAT_RGB888, 24},
		{1700, WL_SHM_FORMAT_RGB888, 5100},
		{2047, WL_SHM_FORMAT_RGB888, 6144},
		{2048, WL_SHM_FORMAT_RGB888, 6144},
		{2049, WL_SHM_FORMAT_RGB888, 6912},
		{5, WL_SHM_FORMAT_RGB565, 12},
		{6, WL_SHM_FORMAT_R8, 8},
		{3, WL_SHM_FORMAT_YUYV, 8},
		{1024, WL_SHM_FORMAT_RGB565, 2048},
		{1025, WL_SHM_FORMAT_RGB565, 2304},
	};
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lido_image *image = lido_image_create(client, rows[i].width, 10, rows[i].format);
		expect(image != NULL);
		expect_int(lido_image_get_stride(image), ==, rows[i].stride);
		expect_int(lido_image_get_width(image), ==, rows[i].width);
		expect_int(lido_image_get_height(image), ==, 10);
		// The server accepts the buffer.
		expect(lido_image_get_buffer(image) != NULL);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@impossible-size-is-invalid") {
	static const int32_t sizes[][2] = {{0, 1}, {1, 0}, {-1, 5}, {5, INT32_MIN}, {INT32_MAX, 1}, {1, INT32_MAX},
		{INT32_MAX, INT32_MAX}, {30000, 30000}};
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_swapchain *swapchain = lido_swapchain_create(client);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		expect(lido_image_create(client, sizes[i][0], sizes[i][1], XRGB) == NULL);
		expect_client_error(client, INVALID);
		expect(lido_swapchain_acquire(swapchain, sizes[i][0], sizes[i][1], XRGB) == NULL);
		expect_client_error(client, INVALID);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@format-must-be-offered-and-of-one-plane") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	expect(lido_client_has_format(client, WL_SHM_FORMAT_ARGB8888));
	expect(lido_client_has_format(client, WL_SHM_FORMAT_YUYV));
	static const uint32_t formats[] = {WL_SHM_FORMAT_NV12, WL_SHM_FORMAT_RGB332, 12345};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		expect(!lido_client_has_format(client, formats[i]));
		expect(lido_image_create(client, 10, 10, formats[i]) == NULL);
		expect_client_error(client, UNSUPPORTED);
	}
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@is-busy-until-released") {
	struct toolkit_pair pair;
	struct lido_client *client =
			toolkit_pair_init(&pair, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED}, backend);
	struct lido_image *first = create(client, 50, 50), *second = create(client, 50, 50);
	expect(!lido_image_is_busy(first));
	expect(toolkit_commit(&pair.toolkit, first));
	expect(lido_image_is_busy(first));
	toolkit_settle(&pair.toolkit);
	expect(lido_image_is_busy(first));
	expect(toolkit_commit(&pair.toolkit, second));
	toolkit_settle(&pair.toolkit);
	expect(!lido_image_is_busy(first));
	expect(lido_image_is_busy(second));
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@that-is-shown-keeps-its-place-when-destroyed") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(
			&pair, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED, .reports = true}, backend);
	struct lido_image *image = create(client, 100, 100);
	const void *place = lido_image_get_pixels(image);
	expect(toolkit_commit(&pair.toolkit, image));
	lido_image_destroy(image);
	toolkit_settle(&pair.toolkit);
	image = create(client, 100, 100);
	// On wl_shm each image has its own file, so the address says nothing.
	expect(backend == LIDO_CLIENT_BACKEND_WL_SHM || lido_image_get_pixels(image) != place);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@large-one-is-populated-once") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_image *image = create(client, 640, 480), *small = create(client, 32, 32);
	calls_start(0);
	expect(lido_image_get_pixels(image) != NULL);
	expect_int(calls_get_count(CALL_MADVISE), ==, 1);
	expect(lido_image_get_pixels(image) != NULL);
	expect(lido_image_get_pixels(small) != NULL);
	expect_int(calls_get_count(CALL_MADVISE), ==, 1);
	calls_stop();
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@failed-populate-is-not-retried") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_image *first = create(client, 640, 480), *second = create(client, 640, 480);
	calls_start_all_of(CALL_MADVISE);
	toolkit_draw(first, 1);
	toolkit_draw(second, 2);
	expect_int(calls_get_count(CALL_MADVISE), ==, 1);
	calls_stop();
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@null-may-be-destroyed") {
	struct toolkit_pair pair;
	toolkit_pair_init(&pair, NULL, backend);
	lido_image_destroy(NULL);
	lido_swapchain_destroy(NULL);
	lido_client_destroy(NULL);
	toolkit_pair_finish(&pair);
}

TEST_EACH_BACKEND("client_image@may-be-destroyed-before-it-has-pixels") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	for (int i = 0; i < 20; i++) {
		lido_image_destroy(create(client, 100 * (i + 1), 100));
	}
	toolkit_settle(&pair.toolkit);
	toolkit_draw(create(client, 300, 300), 1);
	toolkit_pair_finish(&pair);
}

TEST("client_image@area-is-unmapped-when-the-server-removes-it") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, LIDO_CLIENT_BACKEND_POOL);
	struct lido_image *image = create(client, 800, 600);
	expect(lido_image_wait(image));
	expect_int(toolkit_get_stats(&pair.toolkit).mappings, ==, 1);
	lido_image_destroy(image);
	// The server keeps empty areas for some seconds.
	for (int i = 0; i < 200 && toolkit_get_stats(&pair.toolkit).mappings > 0; i++) {
		toolkit_settle(&pair.toolkit);
		struct timespec pause = {.tv_nsec = 100000000};
		nanosleep(&pause, NULL);
	}
	struct lido_client_stats stats = toolkit_get_stats(&pair.toolkit);
	expect_int(stats.mappings, ==, 0);
	expect_int(stats.areas, ==, 0);
	expect_int(stats.bytes_mapped, ==, 0);
	// The next image creates a new area.
	toolkit_draw(create(client, 300, 300), 1);
	expect_int(toolkit_get_stats(&pair.toolkit).mappings, ==, 1);
	toolkit_pair_finish(&pair);
}

TEST("client_image@area-is-verified-once-and-once-whenever-it-grows") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, LIDO_CLIENT_BACKEND_POOL);
	calls_start(0);
	for (int i = 0; i < 3; i++) {
		struct lido_image *image = create(client, 100, 100);
		expect(lido_image_wait(image));
		toolkit_draw(image, 1);
		expect_int(calls_get_count(CALL_FCNTL), ==, 1);
		expect_int(calls_get_count(CALL_FSTATFS), ==, 1);
		expect_int(calls_get_count(CALL_FSTAT), ==, 1 + i);
	}
	calls_stop();
	toolkit_pair_finish(&pair);
}

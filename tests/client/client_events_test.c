/*
 * When events are read and dispatched: by programs whose event loop keeps a prepared read, and by those that wait for
 * releases and answers without blocking.
 */
#include "toolkit.h"
#include <poll.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define WAIT_MS 10000

struct fixture {
	struct remote remote;
	struct toolkit toolkit;
};

static struct lido_client *begin(struct fixture *fixture, enum lido_client_backend backend) {
	remote_init(&fixture->remote, NULL);
	toolkit_init(&fixture->toolkit, &fixture->remote, backend);
	return fixture->toolkit.client;
}

static void end(struct fixture *fixture) {
	toolkit_finish(&fixture->toolkit);
	expect(remote_finish(&fixture->remote));
}

static struct lido_image *create(struct lido_client *client) {
	struct lido_image *image = lido_image_create(client, 64, 64, XRGB);
	expect(image != NULL);
	return image;
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t serial) {
	*(bool *)data = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {
	.done = handle_done,
};

static void request(struct wl_display *display, bool *is_done) {
	wl_callback_add_listener(wl_display_sync(display), &callback_listener, is_done);
}

// What an event loop does that is prepared already.
static void poll_and_dispatch(struct wl_display *display) {
	struct pollfd pollfd = {.fd = wl_display_get_fd(display), .events = POLLIN};
	wl_display_flush(display);
	expect_int(poll(&pollfd, 1, WAIT_MS), ==, 1);
	expect_int(wl_display_read_events(display), ==, 0);
	expect_int(wl_display_dispatch_pending(display), >=, 0);
}

TEST_EACH_BACKEND("client_events@functions-that-block-do-not-wait-for-their-own-prepared-read") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, backend);
	struct wl_display *display = fixture.toolkit.display;
	struct lido_swapchain *swapchain = lido_swapchain_create(client);
	for (int i = 0; i < 3; i++) {
		bool is_done = false;
		expect_int(wl_display_prepare_read(display), ==, 0);
		lido_client_set_read_prepared(client, true);
		request(display, &is_done);
		expect(lido_image_get_pixels(create(client)) != NULL);
		expect(lido_swapchain_acquire(swapchain, 64 << i, 64, XRGB) != NULL);
		// Read by now, in the pool; but dispatched by the program alone.
		expect(!is_done);
		poll_and_dispatch(display);
		expect(is_done);
		lido_client_set_read_prepared(client, false);
		expect(lido_image_get_pixels(create(client)) != NULL);
	}
	end(&fixture);
}

TEST("client_events@client-is-created-while-a-read-is-prepared") {
	struct fixture fixture;
	remote_init(&fixture.remote, NULL);
	struct toolkit *toolkit = &fixture.toolkit;
	expect(toolkit_try_connect(toolkit, &fixture.remote));
	bool is_done = false;
	expect_int(wl_display_prepare_read(toolkit->display), ==, 0);
	request(toolkit->display, &is_done);
	toolkit->client =
			lido_client_create(toolkit->display, &(struct lido_client_options){.is_read_prepared = true}, NULL);
	expect(toolkit->client != NULL);
	expect(!is_done);
	poll_and_dispatch(toolkit->display);
	expect(is_done);
	end(&fixture);
}

static bool is_readable(struct wl_display *display, int wait_ms) {
	struct pollfd pollfd = {.fd = wl_display_get_fd(display), .events = POLLIN};
	wl_display_flush(display);
	return poll(&pollfd, 1, wait_ms) == 1;
}

// For a test of what needs no wake-up.
static void expect_no_wake(struct wl_display *display) {
	expect_int(wl_display_roundtrip(display), >=, 0);
	expect(!is_readable(display, 100));
}

TEST_EACH_BACKEND("client_events@program-that-only-polls-wakes-up-for-events-that-a-function-has-read") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, backend);
	struct wl_display *display = fixture.toolkit.display;
	struct lido_swapchain *swapchain = lido_swapchain_create(client);
	for (int i = 0; i < 3; i++) {
		bool is_done = false;
		request(display, &is_done);
		// Blocks in either backend.
		struct lido_client *other = lido_client_create(display, NULL, NULL);
		expect(other != NULL && lido_swapchain_acquire(swapchain, 64 << i, 64, XRGB) != NULL);
		expect(!is_done);
		expect(is_readable(display, WAIT_MS));
		expect_int(wl_display_dispatch(display), >, 0);
		expect(is_done);
		lido_client_destroy(other);
	}
	expect_no_wake(display);
	end(&fixture);
}

TEST("client_events@wake-up-is-requested-only-if-the-program-has-events") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, LIDO_CLIENT_BACKEND_POOL);
	struct wl_display *display = fixture.toolkit.display;
	expect_no_wake(display);
	struct lido_image *image = create(client);
	expect(lido_image_get_pixels(image) != NULL);
	expect(!is_readable(display, 100));
	end(&fixture);
}

TEST("client_events@client-is-destroyed-before-its-wake-up-arrives") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, LIDO_CLIENT_BACKEND_POOL);
	struct toolkit *toolkit = &fixture.toolkit;
	bool is_done = false;
	request(toolkit->display, &is_done);
	expect(lido_image_get_pixels(create(client)) != NULL);
	lido_client_destroy(client);
	toolkit->client = NULL;
	expect(is_readable(toolkit->display, WAIT_MS));
	expect(!is_done);
	expect_int(wl_display_roundtrip(toolkit->display), >=, 0);
	expect(is_done);
	end(&fixture);
}

static void handle_release(struct lido_image *image, void *data) {
	expect(!lido_image_is_busy(image));
	int *count = data;
	(*count)++;
}

TEST_EACH_BACKEND("client_events@release-of-an-image-is-reported-once-for-each-commit") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, backend);
	struct toolkit *toolkit = &fixture.toolkit;
	struct lido_image *image = create(client), *other = create(client);
	int releases = 0, others = 0;
	lido_image_set_release_handler(image, handle_release, &releases);
	lido_image_set_release_handler(other, handle_release, &others);
	for (int i = 1; i <= 3; i++) {
		toolkit_draw(image, 1);
		expect(toolkit_commit(toolkit, image));
		// Some servers release a buffer when the next one comes.
		expect(toolkit_commit(toolkit, other));
		toolkit_settle(toolkit);
		expect_int(releases, ==, i);
	}
	expect_int(others, >=, 2);
	lido_image_set_release_handler(image, NULL, NULL);
	expect(toolkit_commit(toolkit, image));
	expect(toolkit_commit(toolkit, other));
	toolkit_settle(toolkit);
	expect(!lido_image_is_busy(image));
	expect_int(releases, ==, 3);
	end(&fixture);
}

TEST_EACH_BACKEND("client_events@release-that-another-function-has-read-is-reported-before-the-program-polls") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, backend);
	struct wl_display *display = fixture.toolkit.display;
	struct lido_image *image = create(client);
	int releases = 0;
	lido_image_set_release_handler(image, handle_release, &releases);
	expect(toolkit_commit(&fixture.toolkit, image));
	expect_int(wl_display_roundtrip(display), >=, 0);
	expect_int(wl_display_prepare_read(display), ==, 0);
	expect_int(releases, ==, 0);
	expect(lido_client_dispatch(client));
	expect_int(releases, ==, 1);
	wl_display_cancel_read(display);
	end(&fixture);
}

TEST("client_events@image-is-ready-once-the-server-has-answered") {
	struct fixture fixture;
	struct lido_client *client = begin(&fixture, LIDO_CLIENT_BACKEND_POOL);
	struct wl_display *display = fixture.toolkit.display;
	uint32_t before = toolkit_get_stats(&fixture.toolkit).round_trips;
	struct lido_image *image = create(client);
	expect(!lido_image_is_ready(image));
	for (int i = 0; i < 10 && !lido_image_is_ready(image); i++) {
		expect_int(wl_display_prepare_read(display), ==, 0);
		poll_and_dispatch(display);
	}
	expect(lido_image_is_ready(image));
	expect(lido_image_get_pixels(image) != NULL);
	expect_int(toolkit_get_stats(&fixture.toolkit).round_trips, ==, before);
	end(&fixture);
}

TEST("client_events@image-in-wl-shm-is-ready-at-once") {
	struct fixture fixture;
	expect(lido_image_is_ready(create(begin(&fixture, LIDO_CLIENT_BACKEND_WL_SHM))));
	end(&fixture);
}

TEST_EACH_BACKEND("client_events@wl-shm-is-there-for-other-libraries") {
	struct fixture fixture;
	struct wl_shm *shm = lido_client_get_shm(begin(&fixture, backend));
	expect(shm != NULL);
	expect_int(wl_shm_get_version(shm), ==, 2);
	end(&fixture);
}

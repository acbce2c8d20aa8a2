#include "toolkit.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <wayland-client.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define THREADS_LEN 4
#define FRAMES 60

static void show(struct toolkit *toolkit, struct lido_swapchain *swapchain, int32_t size) {
	struct lido_image *image = lido_swapchain_acquire(swapchain, size, size, XRGB);
	expect(image != NULL);
	toolkit_draw(image, (uint32_t)size);
	expect(toolkit_commit(toolkit, image));
}

TEST("client_create@takes-two-round-trips") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, NULL);
	toolkit_init(&toolkit, &remote, LIDO_CLIENT_BACKEND_POOL);
	struct lido_client_stats stats = toolkit_get_stats(&toolkit);
	expect_int(stats.round_trips, ==, 2);
	expect_int(stats.mappings, ==, 0);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

TEST("client_create@takes-the-pool-if-there-is-one") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, NULL);
	expect(toolkit_try_connect(&toolkit, &remote));
	toolkit.client = lido_client_create(toolkit.display, NULL, NULL);
	expect(toolkit.client != NULL);
	expect_int(lido_client_get_backend(toolkit.client), ==, LIDO_CLIENT_BACKEND_POOL);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

// The client library finds no pool, and draws all the same. Ends both.
static void draw_by_wl_shm(struct remote *remote, struct toolkit *toolkit) {
	toolkit->client = lido_client_create(toolkit->display, NULL, NULL);
	expect(toolkit->client != NULL);
	expect_int(lido_client_get_backend(toolkit->client), ==, LIDO_CLIENT_BACKEND_WL_SHM);
	struct lido_swapchain *swapchain = lido_swapchain_create(toolkit->client);
	for (int i = 1; i < 30; i++) {
		show(toolkit, swapchain, i * 10);
		toolkit_settle(toolkit);
	}
	toolkit_finish(toolkit);
	expect(remote_finish(remote));
}

TEST("client_create@takes-wl-shm-if-there-is-no-pool") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, &(struct remote_options){.shm = REMOTE_SHM_STOCK});
	expect(toolkit_try_connect(&toolkit, &remote));
	draw_by_wl_shm(&remote, &toolkit);
}

static void draw_without_pool(enum odd_pool_manner manner) {
	struct remote remote;
	struct toolkit toolkit;
	enum lido_client_error error;
	remote_init(&remote, &(struct remote_options){.shm = REMOTE_SHM_ODD, .manner = manner});
	expect(toolkit_try_connect(&toolkit, &remote));
	const struct lido_client_options options = {.backend = LIDO_CLIENT_BACKEND_POOL};
	expect(lido_client_create(toolkit.display, &options, &error) == NULL);
	expect_int(error, ==, LIDO_CLIENT_ERROR_UNSUPPORTED);
	draw_by_wl_shm(&remote, &toolkit);
}

TEST("client_create@takes-wl-shm-if-a-proxy-is-in-between") {
	draw_without_pool(ODD_POOL_OTHER_PEER);
	draw_without_pool(ODD_POOL_NAMELESS_PEER);
}

TEST("client_create@takes-wl-shm-if-the-user-refuses-the-pool") {
	expect_int(setenv("LIDO_POOL", "0", true), ==, 0);
	draw_without_pool(ODD_POOL_PLAIN);
	expect_int(setenv("LIDO_POOL", "1", true), ==, 0);
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, NULL);
	toolkit_init(&toolkit, &remote, LIDO_CLIENT_BACKEND_POOL);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

TEST("client_create@takes-the-pool-on-a-socket-that-has-a-name") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, NULL);
	expect(toolkit_try_connect(&toolkit, &remote));
	// The kernel chooses the name.
	const sa_family_t family = AF_UNIX;
	int fd = wl_display_get_fd(toolkit.display);
	expect_int(bind(fd, (const struct sockaddr *)(const void *)&family, sizeof(family)), ==, 0);
	for (int i = 0; i < 2; i++) {
		toolkit.client = lido_client_create(toolkit.display, NULL, NULL);
		expect(toolkit.client != NULL);
		expect_int(lido_client_get_backend(toolkit.client), ==, LIDO_CLIENT_BACKEND_POOL);
		if (i == 0) {
			lido_client_destroy(toolkit.client);
		}
	}
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

TEST_EACH_BACKEND("client_create@clients-of-two-displays-are-independent") {
	struct remote remotes[2];
	struct toolkit toolkits[2];
	struct lido_swapchain *swapchains[2];
	for (int i = 0; i < 2; i++) {
		remote_init(&remotes[i], NULL);
		toolkit_init(&toolkits[i], &remotes[i], backend);
		swapchains[i] = lido_swapchain_create(toolkits[i].client);
		show(&toolkits[i], swapchains[i], 100);
	}
	// One server exits; the other continues.
	toolkit_finish(&toolkits[0]);
	expect(remote_finish(&remotes[0]));
	for (int i = 1; i < 20; i++) {
		show(&toolkits[1], swapchains[1], i * 10);
		toolkit_settle(&toolkits[1]);
	}
	toolkit_finish(&toolkits[1]);
	expect(remote_finish(&remotes[1]));
}

TEST_EACH_BACKEND("client_create@clients-of-one-display-are-independent") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED});
	toolkit_init(&toolkit, &remote, backend);
	const struct lido_client_options options = {.backend = backend};
	struct lido_client *other = lido_client_create(toolkit.display, &options, NULL);
	expect(other != NULL);
	struct lido_image *image = lido_image_create(other, 64, 64, XRGB);
	expect(image != NULL);
	uint32_t sum = toolkit_draw(image, 1);
	struct lido_swapchain *swapchain = lido_swapchain_create(toolkit.client);
	for (int i = 1; i < 20; i++) {
		show(&toolkit, swapchain, i * 10);
		toolkit_settle(&toolkit);
	}
	expect_int(surfaces_sum(lido_image_get_pixels(image), 64, 64, lido_image_get_stride(image)), ==, sum);
	lido_client_destroy(other);
	show(&toolkit, swapchain, 200);
	toolkit_settle(&toolkit);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

struct worker {
	pthread_t thread;
	struct toolkit toolkit; // its own client and surface, on the shared display
	enum lido_client_backend backend;
};

static void *work(void *data) {
	struct worker *worker = data;
	const struct lido_client_options options = {.backend = worker->backend};
	worker->toolkit.client = lido_client_create(worker->toolkit.display, &options, NULL);
	expect(worker->toolkit.client != NULL);
	struct lido_swapchain *swapchain = lido_swapchain_create(worker->toolkit.client);
	for (int i = 1; i <= FRAMES; i++) {
		show(&worker->toolkit, swapchain, 20 + i * 37 % 200);
		struct lido_image *image = lido_image_create(worker->toolkit.client, 8 + i, 8, XRGB);
		expect(image != NULL && lido_image_wait(image));
		toolkit_draw(image, (uint32_t)i);
		lido_image_destroy(image);
	}
	lido_client_destroy(worker->toolkit.client);
	return NULL;
}

TEST_EACH_BACKEND("client_create@each-thread-may-have-its-own-client") {
	struct remote remote;
	struct toolkit toolkit;
	struct worker workers[THREADS_LEN];
	remote_init(&remote, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED});
	expect(toolkit_try_connect(&toolkit, &remote));
	for (int i = 0; i < THREADS_LEN; i++) {
		workers[i] = (struct worker){.toolkit = toolkit, .backend = backend};
		workers[i].toolkit.surface = wl_compositor_create_surface(toolkit.compositor);
		expect(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < THREADS_LEN; i++) {
		expect(pthread_join(workers[i].thread, NULL) == 0);
		wl_surface_destroy(workers[i].toolkit.surface);
	}
	expect(wl_display_roundtrip(toolkit.display) >= 0);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

static void *show_some(void *data) {
	struct toolkit *toolkit = data;
	struct lido_swapchain *swapchain = lido_swapchain_create(toolkit->client);
	for (int i = 1; i <= FRAMES; i++) {
		show(toolkit, swapchain, 20 + i * 37 % 200);
		expect(lido_client_dispatch(toolkit->client));
	}
	return NULL;
}

TEST_EACH_BACKEND("client_create@threads-may-use-one-client-in-succession") {
	struct remote remote;
	struct toolkit toolkit;
	remote_init(&remote, &(struct remote_options){.release = SURFACES_RELEASE_REPLACED});
	toolkit_init(&toolkit, &remote, backend);
	for (int i = 0; i < THREADS_LEN; i++) {
		pthread_t thread;
		expect(pthread_create(&thread, NULL, show_some, &toolkit) == 0);
		expect(pthread_join(thread, NULL) == 0);
		show_some(&toolkit);
	}
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

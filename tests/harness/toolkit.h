/*
 * A program that uses the client library, with a display and a surface on a remote server.
 */
#ifndef HARNESS_TOOLKIT_H
#define HARNESS_TOOLKIT_H

#include "remote.h"
#include "runner.h"
#include <lido/client.h>
#include <wayland-client-protocol.h>

/* Defines a test for each backend. The parameter of the body is called backend. */
#define TEST_EACH_BACKEND(name) TEST_EACH_NAMED(name, TEST_JOIN(test_body_, __LINE__), __LINE__)
#define TEST_EACH_NAMED(name, body, line) \
	static void body(enum lido_client_backend backend); \
	TEST_NAMED(name "-in-the-pool", TEST_JOIN(pool_, line)) { \
		body(LIDO_CLIENT_BACKEND_POOL); \
	} \
	TEST_NAMED(name "-in-wl-shm", TEST_JOIN(shm_, line)) { \
		body(LIDO_CLIENT_BACKEND_WL_SHM); \
	} \
	static void body(enum lido_client_backend backend)

struct toolkit {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_surface *surface;
	struct lido_client *client;
};

/* Connects, and creates a client; fails the test if that fails. */
void toolkit_init(struct toolkit *toolkit, struct remote *remote, enum lido_client_backend backend);

/* Connects without a client. Returns false if the server is gone. Call toolkit_finish() in any case. */
bool toolkit_try_connect(struct toolkit *toolkit, struct remote *remote);

/* Destroys everything, and disconnects. */
void toolkit_finish(struct toolkit *toolkit);

/* Attaches an image to the surface, damages all of it, commits and flushes. Returns false if it has no buffer. */
bool toolkit_commit(struct toolkit *toolkit, struct lido_image *image);

/* Waits until the server has handled all requests, and dispatches the client's events. Returns false on failure. */
bool toolkit_try_settle(struct toolkit *toolkit);
#define toolkit_settle(toolkit) expect(toolkit_try_settle(toolkit))

/* Fills an image with a pattern that depends on the seed. Returns its checksum, as the server would report it. */
uint32_t toolkit_draw(struct lido_image *image, uint32_t seed);

/* Returns the statistics of the client. */
struct lido_client_stats toolkit_get_stats(const struct toolkit *toolkit);

/* A toolkit, and the server that it alone uses. */
struct toolkit_pair {
	struct remote remote;
	struct toolkit toolkit;
};

/* Starts both. options: see remote_init(). Returns the client. */
struct lido_client *toolkit_pair_init(
		struct toolkit_pair *pair, const struct remote_options *options, enum lido_client_backend backend);

/*
 * Waits until the server has handled all requests, and ends both. Fails the test if the server has disconnected the
 * client, or does not end well.
 */
void toolkit_pair_finish(struct toolkit_pair *pair);

/* Expects that the last call failed with this error. */
#define expect_client_error(client, error) expect_int(lido_client_get_error(client), ==, LIDO_CLIENT_ERROR_##error)

#endif

/*
 * A server in the test's own process and thread: the core of shm/ alone, or the whole compositor, headless with pixman.
 *
 * Nothing runs by itself. Clients (client.h) let the server work whenever they wait for it, so that a test is the same
 * each time.
 */
#ifndef HARNESS_SERVER_H
#define HARNESS_SERVER_H

#include <lido/shm.h>
#include <stdbool.h>

struct compositor;
struct wl_client;

struct server {
	struct wl_display *display;
	struct lido_manager *manager;
	struct compositor *compositor; // NULL: the core alone
	void (*finish)(struct server *server);
};

/* A display with nothing but a lido_manager, which offers the formats of the pixman renderer and some planar ones. */
void server_init_core(struct server *server, const struct lido_limits *limits);

/* The compositor with one headless output of that size, started. limits: NULL for the defaults. */
void server_init_compositor(struct server *server, int32_t width, int32_t height, const struct lido_limits *limits);

/* Ends the server with all its clients. They must be finished after it or before it. */
void server_finish(struct server *server);

/* Takes the fd over. */
struct wl_client *server_add_client(struct server *server, int fd);

/* Lets the server do what there is to do, and wait at most so long for it. Milliseconds. */
void server_dispatch(struct server *server, int timeout);

/* The formats that server_init_core() offers, as DRM codes, and how many. */
extern const uint32_t server_core_formats[];
extern const size_t server_core_formats_len;

#endif

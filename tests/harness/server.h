/*
 * The server of a test: in its own process and thread the core of shm/ alone, or the whole compositor, headless with
 * pixman; or any compositor that listens at a socket.
 *
 * In the same process nothing runs by itself. Clients (client.h) let the server work whenever they wait for it, so that
 * a test is the same each time.
 */
#ifndef HARNESS_SERVER_H
#define HARNESS_SERVER_H

#include <lido/shm.h>
#include <stdbool.h>

struct compositor;
struct peer;
struct wl_client;

struct server {
	struct wl_display *display;    // NULL: in another process
	struct lido_manager *manager;  // the same
	struct compositor *compositor; // NULL: the core alone, or in another process
	const char *socket;            // path that clients connect to; NULL: they come by a socket pair
	void (*finish)(struct server *server);
};

/* A display with nothing but a lido_manager, which offers the formats of the pixman renderer and some planar ones. */
void server_init_core(struct server *server, const struct lido_limits *limits);

/* The compositor with one headless output of that size, started. limits: NULL for the defaults. */
void server_init_compositor(struct server *server, int32_t width, int32_t height, const struct lido_limits *limits);

/* Gives a compositor the socket for monitors of that name, which it has only if it has one for clients. */
void server_create_monitor(struct server *server, const char *name);

/* The compositor that listens at this path. A program has either this, or the others: they are different libraries. */
void server_init_socket(struct server *server, const char *path);

/* Ends the server with all its clients. They must be finished after it or before it. */
void server_finish(struct server *server);

/*
 * Connects. Returns the client's fd, which is the caller's; peer receives what stands for the other side, to be given
 * to server_disconnected().
 */
int server_connect(struct server *server, struct peer **peer);

/* After the client has closed its fd: waits until the server has noticed, where that can be seen. */
void server_disconnected(struct server *server, struct peer *peer);

/* Lets the server work. fd: of the client that waits, at most so many milliseconds; another process has more time. */
void server_work(struct server *server, int fd, int timeout);

/* Takes the fd over. */
struct wl_client *server_add_client(struct server *server, int fd);

/* Lets the server do what there is to do, and wait at most so long for it. Milliseconds. */
void server_dispatch(struct server *server, int timeout);

/* The formats that server_init_core() offers, as DRM codes, and how many. */
extern const uint32_t server_core_formats[];
extern const size_t server_core_formats_len;

#endif

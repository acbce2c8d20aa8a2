/*
 * A client of the test's server, through libwayland-client.
 *
 * Every wait alternates between the server's work and the client's event queue.
 */
#ifndef HARNESS_CLIENT_H
#define HARNESS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

struct server;
struct wl_client;
struct wl_listener;

struct client_global {
	uint32_t name, version;
	char interface[60];
};

struct peer;

struct client {
	struct server *server;
	struct wl_display *display;
	struct peer *peer; // the server's end of the connection; see server_connect()
	struct wl_registry *registry;
	struct wl_array globals; // struct client_global
	struct wl_shm *shm;      // bound at version 2; NULL: not offered
	struct wl_array formats; // uint32_t: in the order of the wl_shm.format events
	char error[512];         // message of the protocol error, as libwayland logged it
};

/* Connects, and binds wl_shm if the server offers it. */
void client_init(struct client *client, struct server *server);

/* The same, but returns false if the server ends the client. Call client_finish() in either case. */
bool client_try_init(struct client *client, struct server *server);

/* Closes the connection and waits until the server has noticed. Proxies need not be destroyed first. */
void client_finish(struct client *client);

/* The server's object for this client; NULL once it is destroyed. Only for servers in this process. */
struct wl_client *client_get_peer(const struct client *client);

/* The last global announced with this interface, or NULL. count receives how many there are; may be NULL. */
const struct client_global *client_find_global(const struct client *client, const char *interface, size_t *count);

/* Binds a global at this version; the test fails if the server does not offer it. */
void *client_bind(struct client *client, const struct wl_interface *interface, uint32_t version);

/* One dispatch of server and client; the server waits up to timeout milliseconds. False: the connection is broken. */
bool client_pump(struct client *client, int timeout);

/* Waits until the server has handled all requests. False: the connection broke first. */
bool client_try_roundtrip(struct client *client);

/* Waits until *flag. False: the connection broke first. The runner's alarm ends endless waits. */
bool client_wait(struct client *client, const bool *flag);

/* A round trip must succeed; otherwise the test fails with the cause. */
#define client_roundtrip(client) client_expect_alive_at(__FILE__, __LINE__, client)
#define expect_alive(client) client_expect_alive_at(__FILE__, __LINE__, client)

/*
 * The server must end this client now, with this error on exactly this object (a wl_proxy of any type), and a message
 * that contains text. The proxy must still exist.
 */
#define expect_protocol_error(client, proxy, code, text) \
	client_expect_error_at(__FILE__, __LINE__, client, (struct wl_proxy *)(proxy), code, text)

/* The same for wl_display.no_memory. */
#define expect_no_memory(client, text) \
	client_expect_error_at( \
			__FILE__, __LINE__, client, (struct wl_proxy *)(client)->display, WL_DISPLAY_ERROR_NO_MEMORY, text)

void client_expect_alive_at(const char *file, int line, struct client *client);
void client_expect_error_at(
		const char *file, int line, struct client *client, struct wl_proxy *proxy, uint32_t code, const char *text);

#endif

/*
 * A client of the test's server, through libwayland-client.
 *
 * Every wait alternates between letting the server work and the client's queue.
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
	struct peer *peer; // its other side; see server_connect()
	struct wl_registry *registry;
	struct wl_array globals; // struct client_global
	struct wl_shm *shm;      // bound at version 2; NULL: it is not for this client
	struct wl_array formats; // uint32_t: as wl_shm.format announced them
	char error[512];         // what libwayland logged of a protocol error
};

/* Connects, and binds wl_shm where there is one. */
void client_init(struct client *client, struct server *server);

/* The same, for servers that may end the client meanwhile: then it returns false. To be finished anyway. */
bool client_try_init(struct client *client, struct server *server);

/* Closes the connection, and waits until the server has noticed. Proxies need not be destroyed before. */
void client_finish(struct client *client);

/* The server's side of it; NULL once it is gone. Not for servers in another process. */
struct wl_client *client_get_peer(const struct client *client);

/* What the server announces under this name; NULL: nothing. count may be NULL. */
const struct client_global *client_find_global(const struct client *client, const char *interface, size_t *count);

/* Binds a global that must be there, at this version. */
void *client_bind(struct client *client, const struct wl_interface *interface, uint32_t version);

/* One turn of server and client; the server waits up to timeout milliseconds. False: the connection is broken. */
bool client_pump(struct client *client, int timeout);

/* Until the server has answered all that was sent. False: the connection broke first. */
bool client_try_roundtrip(struct client *client);

/* Until *flag. False: the connection broke first. The runner's alarm ends waits in vain. */
bool client_wait(struct client *client, const bool *flag);

/* Checks that a round trip succeeds, and where not says why. */
#define client_roundtrip(client) client_expect_alive_at(__FILE__, __LINE__, client)
#define expect_alive(client) client_expect_alive_at(__FILE__, __LINE__, client)

/*
 * The server must end this client now, with this error of exactly this object (a wl_proxy of any type), and a message
 * that contains text. The proxy must not have been destroyed.
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

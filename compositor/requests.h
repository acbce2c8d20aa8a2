/*
 * Sees each request before wlroots handles it, and calls the parts that watch it.
 *
 * A handler cannot stop a request. It can change the state that wlroots will read, or post an error: libwayland then
 * sends that error, drops what wlroots posts after it, and disconnects the client after this request.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "pointer_map.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>

struct compositor;

/* Receives the object of the request, and its arguments. Objects among these are struct wl_resource *. */
typedef void request_handler(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments);

/* A request, and the part that watches it. */
struct request_watch {
	const char *interface, *name;
	request_handler *handle;
	struct wl_list link;        // requests.watches
	struct request_watch *next; // another watch of the same request; may be NULL
};

struct requests {
	struct compositor *compositor;
	struct wl_protocol_logger *logger;
	struct wl_list watches; // request_watch.link: the first of each request
	/*
	 * struct wl_message * to the first struct request_watch *, or NULL. Each library has its own copies of the messages
	 * of a protocol, so their names are compared once for each copy.
	 */
	struct pointer_map by_message;
	struct wl_client *client; // that sent the last request; may be destroyed
	uint64_t len;             // number of requests so far

	struct {
		struct wl_signal error; // a protocol error is being sent to the client of the last request; no data
	} events;
};

/* Returns false when out of memory. */
bool requests_init(struct compositor *compositor);
void requests_finish(struct compositor *compositor);

/*
 * Calls handle before each request of that name. Call it while the compositor is created; the strings must outlive the
 * compositor. Returns false when out of memory.
 */
bool requests_watch(struct compositor *compositor, const char *interface, const char *name, request_handler *handle);

/* Watches several requests of an interface. names ends with NULL. */
bool requests_watch_all(
		struct compositor *compositor, const char *interface, const char *const *names, request_handler *handle);

/*
 * Whether this client sent the request that is being handled. Outside of requests (in timers, and when a client
 * disconnects) it may be true for the client that sent the last one.
 */
bool requests_is_from(const struct compositor *compositor, const struct wl_client *client);

/* The process of the client that sent the request that is being handled. Call it only while one is. */
pid_t requests_get_pid(const struct compositor *compositor);

#endif

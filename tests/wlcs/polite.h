/*
 * A library to preload into the conformance suite WLCS 1.7. It makes the suite's clients follow the protocols.
 *
 * The suite was written against one lenient compositor; others must answer its mistakes with protocol errors. Each rule
 * here names the clause that the suite violates, and adds the missing requests. The rules do not change requests that a
 * test makes on purpose, do not withhold events and do not hide errors.
 *
 * The suite's clients run on one thread, as do all functions here.
 */
#ifndef WLCS_POLITE_H
#define WLCS_POLITE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client-core.h>

/* A request about to be sent, which a rule may inspect, modify or hold back. */
struct request {
	struct wl_proxy *proxy;
	uint32_t opcode;
	const struct wl_interface *interface; // of the object it creates; may be NULL
	uint32_t version;                     // of the created object
	uint32_t flags;                       // WL_MARSHAL_FLAG_*
	union wl_argument *args;
};

/* Whether a request is class.name. */
bool request_is(const struct request *request, const char *class, const char *name);

/* Sends a request without applying rules. Returns the object it creates, or NULL if none. */
struct wl_proxy *request_send(const struct request *request);

/* Sends the request name of proxy's interface without applying rules. It must not create or destroy an object. */
void proxy_send(struct wl_proxy *proxy, const char *name, union wl_argument *args);

/* Adds a listener with libwayland's wl_proxy_add_listener(), which is intercepted for the suite. */
void proxy_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/*
 * Shell surfaces. Call shell_before() before sending each request; if it returns false, do not send it. Call
 * shell_after() after sending it; created may be NULL.
 */
bool shell_before(const struct request *request);
void shell_after(const struct request *request, struct wl_proxy *created);

/* Takes over the listener of a shell surface. False: proxy is not a shell surface; add the listener as usual. */
bool shell_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/* Whether this client has a shell surface. */
bool shell_has_surface(struct wl_display *display);

/* Call before the connection is closed. */
void shell_forget(struct wl_display *display);

/* Selections. Call before sending each request. */
void selection_before(const struct request *request);

/* Takes over the listener of a keyboard. False: proxy is not a keyboard; add the listener as usual. */
bool selection_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/* Call before the connection is closed. */
void selection_forget(struct wl_display *display);

/*
 * Windows for clients that use the primary selection without a window. Call window_before() before sending each
 * request.
 */
void window_before(const struct request *request);

/* Call before the connection is closed. */
void window_forget(struct wl_display *display);

#endif

/*
 * A library to be preloaded into the conformance suite WLCS 1.7: it makes the suite's own clients keep to the
 * protocols.
 *
 * The suite was written against one compositor that forgives; others have to answer its mistakes with protocol errors.
 * Each rule here names the clause that the suite breaks, and adds what was left out. No request that a test makes on
 * purpose is changed, no event is withheld and no error is hidden.
 *
 * The suite's clients live on one thread, and so does all of this.
 */
#ifndef WLCS_POLITE_H
#define WLCS_POLITE_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client-core.h>

/* A request on its way: what a rule may look at, change or hold back. */
struct request {
	struct wl_proxy *proxy;
	uint32_t opcode;
	const struct wl_interface *interface; // of the object it creates; may be NULL
	uint32_t version;                     // of that
	uint32_t flags;                       // WL_MARSHAL_FLAG_*
	union wl_argument *args;
};

/* Whether a request is the one called name of the interface called class. */
bool request_is(const struct request *request, const char *class, const char *name);

/* Sends a request past all rules. Returns the object it creates; NULL if there is none. */
struct wl_proxy *request_send(const struct request *request);

/* Sends the request called name of proxy's interface past all rules; it must not create or destroy an object. */
void proxy_send(struct wl_proxy *proxy, const char *name, union wl_argument *args);

/* Adds a listener where the suite's own calls of wl_proxy_add_listener() are intercepted. */
void proxy_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/*
 * Shell surfaces. shell_before() is called before each request is sent; false: it is not to be sent at all.
 * shell_after() is called when it has been sent; created may be NULL.
 */
bool shell_before(const struct request *request);
void shell_after(const struct request *request, struct wl_proxy *created);

/* Takes over the listener of a shell surface. False: proxy is none, the caller is to add it as usual. */
bool shell_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/* Whether this client has any. */
bool shell_has_surface(struct wl_display *display);

/* The connection is about to be cut. */
void shell_forget(struct wl_display *display);

/* Selections. Called before each request is sent. */
void selection_before(const struct request *request);

/* Takes over the listener of a keyboard. False: proxy is none, the caller is to add it as usual. */
bool selection_add_listener(struct wl_proxy *proxy, const void *listener, void *data);

/* The connection is about to be cut. */
void selection_forget(struct wl_display *display);

/*
 * Windows for clients that take part in the primary selection and have none. window_before() is called before each
 * request is sent.
 */
void window_before(const struct request *request);

/* The connection is about to be cut. */
void window_forget(struct wl_display *display);

#endif

#include "polite.h"

#include <stdlib.h>
#include <string.h>

// The compositor sends configure events at the end of a dispatch, so a round trip may end before them.
#define ROUND_TRIPS_MAX 5

// An xdg_surface or a zwlr_layer_surface_v1.
struct shell_surface {
	struct wl_list link; // shell_surfaces
	struct wl_proxy *proxy;
	struct wl_proxy *surface; // the wl_surface
	struct wl_display *display;
	bool has_role; // an xdg_surface without one is never configured
	bool is_popup;
	bool committed;  // since creation or unmapping
	bool configured; // a configure was acknowledged since creation or unmapping
	bool mapped;
	bool unmapping; // a null buffer is attached, but not yet committed
	bool holding;   // an attach request is held back:
	union wl_argument attach[3];
	const void *listener; // the suite's; may be NULL
	bool has_serial;      // received a configure
	uint32_t serial;      // of the latest configure
	bool acked;           // the latest configure, by the suite or by us
	bool acked_by_us;
};

static struct wl_list shell_surfaces = {&shell_surfaces, &shell_surfaces};

static struct shell_surface *find_by_proxy(struct wl_proxy *proxy) {
	struct shell_surface *shell;
	wl_list_for_each(shell, &shell_surfaces, link) {
		if (shell->proxy == proxy) {
			return shell;
		}
	}
	return NULL;
}

static struct shell_surface *find_by_surface(struct wl_proxy *surface) {
	struct shell_surface *shell;
	wl_list_for_each(shell, &shell_surfaces, link) {
		if (shell->surface == surface) {
			return shell;
		}
	}
	return NULL;
}

// Removes the entries of a shell surface or of a wl_surface. NULL matches nothing.
static void forget(struct wl_proxy *proxy, struct wl_proxy *surface) {
	struct shell_surface *shell, *next;
	wl_list_for_each_safe(shell, next, &shell_surfaces, link) {
		if (shell->proxy == proxy || shell->surface == surface) {
			wl_list_remove(&shell->link);
			free(shell);
		}
	}
}

static void note_configure(struct shell_surface *shell, uint32_t serial) {
	shell->has_serial = true;
	shell->serial = serial;
	shell->acked = shell->acked_by_us = false;
}

typedef void configure_xdg(void *data, struct wl_proxy *proxy, uint32_t serial);

static void handle_xdg_configure(void *data, struct wl_proxy *proxy, uint32_t serial) {
	struct shell_surface *shell = find_by_proxy(proxy);
	if (shell == NULL) {
		return;
	}
	note_configure(shell, serial);
	if (shell->listener != NULL) {
		configure_xdg *const *listener = shell->listener;
		(*listener)(data, proxy, serial);
	}
}

struct layer_listener {
	void (*configure)(void *data, struct wl_proxy *proxy, uint32_t serial, uint32_t width, uint32_t height);
	void (*closed)(void *data, struct wl_proxy *proxy);
};

static void handle_layer_configure(
		void *data, struct wl_proxy *proxy, uint32_t serial, uint32_t width, uint32_t height) {
	struct shell_surface *shell = find_by_proxy(proxy);
	if (shell == NULL) {
		return;
	}
	note_configure(shell, serial);
	const struct layer_listener *listener = shell->listener;
	if (listener != NULL) {
		listener->configure(data, proxy, serial, width, height);
	}
}

static void handle_layer_closed(void *data, struct wl_proxy *proxy) {
	struct shell_surface *shell = find_by_proxy(proxy);
	const struct layer_listener *listener = shell != NULL ? shell->listener : NULL;
	if (listener != NULL) {
		listener->closed(data, proxy);
	}
}

static configure_xdg *const xdg_listener[] = {handle_xdg_configure};
static const struct layer_listener layer_listener = {handle_layer_configure, handle_layer_closed};

static void add(struct wl_proxy *proxy, struct wl_proxy *surface, bool is_layer) {
	struct shell_surface *shell = calloc(1, sizeof(*shell));
	if (proxy == NULL || shell == NULL) {
		free(shell);
		return;
	}
	shell->proxy = proxy;
	shell->surface = surface;
	shell->display = wl_proxy_get_display(proxy);
	shell->has_role = is_layer;
	wl_list_insert(&shell_surfaces, &shell->link);
	proxy_add_listener(proxy, is_layer ? (const void *)&layer_listener : (const void *)xdg_listener, NULL);
}

bool shell_add_listener(struct wl_proxy *proxy, const void *listener, void *data) {
	struct shell_surface *shell = find_by_proxy(proxy);
	if (shell == NULL || shell->listener != NULL) {
		return false;
	}
	shell->listener = listener;
	wl_proxy_set_user_data(proxy, data);
	return true;
}

bool shell_has_surface(struct wl_display *display) {
	struct shell_surface *shell;
	wl_list_for_each(shell, &shell_surfaces, link) {
		if (shell->display == display) {
			return true;
		}
	}
	return false;
}

static bool round_trip(struct wl_proxy *proxy) {
	struct wl_display *display = wl_proxy_get_display(proxy);
	struct wl_event_queue *queue = wl_proxy_get_queue(proxy);
	return (queue != NULL ? wl_display_roundtrip_queue(display, queue) : wl_display_roundtrip(display)) >= 0;
}

// Runs the client's listeners. Returns NULL if one of them destroyed the shell surface.
static struct shell_surface *wait_for_configure(struct shell_surface *shell) {
	struct wl_proxy *proxy = shell->proxy;
	for (int i = 0; shell != NULL && !shell->has_serial && i < ROUND_TRIPS_MAX && round_trip(proxy); i++) {
		shell = find_by_proxy(proxy);
	}
	return shell;
}

static void attach_held(struct shell_surface *shell) {
	if (shell->holding) {
		shell->holding = false;
		proxy_send(shell->surface, "attach", shell->attach);
	}
}

// xdg_surface: "the client must perform an initial commit without any buffer attached", "then acknowledge [the
// configure] before [...] attaching a buffer"; zwlr_layer_surface_v1 requires the same. The suite's surface builders
// attach a buffer at once.
static void introduce(struct shell_surface *shell) {
	if (!shell->committed) {
		shell->committed = true;
		proxy_send(shell->surface, "commit", NULL);
	}
	shell = wait_for_configure(shell);
	if (shell == NULL) {
		return;
	}
	if (shell->has_serial && !shell->acked) {
		union wl_argument serial = {.u = shell->serial};
		shell->acked = shell->acked_by_us = true;
		proxy_send(shell->proxy, "ack_configure", &serial);
	}
	shell->configured = true;
	attach_held(shell);
	shell->mapped = true;
}

static bool before_attach(const struct request *request) {
	struct shell_surface *shell = find_by_surface(request->proxy);
	if (shell == NULL) {
		return true;
	}
	bool has_buffer = request->args[0].o != NULL;
	shell->unmapping = !has_buffer;
	shell->holding = has_buffer && shell->has_role && !shell->configured;
	if (shell->holding) {
		memcpy(shell->attach, request->args, sizeof(shell->attach));
	}
	return !shell->holding;
}

static void before_commit(struct shell_surface *shell) {
	if (shell == NULL || !shell->has_role) {
		return;
	}
	if (shell->holding) {
		introduce(shell);
	} else if (shell->unmapping && shell->mapped) {
		// xdg_surface: unmapping resets it to its initial state. The same holds for layer surfaces.
		shell->mapped = shell->committed = shell->configured = shell->has_serial = shell->unmapping = false;
	} else {
		shell->committed = true;
		shell->mapped = shell->configured;
		shell->unmapping = false;
	}
}

// Acknowledging a configure twice is an error: drops the suite's late acknowledgement of one that we acknowledged.
static bool before_ack(const struct request *request) {
	struct shell_surface *shell = find_by_proxy(request->proxy);
	if (shell == NULL || !shell->has_serial || shell->serial != request->args[0].u) {
		return true;
	}
	if (shell->acked_by_us) {
		shell->acked_by_us = false;
		return false;
	}
	return true;
}

static void drop_buffer(struct wl_proxy *buffer) {
	struct shell_surface *shell;
	wl_list_for_each(shell, &shell_surfaces, link) {
		if (shell->holding && shell->attach[0].o == (struct wl_object *)buffer) {
			attach_held(shell);
		}
	}
}

bool shell_before(const struct request *request) {
	if (request_is(request, "wl_surface", "attach")) {
		return before_attach(request);
	}
	if (request_is(request, "wl_surface", "commit")) {
		before_commit(find_by_surface(request->proxy));
	} else if (request_is(request, "wl_buffer", "destroy")) {
		drop_buffer(request->proxy);
	} else if (request_is(request, "xdg_surface", "ack_configure") ||
			   request_is(request, "zwlr_layer_surface_v1", "ack_configure")) {
		return before_ack(request);
	}
	return true;
}

// xdg_surface.ack_configure: "the client must make a commit after it"; xdg_popup: a new position takes effect with
// that commit. The suite acknowledges the configure of a popup that moves, but does not commit.
static void after_ack(struct shell_surface *shell, uint32_t serial) {
	if (shell == NULL) {
		return;
	}
	if (shell->has_serial && shell->serial == serial) {
		shell->acked = true;
		shell->configured = true;
	}
	if (shell->is_popup && shell->mapped) {
		proxy_send(shell->surface, "commit", NULL);
	}
}

static void after_role(struct wl_proxy *proxy, bool is_popup) {
	struct shell_surface *shell = find_by_proxy(proxy);
	if (shell != NULL) {
		shell->has_role = true;
		shell->is_popup = is_popup;
	}
}

void shell_after(const struct request *request, struct wl_proxy *created) {
	if (request_is(request, "xdg_wm_base", "get_xdg_surface")) {
		add(created, (struct wl_proxy *)request->args[1].o, false);
	} else if (request_is(request, "zwlr_layer_shell_v1", "get_layer_surface")) {
		add(created, (struct wl_proxy *)request->args[1].o, true);
	} else if (request_is(request, "xdg_surface", "get_toplevel")) {
		after_role(request->proxy, false);
	} else if (request_is(request, "xdg_surface", "get_popup")) {
		after_role(request->proxy, true);
	} else if (request_is(request, "xdg_surface", "ack_configure") ||
			   request_is(request, "zwlr_layer_surface_v1", "ack_configure")) {
		after_ack(find_by_proxy(request->proxy), request->args[0].u);
	} else if (request_is(request, "xdg_surface", "destroy") ||
			   request_is(request, "zwlr_layer_surface_v1", "destroy")) {
		forget(request->proxy, NULL);
	} else if (request_is(request, "wl_surface", "destroy")) {
		forget(NULL, request->proxy);
	}
}

void shell_forget(struct wl_display *display) {
	struct shell_surface *shell, *next;
	wl_list_for_each_safe(shell, next, &shell_surfaces, link) {
		if (shell->display == display) {
			wl_list_remove(&shell->link);
			free(shell);
		}
	}
}

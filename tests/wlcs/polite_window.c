#include "polite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>
#include <xdg-shell-client-protocol.h>

// A one-pixel window of a client, unknown to the suite.
struct window {
	struct wl_list link; // windows
	struct wl_display *display;
	struct wl_event_queue *queue; // separate, so that the suite's events stay in their queue
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wl_buffer *buffer;
};

static struct wl_list windows = {&windows, &windows};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct window *window = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		window->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 1);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		window->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		window->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {handle_global, handle_global_remove};

static bool bind_globals(struct window *window) {
	window->queue = wl_display_create_queue(window->display);
	struct wl_display *display = wl_proxy_create_wrapper(window->display);
	wl_proxy_set_queue((struct wl_proxy *)display, window->queue);
	window->registry = wl_display_get_registry(display);
	wl_proxy_wrapper_destroy(display);
	wl_registry_add_listener(window->registry, &registry_listener, window);
	return wl_display_roundtrip_queue(window->display, window->queue) >= 0 && window->compositor != NULL &&
		   window->shm != NULL && window->wm_base != NULL;
}

static bool create_buffer(struct window *window) {
	int fd = memfd_create("polite window", MFD_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	if (ftruncate(fd, 4) == 0) {
		struct wl_shm_pool *pool = wl_shm_create_pool(window->shm, fd, 4);
		window->buffer = wl_shm_pool_create_buffer(pool, 0, 1, 1, 4, WL_SHM_FORMAT_XRGB8888);
		wl_shm_pool_destroy(pool);
	}
	close(fd);
	return window->buffer != NULL;
}

// The rules for shell surfaces wait for the configure and acknowledge it.
static void map(struct window *window) {
	window->surface = wl_compositor_create_surface(window->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(window->wm_base, window->surface);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	wl_surface_attach(window->surface, window->buffer, 0, 0);
	wl_surface_commit(window->surface);
	wl_display_roundtrip_queue(window->display, window->queue);
}

static void window_destroy(struct window *window) {
	if (window->surface != NULL) {
		xdg_toplevel_destroy(window->toplevel);
		xdg_surface_destroy(window->xdg_surface);
		wl_surface_destroy(window->surface);
	}
	if (window->buffer != NULL) {
		wl_buffer_destroy(window->buffer);
	}
	if (window->wm_base != NULL) {
		xdg_wm_base_destroy(window->wm_base);
	}
	if (window->shm != NULL) {
		wl_shm_destroy(window->shm);
	}
	if (window->compositor != NULL) {
		wl_compositor_destroy(window->compositor);
	}
	wl_registry_destroy(window->registry);
	wl_event_queue_destroy(window->queue);
	wl_list_remove(&window->link);
	free(window);
}

// primary-selection: "Only the client with the keyboard focus will receive such events with a non-NULL
// wp_primary_selection_offer", and setting a selection requires the serial "of the event that triggered this request".
// The suite's clients have no window that could receive focus or events.
void window_before(const struct request *request) {
	struct wl_display *display = wl_proxy_get_display(request->proxy);
	if (!request_is(request, "zwp_primary_selection_device_manager_v1", "get_device") || shell_has_surface(display)) {
		return;
	}
	struct window *window = calloc(1, sizeof(*window));
	if (window == NULL) {
		return;
	}
	window->display = display;
	wl_list_insert(&windows, &window->link);
	if (bind_globals(window) && create_buffer(window)) {
		map(window);
	}
}

void window_forget(struct wl_display *display) {
	struct window *window, *next;
	wl_list_for_each_safe(window, next, &windows, link) {
		if (window->display == display) {
			window_destroy(window);
		}
	}
}

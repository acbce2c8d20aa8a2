#include "server.h"

#include "listener.h"
#include "log.h"
#include <errno.h>
#include <lido/monitor.h>
#include <lido/wlroots.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>

#define COMPOSITOR_VERSION 6

// Default size of the output, pixels.
#define WIDTH_DEFAULT 1280
#define HEIGHT_DEFAULT 720

// Initialized from top to bottom, finished from bottom to top. Listeners run in this order: layer surfaces reserve
// their space before windows use the rest, and task bars receive a new or unmapped window before the focus moves.
static const struct {
	bool (*init)(struct compositor *compositor);
	void (*finish)(struct compositor *compositor); // may be NULL
} parts[] = {
	{descriptors_init, NULL},
	{closing_init, closing_finish},
	{turns_init, turns_finish},
	{outbox_init, NULL},
	{clients_init, clients_finish},
	{requests_init, requests_finish},
	{object_limits_init, object_limits_finish},
	{desktop_init, desktop_finish},
	{overdraw_init, overdraw_finish},
	{batch_init, batch_finish},
	{outputs_init, outputs_finish},
	{globals_init, globals_finish},
	{pools_init, pools_finish},
	{surfaces_init, surfaces_finish},
	{dmabuf_init, NULL},
	{implicit_sync_init, implicit_sync_finish},
	{explicit_sync_init, NULL},
	{idle_init, idle_finish},
	{seat_init, seat_finish},
	{text_inputs_init, text_inputs_finish},
	{input_method_init, input_method_finish},
	{keymaps_init, keymaps_finish},
	{keyboards_init, keyboards_finish},
	{virtual_keyboards_init, virtual_keyboards_finish},
	{virtual_pointers_init, virtual_pointers_finish},
	{popups_init, popups_finish},
	{layers_init, layers_finish},
	{toplevels_init, toplevels_finish},
	{foreign_init, foreign_finish},
	{decorations_init, NULL},
	{focus_init, focus_finish},
	{shortcuts_init, shortcuts_finish},
	{bindings_init, bindings_finish},
	{grab_init, grab_finish},
	{cursor_init, cursor_finish},
	{gestures_init, gestures_finish},
	{touch_init, touch_finish},
	{tablets_init, tablets_finish},
	{tablet_pads_init, tablet_pads_finish},
	{drag_init, drag_finish},
	{constraints_init, constraints_finish},
	{session_lock_init, session_lock_finish},
	{activation_init, activation_finish},
	{shell_init, shell_finish},
	{xdg_errors_init, NULL},
	{xdg_foreign_init, NULL},
	{tearing_init, tearing_finish},
	{rectangles_init, NULL},
	{selections_init, NULL},
	{captures_init, captures_finish},
	{exports_init, exports_finish},
	{image_capture_init, NULL},
	{window_captures_init, window_captures_finish},
	{sandboxes_init, NULL},
	{output_management_init, output_management_finish},
	{output_power_init, output_power_finish},
	{gamma_init, gamma_finish},
	{xwayland_init, xwayland_finish},
};

// The parent of a nested compositor has exited. Outputs and devices are destroyed next, each with its own signal.
static void handle_backend_destroy(struct wl_listener *listener, void *data) {
	struct compositor *compositor = wl_container_of(listener, compositor, listeners.backend_destroy);
	listener_remove(&compositor->listeners.backend_destroy);
	listener_remove(&compositor->outputs->new_output);
	listener_remove(&compositor->seat->listeners.new_input);
	compositor->backend = NULL;
	compositor_terminate(compositor);
}

static bool create_backend(struct compositor *compositor, const struct compositor_options *options) {
	compositor->headless = options->backend == COMPOSITOR_BACKEND_HEADLESS;
	if (compositor->headless) {
		compositor->backend = wlr_headless_backend_create(compositor->loop);
	} else {
		compositor->backend = wlr_backend_autocreate(compositor->loop, &compositor->session);
	}
	if (compositor->backend == NULL) {
		log_error("cannot create a backend: is a Wayland or X11 session running? (--headless needs none)");
		return false;
	}
	listener_add(&compositor->listeners.backend_destroy, &compositor->backend->events.destroy, handle_backend_destroy);
	return true;
}

static bool create_rendering(struct compositor *compositor, const struct compositor_options *options) {
	if (!renderer_init(compositor, options->renderer)) {
		return false;
	}
	compositor->wlr = wlr_compositor_create(compositor->display, COMPOSITOR_VERSION, compositor->renderer);
	if (compositor->wlr == NULL) {
		return false;
	}
	if (options->with_wlroots_shm) {
		return wlr_renderer_init_wl_shm(compositor->renderer, compositor->display);
	}
	compositor->shm = lido_wlroots_create(compositor->display, compositor->renderer, compositor->wlr, options->limits);
	if (compositor->shm != NULL) {
		lido_wlroots_set_zero_copy(compositor->shm, options->zero_copy);
	}
	return compositor->shm != NULL;
}

static bool create_parts(struct compositor *compositor) {
	// lido_wlroots_create() has set less.
	wl_display_set_default_max_buffer_size(compositor->display, CLIENTS_UNREAD_SIZE_MAX);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		compositor->parts_len = i + 1;
		if (!parts[i].init(compositor)) {
			return false;
		}
	}
	return true;
}

static bool create_socket(struct compositor *compositor, const struct compositor_options *options) {
	return options->without_socket || display_socket_init(compositor, options->socket);
}

// The compositor runs without a monitor socket if it cannot create one.
static bool create_monitor(struct compositor *compositor, const struct compositor_options *options) {
	if (compositor->socket.name == NULL || compositor->shm == NULL || options->without_monitor) {
		return true;
	}
	size_t size = strlen(compositor->socket.name) + sizeof(LIDO_MONITOR_SUFFIX);
	char *name = malloc(size);
	if (name == NULL) {
		return false;
	}
	snprintf(name, size, "%s" LIDO_MONITOR_SUFFIX, compositor->socket.name);
	compositor->monitor = lido_monitor_create(compositor_get_manager(compositor), name);
	if (compositor->monitor == NULL) {
		display_socket_log_error(name, " for lido-top", errno);
	}
	free(name);
	return true;
}

static bool create_headless_output(struct compositor *compositor) {
	unsigned width = (unsigned)compositor->width, height = (unsigned)compositor->height;
	return !compositor->headless || wlr_headless_add_output(compositor->backend, width, height) != NULL;
}

static struct compositor *allocate(void) {
	struct compositor_parts *all = calloc(1, sizeof(*all));
	if (all == NULL) {
		return NULL;
	}
	struct compositor *compositor = &all->compositor;
	compositor->rendering = &all->rendering;
	compositor->outbox = &all->outbox;
	compositor->clients = &all->clients;
	compositor->turns = &all->turns;
	compositor->requests = &all->requests;
	compositor->object_limits = &all->object_limits;
	compositor->filters = &all->filters;
	compositor->overdraw = &all->overdraw;
	compositor->captures = &all->captures;
	compositor->exports = &all->exports;
	compositor->batch = &all->batch;
	compositor->desktop = &all->desktop;
	compositor->outputs = &all->outputs;
	compositor->globals = &all->globals;
	compositor->pools = &all->pools;
	compositor->surfaces = &all->surfaces;
	compositor->dmabuf = &all->dmabuf;
	compositor->implicit_sync = &all->implicit_sync;
	compositor->idle = &all->idle;
	compositor->seat = &all->seat;
	compositor->session_lock = &all->session_lock;
	compositor->text_inputs = &all->text_inputs;
	compositor->input_method = &all->input_method;
	compositor->keymaps = &all->keymaps;
	compositor->keyboards = &all->keyboards;
	compositor->virtual_keyboards = &all->virtual_keyboards;
	compositor->virtual_pointers = &all->virtual_pointers;
	compositor->popups = &all->popups;
	compositor->layers = &all->layers;
	compositor->toplevels = &all->toplevels;
	compositor->foreign = &all->foreign;
	compositor->focus = &all->focus;
	compositor->shortcuts = &all->shortcuts;
	compositor->bindings = &all->bindings;
	compositor->grab = &all->grab;
	compositor->cursor = &all->cursor;
	compositor->gestures = &all->gestures;
	compositor->touch = &all->touch;
	compositor->tablets = &all->tablets;
	compositor->tablet_pads = &all->tablet_pads;
	compositor->drag = &all->drag;
	compositor->constraints = &all->constraints;
	compositor->activation = &all->activation;
	compositor->shell = &all->shell;
	compositor->image_capture = &all->image_capture;
	compositor->window_captures = &all->window_captures;
	compositor->tearing = &all->tearing;
	compositor->output_management = &all->output_management;
	compositor->output_power = &all->output_power;
	compositor->gamma = &all->gamma;
	compositor->xwayland = &all->xwayland;
	return compositor;
}

static void deallocate(struct compositor *compositor) {
	struct compositor_parts *all = wl_container_of(compositor, all, compositor);
	free(all);
}

struct compositor *compositor_create(const struct compositor_options *options) {
	struct compositor *compositor = allocate();
	if (compositor == NULL) {
		return NULL;
	}
	compositor->width = options->width > 0 ? options->width : WIDTH_DEFAULT;
	compositor->height = options->height > 0 ? options->height : HEIGHT_DEFAULT;
	compositor->linux_dmabuf = options->linux_dmabuf;
	compositor->files_max = options->limits != NULL ? options->limits->files_max : LIDO_FILES_MAX_DEFAULT;
	pools_set_sandbox_limits(compositor, options->sandbox_limits);
	compositor->display = wl_display_create();
	if (compositor->display == NULL) {
		deallocate(compositor);
		return NULL;
	}
	compositor->loop = wl_display_get_event_loop(compositor->display);
	if (create_backend(compositor, options) && create_rendering(compositor, options) && create_parts(compositor) &&
			create_socket(compositor, options) && create_monitor(compositor, options) &&
			create_headless_output(compositor) && xwayland_create(compositor, options)) {
		return compositor;
	}
	log_error("cannot create the compositor");
	compositor_destroy(compositor);
	return NULL;
}

bool compositor_start(struct compositor *compositor) {
	if (!compositor->started && compositor->backend != NULL) {
		compositor->started = wlr_backend_start(compositor->backend);
	}
	if (!compositor->started) {
		log_error("cannot start the backend; --verbose prints the cause");
	}
	return compositor->started;
}

bool compositor_dispatch(struct compositor *compositor, int timeout) {
	outbox_flush(compositor);
	return wl_event_loop_dispatch(compositor->loop, timeout) >= 0;
}

bool compositor_run(struct compositor *compositor) {
	if (!compositor_start(compositor)) {
		return false;
	}
	compositor->terminated = false;
	while (!compositor->terminated && compositor_dispatch(compositor, -1)) {
	}
	return true;
}

void compositor_terminate(struct compositor *compositor) {
	compositor->terminated = true;
	wl_display_terminate(compositor->display); // ends the wait for events
}

void compositor_destroy(struct compositor *compositor) {
	if (compositor == NULL) {
		return;
	}
	wl_display_destroy_clients(compositor->display);
	// Outputs and devices are destroyed first: their signals need all parts.
	if (compositor->backend != NULL) {
		wlr_backend_destroy(compositor->backend);
	}
	while (compositor->parts_len > 0) {
		const size_t i = --compositor->parts_len;
		if (parts[i].finish != NULL) {
			parts[i].finish(compositor);
		}
	}
	renderer_finish(compositor);
	wl_display_destroy(compositor->display);
	display_socket_finish(&compositor->socket);
	deallocate(compositor);
}

struct wl_client *compositor_add_client(struct compositor *compositor, int fd) {
	struct wl_client *client = wl_client_create(compositor->display, fd);
	if (client == NULL) {
		close(fd);
	}
	return client;
}

struct wl_display *compositor_get_display(struct compositor *compositor) {
	return compositor->display;
}

struct lido_manager *compositor_get_manager(struct compositor *compositor) {
	return compositor->shm != NULL ? lido_wlroots_get_manager(compositor->shm) : NULL;
}

const char *compositor_get_socket(const struct compositor *compositor) {
	return compositor->socket.name;
}

const char *compositor_get_x11_display(const struct compositor *compositor) {
	return xwayland_get_display(compositor);
}

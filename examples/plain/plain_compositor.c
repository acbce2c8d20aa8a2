/*
 * A compositor that uses only libwayland-server and Lido's core: what a compositor without wlroots must do. It has no
 * screen. It draws into a picture in memory, and writes the picture to a file when it exits.
 *
 *     plain_compositor SOCKET PICTURE.ppm
 *
 * surface_show(), create_globals() and main() call Lido. The rest is what any compositor has: surfaces, frame
 * callbacks, and as much of xdg-shell as a window needs that is never moved, resized or closed. SIGTERM ends the
 * program.
 */
#include "xdg-shell-protocol.h"

#include <lido/monitor.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wayland-server-protocol.h>

#define WIDTH 640
#define HEIGHT 480
#define FRAME_MS 16

// Codes of drm_fourcc.h.
static const uint32_t formats[] = {0x34325241, 0x34325258}; // ARGB8888, XRGB8888

struct server {
	struct wl_display *display;
	struct wl_event_source *timer;
	struct wl_list surfaces; // surface.link
	unsigned frames;         // number of buffers shown
	uint32_t picture[HEIGHT][WIDTH];
};

struct surface {
	struct wl_list link; // server.surfaces
	struct server *server;
	struct wl_list callbacks;    // wl_resource_get_link() of wl_callback resources
	struct wl_resource *pending; // wl_buffer; NULL: none
	struct wl_listener pending_destroy;
	struct wl_resource *xdg_surface, *toplevel; // NULL: it has none, or it was destroyed
	bool is_configured;
};

// Copies the pixels into the top left corner of the picture, as far as they fit.
static void draw(struct server *server, const uint8_t *pixels, size_t stride, int32_t width, int32_t height) {
	size_t row_size = sizeof(uint32_t) * (size_t)(width < WIDTH ? width : WIDTH);
	for (int32_t y = 0; y < height && y < HEIGHT; y++) {
		memcpy(server->picture[y], pixels + (size_t)y * stride, row_size);
	}
}

// Copies the pixels into server memory, which is charged to the client, and releases the buffer at once.
static void surface_show(struct surface *surface, struct lido_buffer *buffer) {
	const struct lido_box all = {.width = buffer->width, .height = buffer->height};
	struct lido_commit commit;
	struct lido_scratch *copy = NULL;
	if (!lido_buffer_begin_commit(buffer, &commit)) {
		return;
	}
	if (!lido_buffer_spend(buffer, buffer->size) ||
			(copy = lido_scratch_create(buffer->pool, (size_t)buffer->size)) == NULL) {
		lido_pool_post_no_memory(buffer->pool);
		return;
	}
	if (lido_buffer_read(buffer, &all, lido_scratch_get_data(copy), (size_t)buffer->stride) == LIDO_READ_OK) {
		draw(surface->server, lido_scratch_get_data(copy), (size_t)buffer->stride, buffer->width, buffer->height);
		surface->server->frames++;
		lido_buffer_send_release(buffer);
	} else {
		lido_buffer_post_truncated(buffer);
	}
	lido_scratch_destroy(copy);
}

static void set_pending(struct surface *surface, struct wl_resource *buffer) {
	if (surface->pending != NULL) {
		wl_list_remove(&surface->pending_destroy.link);
	}
	surface->pending = buffer;
	if (buffer != NULL) {
		wl_resource_add_destroy_listener(buffer, &surface->pending_destroy);
	}
}

static void handle_pending_destroy(struct wl_listener *listener, void *data) {
	struct surface *surface = wl_container_of(listener, surface, pending_destroy);
	set_pending(surface, NULL);
}

// Requests that this compositor ignores.

static void ignore(struct wl_client *client, struct wl_resource *resource) {
}

static void ignore_object(struct wl_client *client, struct wl_resource *resource, struct wl_resource *object) {
}

static void ignore_text(struct wl_client *client, struct wl_resource *resource, const char *text) {
}

static void ignore_int(struct wl_client *client, struct wl_resource *resource, int32_t number) {
}

static void ignore_uint(struct wl_client *client, struct wl_resource *resource, uint32_t number) {
}

static void ignore_size(struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height) {
}

static void ignore_box(
		struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void ignore_move(
		struct wl_client *client, struct wl_resource *resource, struct wl_resource *seat, uint32_t serial) {
}

static void ignore_resize(struct wl_client *client, struct wl_resource *resource, struct wl_resource *seat,
		uint32_t serial, uint32_t edges) {
}

static void ignore_menu(struct wl_client *client, struct wl_resource *resource, struct wl_resource *seat,
		uint32_t serial, int32_t x, int32_t y) {
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

// Creates an object with the given data. If out of memory, posts no_memory to the client and returns NULL.
static struct wl_resource *create(struct wl_client *client, const struct wl_interface *interface, int version,
		uint32_t id, const void *impl, void *data, wl_resource_destroy_func_t destroyed) {
	struct wl_resource *resource = wl_resource_create(client, interface, version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, impl, data, destroyed);
	return resource;
}

static void handle_attach(
		struct wl_client *client, struct wl_resource *resource, struct wl_resource *buffer, int32_t x, int32_t y) {
	set_pending(wl_resource_get_user_data(resource), buffer);
}

static void handle_callback_destroy(struct wl_resource *callback) {
	wl_list_remove(wl_resource_get_link(callback));
}

static void handle_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id) {
	struct surface *surface = wl_resource_get_user_data(resource);
	struct wl_resource *callback = create(client, &wl_callback_interface, 1, id, NULL, NULL, handle_callback_destroy);
	if (callback != NULL) {
		wl_list_insert(surface->callbacks.prev, wl_resource_get_link(callback));
	}
}

static void handle_commit(struct wl_client *client, struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface->toplevel != NULL && surface->xdg_surface != NULL && !surface->is_configured) {
		struct wl_array states = {0};
		xdg_toplevel_send_configure(surface->toplevel, 0, 0, &states);
		xdg_surface_send_configure(surface->xdg_surface, wl_display_next_serial(surface->server->display));
		surface->is_configured = true;
	}
	struct lido_buffer *buffer = surface->pending != NULL ? lido_buffer_try_from_resource(surface->pending) : NULL;
	set_pending(surface, NULL);
	if (buffer != NULL) {
		surface_show(surface, buffer);
	}
}

static const struct wl_surface_interface surface_impl = {
	.destroy = handle_destroy,
	.attach = handle_attach,
	.damage = ignore_box,
	.frame = handle_frame,
	.set_opaque_region = ignore_object,
	.set_input_region = ignore_object,
	.commit = handle_commit,
	.set_buffer_transform = ignore_int,
	.set_buffer_scale = ignore_int,
	.damage_buffer = ignore_box,
};

// The objects of its window may be destroyed later.
static void handle_surface_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	struct wl_resource *callback, *next;
	set_pending(surface, NULL);
	wl_resource_for_each_safe(callback, next, &surface->callbacks) {
		wl_resource_destroy(callback);
	}
	struct wl_resource *window[] = {surface->xdg_surface, surface->toplevel};
	for (int i = 0; i < 2; i++) {
		if (window[i] != NULL) {
			wl_resource_set_user_data(window[i], NULL);
		}
	}
	wl_list_remove(&surface->link);
	free(surface);
}

static void handle_create_surface(struct wl_client *client, struct wl_resource *compositor, uint32_t id) {
	struct surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	surface->server = wl_resource_get_user_data(compositor);
	surface->pending_destroy.notify = handle_pending_destroy;
	wl_list_init(&surface->callbacks);
	wl_list_insert(&surface->server->surfaces, &surface->link);
	if (create(client, &wl_surface_interface, wl_resource_get_version(compositor), id, &surface_impl, surface,
				handle_surface_destroy) == NULL) {
		wl_list_remove(&surface->link);
		free(surface);
	}
}

static const struct wl_region_interface region_impl = {
	.destroy = handle_destroy,
	.add = ignore_box,
	.subtract = ignore_box,
};

static void handle_create_region(struct wl_client *client, struct wl_resource *compositor, uint32_t id) {
	create(client, &wl_region_interface, 1, id, &region_impl, NULL, NULL);
}

static const struct wl_compositor_interface compositor_impl = {
	.create_surface = handle_create_surface,
	.create_region = handle_create_region,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	create(client, &wl_compositor_interface, (int)version, id, &compositor_impl, data, NULL);
}

static const struct xdg_toplevel_interface toplevel_impl = {
	.destroy = handle_destroy,
	.set_parent = ignore_object,
	.set_title = ignore_text,
	.set_app_id = ignore_text,
	.show_window_menu = ignore_menu,
	.move = ignore_move,
	.resize = ignore_resize,
	.set_max_size = ignore_size,
	.set_min_size = ignore_size,
	.set_maximized = ignore,
	.unset_maximized = ignore,
	.set_fullscreen = ignore_object,
	.unset_fullscreen = ignore,
	.set_minimized = ignore,
};

static void handle_toplevel_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface != NULL) {
		surface->toplevel = NULL;
		surface->is_configured = false;
	}
}

static void handle_get_toplevel(struct wl_client *client, struct wl_resource *xdg_surface, uint32_t id) {
	struct surface *surface = wl_resource_get_user_data(xdg_surface);
	if (surface == NULL || surface->toplevel != NULL) {
		wl_resource_post_error(
				xdg_surface, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED, "the surface is destroyed or already has a role");
		return;
	}
	surface->toplevel =
			create(client, &xdg_toplevel_interface, 1, id, &toplevel_impl, surface, handle_toplevel_destroy);
}

static void handle_get_popup(struct wl_client *client, struct wl_resource *resource, uint32_t id,
		struct wl_resource *parent, struct wl_resource *positioner) {
	wl_client_post_implementation_error(client, "this compositor has no popups");
}

static const struct xdg_surface_interface xdg_surface_impl = {
	.destroy = handle_destroy,
	.get_toplevel = handle_get_toplevel,
	.get_popup = handle_get_popup,
	.set_window_geometry = ignore_box,
	.ack_configure = ignore_uint,
};

static void handle_xdg_surface_destroy(struct wl_resource *resource) {
	struct surface *surface = wl_resource_get_user_data(resource);
	if (surface != NULL) {
		surface->xdg_surface = NULL;
	}
}

static void handle_get_xdg_surface(
		struct wl_client *client, struct wl_resource *wm_base, uint32_t id, struct wl_resource *surface_resource) {
	struct surface *surface = wl_resource_get_user_data(surface_resource);
	if (surface->xdg_surface != NULL) {
		wl_resource_post_error(wm_base, XDG_WM_BASE_ERROR_ROLE, "the surface already has an xdg_surface");
		return;
	}
	surface->xdg_surface =
			create(client, &xdg_surface_interface, 1, id, &xdg_surface_impl, surface, handle_xdg_surface_destroy);
}

static void handle_create_positioner(struct wl_client *client, struct wl_resource *wm_base, uint32_t id) {
	wl_client_post_implementation_error(client, "this compositor has no popups");
}

static const struct xdg_wm_base_interface wm_base_impl = {
	.destroy = handle_destroy,
	.create_positioner = handle_create_positioner,
	.get_xdg_surface = handle_get_xdg_surface,
	.pong = ignore_uint,
};

static void bind_wm_base(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	create(client, &xdg_wm_base_interface, (int)version, id, &wm_base_impl, data, NULL);
}

// Calls all frame callbacks, sixty times a second.
static int handle_timer(void *data) {
	struct server *server = data;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	struct surface *surface;
	wl_list_for_each(surface, &server->surfaces, link) {
		struct wl_resource *callback, *next;
		wl_resource_for_each_safe(callback, next, &surface->callbacks) {
			wl_callback_send_done(callback, (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000));
			wl_resource_destroy(callback);
		}
	}
	wl_event_source_timer_update(server->timer, FRAME_MS);
	return 0;
}

static int handle_signal(int number, void *data) {
	wl_display_terminate(data);
	return 0;
}

static bool write_picture(const struct server *server, const char *path) {
	FILE *file = fopen(path, "we");
	if (file == NULL) {
		return false;
	}
	fprintf(file, "P6 %d %d 255\n", WIDTH, HEIGHT);
	for (int i = 0; i < WIDTH * HEIGHT; i++) {
		uint32_t pixel = server->picture[i / WIDTH][i % WIDTH];
		fputc((int)(pixel >> 16 & 0xff), file);
		fputc((int)(pixel >> 8 & 0xff), file);
		fputc((int)(pixel & 0xff), file);
	}
	return fclose(file) == 0;
}

// Creates the globals, and the monitor socket for lido-top. The filter hides the monitor global from clients.
static bool create_globals(struct server *server, const char *monitor_name) {
	struct lido_manager *manager =
			lido_manager_create(server->display, formats, sizeof(formats) / sizeof(formats[0]), NULL);
	struct lido_monitor *monitor = manager != NULL ? lido_monitor_create(manager, monitor_name) : NULL;
	wl_display_set_global_filter(server->display, lido_monitor_filter, monitor);
	return monitor != NULL &&
		   wl_global_create(server->display, &wl_compositor_interface, 4, server, bind_compositor) != NULL &&
		   wl_global_create(server->display, &xdg_wm_base_interface, 1, server, bind_wm_base) != NULL;
}

int main(int argc, char *argv[]) {
	static struct server server;
	char monitor_name[256];
	if (argc != 3) {
		fputs("usage: plain_compositor SOCKET PICTURE.ppm\n", stderr);
		return EXIT_FAILURE;
	}
	lido_limits_raise_nofile();
	server.display = wl_display_create();
	wl_list_init(&server.surfaces);
	struct wl_event_loop *loop = wl_display_get_event_loop(server.display);
	struct wl_event_source *terminate = wl_event_loop_add_signal(loop, SIGTERM, handle_signal, server.display);
	server.timer = wl_event_loop_add_timer(loop, handle_timer, &server);
	handle_timer(&server);
	snprintf(monitor_name, sizeof(monitor_name), "%s" LIDO_MONITOR_SUFFIX, argv[1]);
	bool is_fine = create_globals(&server, monitor_name) && wl_display_add_socket(server.display, argv[1]) == 0;
	if (is_fine) {
		wl_display_run(server.display);
	}
	wl_display_destroy_clients(server.display);
	wl_event_source_remove(server.timer);
	wl_event_source_remove(terminate);
	wl_display_destroy(server.display);
	printf("%u frames\n", server.frames);
	return is_fine && write_picture(&server, argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
}

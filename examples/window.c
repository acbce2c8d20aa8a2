#include "window.h"

#include "pixels.h"
#include "xdg-shell-client-protocol.h"
#include <sys/param.h>
#include <wayland-client.h>

#define SETTLE_MS 3000

void window_schedule(struct window *window) {
	window->is_dirty = true;
}

void window_damage(struct window *window, const cairo_rectangle_int_t *box) {
	damage_add(&window->damage, box);
	window_schedule(window);
}

void window_damage_all(struct window *window) {
	const cairo_rectangle_int_t all = {.width = window->width, .height = window->height};
	window_damage(window, &all);
}

void window_drag(struct window *window) {
	xdg_toplevel_move(window->toplevel, window->input.seat, window->input.serial);
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct window *window = data;
	wl_callback_destroy(callback);
	window->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {
	.done = handle_frame,
};

// Draws on the image what has changed since it was last shown, and attaches it.
static void attach_image(struct window *window, struct lido_image *image, cairo_t *cairo) {
	cairo_region_t *region = damage_collect(&window->damage, lido_image_get_age(image), window->width, window->height);
	for (int i = 0; i < cairo_region_num_rectangles(region); i++) {
		cairo_rectangle_int_t box;
		cairo_region_get_rectangle(region, i, &box);
		cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
	}
	cairo_clip(cairo);
	cairo_region_destroy(region);
	window->listener->draw(window->data, cairo);
	pixels_end(cairo);
	wl_surface_attach(window->surface, lido_image_get_buffer(image), 0, 0);
}

// Sends what has changed since the last frame. If the image is older, more than that was drawn.
static void send_damage(struct window *window) {
	cairo_region_t *region = damage_collect(&window->damage, 1, window->width, window->height);
	for (int i = 0; i < cairo_region_num_rectangles(region); i++) {
		cairo_rectangle_int_t box;
		cairo_region_get_rectangle(region, i, &box);
		wl_surface_damage_buffer(window->surface, box.x, box.y, box.width, box.height);
	}
	cairo_region_destroy(region);
	damage_advance(&window->damage);
}

static void draw_image(struct window *window) {
	struct lido_image *image =
			lido_swapchain_acquire(window->swapchain, window->width, window->height, WL_SHM_FORMAT_XRGB8888);
	cairo_t *cairo = image != NULL ? pixels_begin(image, CAIRO_FORMAT_RGB24) : NULL;
	if (cairo == NULL) {
		enum lido_client_error error = lido_client_get_error(window->session->client);
		session_fail(window->session, "cannot get pixels for a window of %dx%d: %s", window->width, window->height,
				lido_client_error_to_string(error));
		return;
	}
	attach_image(window, image, cairo);
	send_damage(window);
}

static void draw(struct window *window) {
	window->is_dirty = false;
	window->is_resized = false;
	if (window->listener->update != NULL) {
		window->listener->update(window->data);
	}
	if (window->session->is_over) {
		return;
	}
	if (!damage_is_empty(&window->damage)) {
		draw_image(window);
	}
	if (window->frame != NULL) {
		wl_callback_destroy(window->frame);
	}
	window->frame = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame, &frame_listener, window);
	wl_surface_commit(window->surface);
}

static bool is_due(const struct window *window) {
	return window->is_configured && (window->is_resized || (window->is_dirty && window->frame == NULL));
}

static bool step(struct window *window, int timeout) {
	if (!window->session->is_over && is_due(window)) {
		draw(window);
	}
	return !window->session->is_over && session_dispatch(window->session, timeout);
}

void window_run(struct window *window) {
	while (step(window, -1)) {
	}
}

void window_settle(struct window *window) {
	for (int waited = 0; waited < SETTLE_MS && step(window, 1); waited++) {
		if (window->is_configured && !is_due(window) && !window->is_dirty && window->frame == NULL) {
			return;
		}
	}
}

static int32_t clamp(int32_t value, int32_t maximum) {
	return MAX(MIN(value, maximum), 1);
}

// Returns the new width or height: as configured, or else the current one within the bounds.
static int32_t choose(int32_t configured, int32_t bound, int32_t now) {
	if (configured > 0) {
		return clamp(configured, WINDOW_SIZE_MAX);
	}
	return bound > 0 ? clamp(now, bound) : now;
}

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct window *window = data;
	int32_t width = choose(window->configure.width, window->configure.bounds_width, window->width);
	int32_t height = choose(window->configure.height, window->configure.bounds_height, window->height);
	xdg_surface_ack_configure(xdg_surface, serial);
	if (!window->is_configured || width != window->width || height != window->height) {
		window->width = width;
		window->height = height;
		window->is_configured = true;
		window->is_resized = true;
		window_damage_all(window);
	}
	// The acknowledgment takes effect with a commit, even if nothing is drawn.
	window_schedule(window);
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_configure,
};

static void handle_toplevel_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
	struct window *window = data;
	window->configure.width = width;
	window->configure.height = height;
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
	struct window *window = data;
	session_end(window->session);
}

static void handle_bounds(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {
	struct window *window = data;
	window->configure.bounds_width = width;
	window->configure.bounds_height = height;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
	.configure_bounds = handle_bounds,
};

static void create_toplevel(struct window *window, const struct window_options *options) {
	window->surface = wl_compositor_create_surface(window->session->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(window->session->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_title(window->toplevel, options->title);
	xdg_toplevel_set_app_id(window->toplevel, options->app_id);
	xdg_toplevel_set_min_size(window->toplevel, options->width_min, options->height_min);
	wl_surface_commit(window->surface);
}

bool window_init(struct window *window, struct session *session, const struct window_options *options,
		const struct window_listener *listener, void *data) {
	*window = (struct window){
		.session = session,
		.listener = listener,
		.data = data,
		.width = options->width,
		.height = options->height,
		.swapchain = lido_swapchain_create(session->client),
	};
	if (window->swapchain == NULL) {
		session_fail(session, "out of memory");
		return false;
	}
	damage_init(&window->damage);
	create_toplevel(window, options);
	cursor_init(&window->cursor, session);
	input_init(&window->input, session, &window->cursor, &listener->input, data);
	return true;
}

void window_finish(struct window *window) {
	input_finish(&window->input);
	cursor_finish(&window->cursor);
	if (window->frame != NULL) {
		wl_callback_destroy(window->frame);
	}
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
	lido_swapchain_destroy(window->swapchain);
	damage_finish(&window->damage);
}

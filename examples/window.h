/*
 * A toplevel window, drawn with cairo on images of the pool: one frame at a time, and of it only what has changed.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include "cursor.h"
#include "damage.h"
#include "input.h"
#include "session.h"
#include <cairo.h>

#define WINDOW_SIZE_MAX 16384

struct window_options {
	const char *title, *app_id;
	int32_t width, height; // at first, unless the compositor wants another size
	int32_t width_min, height_min;
};

struct window_listener {
	/* Before each frame, in the size that it will have: may damage the window and change subsurfaces. May be NULL. */
	void (*update)(void *data);
	/* Draws; clipped to what has changed, which might be more than was damaged. */
	void (*draw)(void *data, cairo_t *cairo);
	struct input_listener input;
};

struct window {
	struct session *session;
	const struct window_listener *listener;
	void *data;
	int32_t width, height; // now

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct lido_swapchain *swapchain;
	struct damage damage;
	struct cursor cursor;
	struct input input;

	struct wl_callback *frame; // the last one is not shown yet; may be NULL
	struct {
		int32_t width, height; // 0: as we like
		int32_t bounds_width, bounds_height;
	} configure;
	bool is_configured;
	bool is_resized; // draw at once
	bool is_dirty;   // draw when the last frame is shown
};

/* It appears with the first events. Returns false if there is no memory, which is reported. */
bool window_init(struct window *window, struct session *session, const struct window_options *options,
		const struct window_listener *listener, void *data);
void window_finish(struct window *window);

/* Handles events and draws frames until the session is over. */
void window_run(struct window *window);

/* Draws until all that was asked for is shown, or for some seconds: hidden windows are not shown. */
void window_settle(struct window *window);

/* There will be a frame. */
void window_schedule(struct window *window);

/* Something has changed there; schedules a frame. */
void window_damage(struct window *window, const cairo_rectangle_int_t *box);
void window_damage_all(struct window *window);

/* Lets the user drag the window along, after a press. */
void window_drag(struct window *window);

#endif

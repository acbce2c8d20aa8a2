/*
 * A toplevel window, drawn with cairo on images of a swapchain. Each frame draws only what has changed.
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
	int32_t width, height;         // initial size, unless the compositor configures another one; pixels
	int32_t width_min, height_min; // pixels
};

struct window_listener {
	/* Called before each frame, when its size is known. May damage the window and change subsurfaces. May be NULL. */
	void (*update)(void *data);
	/* Draws the window. cairo is clipped to what has changed, which may be more than was damaged. */
	void (*draw)(void *data, cairo_t *cairo);
	struct input_listener input;
};

struct window {
	struct session *session;
	const struct window_listener *listener;
	void *data;
	int32_t width, height; // current size, pixels

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct lido_swapchain *swapchain;
	struct damage damage;
	struct cursor cursor;
	struct input input;

	struct wl_callback *frame; // pending callback of the last frame; NULL: that frame was shown
	struct {
		int32_t width, height;               // 0: the window may choose
		int32_t bounds_width, bounds_height; // 0: no bounds
	} configure;
	bool is_configured;
	bool is_resized; // draw at once
	bool is_dirty;   // draw when the last frame was shown
};

/*
 * Creates a window, which appears when window_run() or window_settle() handles events. If out of memory, reports it and
 * returns false.
 */
bool window_init(struct window *window, struct session *session, const struct window_options *options,
		const struct window_listener *listener, void *data);

/* Destroys the window. */
void window_finish(struct window *window);

/* Handles events and draws frames until the session is over. */
void window_run(struct window *window);

/*
 * Handles events and draws until everything is shown. Gives up after some seconds, because compositors do not show
 * hidden windows.
 */
void window_settle(struct window *window);

/* Schedules a frame. */
void window_schedule(struct window *window);

/* Add damage, a box or the whole window, and schedule a frame. */
void window_damage(struct window *window, const cairo_rectangle_int_t *box);
void window_damage_all(struct window *window);

/* Lets the user move the window by dragging. Call it after a press. */
void window_drag(struct window *window);

#endif

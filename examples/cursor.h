/*
 * The cursor image of the pointer over a window.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "session.h"
#include <cairo.h>

struct cursor {
	struct wl_surface *surface;
	struct lido_swapchain *swapchain;
	int32_t hotspot_x, hotspot_y; // the position of the pointer in the image, pixels
};

/* Creates the cursor's surface. It shows nothing until something is drawn. */
void cursor_init(struct cursor *cursor, struct session *session);
void cursor_finish(struct cursor *cursor);

/* Draws an arrow. */
void cursor_draw_arrow(struct cursor *cursor);

/* Draws a circle, for a brush. diameter: pixels. */
void cursor_draw_ring(struct cursor *cursor, double diameter);

#endif

/*
 * What the pointer looks like above a window.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include "session.h"
#include <cairo.h>

struct cursor {
	struct wl_surface *surface;
	struct lido_swapchain *swapchain;
	int32_t hotspot_x, hotspot_y; // of the pointer, in its image
};

/* Nothing is seen until something is drawn. */
void cursor_init(struct cursor *cursor, struct session *session);
void cursor_finish(struct cursor *cursor);

/* An arrow. */
void cursor_draw_arrow(struct cursor *cursor);

/* A circle of that diameter in pixels, for a brush. */
void cursor_draw_ring(struct cursor *cursor, double diameter);

#endif

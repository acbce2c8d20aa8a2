/*
 * Icons on a desk: each has an image, and those in sight a subsurface which shows it.
 *
 * There are as many subsurfaces as cells in sight, and icons take turns on them. They are synchronised: all that has
 * changed is seen at once, with the next commit of the window.
 */
#ifndef DESK_H
#define DESK_H

#include "grid.h"
#include "session.h"

struct desk {
	struct session *session;
	struct wl_surface *window;
	struct grid grid;
	struct icon *icons; // grid.count
	struct tile *tiles; // tiles_len
	int32_t tiles_len;
};

/* Icons of that size in pixels, on a window's surface; none at first. */
void desk_init(struct desk *desk, struct session *session, struct wl_surface *window, int32_t icon_size);
void desk_finish(struct desk *desk);

/* Creates or destroys icons. Blocks for one round trip when it creates any. Fails the session if it cannot. */
void desk_set_count(struct desk *desk, int32_t count);

/* Shows things as they are in a window of that size, with the next commit. Returns whether something moves on. */
bool desk_update(struct desk *desk, int32_t width, int32_t height);

/* The icon there hops and lights up. Returns false if there is none. */
bool desk_press(struct desk *desk, double x, double y);

#endif

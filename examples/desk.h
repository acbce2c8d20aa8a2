/*
 * Icons on a desk. Each icon has an image; each visible icon has a subsurface that shows the image.
 *
 * There is one subsurface per visible cell, and scrolling assigns them to other icons. They are synchronized, so all
 * changes appear at once, with the next commit of the window.
 */
#ifndef DESK_H
#define DESK_H

#include "grid.h"
#include "session.h"

struct desk {
	struct session *session;
	struct wl_surface *window;
	bool shares_blocks;
	struct grid grid;
	struct icon *icons; // owned; grid.count elements
	struct tile *tiles; // owned; tiles_len elements
	int32_t tiles_len;
};

/*
 * Initializes a desk without icons on a window's surface. icon_size: pixels. shares_blocks: icons that are added
 * together lie in one block.
 */
void desk_init(
		struct desk *desk, struct session *session, struct wl_surface *window, int32_t icon_size, bool shares_blocks);
void desk_finish(struct desk *desk);

/* Creates or destroys icons. Creating blocks for one round trip. On failure ends the session with session_fail(). */
void desk_set_count(struct desk *desk, int32_t count);

/* Updates all subsurfaces for a window of this size; the next commit shows them. Returns whether an icon is moving. */
bool desk_update(struct desk *desk, int32_t width, int32_t height);

/* Makes the icon at this point hop and light up. Returns false if there is none. */
bool desk_press(struct desk *desk, double x, double y);

#endif

/*
 * Placement of windows: pure arithmetic on boxes, in layout coordinates.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wlr/util/box.h>

/* Pixels from one new window to the next. */
#define PLACEMENT_STEP 32

/* Pixels of a window that always stay on its area: enough to grab the window. */
#define PLACEMENT_VISIBLE_WIDTH 96
#define PLACEMENT_VISIBLE_HEIGHT 32

/* Pixels between windows, and between a window and the edge of its area, if there is room for them. */
#define PLACEMENT_GAP 16

/* Limit on the windows that the search for a free place considers. */
#define PLACEMENT_WINDOWS_MAX 32

/*
 * Finds the place on the area where a window of this size covers the least of the other windows: the topmost of equal
 * places, then the leftmost. Returns false, and does not change box, if the window does not fit or would cover others
 * by more than half of its size. Time grows with the cube of windows_len, which is at most PLACEMENT_WINDOWS_MAX.
 */
bool placement_free(const struct wlr_box *area, const struct wlr_box *windows, size_t windows_len, int width,
		int height, struct wlr_box *box);

/*
 * Returns a place for the n-th new window of a size: one step to the right of and below the last one, starting over
 * where it would leave the area. A window larger than the area starts in the top left corner.
 */
struct wlr_box placement_cascade(const struct wlr_box *area, int width, int height, unsigned n);

/*
 * Centers a window over the part of another box that is on the area, or over all of it if none is, then moves it
 * completely onto the area if it fits.
 */
struct wlr_box placement_center(const struct wlr_box *area, const struct wlr_box *over, int width, int height);

/* Moves a window as little as needed so that all of it is on the area, or else its top left corner is at the area's. */
struct wlr_box placement_inside(const struct wlr_box *area, struct wlr_box window);

/* Whether all of the window is on the area. */
bool placement_is_inside(const struct wlr_box *area, const struct wlr_box *window);

/*
 * Moves a window as little as needed so that PLACEMENT_VISIBLE_* pixels of it are on the area, and its top edge is not
 * above the area.
 */
struct wlr_box placement_reachable(const struct wlr_box *area, struct wlr_box window);

/*
 * Returns the box of a window whose edges (enum wlr_edges) the pointer has dragged by dx and dy, no smaller than the
 * minimum and no larger than the maximum size (0: no limit). Edges that are not dragged keep their position.
 */
struct wlr_box placement_resize(const struct wlr_box *start, uint32_t edges, int dx, int dy,
		const struct wlr_box *minimum, const struct wlr_box *maximum);

/*
 * Returns the edge or corner of a window (enum wlr_edges) nearest to a point; for the middle, the bottom right corner.
 */
uint32_t placement_edges_at(const struct wlr_box *window, double lx, double ly);

#endif

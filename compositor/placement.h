/*
 * Where windows go: pure arithmetic on boxes, in layout coordinates.
 */
#ifndef PLACEMENT_H
#define PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wlr/util/box.h>

/* From one new window to the next, pixels. */
#define PLACEMENT_STEP 32

/* How much of a window stays on its area at least, pixels: enough to grab it. */
#define PLACEMENT_VISIBLE_WIDTH 96
#define PLACEMENT_VISIBLE_HEIGHT 32

/* Kept between windows, and to the edge of the area, where there is room for it; pixels. */
#define PLACEMENT_GAP 16

/* More windows than this are not considered when a free place is looked for. */
#define PLACEMENT_WINDOWS_MAX 32

/*
 * Finds the place on the area where a window of a size covers least of the others; the topmost, then leftmost of
 * equals. Returns false, and leaves box alone, if it does not fit or would lie on others by more than half. Time grows
 * with the cube of windows_len, which is at most PLACEMENT_WINDOWS_MAX.
 */
bool placement_free(const struct wlr_box *area, const struct wlr_box *windows, size_t windows_len, int width,
		int height, struct wlr_box *box);

/*
 * A place for the n-th new window of a size: each a step to the right of and below the last, starting over where it
 * would leave the area. A window larger than the area starts in its top left corner.
 */
struct wlr_box placement_cascade(const struct wlr_box *area, int width, int height, unsigned n);

/* The place in the middle of another box, moved so that all of it is on the area if it fits. */
struct wlr_box placement_center(const struct wlr_box *area, const struct wlr_box *over, int width, int height);

/* Moves a window as little as needed so that it can be reached: a handle of it, and no title bar above the area. */
struct wlr_box placement_reachable(const struct wlr_box *area, struct wlr_box window);

/*
 * The box that results when the pointer drags edges (enum wlr_edges) of a window by dx and dy, no smaller than the
 * minimum and no larger than the maximum size (0: none). The edges that are not dragged stay where they are.
 */
struct wlr_box placement_resize(const struct wlr_box *start, uint32_t edges, int dx, int dy,
		const struct wlr_box *minimum, const struct wlr_box *maximum);

/* The edge or corner of a window (enum wlr_edges) that is nearest to a point; the middle counts as bottom right. */
uint32_t placement_edges_at(const struct wlr_box *window, double lx, double ly);

#endif

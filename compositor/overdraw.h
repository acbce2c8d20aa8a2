/*
 * Limits on the work of a frame, since everybody waits for it: on the pixels that the surfaces of one client make the
 * renderer draw, and on the rectangles of which visible regions consist.
 */
#ifndef OVERDRAW_H
#define OVERDRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compositor;
struct wlr_surface;

/*
 * How often a client may cover all outputs, with pixels that are not hidden below opaque ones. Its surfaces below are
 * not drawn. Windows below so many translucent ones cannot be made out.
 */
#define OVERDRAW_LAYERS_MAX 16

/*
 * Limit on the rectangles in the visible regions of all surfaces. Opaque surfaces make holes in those of all surfaces
 * below: 600 lines over 32 windows made a commit take 46 ms. Beyond it nothing makes holes, until half of the surfaces
 * are gone. 500 icons over a window make some thousand.
 */
#define OVERDRAW_RECTANGLES_MAX 8192

/*
 * The same limit for surfaces that are shown or moved at once: their number, times an estimate of the rectangles in the
 * visible regions below, at some 10 ns each. 500 icons in a grid come to a million.
 */
#define OVERDRAW_WORK_MAX (2 * 1024 * 1024)

/* How many surfaces may change before the limits are applied, if that is before the next frame. */
#define OVERDRAW_CHANGES_MAX 64

struct overdraw {
	uint64_t walks;          // serial of the last walk over the scene
	size_t changes;          // of surfaces since that
	bool without_visibility; // there were too many rectangles: opaque surfaces do not hide others
	size_t nodes_peak;       // the most surfaces in the scene since that
};

/* Returns false when out of memory. */
bool overdraw_init(struct compositor *compositor);

/*
 * Hides the surfaces of clients that are beyond the limit, from top to bottom, and shows others again. Call it before
 * each frame.
 */
void overdraw_limit(struct compositor *compositor);

/* Call it before a surface and its subsurfaces are shown all at once. */
void overdraw_will_show(struct compositor *compositor, struct wlr_surface *surface);

/* Call it when a surface has changed: one commit may change a thousand. */
void overdraw_surface_changed(struct compositor *compositor);

#endif

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

/*
 * How often a client may cover all outputs, with pixels that are not hidden below opaque ones. Its surfaces below are
 * not drawn. Windows below so many translucent ones cannot be made out.
 */
#define OVERDRAW_LAYERS_MAX 16

/*
 * Limit on the rectangles in the visible regions of all surfaces. Opaque surfaces make holes in those of all surfaces
 * below: 600 lines over 32 windows made a commit take 46 ms. Beyond it nothing makes holes, until half of the surfaces
 * are gone and the estimate below is low enough. 500 icons over a window make some thousand.
 */
#define OVERDRAW_RECTANGLES_MAX 8192

/*
 * The same limit for changes at once (batch.h): the number of surfaces, times an estimate of the rectangles that opaque
 * ones leave of what is below, at some 5 ns each. 500 opaque icons in a grid come to a quarter of it.
 */
#define OVERDRAW_WORK_MAX (1024 * 1024)

/* Limit on the rectangles of all opaque regions in that estimate. */
#define OVERDRAW_OPAQUE_MAX 4096

/* How many surfaces may change before the limits are applied, if that is before the next frame. */
#define OVERDRAW_CHANGES_MAX 64

struct overdraw {
	uint64_t walks;          // serial of the last walk over the scene
	uint64_t visited;        // desktop.changes at that walk; 0: another one may hide or show more
	size_t nodes_len;        // surfaces that it found
	size_t changes;          // of surfaces since that
	bool without_visibility; // there were too many rectangles: opaque surfaces do not hide others
	size_t nodes_peak;       // the most surfaces in the scene since that

	// For the estimate.
	struct pixman_box32 *opaque; // layout coordinates; OVERDRAW_OPAQUE_MAX
	int32_t *edges;              // twice as many
	size_t opaque_len;
	size_t estimated_len; // surfaces
};

/* Returns false when out of memory. */
bool overdraw_init(struct compositor *compositor);
void overdraw_finish(struct compositor *compositor);

/*
 * Ends the batch, hides the surfaces of clients that are beyond the limit, from top to bottom, and shows others again.
 * Call it before each frame.
 */
void overdraw_limit(struct compositor *compositor);

/* Call it before wlr_scene computes what is visible of all surfaces: opaque ones may not hide others if that would take
 * long. */
void overdraw_estimate(struct compositor *compositor);

/* Call it when a surface has changed: one commit may change a thousand. */
void overdraw_surface_changed(struct compositor *compositor);

#endif

/*
 * How the renderer samples pictures that are enlarged or reduced. Where one pixel becomes a square of whole pixels on
 * the outputs, it stays sharp; otherwise pixels are interpolated. Beyond its edge a picture goes on with the pixels of
 * the edge.
 */
#ifndef FILTERS_H
#define FILTERS_H

#include <stdbool.h>
#include <stdint.h>

struct compositor;
struct wlr_surface;

struct filters {
	uint64_t changes; // desktop.changes when nodes were last visited
	bool with_scaled; // the pixels of a surface were scaled then
};

/* Chooses the filters of all surfaces for the next frame. */
void filters_choose(struct compositor *compositor);

/* Makes the picture that a surface shows go on beyond its edges. Call it at each commit. */
void filters_pad_edges(struct compositor *compositor, struct wlr_surface *surface);

#endif

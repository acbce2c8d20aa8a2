/*
 * Coordinates that clients choose. They may be any, so they are clamped before they are added.
 */
#ifndef GEOMETRY_H
#define GEOMETRY_H

#include <wlr/util/box.h>

/* Limit on coordinates and sizes: far beyond all outputs. Sums of a hundred do not overflow. */
#define GEOMETRY_MAX (1 << 24)

static inline int geometry_clamp(int value) {
	return value < -GEOMETRY_MAX ? -GEOMETRY_MAX : value > GEOMETRY_MAX ? GEOMETRY_MAX : value;
}

/* The same for a box; a negative size becomes 0. */
static inline struct wlr_box geometry_clamp_box(struct wlr_box box) {
	int width = geometry_clamp(box.width), height = geometry_clamp(box.height);
	return (struct wlr_box){
		.x = geometry_clamp(box.x),
		.y = geometry_clamp(box.y),
		.width = width > 0 ? width : 0,
		.height = height > 0 ? height : 0,
	};
}

#endif

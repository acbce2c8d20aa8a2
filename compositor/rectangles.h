/*
 * Limits on the rectangles of regions and of damage. wlroots stores as many as a client sends, and each costs more than
 * the last: 60,000 of them in a region delay all clients by a third of a second in one dispatch.
 */
#ifndef RECTANGLES_H
#define RECTANGLES_H

#include <stdbool.h>

struct compositor;

/*
 * Limit on the rectangles of one wl_region, counted as pixman stores them: disjoint, in bands. A client that adds more
 * is disconnected. A window of any shape with one rectangle in each row of a tall screen has fewer. (One request can
 * double the number, so a region may have twice as many for a moment.)
 */
#define RECTANGLES_REGION_MAX 2048

/*
 * Limit on the rectangles in the damage of one commit. Beyond it, the damage is replaced by its bounding box: clients,
 * and so the compositor, may always damage more than has changed.
 */
#define RECTANGLES_DAMAGE_MAX 256

/*
 * Limit on the rectangles of a surface's opaque region. Beyond it, the region is replaced by its largest rectangle:
 * opaque regions are hints, and a smaller one is drawn the same. wlr_scene subtracts the opaque region of each surface
 * from what is below it, at each commit that changes a size. A window with round corners has fewer than ten.
 */
#define RECTANGLES_OPAQUE_MAX 8

/* Returns false when out of memory. */
bool rectangles_init(struct compositor *compositor);

#endif

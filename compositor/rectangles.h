/*
 * Rectangles of regions and of damage. wlroots keeps as many as a client sends, and each costs more than the last: with
 * 60,000 of them in a region everybody waits for a third of a second in a turn of the event loop.
 */
#ifndef RECTANGLES_H
#define RECTANGLES_H

#include <stdbool.h>

struct compositor;
struct wl_protocol_logger;

/*
 * Rectangles of one wl_region, counted as pixman keeps them: disjoint, in bands. A client that goes on adding is ended.
 * A window of any shape that has one in each row of a tall screen has fewer. (One request can double the number: so
 * there may be twice as many for a moment.)
 */
#define RECTANGLES_REGION_MAX 2048

/*
 * Of the damage of one commit. Beyond, what there is becomes the box around it: a client may always damage more than it
 * has changed, and so may we for it.
 */
#define RECTANGLES_DAMAGE_MAX 256

struct rectangles {
	struct wl_protocol_logger *logger; // sees each request before wlroots does
};

/* False: out of memory. */
bool rectangles_init(struct compositor *compositor);
void rectangles_finish(struct compositor *compositor);

#endif

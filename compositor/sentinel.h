/*
 * A sentinel for changes of the scene. wlr_scene does not tell that it has computed again what is visible, and only
 * visiting all nodes would show what has changed. So each output has an invisible node above all others: wlr_scene also
 * computes which outputs show that node, and is made to believe that none did.
 */
#ifndef SENTINEL_H
#define SENTINEL_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct output;
struct wlr_scene_buffer;

struct sentinel {
	struct wlr_scene_buffer *buffer; // without pixels
	struct wl_listener update;
};

/*
 * desktop.changes then increases when a node on the output is moved, resized, reordered, shown, hidden or destroyed,
 * when another part of it is opaque, and when the output changes. While a batch is open, that happens at its end.
 * Returns false when out of memory.
 */
bool sentinel_init(struct output *output);
void sentinel_finish(struct output *output);

/* Call it when the output has another place or size. */
void sentinel_place(struct output *output);

#endif

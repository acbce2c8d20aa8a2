/*
 * An X11 program as the source of a drag of the seat.
 *
 * The source lives until the Wayland client has finished with what was dropped. What the client does with the drag is
 * told to the X11 program.
 */
#ifndef XDRAG_SOURCE_H
#define XDRAG_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <wlr/types/wlr_data_device.h>
#include <xcb/xcb.h>

struct xdrag;
struct xdrag_types;

struct xdrag_source {
	struct wlr_data_source base;
	struct xdrag *xdrag;
	struct wl_array atoms; // xcb_atom_t of each MIME type
	xcb_window_t window;   // which is told
	xcb_timestamp_t time;  // of its last message
	int64_t dropped;       // when it was dropped, ms; 0: it was not
	bool is_finished;
};

/*
 * Creates a source with the names of these types, which are moved into it, and these actions. Returns NULL when out of
 * memory, or if there are no names.
 */
struct xdrag_source *xdrag_source_create(struct xdrag *xdrag, struct xdrag_types *types, uint32_t actions);

/* The action that the user has chosen: it is used where source and client have it. Tells the client. */
void xdrag_source_choose(struct xdrag_source *source, uint32_t action);

/* Is something accepted, where the drag is now? */
bool xdrag_source_is_accepted(const struct xdrag_source *source);

#endif

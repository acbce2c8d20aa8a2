/*
 * Pads of drawing tablets: their buttons, rings and strips go to the client with the keyboard focus, if it knows
 * tablets.
 */
#ifndef TABLET_PAD_H
#define TABLET_PAD_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_surface;
struct wlr_tablet_v2_tablet_pad;

struct tablet_pad {
	struct compositor *compositor;
	struct wlr_tablet_v2_tablet_pad *v2;
	struct wlr_surface *surface; // that the pad has entered; may be NULL
	struct wl_list link;         // tablet_pads.list

	struct {
		struct wl_listener destroy, button, ring, strip, surface_destroy;
	} listeners;
};

struct tablet_pads {
	struct compositor *compositor;
	struct wl_list list; // tablet_pad.link

	struct {
		struct wl_listener new_pad, focus_changed;
	} listeners;
};

/* Initialize tablets before. Always returns true. */
bool tablet_pads_init(struct compositor *compositor);
void tablet_pads_finish(struct compositor *compositor);

#endif

/*
 * Windows of X11 with the attribute override-redirect: menus, tooltips, drag icons. They place themselves, above all
 * windows, and are not in the task list.
 */
#ifndef OVERRIDE_H
#define OVERRIDE_H

#include "desktop.h"
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_tree;
struct wlr_surface;
struct xwindow;

struct override {
	struct owner owner;
	struct xwindow *window;
	struct wlr_surface *surface;
	struct wlr_scene_tree *tree; // enabled while mapped

	struct {
		struct wl_listener map, unmap, set_geometry;
	} listeners;
};

/* Shows an X11 window that has a surface while that is mapped: xwindow.override; NULL when out of memory. */
void override_create(struct xwindow *window);
void override_destroy(struct override *override);

/* The window of an owner; NULL if the owner is NULL or none of these windows. */
struct override *override_try_from_owner(struct owner *owner);

/* Does it want the keyboard? Menus do not: X11 sends them what the window with the focus receives. */
bool override_takes_keyboard(const struct override *override);

#endif

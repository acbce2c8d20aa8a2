/*
 * The windows of xdg-shell.
 */
#ifndef XDG_TOPLEVEL_H
#define XDG_TOPLEVEL_H

struct compositor;
struct toplevel;
struct wlr_xdg_toplevel;

/* Follows a new xdg_toplevel until it is destroyed. */
void xdg_toplevel_create(struct compositor *compositor, struct wlr_xdg_toplevel *xdg);

/* The window of an xdg_toplevel; NULL if there was no memory for it. */
struct toplevel *xdg_toplevel_get_window(struct wlr_xdg_toplevel *xdg);

#endif

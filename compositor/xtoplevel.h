/*
 * Windows of X11 that are managed as those of xdg-shell are.
 */
#ifndef XTOPLEVEL_H
#define XTOPLEVEL_H

struct toplevel;
struct xwindow;

/* Makes a managed window of an X11 window that has a surface: xwindow.toplevel; NULL when out of memory. */
void xtoplevel_create(struct xwindow *window);

/* Unmaps it if it is mapped. */
void xtoplevel_destroy(struct toplevel *toplevel);

#endif

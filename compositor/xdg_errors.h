/*
 * Errors of xdg-shell's clients that wlroots detects too late, or reports by the wrong error.
 */
#ifndef XDG_ERRORS_H
#define XDG_ERRORS_H

#include <stdbool.h>

struct compositor;
struct wl_protocol_logger;

struct xdg_errors {
	struct wl_protocol_logger *logger; // receives each request before wlroots does
};

/* Returns false when out of memory. */
bool xdg_errors_init(struct compositor *compositor);
void xdg_errors_finish(struct compositor *compositor);

#endif

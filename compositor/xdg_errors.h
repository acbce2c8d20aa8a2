/*
 * Errors of xdg-shell's clients that wlroots detects too late, or reports by the wrong error.
 */
#ifndef XDG_ERRORS_H
#define XDG_ERRORS_H

#include <stdbool.h>

struct compositor;

/* Returns false when out of memory. */
bool xdg_errors_init(struct compositor *compositor);

#endif

/*
 * xdg-foreign: a client makes its window a dialog of another client's, which gave it a handle. Portals do so for file
 * choosers.
 */
#ifndef XDG_FOREIGN_H
#define XDG_FOREIGN_H

#include <stdbool.h>

struct compositor;

/* Returns false when out of memory. */
bool xdg_foreign_init(struct compositor *compositor);

#endif

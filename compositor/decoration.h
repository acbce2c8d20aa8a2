/*
 * Decorations: the compositor draws none and asks clients to draw their own.
 */
#ifndef DECORATION_H
#define DECORATION_H

#include <stdbool.h>

struct compositor;

/* Returns false when out of memory. */
bool decorations_init(struct compositor *compositor);

#endif

/*
 * Renderers that only pretend to be a GPU: OpenGL in software, such as Mesa's llvmpipe.
 */
#ifndef SOFTWARE_H
#define SOFTWARE_H

#include <stdbool.h>

struct wlr_renderer;

/* Does the renderer draw with OpenGL in software? pixman does not: it needs no OpenGL. */
bool software_has_renderer(struct wlr_renderer *renderer);

#endif

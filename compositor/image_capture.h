/*
 * Captures of outputs for ext-image-copy-capture-v1: with wlroots 0.19 and later. With older versions it does nothing.
 * See also window_capture.h.
 */
#ifndef IMAGE_CAPTURE_H
#define IMAGE_CAPTURE_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

/* Limit on the rectangles that the damage of a frame has; then it becomes one that has all of them. */
#define IMAGE_CAPTURE_DAMAGE_MAX 256

struct image_capture {
	struct wl_listener cursor_destroy; // of a cursor whose output is gone
};

/* Returns false when out of memory. */
bool image_capture_init(struct compositor *compositor);

#endif

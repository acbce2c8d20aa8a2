/*
 * What the cursor looks like: an image of the theme, or a surface of a client. Whoever changes it calls a function
 * here.
 */
#ifndef CURSOR_IMAGE_H
#define CURSOR_IMAGE_H

#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_surface;

struct cursor_image {
	const char *name;             // in the theme, static; NULL: the image is a surface, or there is none
	struct wlr_surface *surface;  // NULL: the image is not a surface
	int32_t hotspot_x, hotspot_y; // of the surface, in its coordinates

	struct {
		struct wl_listener commit, destroy; // of the surface
	} listeners;
};

/* name: in the theme; static. */
void cursor_image_set_name(struct compositor *compositor, const char *name);

/* surface: NULL hides the cursor. */
void cursor_image_set_surface(
		struct compositor *compositor, struct wlr_surface *surface, int32_t hotspot_x, int32_t hotspot_y);

/* Shows the image by the renderers of the outputs, which have been replaced. */
void cursor_image_renew(struct compositor *compositor);

/* Nothing is to be shown any more. */
void cursor_image_finish(struct compositor *compositor);

#endif

/*
 * wlr_cursor makes textures of an image when that is set, and forgets them with their renderer. It does nothing if the
 * same image is set again. So what is set is remembered here, and taken away first.
 */
#include "cursor_image.h"

#include "cursor.h"
#include "listener.h"
#include "parts.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>

static void forget(struct cursor_image *image) {
	listener_remove(&image->listeners.commit);
	listener_remove(&image->listeners.destroy);
	image->name = NULL;
	image->surface = NULL;
}

// As in wlr_cursor.
static void handle_commit(struct wl_listener *listener, void *data) {
	struct cursor_image *image = wl_container_of(listener, image, listeners.commit);
	image->hotspot_x -= image->surface->current.dx;
	image->hotspot_y -= image->surface->current.dy;
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct cursor_image *image = wl_container_of(listener, image, listeners.destroy);
	forget(image);
}

void cursor_image_set_name(struct compositor *compositor, const char *name) {
	struct cursor *cursor = compositor->cursor;
	forget(&cursor->image);
	cursor->image.name = name;
	wlr_cursor_set_xcursor(cursor->wlr, cursor->theme, name);
}

void cursor_image_set_surface(
		struct compositor *compositor, struct wlr_surface *surface, int32_t hotspot_x, int32_t hotspot_y) {
	struct cursor_image *image = &compositor->cursor->image;
	forget(image);
	if (surface != NULL) {
		image->surface = surface;
		image->hotspot_x = hotspot_x;
		image->hotspot_y = hotspot_y;
		listener_add(&image->listeners.commit, &surface->events.commit, handle_commit);
		listener_add(&image->listeners.destroy, &surface->events.destroy, handle_destroy);
	}
	wlr_cursor_set_surface(compositor->cursor->wlr, surface, hotspot_x, hotspot_y);
}

void cursor_image_renew(struct compositor *compositor) {
	struct cursor *cursor = compositor->cursor;
	const struct cursor_image *image = &cursor->image;
	wlr_cursor_unset_image(cursor->wlr);
	if (image->name != NULL) {
		wlr_cursor_set_xcursor(cursor->wlr, cursor->theme, image->name);
	} else if (image->surface != NULL) {
		wlr_cursor_set_surface(cursor->wlr, image->surface, image->hotspot_x, image->hotspot_y);
	}
}

void cursor_image_finish(struct compositor *compositor) {
	forget(&compositor->cursor->image);
}

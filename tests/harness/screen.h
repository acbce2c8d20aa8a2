/*
 * A client of the compositor that can draw, and capture what the output shows.
 *
 * Captures use wlr-screencopy: through the compositor's renderer, and back through Lido's wl_shm.
 */
#ifndef HARNESS_SCREEN_H
#define HARNESS_SCREEN_H

#include "client.h"
#include "image.h"

struct screen {
	struct client client;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_output *output;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct zwlr_layer_shell_v1 *layer_shell;
	struct zwlr_screencopy_manager_v1 *screencopy;
	struct wp_viewporter *viewporter;
};

/* Connects a client and binds all globals above. */
void screen_init(struct screen *screen, struct server *server);

/* The same for servers that do not offer all of them: missing ones are NULL. */
void screen_init_sparse(struct screen *screen, struct server *server);
void screen_finish(struct screen *screen);

/* Captures a part of the output, after all earlier requests are handled. The caller finishes the image. */
void screen_capture(struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image);

/* The same, with the cursor. */
void screen_capture_with_cursor(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image);

/*
 * The same, into the caller's buffer, which must have the format of screen_get_capture_format(). Returns true for the
 * ready event; false: the failed event, or the compositor has ended the client.
 */
bool screen_capture_into(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct wl_buffer *buffer);

/* The renderer's format for captures: a wl_shm code, with four bytes per pixel. */
uint32_t screen_get_capture_format(struct screen *screen);

/* Converts a capture in that format, without padding, to an image, which the caller finishes. */
void screen_convert(struct screen *screen, const uint8_t *data, int32_t width, int32_t height, struct image *image);

#endif

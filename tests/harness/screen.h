/*
 * A client of the compositor with all that it takes to draw, and to look at what the output shows.
 *
 * Looking goes by wlr-screencopy: through the compositor's own renderer, and back through Lido's own wl_shm.
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

/* Connects a client and binds what is above. */
void screen_init(struct screen *screen, struct server *server);

/* The same for servers that do not have all of it: what is not there is NULL. */
void screen_init_sparse(struct screen *screen, struct server *server);
void screen_finish(struct screen *screen);

/* Takes a picture of a part of the output, as it is after all that was sent before. The image is the caller's. */
void screen_capture(struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image);

/* The same, with the pointer's image in it. */
void screen_capture_with_cursor(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image);

/*
 * The same, into a buffer of the caller's, which must be XRGB8888 or whatever screen_get_capture_format() says. Returns
 * whether the compositor said "ready"; false: it said "failed", or has ended the client.
 */
bool screen_capture_into(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct wl_buffer *buffer);

/*
 * The same from 0, 0, where it will be refused. wlroots (wlr_screencopy_v1.c, frame_handle_copy()) keeps its lock on a
 * buffer that it refuses: what Lido allocates for wlroots' eyes is lost then, some hundred bytes, and is no leak of
 * ours. All else must be given back, file, mapping and pool. Returns whether it was refused.
 */
bool screen_capture_in_vain(struct screen *screen, int32_t width, int32_t height, struct wl_buffer *buffer);

/* The format in which captures come: a code of wl_shm, of four bytes per pixel with blue first. */
uint32_t screen_get_capture_format(struct screen *screen);

#endif

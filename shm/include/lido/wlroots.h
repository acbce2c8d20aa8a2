/*
 * Lido's shared-memory backend for wlroots compositors. It replaces wlr_renderer_init_wl_shm():
 *
 *     struct wlr_compositor *compositor = wlr_compositor_create(display, 6, renderer);
 *     struct lido_wlroots *shm = lido_wlroots_create(display, renderer, compositor, NULL);
 *
 * Do not call wlr_renderer_init_wl_display(), wlr_renderer_init_wl_shm() or wlr_shm_create*() as well: each would
 * create a second wl_shm. The library and its pkg-config package have the version of wlroots in their names:
 * lido-wlroots-0.18.
 */
#ifndef LIDO_WLROOTS_H
#define LIDO_WLROOTS_H

#include <lido/shm.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct wl_display;
struct wlr_buffer;
struct wlr_compositor;
struct wlr_renderer;

/* The shm backend of a wlroots compositor. Opaque. */
struct lido_wlroots;

/*
 * Creates the wl_shm and lido_shm_manager_v1 globals for the formats that the renderer reads, and sees to it that the
 * buffers that clients of the compositor commit are released early: by snapshots, or, where the compositor's renderer
 * uploads what it shows, at the commit. limits: NULL for the defaults. Destroyed with the display.
 *
 * Returns NULL with errno ENOTSUP if the renderer reads no shared memory, or as lido_manager_create() does: its
 * documentation also says what else it sets.
 *
 * The renderer may be replaced later: see lido_wlroots_set_renderer().
 */
struct lido_wlroots *lido_wlroots_create(struct wl_display *display, struct wlr_renderer *renderer,
		struct wlr_compositor *compositor, const struct lido_limits *limits);

/*
 * Replaces the renderer, as when it was lost by a reset of the GPU. Call it between wlr_compositor_set_renderer() and
 * wlr_renderer_destroy() of the renderer before, not while either draws.
 *
 * Formats that the new renderer reads in addition are offered from now on; a format cannot be taken back. What the
 * surfaces of the compositor show, whatever their role, becomes textures of the new renderer, where the pixels exist:
 * in a buffer that somebody has locked, in a snapshot, or in the wl_buffer that was uploaded, unless its client has
 * destroyed it. That client may have begun to draw its next frame there, which it then commits.
 *
 * The texture of any other surface goes with the renderer before (wlr_surface_get_texture()). Ask its client for a new
 * frame, as by a configure event.
 */
void lido_wlroots_set_renderer(struct lido_wlroots *shm, struct wlr_renderer *renderer);

enum lido_zero_copy_mode {
	LIDO_ZERO_COPY_AUTO, // where it works, except with renderers that may be in software
	LIDO_ZERO_COPY_NO,
	LIDO_ZERO_COPY_YES, // where it works
};

/*
 * Sets whether a GPU may read buffers in the server's memory, and in sealed files, with no copy: those that a client
 * commits again and again, draws anew each time, and has two of. It needs the renderer gles2, a driver that imports
 * linear DMA-BUFs and leaves fences in them, and /dev/udmabuf, which is opened once for the first such buffer; whether
 * all that is there is logged then. The initial mode is auto. Call it right after lido_wlroots_create().
 */
void lido_wlroots_set_zero_copy(struct lido_wlroots *shm, enum lido_zero_copy_mode mode);

/*
 * The buffer of a client behind a wlr_buffer, or behind the wlr_client_buffer of a texture: to write a capture into it,
 * or to find out whose it is. It is valid until its signal destroy; lido_buffer_lock() keeps it longer. Returns NULL if
 * there is none: the wlr_buffer is of another kind, or a snapshot, which a surface shows once its client has the
 * wl_buffer back; or the wl_buffer is destroyed.
 */
struct lido_buffer *lido_wlroots_buffer_try_from_wlr_buffer(struct wlr_buffer *base);

/* The manager, for limits and statistics of clients. Owned by the shm backend. */
struct lido_manager *lido_wlroots_get_manager(struct lido_wlroots *shm);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

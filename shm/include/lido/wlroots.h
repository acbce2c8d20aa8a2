/*
 * Lido's shared-memory backend for wlroots compositors: takes the place of wlr_renderer_init_wl_shm().
 *
 *     struct wlr_compositor *compositor = wlr_compositor_create(display, 6, renderer);
 *     struct lido_wlroots *shm = lido_wlroots_create(display, renderer, compositor, NULL);
 *
 * Never call wlr_renderer_init_wl_display(), wlr_renderer_init_wl_shm() or wlr_shm_create*() beside it: each would make
 * a second wl_shm. Link with lido-shm-wlroots (pkg-config).
 */
#ifndef LIDO_WLROOTS_H
#define LIDO_WLROOTS_H

#include <lido/shm.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct wl_display;
struct wlr_compositor;
struct wlr_renderer;

/* The backend in a wlroots compositor. Opaque. */
struct lido_wlroots;

/*
 * Creates the wl_shm global for what the renderer can read, and takes snapshots of what the clients of the compositor
 * commit, so that their buffers are released early. limits: NULL for the defaults. Returns NULL when
 * memory is short or the renderer reads no shared memory. Destroyed with the display.
 *
 * The renderer is only asked for its formats: it may be replaced later by one that reads the same.
 */
struct lido_wlroots *lido_wlroots_create(struct wl_display *display, struct wlr_renderer *renderer,
		struct wlr_compositor *compositor, const struct lido_limits *limits);

/* The manager, for its statistics. Owned by the backend. */
struct lido_manager *lido_wlroots_get_manager(struct lido_wlroots *backend);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

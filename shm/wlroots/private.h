/*
 * All private state of wlroots that the adapter reads or writes, with the reason for each and the place in the sources
 * of wlroots 0.18.2 where it was checked. 0.19 and 0.20 passed the pixel tests. A port to another version starts here:
 * check each function against the new sources, then extend the assertion below.
 */
#ifndef LIDO_PRIVATE_H
#define LIDO_PRIVATE_H

#include <assert.h>
#include <wlr/config.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/version.h>

static_assert(WLR_VERSION_MAJOR == 0 && WLR_VERSION_MINOR >= 18 && WLR_VERSION_MINOR <= 20,
		"this version of wlroots was not checked: see the comment at the head of this file");

/*
 * Call it in wlr_buffer_impl.destroy. In 0.18 wlroots has finished the buffer before (types/buffer/buffer.c,
 * buffer_consider_destroy()); from 0.19 on the implementation does.
 */
static inline void private_finish_buffer(struct wlr_buffer *buffer) {
#if WLR_VERSION_MINOR >= 19
	wlr_buffer_finish(buffer);
#else
	(void)buffer;
#endif
}

/*
 * Does the renderer leave a fence in each DMA-BUF that it reads, which tells when it has finished? OpenGL ES drivers do
 * so by themselves. Declared here, since <wlr/render/gles2.h> needs the headers of OpenGL ES.
 */
#if WLR_HAS_GLES2_RENDERER
bool wlr_renderer_is_gles2(struct wlr_renderer *renderer);
#endif

static inline bool private_reads_with_fences(struct wlr_renderer *renderer) {
#if WLR_HAS_GLES2_RENDERER
	return wlr_renderer_is_gles2(renderer);
#else
	return false;
#endif
}

/*
 * How many locks a buffer has; there is no accessor. A snapshot may change in place only while its surface alone holds
 * it. types/buffer/buffer.c: wlr_buffer_lock() increments n_locks, wlr_buffer_unlock() decrements it.
 */
static inline size_t private_get_locks(const struct wlr_buffer *buffer) {
	return buffer->n_locks;
}

/*
 * How many locks the buffer that a surface shows has without those of wlr_scene, which follow the surface.
 * n_ignore_locks counts the latter. types/buffer/client.c: wlr_client_buffer_apply_damage() tests the same difference.
 */
static inline size_t private_get_readers(const struct wlr_client_buffer *shown) {
#if WLR_VERSION_MINOR >= 19
	return shown->base.n_locks - shown->WLR_PRIVATE.n_ignore_locks;
#else
	return shown->base.n_locks - shown->n_ignore_locks;
#endif
}

/*
 * Will the pending commit be queued, rather than applied by this very request? types/wlr_compositor.c:
 * surface_handle_commit() tests the same after it has emitted client_commit.
 */
static inline bool private_is_queued(const struct wlr_surface *surface) {
	return surface->pending.cached_state_locks > 0 || !wl_list_empty(&surface->cached);
}

/*
 * Replaces the buffer of the pending commit, from a listener of client_commit. types/wlr_compositor.c:
 * surface_handle_commit() emits that signal before the commit is applied or queued, and surface_state_move() expects
 * pending.buffer to be locked.
 */
static inline void private_replace_pending_buffer(struct wlr_surface *surface, struct wlr_buffer *buffer) {
	struct wlr_buffer *before = surface->pending.buffer;
	surface->pending.buffer = wlr_buffer_lock(buffer);
	wlr_buffer_unlock(before);
}

/*
 * Replaces the texture of what a surface shows, and takes the new one over. wlroots creates textures only when a commit
 * is applied. types/buffer/client.c: wlr_client_buffer_create() adds the listener.
 */
static inline void private_set_texture(struct wlr_client_buffer *shown, struct wlr_texture *texture) {
#if WLR_VERSION_MINOR >= 19
	struct wl_listener *renderer_destroy = &shown->WLR_PRIVATE.renderer_destroy;
#else
	struct wl_listener *renderer_destroy = &shown->renderer_destroy;
#endif
	wl_list_remove(&renderer_destroy->link);
	wlr_texture_destroy(shown->texture);
	shown->texture = texture;
	wl_signal_add(&texture->renderer->events.destroy, renderer_destroy);
}

#endif

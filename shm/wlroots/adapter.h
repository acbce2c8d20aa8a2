/*
 * The parts of the wlroots adapter. Nothing else in shm/ includes <wlr/...>.
 *
 * A *client buffer* is what wlroots sees of a client's wl_buffer. A *snapshot* is the server's own copy of a surface's
 * pixels, which takes its place at commit, so that the client gets its wl_buffer back at once.
 */
#ifndef LIDO_ADAPTER_H
#define LIDO_ADAPTER_H

#include <lido/wlroots.h>
#include <pixman.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/version.h>

/* What wlroots renamed or took over since 0.18. */
#if WLR_VERSION_MINOR >= 19
#define lido_finish_wlr_buffer(buffer) wlr_buffer_finish(buffer)
#define lido_get_ignored_locks(client_buffer) ((client_buffer)->WLR_PRIVATE.n_ignore_locks)
#else
#define lido_finish_wlr_buffer(buffer) ((void)(buffer))
#define lido_get_ignored_locks(client_buffer) ((client_buffer)->n_ignore_locks)
#endif

struct lido_client_buffer {
	struct wlr_buffer base;
	struct lido_buffer *source; // locked; NULL when the client has destroyed it and nobody reads it in place
	uint32_t drm_format;
	size_t stride; // bytes, as readers see it

	const void *pixels;         // in place, since the last commit; NULL: not
	bool is_given_back;         // the client has it, though readers still lock this: they read the copy
	bool is_exposed;            // readers may have the address of the mapping: since the last release
	struct lido_memory *copy;   // read at the last commit, where neither pixels nor a snapshot serve; may be NULL
	struct lido_memory *bounce; // while somebody writes

	struct wl_listener source_destroy;
	struct wl_listener release;
};

struct lido_snapshot {
	struct wl_list link; // lido_surface.snapshots
	struct wlr_buffer base;
	struct lido_memory *memory;
	uint32_t drm_format;
	size_t stride;           // bytes
	pixman_region32_t stale; // in buffer coordinates: what the client has drawn anew since this was filled
};

/* Makes wlroots know our wl_buffers. Process-wide; more than once is fine. */
void lido_client_buffer_register(void);

/* NULL: not one of ours. */
struct lido_client_buffer *lido_client_buffer_try_from_wlr_buffer(struct wlr_buffer *base);

/* Lets readers see this commit's pixels in place. Returns false if they cannot be. */
bool lido_client_buffer_show_in_place(struct lido_client_buffer *buffer);

/* Copies this commit's pixels for readers. Returns false when the client is to be ended: the error is posted. */
bool lido_client_buffer_show_copy(struct lido_client_buffer *buffer);

/*
 * Gives a buffer that is read in place back to its client: what readers see from now on is a copy. False: that would be
 * too much in this turn of the event loop.
 */
bool lido_client_buffer_give_back(struct lido_client_buffer *buffer);

/*
 * A snapshot for a buffer's size and format, all of it stale, dropped with lido_snapshot_drop(). NULL: no memory, or
 * over the client's limit; the reason is the pool's.
 */
struct lido_snapshot *lido_snapshot_create(const struct lido_buffer *buffer);

/* Could it take that buffer's pixels? */
bool lido_snapshot_fits(const struct lido_snapshot *snapshot, const struct lido_buffer *buffer);

/* Bytes that lido_snapshot_update() is going to copy. */
int64_t lido_snapshot_get_stale(const struct lido_snapshot *snapshot);

/* Reads what is stale from the buffer, if wanted and possible from its mapping. False: truncated; nothing was posted.
 */
bool lido_snapshot_update(struct lido_snapshot *snapshot, struct lido_buffer *buffer, bool from_mapping);

/* Gives it up; it lives until its readers are done. */
void lido_snapshot_drop(struct lido_snapshot *snapshot);

/* The stride at which renderers read a copy: pixman wants whole words. Bytes. */
size_t lido_copy_stride(const struct lido_buffer *buffer);

/* Takes snapshots of what the surface commits, as long as it lives. */
void lido_surface_create(struct wlr_surface *surface);

#endif

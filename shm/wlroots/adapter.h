/*
 * The parts of the wlroots adapter.
 *
 * A *client buffer* is the wlr_buffer of a client's wl_buffer. A *snapshot* is the server's own copy of a surface's
 * pixels. It replaces the client buffer in a commit, so that the client gets its wl_buffer back at once.
 */
#ifndef LIDO_ADAPTER_H
#define LIDO_ADAPTER_H

#include "private.h"
#include "renderer.h"
#include "upload.h"
#include "zero_copy.h"

#include <lido/wlroots.h>
#include <pixman.h>

struct lido_wlroots {
	struct lido_manager *manager;
	struct lido_renderer renderer;
	struct lido_zero_copy zero_copy;

	struct wl_list surfaces; // lido_surface.link, private to surface.c

	struct wl_listener new_surface;
	struct wl_listener compositor_destroy;
	struct wl_listener display_destroy;
};

struct lido_client_buffer {
	struct wlr_buffer base;
	struct lido_buffer *source; // locked; NULL once the client has destroyed it and nobody reads it in place
	uint32_t drm_format;
	size_t stride; // bytes, as readers see it

	const void *pixels;          // in place, since the last commit; NULL: readers see the copy
	bool is_released_early;      // the client has it, though readers still lock this: they read the copy
	bool is_exposed;             // readers may have the address of the mapping, since the last release
	struct lido_scratch *copy;   // read at the last commit if it has neither pixels nor a snapshot; may be NULL
	struct lido_scratch *bounce; // while somebody writes, or reads what cannot be mapped
	bool is_written;             // bounce is to be written back

	struct lido_uploader *uploader; // of the surface that has committed it, until it is released; else NULL
	struct wl_list upload_link;     // lido_uploader.buffers
	bool is_shared;                 // another surface has committed it, too
	bool is_inspected;              // the file was inspected for this request
	bool has_failed;                // its client was disconnected

	struct lido_gpu_buffer *gpu_buffer; // NULL: it was not imported
	bool is_unpinnable;                 // the kernel refuses it
	uint32_t holds;                     // of surfaces that withhold it from the client

	struct wl_listener source_destroy;
	struct wl_listener release;
};

struct lido_snapshot {
	struct wl_list link; // lido_surface.snapshots
	struct wlr_buffer base;
	struct lido_scratch *scratch;
	uint32_t drm_format;
	size_t stride;           // bytes
	pixman_region32_t stale; // in buffer coordinates: damaged since this was filled
};

/* Registers our wl_buffers with wlroots. Process-wide; further calls do nothing. */
void lido_client_buffer_register(void);

/* Returns NULL if it is not one of ours. */
struct lido_client_buffer *lido_client_buffer_try_from_wlr_buffer(struct wlr_buffer *base);

/* Lets readers see the pixels of this commit in place. Returns false if that is not possible. */
bool lido_client_buffer_show_in_place(struct lido_client_buffer *buffer, const struct lido_commit *commit);

/* Copies the pixels of this commit for readers. Returns false if the client was disconnected instead. */
bool lido_client_buffer_show_copy(struct lido_client_buffer *buffer);

/*
 * Releases a buffer that is read in place to its client; readers see a copy from now on. Returns false if copying would
 * be too much in this dispatch.
 */
bool lido_client_buffer_release_early(struct lido_client_buffer *buffer);

/* Tells the client that it has its buffer back, unless a surface, a reader or the GPU still has it. */
void lido_client_buffer_consider_release(struct lido_client_buffer *buffer);

/* Withholds the buffer from the client, though nobody may need it, until the hold ends. */
void lido_client_buffer_hold(struct lido_client_buffer *buffer);
void lido_client_buffer_end_hold(struct lido_client_buffer *buffer);

/* Gives up the import. It goes when nobody reads it any more. */
void lido_client_buffer_drop_gpu_buffer(struct lido_client_buffer *buffer);

/*
 * Creates a snapshot of a buffer's size and format, all of it stale. Drop it with lido_snapshot_drop(). Returns NULL if
 * memory is short or the client's limit is exceeded; the pool has the reason.
 */
struct lido_snapshot *lido_snapshot_create(const struct lido_buffer *buffer);

/* Does it have the size and format of that buffer? */
bool lido_snapshot_fits(const struct lido_snapshot *snapshot, const struct lido_buffer *buffer);

/* Bytes that lido_snapshot_update() will copy. */
int64_t lido_snapshot_get_stale(const struct lido_snapshot *snapshot);

/*
 * Copies what is stale: from the mapping if mapped is the commit, and mapping is possible; else, or if it is NULL, by
 * reading the file. Returns false if the file is truncated; posts no error.
 */
bool lido_snapshot_update(struct lido_snapshot *snapshot, struct lido_buffer *buffer, const struct lido_commit *mapped);

/* The surface no longer needs it; it lives until its readers unlock it. */
void lido_snapshot_drop(struct lido_snapshot *snapshot);

/* Unlocks the client's file and pool. What readers have not got yet they will not get. */
void lido_client_buffer_forget_source(struct lido_client_buffer *buffer);

/* The stride of copies: pixman needs whole 32-bit words, and GPUs whole pixels. Bytes. */
size_t lido_copy_stride(const struct lido_buffer *buffer);

/*
 * A scratch that holds the buffer at this stride: lido_copy_stride(), or its own. Returns NULL if memory is short or
 * the client's limit is exceeded; the pool has the reason.
 */
struct lido_scratch *lido_copy_create_scratch(const struct lido_buffer *buffer, size_t stride);

/* The number of pixels in a region. */
int64_t lido_copy_count_pixels(const pixman_region32_t *region);

/* Reads a region of the buffer's file, as lido_buffer_read() does. Returns false if the file is truncated. */
bool lido_copy_read(struct lido_buffer *buffer, const pixman_region32_t *region, void *dst, size_t dst_stride);

/* The same from its pixels in place, which cannot fail. */
void lido_copy_in_place(
		struct lido_buffer *buffer, const void *pixels, const pixman_region32_t *region, void *dst, size_t dst_stride);

/* Shows what the surface commits, for as long as it exists. The compositor's renderer decides how. */
void lido_surface_create(struct lido_wlroots *shm, struct wlr_surface *surface);

/* Shows all surfaces by another renderer, where their pixels exist. The one before must still exist. */
void lido_surfaces_set_renderer(struct lido_wlroots *shm, struct wlr_renderer *renderer);

/* The surfaces live on, without the shm backend. */
void lido_surfaces_finish(struct lido_wlroots *shm);

#endif

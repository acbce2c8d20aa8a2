/*
 * Uploads: what a renderer that uploads reads of a client buffer, from the commit on until wlroots applies it.
 *
 * wlroots applies a commit in the same request, or later if it is queued, and then has the renderer read either the
 * damaged boxes, or all. What is read in place is exactly that. What cannot be is copied into bounce memory first, just
 * these boxes, until the commit is applied.
 */
#ifndef LIDO_UPLOAD_H
#define LIDO_UPLOAD_H

#include <lido/shm.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct lido_client_buffer;
struct wlr_surface;

/* A surface for which client buffers are uploaded. */
struct lido_uploader {
	struct wlr_surface *surface;
	struct wl_list buffers; // lido_client_buffer.upload_link: committed, and not released since
	bool has_foreign;       // other buffers were committed: textures may be such as cannot be updated
	uint32_t drm_format;    // of the last buffer that was uploaded; 0: none

	struct lido_client_buffer *current; // is uploaded: a commit is being applied; else NULL
	void *data;                         // its first pixel
	bool is_whole;                      // all of it can be read there, not just the damaged boxes
	int accesses;                       // so far

	struct wl_listener commit; // the surface has applied a commit
};

void lido_uploader_init(struct lido_uploader *uploader, struct wlr_surface *surface);

/* Its buffers are read as a whole from now on, or, if the client has destroyed them, no more. */
void lido_uploader_finish(struct lido_uploader *uploader);

/* The renderer is replaced by one that does not upload: readers of its buffers see copies from now on. */
void lido_uploader_forget_buffers(struct lido_uploader *uploader);

/* A buffer that is not one of ours was committed. */
void lido_uploader_add_foreign(struct lido_uploader *uploader);

/* A buffer of ours was committed that the renderer imports: the next upload makes another texture. */
void lido_uploader_add_import(struct lido_uploader *uploader);

/*
 * The buffer was committed: it is uploaded once the commit is applied. is_inspected: this very request will apply it,
 * and has inspected the file.
 */
void lido_uploader_add(struct lido_uploader *uploader, struct lido_client_buffer *buffer, bool is_inspected);

/* All its commits were applied, or are dropped. */
void lido_upload_forget(struct lido_client_buffer *buffer);

/*
 * wlroots or the renderer begins to read a buffer that was added. Returns the address of its first pixel. If memory is
 * short or the file is truncated, disconnects the client and returns NULL. Sets buffer->bounce if it has copied.
 */
void *lido_upload_begin_access(struct lido_client_buffer *buffer);

/* Ends the access. */
void lido_upload_end_access(struct lido_client_buffer *buffer);

#endif

/*
 * wlroots does not say what is about to be read. types/wlr_compositor.c, surface_apply_damage(), is the only caller: it
 *
 * 1. begins an access for the format alone (and looks at the pixel of a buffer of 1x1),
 * 2. has the renderer read the damaged boxes, if the texture of the last commit can be updated,
 * 3. else has it read all, for a new texture.
 *
 * find_boxes() tests what wlroots tests before 2. So the first two accesses find what it predicts. A third one finds
 * all: the renderer has refused to update the texture.
 */
#include "upload.h"

#include "adapter.h"

#include <wlr/render/wlr_texture.h>

// Accesses until all is needed, even if an update was predicted.
#define PREDICTED_ACCESSES 2

static void end_upload(struct lido_uploader *uploader) {
	struct lido_client_buffer *buffer = uploader->current;
	if (buffer != NULL) {
		lido_scratch_destroy(buffer->bounce);
		buffer->bounce = NULL;
		uploader->current = NULL;
	}
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct lido_uploader *uploader = wl_container_of(listener, uploader, commit);
	end_upload(uploader);
}

void lido_uploader_init(struct lido_uploader *uploader, struct wlr_surface *surface) {
	*uploader = (struct lido_uploader){.surface = surface, .commit.notify = handle_commit};
	wl_list_init(&uploader->buffers);
	wl_signal_add(&surface->events.commit, &uploader->commit);
}

void lido_uploader_finish(struct lido_uploader *uploader) {
	struct lido_client_buffer *buffer, *next;
	wl_list_for_each_safe(buffer, next, &uploader->buffers, upload_link) {
		lido_upload_forget(buffer);
		if (buffer->source != NULL && buffer->source->resource == NULL) {
			lido_client_buffer_forget_source(buffer);
		}
	}
	wl_list_remove(&uploader->commit.link);
}

void lido_uploader_add_foreign(struct lido_uploader *uploader) {
	uploader->has_foreign = true;
}

void lido_uploader_forget_buffers(struct lido_uploader *uploader) {
	struct lido_client_buffer *buffer, *next;
	wl_list_for_each_safe(buffer, next, &uploader->buffers, upload_link) {
		lido_upload_forget(buffer);
	}
}

// If earlier commits are still queued, their uploads note a format again. Then an update is predicted, and refused.
void lido_uploader_add_import(struct lido_uploader *uploader) {
	uploader->drm_format = 0;
}

void lido_uploader_add(struct lido_uploader *uploader, struct lido_client_buffer *buffer, bool is_inspected) {
	buffer->is_inspected = is_inspected;
	if (buffer->uploader == NULL) {
		buffer->uploader = uploader;
		wl_list_insert(&uploader->buffers, &buffer->upload_link);
	} else if (buffer->uploader != uploader) {
		buffer->is_shared = true;
	}
}

void lido_upload_forget(struct lido_client_buffer *buffer) {
	if (buffer->uploader != NULL) {
		if (buffer->uploader->current == buffer) {
			end_upload(buffer->uploader);
		}
		wl_list_remove(&buffer->upload_link);
		buffer->uploader = NULL;
	}
	buffer->is_shared = false;
	buffer->is_inspected = false;
}

// Returns the boxes that wlroots has the renderer read for this commit; NULL: all. The conditions are those of
// wlr_client_buffer_apply_damage() (types/buffer/client.c), wlr_texture_update_from_buffer() (render/wlr_texture.c),
// and of renderers, which update textures of the same format only, and none that they have imported.
static const pixman_region32_t *find_boxes(
		const struct lido_uploader *uploader, const struct lido_client_buffer *buffer) {
	const struct wlr_surface *surface = uploader->surface;
	const struct wlr_client_buffer *shown = surface->buffer;
	const pixman_box32_t *extents = pixman_region32_extents(&surface->buffer_damage);
	int width = buffer->base.width, height = buffer->base.height;
	bool is_update = !uploader->has_foreign && uploader->drm_format == buffer->drm_format && shown != NULL &&
					 private_get_readers(shown) <= 1 && shown->texture != NULL &&
					 shown->texture->width == (uint32_t)width && shown->texture->height == (uint32_t)height &&
					 extents->x1 >= 0 && extents->y1 >= 0 && extents->x2 <= width && extents->y2 <= height;
	bool is_pixel = width == 1 && height == 1;
	return is_update && !is_pixel ? &surface->buffer_damage : NULL;
}

static void *read_boxes(struct lido_client_buffer *buffer, const pixman_region32_t *boxes) {
	struct lido_buffer *source = buffer->source;
	buffer->bounce = lido_copy_create_scratch(source, buffer->stride);
	if (buffer->bounce == NULL) {
		lido_pool_post_no_memory(source->pool);
		return NULL;
	}
	void *data = lido_scratch_get_data(buffer->bounce);
	if (!lido_copy_read(source, boxes, data, buffer->stride)) {
		lido_buffer_post_truncated(source);
		lido_scratch_destroy(buffer->bounce);
		buffer->bounce = NULL;
		return NULL;
	}
	return data;
}

// Returns the buffer's first pixel in place, from where these boxes can be read; NULL: not possible.
static const void *map_boxes(struct lido_client_buffer *buffer, const pixman_region32_t *boxes) {
	const pixman_box32_t *extents = pixman_region32_extents(boxes);
	const struct lido_commit commit = {.is_inspected = buffer->is_inspected};
	buffer->is_inspected = false;
	if (buffer->stride != (size_t)buffer->source->stride) {
		return NULL;
	}
	// With nothing to read, any row gives an address.
	int32_t height = extents->y2 > extents->y1 ? extents->y2 - extents->y1 : 1;
	return lido_buffer_map(buffer->source, extents->y1, height, &commit);
}

static void *begin(struct lido_client_buffer *buffer, const pixman_region32_t *boxes) {
	struct lido_buffer *source = buffer->source;
	const void *in_place = map_boxes(buffer, boxes);
	int64_t pixels = lido_copy_count_pixels(boxes);
	int64_t bytes = pixels * source->size / ((int64_t)source->width * source->height);
	if (!lido_buffer_spend(source, in_place != NULL ? bytes / LIDO_DISPATCH_UPLOADED_PER_BYTE : bytes)) {
		lido_pool_post_no_memory(source->pool);
		return NULL;
	}
	if (in_place == NULL) {
		return read_boxes(buffer, boxes);
	}
	lido_buffer_count_read(source, pixels);
	// The type of wlroots has no const; readers have not asked for write access.
	return (void *)(uintptr_t)in_place;
}

// boxes: NULL for all.
static void *read_in_commit(struct lido_client_buffer *buffer, const pixman_region32_t *boxes) {
	pixman_region32_t all;
	pixman_region32_init_rect(&all, 0, 0, (unsigned)buffer->base.width, (unsigned)buffer->base.height);
	void *data = begin(buffer, boxes != NULL ? boxes : &all);
	pixman_region32_fini(&all);
	buffer->has_failed = data == NULL;
	return data;
}

static bool is_current(const struct lido_client_buffer *buffer) {
	return buffer->uploader != NULL && buffer->uploader->current == buffer;
}

void *lido_upload_begin_access(struct lido_client_buffer *buffer) {
	struct lido_uploader *uploader = buffer->uploader;
	if (buffer->source == NULL || buffer->has_failed) {
		return NULL;
	}
	if (buffer->is_shared || uploader->surface->current.buffer != &buffer->base) {
		// Whichever surface it is read for.
		return read_in_commit(buffer, NULL);
	}
	if (is_current(buffer) && (uploader->is_whole || ++uploader->accesses <= PREDICTED_ACCESSES)) {
		return uploader->data;
	}
	bool is_refused = is_current(buffer);
	end_upload(uploader);
	const pixman_region32_t *boxes = is_refused ? NULL : find_boxes(uploader, buffer);
	uploader->data = read_in_commit(buffer, boxes);
	if (uploader->data != NULL) {
		uploader->current = buffer;
		uploader->is_whole = boxes == NULL;
		uploader->accesses = 1;
		uploader->drm_format = buffer->drm_format;
	}
	return uploader->data;
}

void lido_upload_end_access(struct lido_client_buffer *buffer) {
	if (!is_current(buffer)) {
		lido_scratch_destroy(buffer->bounce);
		buffer->bounce = NULL;
	}
}

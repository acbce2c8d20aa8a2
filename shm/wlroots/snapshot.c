#include "adapter.h"

#include <stdlib.h>

static const struct wlr_buffer_impl snapshot_impl;

static struct lido_snapshot *snapshot_from_wlr_buffer(struct wlr_buffer *base) {
	struct lido_snapshot *snapshot = wl_container_of(base, snapshot, base);
	return snapshot;
}

static void snapshot_destroy(struct wlr_buffer *base) {
	struct lido_snapshot *snapshot = snapshot_from_wlr_buffer(base);
	private_finish_buffer(base);
	lido_scratch_destroy(snapshot->scratch);
	pixman_region32_fini(&snapshot->stale);
	free(snapshot);
}

static bool begin_data_ptr_access(
		struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct lido_snapshot *snapshot = snapshot_from_wlr_buffer(base);
	if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0) {
		return false;
	}
	*data = lido_scratch_get_data(snapshot->scratch);
	*format = snapshot->drm_format;
	*stride = snapshot->stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *base) {
	// This space is intentionally left blank
}

static const struct wlr_buffer_impl snapshot_impl = {
	.destroy = snapshot_destroy,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

struct lido_snapshot *lido_snapshot_create(const struct lido_buffer *buffer) {
	struct lido_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (snapshot == NULL) {
		return NULL;
	}
	snapshot->stride = lido_copy_stride(buffer);
	snapshot->drm_format = buffer->drm_format;
	snapshot->scratch = lido_copy_create_scratch(buffer, snapshot->stride);
	if (snapshot->scratch == NULL) {
		free(snapshot);
		return NULL;
	}
	wl_list_init(&snapshot->link);
	wlr_buffer_init(&snapshot->base, &snapshot_impl, buffer->width, buffer->height);
	pixman_region32_init_rect(&snapshot->stale, 0, 0, (unsigned)buffer->width, (unsigned)buffer->height);
	return snapshot;
}

bool lido_snapshot_fits(const struct lido_snapshot *snapshot, const struct lido_buffer *buffer) {
	return snapshot->base.width == buffer->width && snapshot->base.height == buffer->height &&
		   snapshot->drm_format == buffer->drm_format && snapshot->stride == lido_copy_stride(buffer);
}

int64_t lido_snapshot_get_stale(const struct lido_snapshot *snapshot) {
	// Damage is mostly read in whole rows.
	const pixman_box32_t *extents = pixman_region32_extents(&snapshot->stale);
	return (int64_t)(extents->y2 - extents->y1) * (int64_t)snapshot->stride;
}

bool lido_snapshot_update(
		struct lido_snapshot *snapshot, struct lido_buffer *buffer, const struct lido_commit *mapped) {
	const pixman_box32_t *extents = pixman_region32_extents(&snapshot->stale);
	if (extents->y1 >= extents->y2) {
		return true;
	}
	const void *pixels =
			mapped != NULL ? lido_buffer_map(buffer, extents->y1, extents->y2 - extents->y1, mapped) : NULL;
	void *data = lido_scratch_get_data(snapshot->scratch);
	bool complete = true;
	if (pixels != NULL) {
		lido_copy_in_place(buffer, pixels, &snapshot->stale, data, snapshot->stride);
	} else {
		complete = lido_copy_read(buffer, &snapshot->stale, data, snapshot->stride);
	}
	pixman_region32_clear(&snapshot->stale);
	return complete;
}

void lido_snapshot_drop(struct lido_snapshot *snapshot) {
	wl_list_remove(&snapshot->link);
	wl_list_init(&snapshot->link);
	wlr_buffer_drop(&snapshot->base);
}

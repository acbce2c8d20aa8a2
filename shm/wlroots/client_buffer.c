#include "adapter.h"

#include <stdlib.h>
#include <string.h>

static const struct wlr_buffer_impl client_buffer_impl;

struct lido_client_buffer *lido_client_buffer_try_from_wlr_buffer(struct wlr_buffer *base) {
	if (base->impl != &client_buffer_impl) {
		return NULL;
	}
	struct lido_client_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

static struct lido_client_buffer *client_buffer_from_wlr_buffer(struct wlr_buffer *base) {
	struct lido_client_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

static struct lido_box whole(const struct lido_buffer *buffer) {
	return (struct lido_box){.width = buffer->width, .height = buffer->height};
}

static void client_buffer_forget(struct lido_client_buffer *buffer) {
	lido_scratch_destroy(buffer->copy);
	buffer->copy = NULL;
	buffer->pixels = NULL;
	buffer->is_exposed = false;
}

static bool client_buffer_copy(struct lido_client_buffer *buffer) {
	struct lido_buffer *source = buffer->source;
	struct lido_box box = whole(source);
	if (buffer->copy == NULL && (buffer->copy = lido_copy_create_scratch(source, buffer->stride)) == NULL) {
		lido_pool_post_no_memory(source->pool);
		return false;
	}
	if (lido_buffer_read(source, &box, lido_scratch_get_data(buffer->copy), buffer->stride) != LIDO_READ_OK) {
		lido_buffer_post_truncated(source);
		return false;
	}
	return true;
}

bool lido_client_buffer_show_in_place(struct lido_client_buffer *buffer, const struct lido_commit *commit) {
	bool aligned = buffer->stride == (size_t)buffer->source->stride;
	const void *pixels = aligned ? lido_buffer_map(buffer->source, 0, buffer->source->height, commit) : NULL;
	if (pixels == NULL) {
		return false;
	}
	buffer->pixels = pixels;
	buffer->is_exposed = true;
	return true;
}

bool lido_client_buffer_show_copy(struct lido_client_buffer *buffer) {
	buffer->pixels = NULL;
	return client_buffer_copy(buffer);
}

bool lido_client_buffer_release_early(struct lido_client_buffer *buffer) {
	struct lido_buffer *source = buffer->source;
	int64_t copied = lido_buffer_get_bytes_copied(source);
	bool is_too_much = copied > 0 && copied + source->size > LIDO_DISPATCH_BYTES_IN_PLACE;
	if (is_too_much || !lido_buffer_spend(source, source->size)) {
		return false;
	}
	if (lido_client_buffer_show_copy(buffer)) {
		buffer->is_released_early = true;
		lido_buffer_send_release(source);
	}
	return true;
}

// Screen capture asks for write access, also where it only probes the format. Pixels that it does not write must stay.
static bool begin_write(struct lido_client_buffer *buffer, void **data) {
	struct lido_buffer *source = buffer->source;
	if (source == NULL || !lido_buffer_is_writable(source) || buffer->stride != (size_t)source->stride ||
			lido_buffer_detect_tampering(source)) {
		return false;
	}
	buffer->bounce = lido_copy_create_scratch(source, (size_t)source->stride);
	if (buffer->bounce == NULL) {
		return false;
	}
	buffer->is_written = true;
	*data = lido_scratch_get_data(buffer->bounce);
	struct lido_box box = whole(source);
	lido_buffer_read(source, &box, *data, (size_t)source->stride);
	return true;
}

static bool begin_read(struct lido_client_buffer *buffer, void **data) {
	if (buffer->uploader != NULL) {
		*data = lido_upload_begin_access(buffer);
		return *data != NULL;
	}
	if (buffer->pixels == NULL && buffer->copy == NULL && (buffer->source == NULL || !client_buffer_copy(buffer))) {
		return false;
	}
	// The type of wlroots has no const; readers have not asked for write access.
	*data = buffer->pixels != NULL ? (void *)(uintptr_t)buffer->pixels : lido_scratch_get_data(buffer->copy);
	return true;
}

static bool begin_data_ptr_access(
		struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct lido_client_buffer *buffer = client_buffer_from_wlr_buffer(base);
	bool writes = (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0;
	if (!(writes ? begin_write : begin_read)(buffer, data)) {
		return false;
	}
	*format = buffer->drm_format;
	*stride = buffer->stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *base) {
	struct lido_client_buffer *buffer = client_buffer_from_wlr_buffer(base);
	if (buffer->is_written) {
		// Fails if the client has truncated or sealed the file meanwhile; then it gets no picture.
		struct lido_box box = whole(buffer->source);
		lido_buffer_write(buffer->source, &box, lido_scratch_get_data(buffer->bounce), (size_t)buffer->source->stride);
		buffer->is_written = false;
	}
	lido_upload_end_access(buffer);
}

void lido_client_buffer_forget_source(struct lido_client_buffer *buffer) {
	if (buffer->source != NULL) {
		buffer->source->data = NULL;
		lido_buffer_unlock(buffer->source);
		buffer->source = NULL;
	}
}

static void client_buffer_destroy(struct wlr_buffer *base) {
	struct lido_client_buffer *buffer = client_buffer_from_wlr_buffer(base);
	client_buffer_forget(buffer);
	lido_upload_forget(buffer);
	wl_list_remove(&buffer->release.link);
	private_finish_buffer(base);
	lido_client_buffer_forget_source(buffer);
	free(buffer);
}

static const struct wlr_buffer_impl client_buffer_impl = {
	.destroy = client_buffer_destroy,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

void lido_client_buffer_consider_release(struct lido_client_buffer *buffer) {
	bool is_used =
			private_get_locks(&buffer->base) > 0 || buffer->holds > 0 || lido_gpu_buffer_is_used(buffer->gpu_buffer);
	if (!is_used && buffer->source != NULL) {
		lido_buffer_send_release(buffer->source);
	}
}

void lido_client_buffer_hold(struct lido_client_buffer *buffer) {
	buffer->holds++;
}

void lido_client_buffer_end_hold(struct lido_client_buffer *buffer) {
	buffer->holds--;
	lido_client_buffer_consider_release(buffer);
}

void lido_client_buffer_drop_gpu_buffer(struct lido_client_buffer *buffer) {
	struct lido_gpu_buffer *gpu_buffer = buffer->gpu_buffer;
	buffer->gpu_buffer = NULL;
	lido_gpu_buffer_drop(gpu_buffer);
}

static void handle_release(struct wl_listener *listener, void *data) {
	struct lido_client_buffer *buffer = wl_container_of(listener, buffer, release);
	client_buffer_forget(buffer);
	lido_upload_forget(buffer);
	if (!buffer->is_released_early) {
		lido_client_buffer_consider_release(buffer);
	}
	buffer->is_released_early = false;
}

static void handle_source_destroy(struct wl_listener *listener, void *data) {
	struct lido_client_buffer *buffer = wl_container_of(listener, buffer, source_destroy);
	wl_list_remove(&buffer->source_destroy.link);
	lido_client_buffer_drop_gpu_buffer(buffer);
	if (!buffer->is_exposed && buffer->bounce == NULL && buffer->uploader == NULL) {
		// Readers that still have a lock read the copy, if there is one. wlroots 0.18 leaks its lock when it refuses to
		// capture the screen into a buffer: that must not keep a file open.
		lido_client_buffer_forget_source(buffer);
	}
	wlr_buffer_drop(&buffer->base);
}

static struct lido_client_buffer *client_buffer_create(struct lido_buffer *source) {
	struct lido_client_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	wlr_buffer_init(&buffer->base, &client_buffer_impl, source->width, source->height);
	buffer->source = lido_buffer_lock(source);
	buffer->drm_format = source->drm_format;
	buffer->stride = lido_copy_stride(source);
	source->data = buffer;
	buffer->source_destroy.notify = handle_source_destroy;
	wl_signal_add(&source->events.destroy, &buffer->source_destroy);
	buffer->release.notify = handle_release;
	wl_signal_add(&buffer->base.events.release, &buffer->release);
	return buffer;
}

struct lido_buffer *lido_wlroots_buffer_try_from_wlr_buffer(struct wlr_buffer *base) {
	const struct wlr_client_buffer *shown = wlr_client_buffer_get(base);
	struct wlr_buffer *origin = shown != NULL ? shown->source : base;
	const struct lido_client_buffer *buffer = origin != NULL ? lido_client_buffer_try_from_wlr_buffer(origin) : NULL;
	return buffer != NULL && buffer->source != NULL && buffer->source->resource != NULL ? buffer->source : NULL;
}

static bool resource_is_instance(struct wl_resource *resource) {
	return lido_buffer_try_from_resource(resource) != NULL;
}

static struct wlr_buffer *buffer_from_resource(struct wl_resource *resource) {
	struct lido_buffer *source = lido_buffer_try_from_resource(resource);
	struct lido_client_buffer *buffer = source->data != NULL ? source->data : client_buffer_create(source);
	return buffer != NULL ? &buffer->base : NULL;
}

void lido_client_buffer_register(void) {
	static const struct wlr_buffer_resource_interface resource_interface = {
		.name = "lido_buffer",
		.is_instance = resource_is_instance,
		.from_resource = buffer_from_resource,
	};
	wlr_buffer_register_resource_interface(&resource_interface);
}

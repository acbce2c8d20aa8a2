#include "wire/buffer.h"

#include "base/os.h"
#include "memory/area.h"
#include "memory/block.h"
#include "memory/pool.h"
#include "wire/manager.h"

#include "lido-shm-v1-protocol.h"
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_impl = {
	.destroy = handle_destroy,
};

static void buffer_unset_place(struct lido_buffer *buffer) {
	if (buffer->internal.block != NULL) {
		lido_block_unref(buffer->internal.block);
	} else if (buffer->internal.area != NULL) {
		lido_area_unref(buffer->internal.area);
	}
}

static void buffer_consider_destroy(struct lido_buffer *buffer) {
	if (buffer->resource != NULL || buffer->internal.locks > 0) {
		return;
	}
	struct lido_pool *pool = buffer->pool;
	assert(wl_list_empty(&buffer->events.destroy.listener_list));
	buffer_unset_place(buffer);
	pool->buffers--;
	pool->bytes_live -= buffer->size;
	free(buffer);
	lido_pool_consider_destroy(pool);
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct lido_buffer *buffer = wl_resource_get_user_data(resource);
	lido_buffer_lock(buffer);
	buffer->resource = NULL;
	wl_signal_emit(&buffer->events.destroy, buffer);
	lido_buffer_unlock(buffer);
}

static void buffer_set_place(struct lido_buffer *buffer, const struct lido_buffer_place *place) {
	buffer->internal.area = place->area;
	buffer->internal.block = place->block;
	if (place->block != NULL) {
		buffer->offset += place->block->range->offset;
		lido_block_ref(place->block);
	} else {
		lido_area_ref(place->area);
	}
}

// NULL when memory is short or there are too many; the reason is in pool->error.
static struct lido_buffer *create(struct lido_pool *pool, uint32_t id, const struct lido_format *format,
		const struct lido_buffer_request *request, int64_t size) {
	if (!lido_pool_check_buffers(pool)) {
		return NULL;
	}
	struct lido_buffer *buffer = lido_os.calloc(1, sizeof(*buffer));
	struct wl_resource *resource = wl_resource_create(pool->client, &wl_buffer_interface, 1, id);
	if (buffer == NULL || resource == NULL) {
		free(buffer);
		lido_pool_fail(pool, "out of memory for a wl_buffer");
		return NULL;
	}
	wl_resource_set_implementation(resource, &buffer_impl, buffer, handle_resource_destroy);
	wl_signal_init(&buffer->events.destroy);
	buffer->resource = resource;
	buffer->pool = pool;
	buffer->format = format;
	buffer->drm_format = format->drm;
	buffer->width = request->width;
	buffer->height = request->height;
	buffer->stride = request->stride;
	buffer->offset = request->offset;
	buffer->size = size;
	pool->buffers++;
	pool->bytes_live += size;
	pool->buffers_peak = pool->buffers > pool->buffers_peak ? pool->buffers : pool->buffers_peak;
	pool->bytes_live_peak = pool->bytes_live > pool->bytes_live_peak ? pool->bytes_live : pool->bytes_live_peak;
	return buffer;
}

void lido_buffer_create(struct wl_resource *handle, uint32_t id, const struct lido_buffer_place *place,
		const struct lido_buffer_request *request) {
	const struct lido_format *format = lido_manager_find_format(place->pool->manager, request->shm_format);
	struct lido_check_error error;
	int64_t size;
	if (!lido_check_buffer(request, format, place->noun, place->claimed, &size, &error)) {
		wl_resource_post_error(handle, error.code, "%s", error.text);
		return;
	}
	struct lido_buffer *buffer = create(place->pool, id, format, request, size);
	if (buffer == NULL) {
		lido_pool_post_no_memory(place->pool);
	} else if (place->area != NULL && request->offset + size <= place->size) {
		buffer_set_place(buffer, place);
	}
	lido_pool_audit(place->pool);
}

struct lido_buffer *lido_buffer_try_from_resource(struct wl_resource *resource) {
	if (!wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_impl)) {
		return NULL;
	}
	return wl_resource_get_user_data(resource);
}

struct lido_buffer *lido_buffer_lock(struct lido_buffer *buffer) {
	buffer->internal.locks++;
	return buffer;
}

void lido_buffer_unlock(struct lido_buffer *buffer) {
	assert(buffer->internal.locks > 0);
	buffer->internal.locks--;
	buffer_consider_destroy(buffer);
}

void lido_buffer_send_release(struct lido_buffer *buffer) {
	if (buffer->resource != NULL) {
		wl_buffer_send_release(buffer->resource);
	}
}

void lido_buffer_count_commit(struct lido_buffer *buffer, uint32_t *commits, uint32_t *file_commits) {
	struct lido_area *area = buffer->internal.area;
	*commits = buffer->commits;
	*file_commits = area != NULL ? area->commits : 0;
	buffer->commits += buffer->commits < UINT32_MAX;
	if (area != NULL) {
		area->commits += area->commits < UINT32_MAX;
	}
}

const void *lido_buffer_map(struct lido_buffer *buffer, int32_t y, int32_t height) {
	assert(y >= 0 && height > 0 && height <= buffer->height - y);
	if (buffer->internal.area == NULL) {
		return NULL;
	}
	bool is_whole = height == buffer->height || buffer->format->planes_len > 1;
	int64_t start = is_whole ? 0 : (int64_t)y * buffer->stride;
	int64_t size = is_whole ? buffer->size : (int64_t)height * buffer->stride;
	const uint8_t *rows = lido_area_map(
			buffer->internal.area, buffer->offset + start, size, is_whole ? &buffer->internal.pages : NULL);
	return rows != NULL ? rows - start : NULL;
}

bool lido_buffer_check(struct lido_buffer *buffer) {
	if (buffer->internal.area == NULL || lido_area_check(buffer->internal.area)) {
		return true;
	}
	if (buffer->resource != NULL) {
		wl_resource_post_error(buffer->resource, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, LIDO_FILE_CHANGED_TEXT);
	}
	return false;
}

bool lido_buffer_is_sealed(const struct lido_buffer *buffer) {
	return buffer->internal.area != NULL && buffer->internal.area->sealed;
}

bool lido_buffer_is_exported(const struct lido_buffer *buffer) {
	return buffer->internal.block != NULL;
}

bool lido_buffer_is_writable(const struct lido_buffer *buffer) {
	const struct lido_area *area = buffer->internal.area;
	if (area == NULL || !area->writable) {
		return false;
	}
	int seals = lido_os.get_seals(area->fd);
	return seals == -1 || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) == 0;
}

void lido_buffer_post_truncated(struct lido_buffer *buffer) {
	if (buffer->resource == NULL || buffer->internal.area == NULL) {
		return;
	}
	struct stat stat = {0};
	lido_os.fstat(buffer->internal.area->fd, &stat);
	wl_resource_post_error(buffer->resource, WL_SHM_ERROR_INVALID_FD,
			"invalid fd: the file has %" PRId64 " bytes, but the buffer ends at %" PRId64 " (offset %" PRId64
			", %" PRId64 " bytes)",
			(int64_t)stat.st_size, buffer->offset + buffer->size, buffer->offset, buffer->size);
}

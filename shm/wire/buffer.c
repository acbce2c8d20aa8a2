#include "wire/buffer.h"

#include "base/os.h"

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

// From a commit until its release the server may read it at any time.
static inline void buffer_begin_use(struct lido_buffer *buffer) {
	if (buffer->internal.block != NULL && !buffer->internal.is_used) {
		buffer->internal.is_used = true;
		lido_block_add_reader(buffer->internal.block);
	}
}

static inline void buffer_end_use(struct lido_buffer *buffer) {
	if (buffer->internal.is_used) {
		buffer->internal.is_used = false;
		lido_block_remove_reader(buffer->internal.block);
	}
}

static void buffer_leave_memory(struct lido_buffer *buffer) {
	buffer_end_use(buffer);
	if (buffer->internal.block != NULL) {
		lido_block_unref(buffer->internal.block);
	} else if (buffer->internal.area != NULL) {
		lido_refs_unref(&buffer->internal.area->refs);
	}
}

static void buffer_consider_destroy(struct lido_buffer *buffer) {
	if (buffer->resource != NULL || buffer->internal.locks > 0) {
		return;
	}
	struct lido_pool *pool = buffer->pool;
	assert(wl_list_empty(&buffer->events.destroy.listener_list));
	buffer_leave_memory(buffer);
	lido_quota_subtract(&pool->quota, LIDO_QUOTA_BUFFERS, 1);
	lido_quota_subtract(&pool->quota, LIDO_QUOTA_BUFFER_BYTES, buffer->size);
	free(buffer);
	lido_pool_audit_in_debug_build(pool);
	lido_refs_unref(&pool->refs);
}

static void handle_resource_destroy(struct wl_resource *resource) {
	struct lido_buffer *buffer = wl_resource_get_user_data(resource);
	lido_buffer_lock(buffer);
	buffer->resource = NULL;
	wl_signal_emit(&buffer->events.destroy, buffer);
	lido_buffer_unlock(buffer);
}

// Returns NULL if memory is short or there are too many; the reason is in the quota.
static struct lido_buffer *create(struct lido_pool *pool, uint32_t id, const struct lido_format *format,
		const struct lido_buffer_request *request, int64_t size) {
	if (!lido_quota_allows(&pool->quota, LIDO_QUOTA_BUFFERS, 1)) {
		return NULL;
	}
	struct lido_buffer *buffer = lido_os.calloc(1, sizeof(*buffer));
	struct wl_resource *resource = wl_resource_create(pool->quota.client, &wl_buffer_interface, 1, id);
	if (buffer == NULL || resource == NULL) {
		free(buffer);
		lido_quota_fail(&pool->quota, "out of memory for a wl_buffer");
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
	lido_quota_add(&pool->quota, LIDO_QUOTA_BUFFERS, 1);
	lido_quota_add(&pool->quota, LIDO_QUOTA_BUFFER_BYTES, size);
	lido_refs_ref(&pool->refs);
	return buffer;
}

// Validates the request and creates the buffer, without memory; or disconnects the client and returns NULL. container:
// for messages.
static struct lido_buffer *validate_and_create(struct wl_resource *resource, uint32_t id, struct lido_pool *pool,
		const char *container, int64_t claimed, const struct lido_buffer_request *request) {
	const struct lido_format *format = lido_format_list_find(pool->formats, request->shm_format);
	struct lido_validation_error error;
	int64_t size;
	if (!lido_validate_buffer(request, format, container, claimed, &size, &error)) {
		wl_resource_post_error(resource, error.code, "%s", error.text);
		return NULL;
	}
	struct lido_buffer *buffer = create(pool, id, format, request, size);
	if (buffer == NULL) {
		lido_quota_post_no_memory(&pool->quota);
	}
	return buffer;
}

void lido_buffer_create_in_file(struct wl_resource *resource, uint32_t id, struct lido_pool *pool,
		struct lido_area *area, int64_t claimed, const struct lido_buffer_request *request) {
	struct lido_buffer *buffer = validate_and_create(resource, id, pool, "pool", claimed, request);
	if (buffer != NULL) {
		buffer->internal.area = area;
		lido_refs_ref(&area->refs);
	}
	lido_pool_audit_in_debug_build(pool);
}

void lido_buffer_create_in_block(struct wl_resource *resource, uint32_t id, struct lido_pool *pool,
		struct lido_block *block, int64_t claimed, const struct lido_buffer_request *request) {
	struct lido_buffer *buffer = validate_and_create(resource, id, pool, "block", claimed, request);
	if (buffer != NULL && block != NULL && buffer->offset + buffer->size <= lido_block_get_size(block)) {
		buffer->internal.area = &block->area->base;
		buffer->internal.block = block;
		buffer->offset += block->range->offset;
		lido_block_ref(block);
	}
	lido_pool_audit_in_debug_build(pool);
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
	buffer_end_use(buffer);
	if (buffer->resource != NULL) {
		wl_buffer_send_release(buffer->resource);
	}
}

static void count_commit(uint32_t *commits) {
	*commits += *commits < UINT32_MAX;
}

static enum lido_area_state buffer_inspect(struct lido_buffer *buffer) {
	struct lido_area *area = buffer->internal.area;
	enum lido_area_state state = area != NULL ? lido_area_inspect(area) : LIDO_AREA_UNKNOWN;
	if (state == LIDO_AREA_TAMPERED && buffer->resource != NULL) {
		wl_resource_post_error(buffer->resource, LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, LIDO_FILE_CHANGED_TEXT);
	}
	return state;
}

bool lido_buffer_detect_tampering(struct lido_buffer *buffer) {
	return buffer_inspect(buffer) == LIDO_AREA_TAMPERED;
}

bool lido_buffer_begin_commit(struct lido_buffer *buffer, struct lido_commit *commit) {
	struct lido_area *area = buffer->internal.area;
	struct lido_block *block = buffer->internal.block;
	enum lido_area_state state = buffer_inspect(buffer);
	if (state == LIDO_AREA_TAMPERED) {
		return false;
	}
	*commit = (struct lido_commit){
		.commits = buffer->commits,
		.file_commits = area != NULL ? area->commits : 0,
		.is_sealed = lido_buffer_is_sealed(buffer),
		.is_exported = lido_buffer_is_exported(buffer),
		.is_new_block = block != NULL && !block->is_committed,
		.is_inspected = state == LIDO_AREA_OK,
		.bytes_copied = lido_buffer_get_bytes_copied(buffer),
	};
	buffer_begin_use(buffer);
	count_commit(&buffer->commits);
	if (area != NULL) {
		count_commit(&area->commits);
	}
	if (block != NULL) {
		block->is_committed = true;
	}
	return true;
}

bool lido_buffer_spend(struct lido_buffer *buffer, int64_t bytes) {
	return lido_quota_spend(&buffer->pool->quota, LIDO_QUOTA_COPIED_BYTES, bytes);
}

int64_t lido_buffer_get_bytes_copied(const struct lido_buffer *buffer) {
	return lido_quota_get_used(&buffer->pool->quota, LIDO_QUOTA_COPIED_BYTES);
}

const void *lido_buffer_map(struct lido_buffer *buffer, int32_t y, int32_t height, const struct lido_commit *commit) {
	assert(y >= 0 && height > 0 && height <= buffer->height - y);
	if (buffer->internal.area == NULL) {
		return NULL;
	}
	bool is_whole = height == buffer->height || buffer->format->planes_len > 1;
	int64_t start = is_whole ? 0 : (int64_t)y * buffer->stride;
	int64_t size = is_whole ? buffer->size : (int64_t)height * buffer->stride;
	const uint8_t *rows = lido_area_map(buffer->internal.area, buffer->offset + start, size,
			is_whole ? &buffer->internal.pages : NULL, commit != NULL && commit->is_inspected);
	return rows != NULL ? rows - start : NULL;
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

#include "adapter.h"

#include <drm_fourcc.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

static const struct wlr_buffer_impl gpu_buffer_impl;

// Waits until the GPU has finished reading a pin.
struct lido_gpu_wait {
	struct wl_list link; // lido_zero_copy.waits
	struct wl_event_source *source;
	struct lido_gpu_buffer *buffer; // NULL: it is gone, and the pin is ours
	struct lido_pin *pin;
};

static void wait_destroy(struct lido_gpu_wait *wait) {
	wl_event_source_remove(wait->source);
	wl_list_remove(&wait->link);
	if (wait->buffer != NULL) {
		wait->buffer->wait = NULL;
	} else {
		lido_pin_destroy(wait->pin);
	}
	free(wait);
}

static int handle_fences(int fd, uint32_t mask, void *data) {
	struct lido_gpu_wait *wait = data;
	struct lido_gpu_buffer *buffer = wait->buffer;
	if ((mask & (WL_EVENT_ERROR | WL_EVENT_HANGUP)) == 0 && lido_pin_is_read(wait->pin)) {
		return 0;
	}
	wait_destroy(wait);
	if (buffer != NULL && buffer->owner != NULL) {
		lido_client_buffer_consider_release(buffer->owner);
	}
	return 0;
}

// buffer: NULL: the wait owns the pin. Returns NULL if memory is short.
static struct lido_gpu_wait *wait_create(
		struct lido_zero_copy *zero_copy, struct lido_pin *pin, struct lido_gpu_buffer *buffer) {
	struct lido_gpu_wait *wait = calloc(1, sizeof(*wait));
	if (wait == NULL) {
		return NULL;
	}
	wait->source = wl_event_loop_add_fd(zero_copy->loop, lido_pin_get_fd(pin), WL_EVENT_WRITABLE, handle_fences, wait);
	if (wait->source == NULL) {
		free(wait);
		return NULL;
	}
	wait->pin = pin;
	wait->buffer = buffer;
	wl_list_insert(&zero_copy->waits, &wait->link);
	return wait;
}

// The GPU may still read, though no surface shows the buffer: its memory goes to nobody else before it has finished. If
// that cannot be watched, the client may see a mixture of two of its frames.
static void gpu_buffer_give_up_pin(struct lido_gpu_buffer *buffer) {
	if (buffer->wait != NULL) {
		buffer->wait->buffer = NULL;
	} else if (buffer->zero_copy == NULL || !lido_pin_is_read(buffer->pin) ||
			   wait_create(buffer->zero_copy, buffer->pin, NULL) == NULL) {
		lido_pin_destroy(buffer->pin);
	}
}

static void gpu_buffer_destroy(struct wlr_buffer *base) {
	struct lido_gpu_buffer *buffer = wl_container_of(base, buffer, base);
	wl_list_remove(&buffer->link);
	wl_list_remove(&buffer->release.link);
	private_finish_buffer(base);
	gpu_buffer_give_up_pin(buffer);
	free(buffer);
}

static bool get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attributes) {
	struct lido_gpu_buffer *buffer = wl_container_of(base, buffer, base);
	*attributes = (struct wlr_dmabuf_attributes){
		.width = base->width,
		.height = base->height,
		.format = buffer->drm_format,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.stride = {buffer->stride},
		.fd = {lido_pin_get_fd(buffer->pin), -1, -1, -1},
	};
	return true;
}

// Without access to the pixels: wlroots would upload them into the texture of the last commit if it could.
static const struct wlr_buffer_impl gpu_buffer_impl = {
	.destroy = gpu_buffer_destroy,
	.get_dmabuf = get_dmabuf,
};

static void handle_release(struct wl_listener *listener, void *data) {
	struct lido_gpu_buffer *buffer = wl_container_of(listener, buffer, release);
	if (buffer->zero_copy != NULL && buffer->wait == NULL && lido_pin_is_read(buffer->pin)) {
		buffer->wait = wait_create(buffer->zero_copy, buffer->pin, buffer);
	}
	if (buffer->owner != NULL) {
		lido_client_buffer_consider_release(buffer->owner);
	}
}

struct lido_gpu_buffer *lido_gpu_buffer_try_from_wlr_buffer(struct wlr_buffer *base) {
	if (base->impl != &gpu_buffer_impl) {
		return NULL;
	}
	struct lido_gpu_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

static int64_t get_time(void) {
	struct timespec time = {0};
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static struct lido_zero_copy_layout get_layout(const struct lido_buffer *source) {
	return (struct lido_zero_copy_layout){
		.drm_format = source->drm_format,
		.width = source->width,
		.height = source->height,
		.stride = source->stride,
		.time = get_time(),
	};
}

static void note_failure(struct lido_zero_copy *zero_copy, const struct lido_buffer *source) {
	zero_copy->failures[zero_copy->failures_len++ % LIDO_ZERO_COPY_FAILURES_MAX] = get_layout(source);
}

static bool has_failed(const struct lido_zero_copy *zero_copy, const struct lido_buffer *source) {
	uint32_t len = zero_copy->failures_len;
	if (len == 0) {
		return false;
	}
	struct lido_zero_copy_layout layout = get_layout(source);
	for (uint32_t i = 0; i < len && i < LIDO_ZERO_COPY_FAILURES_MAX; i++) {
		const struct lido_zero_copy_layout *failure = &zero_copy->failures[i];
		if (failure->drm_format == layout.drm_format && failure->width == layout.width &&
				failure->height == layout.height && failure->stride == layout.stride &&
				layout.time - failure->time < LIDO_ZERO_COPY_FAILURE_MS) {
			return true;
		}
	}
	return false;
}

bool lido_gpu_buffer_is_possible(const struct lido_zero_copy *zero_copy, const struct lido_client_buffer *owner) {
	return !owner->is_unpinnable && lido_buffer_is_pinnable(owner->source) && !has_failed(zero_copy, owner->source);
}

// wlroots keeps what it has imported with the wlr_buffer, so the texture of the commit finds it there.
static bool gpu_buffer_import(struct lido_gpu_buffer *buffer, struct wlr_renderer *renderer) {
	if (buffer->generation == buffer->zero_copy->generation) {
		return true;
	}
	struct wlr_texture *texture = wlr_texture_from_buffer(renderer, &buffer->base);
	if (texture == NULL) {
		return false;
	}
	wlr_texture_destroy(texture);
	buffer->generation = buffer->zero_copy->generation;
	return true;
}

static struct lido_gpu_buffer *gpu_buffer_create(
		struct lido_zero_copy *zero_copy, struct lido_client_buffer *owner, const struct lido_commit *commit) {
	struct lido_buffer *source = owner->source;
	struct lido_gpu_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	enum lido_pin_result result = lido_pin_create(source, commit, &buffer->pin);
	if (result != LIDO_PIN_OK) {
		owner->is_unpinnable = result == LIDO_PIN_NEVER;
		free(buffer);
		return NULL;
	}
	wlr_buffer_init(&buffer->base, &gpu_buffer_impl, source->width, source->height);
	buffer->owner = owner;
	buffer->source = source;
	buffer->zero_copy = zero_copy;
	buffer->drm_format = source->drm_format;
	buffer->stride = (uint32_t)source->stride;
	buffer->generation = zero_copy->generation - 1;
	buffer->release.notify = handle_release;
	wl_signal_add(&buffer->base.events.release, &buffer->release);
	wl_list_insert(&zero_copy->buffers, &buffer->link);
	return buffer;
}

struct lido_gpu_buffer *lido_gpu_buffer_get(struct lido_zero_copy *zero_copy, struct lido_client_buffer *owner,
		const struct lido_commit *commit, struct wlr_renderer *renderer) {
	if (owner->gpu_buffer != NULL && !lido_pin_is_current(owner->gpu_buffer->pin, commit)) {
		lido_client_buffer_drop_gpu_buffer(owner);
	}
	if (owner->gpu_buffer == NULL) {
		owner->gpu_buffer = gpu_buffer_create(zero_copy, owner, commit);
		if (owner->gpu_buffer == NULL) {
			return NULL;
		}
	}
	struct lido_gpu_buffer *buffer = owner->gpu_buffer;
	if (!gpu_buffer_import(buffer, renderer)) {
		note_failure(zero_copy, owner->source);
		lido_client_buffer_drop_gpu_buffer(owner);
		return NULL;
	}
	if (buffer->wait != NULL) {
		// The client has drawn without waiting for its release, which the next one answers as well.
		wait_destroy(buffer->wait);
	}
	lido_pin_flush(buffer->pin);
	return buffer;
}

void lido_gpu_buffer_drop(struct lido_gpu_buffer *buffer) {
	if (buffer != NULL) {
		buffer->owner = NULL;
		wlr_buffer_drop(&buffer->base);
	}
}

bool lido_gpu_buffer_is_used(const struct lido_gpu_buffer *buffer) {
	return buffer != NULL && (private_get_locks(&buffer->base) > 0 || buffer->wait != NULL);
}

void lido_zero_copy_drop_buffers(struct lido_zero_copy *zero_copy) {
	struct lido_gpu_buffer *buffer, *next;
	wl_list_for_each_safe(buffer, next, &zero_copy->buffers, link) {
		struct lido_client_buffer *owner = buffer->owner;
		if (owner == NULL) {
			continue;
		}
		bool is_used = lido_gpu_buffer_is_used(buffer);
		lido_client_buffer_drop_gpu_buffer(owner);
		if (is_used) {
			lido_client_buffer_consider_release(owner);
		}
	}
}

void lido_zero_copy_finish(struct lido_zero_copy *zero_copy) {
	struct lido_gpu_wait *wait, *next_wait;
	wl_list_for_each_safe(wait, next_wait, &zero_copy->waits, link) {
		wait_destroy(wait);
	}
	struct lido_gpu_buffer *buffer, *next;
	wl_list_for_each_safe(buffer, next, &zero_copy->buffers, link) {
		wl_list_remove(&buffer->link);
		wl_list_init(&buffer->link);
		buffer->zero_copy = NULL;
	}
	if (zero_copy->renderer != NULL) {
		wl_list_remove(&zero_copy->renderer_destroy.link);
	}
}

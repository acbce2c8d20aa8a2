#include "exports.h"

#include "account.h"
#include "clients.h"
#include "descriptors.h"
#include "desktop.h"
#include "dmabuf.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "session_lock.h"
#include "wlr-export-dmabuf-unstable-v1-protocol.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/pass.h>
#include <wlr/render/swapchain.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>

#define EXPORT_VERSION 1

// Of one process and output: the client may still read one while the next frame is drawn.
#define COPIES_IN_TURN 2

static void copy_destroy(struct export_copy *copy) {
	listener_remove(&copy->client_destroy);
	wl_list_remove(&copy->link);
	wlr_buffer_drop(copy->buffer);
	free(copy);
}

// Its account may be freed and another one may have that address then.
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct export_copy *copy = wl_container_of(listener, copy, client_destroy);
	copy_destroy(copy);
}

static int64_t get_size(struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes attributes;
	return wlr_buffer_get_dmabuf(buffer, &attributes) ? (int64_t)attributes.stride[0] * attributes.height : 0;
}

static struct export_copy *copy_create(struct export_frame *frame, struct account *account) {
	struct exports *exports = frame->compositor->exports;
	struct wlr_output *wlr = frame->output->wlr;
	struct export_copy *copy = calloc(1, sizeof(*copy));
	if (copy == NULL) {
		return NULL;
	}
	copy->buffer =
			wlr_allocator_create_buffer(frame->compositor->allocator, wlr->width, wlr->height, &wlr->swapchain->format);
	if (copy->buffer == NULL) {
		free(copy);
		return NULL;
	}
	account->exported_size += get_size(copy->buffer);
	copy->account = account;
	copy->output = frame->output;
	copy->commit_seq = wlr->commit_seq - 1; // another one
	copy->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(wl_resource_get_client(frame->resource), &copy->client_destroy);
	if (wl_list_length(&exports->copies) == EXPORTS_COPIES_MAX) {
		struct export_copy *last = wl_container_of(exports->copies.prev, last, link);
		copy_destroy(last);
	}
	wl_list_insert(&exports->copies, &copy->link);
	return copy;
}

static bool fits(const struct export_copy *copy, const struct wlr_output *output) {
	struct wlr_dmabuf_attributes attributes;
	return copy->buffer->width == output->width && copy->buffer->height == output->height &&
		   wlr_buffer_get_dmabuf(copy->buffer, &attributes) && attributes.format == output->swapchain->format.format;
}

// The copy for the next frame: one that has this frame already, or the one whose turn it is, or a new one.
static struct export_copy *find_copy(struct export_frame *frame, struct account *account) {
	struct exports *exports = frame->compositor->exports;
	struct export_copy *copy, *next;
	int found = 0;
	wl_list_for_each_safe(copy, next, &exports->copies, link) {
		if (copy->account != account || copy->output != frame->output) {
			continue;
		}
		if (!fits(copy, frame->output->wlr)) {
			copy_destroy(copy);
		} else if (copy->commit_seq == frame->output->wlr->commit_seq || ++found == COPIES_IN_TURN) {
			wl_list_remove(&copy->link);
			wl_list_insert(&exports->copies, &copy->link);
			return copy;
		}
	}
	return account->exported_size < EXPORTS_SIZE_MAX ? copy_create(frame, account) : NULL;
}

static bool copy_fill(struct export_copy *copy, struct compositor *compositor, struct wlr_buffer *source) {
	struct wlr_texture *texture = wlr_texture_from_buffer(compositor->renderer, source);
	struct wlr_render_pass *pass =
			texture != NULL ? wlr_renderer_begin_buffer_pass(compositor->renderer, copy->buffer, NULL) : NULL;
	bool ok = false;
	if (pass != NULL) {
		wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){
											  .texture = texture,
											  .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
										  });
		ok = wlr_render_pass_submit(pass);
	}
	wlr_texture_destroy(texture);
	return ok;
}

static void frame_destroy(struct export_frame *frame) {
	wl_resource_set_user_data(frame->resource, NULL);
	listener_remove(&frame->commit);
	wlr_output_lock_attach_render(frame->output->wlr, false);
	if (frame->with_cursor) {
		wlr_output_lock_software_cursors(frame->output->wlr, false);
	}
	wl_list_remove(&frame->link);
	free(frame);
}

static void cancel(struct export_frame *frame, enum zwlr_export_dmabuf_frame_v1_cancel_reason reason) {
	zwlr_export_dmabuf_frame_v1_send_cancel(frame->resource, reason);
	frame_destroy(frame);
}

static void send(struct export_frame *frame, const struct wlr_dmabuf_attributes *attributes) {
	struct wl_resource *resource = frame->resource;
	zwlr_export_dmabuf_frame_v1_send_frame(resource, (uint32_t)attributes->width, (uint32_t)attributes->height, 0, 0, 0,
			ZWLR_EXPORT_DMABUF_FRAME_V1_FLAGS_TRANSIENT, attributes->format, (uint32_t)(attributes->modifier >> 32),
			(uint32_t)attributes->modifier, (uint32_t)attributes->n_planes);
	for (int i = 0; i < attributes->n_planes; i++) {
		off_t size = lseek(attributes->fd[i], 0, SEEK_END);
		zwlr_export_dmabuf_frame_v1_send_object(resource, (uint32_t)i, attributes->fd[i], size > 0 ? (uint32_t)size : 0,
				attributes->offset[i], attributes->stride[i], (uint32_t)i);
	}
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	zwlr_export_dmabuf_frame_v1_send_ready(
			resource, (uint32_t)((uint64_t)now.tv_sec >> 32), (uint32_t)now.tv_sec, (uint32_t)now.tv_nsec);
	frame_destroy(frame);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct export_frame *frame = wl_container_of(listener, frame, commit);
	const struct wlr_output_event_commit *event = data;
	if ((event->state->committed & WLR_OUTPUT_STATE_BUFFER) == 0 || session_lock_is_locked(frame->compositor)) {
		return;
	}
	struct wl_client *client = wl_resource_get_client(frame->resource);
	struct account *account = client_get_account(client);
	if (account == NULL || frame->output->wlr->swapchain == NULL) {
		cancel(frame, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_TEMPORARY);
		return;
	}
	struct export_copy *copy = find_copy(frame, account);
	if (copy == NULL) {
		cancel(frame, account->exported_size < EXPORTS_SIZE_MAX ? ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_TEMPORARY
																: ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
		return;
	}
	struct wlr_dmabuf_attributes attributes;
	uint32_t seq = frame->output->wlr->commit_seq;
	if (copy->commit_seq != seq && !copy_fill(copy, frame->compositor, event->state->buffer)) {
		copy_destroy(copy);
		cancel(frame, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_TEMPORARY);
	} else if (!wlr_buffer_get_dmabuf(copy->buffer, &attributes)) {
		cancel(frame, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
	} else {
		copy->commit_seq = seq;
		descriptors_set_owner(account);
		send(frame, &attributes);
		descriptors_set_owner(NULL);
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zwlr_export_dmabuf_frame_v1_interface frame_impl = {
	.destroy = handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct export_frame *frame = wl_resource_get_user_data(resource);
	if (frame != NULL) {
		frame_destroy(frame);
	}
}

static void handle_capture_output(struct wl_client *client, struct wl_resource *manager, uint32_t id,
		int32_t overlay_cursor, struct wl_resource *output_resource) {
	struct compositor *compositor = wl_resource_get_user_data(manager);
	struct wlr_output *wlr = wlr_output_from_resource(output_resource);
	struct output *output = wlr != NULL ? desktop_output_from_wlr(compositor->desktop, wlr) : NULL;
	struct wl_resource *resource =
			wl_resource_create(client, &zwlr_export_dmabuf_frame_v1_interface, wl_resource_get_version(manager), id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &frame_impl, NULL, handle_resource_destroy);
	if (output == NULL || !wlr->enabled) {
		zwlr_export_dmabuf_frame_v1_send_cancel(resource, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
		return;
	}
	struct export_frame *frame = calloc(1, sizeof(*frame));
	if (frame == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	frame->compositor = compositor;
	frame->output = output;
	frame->resource = resource;
	frame->with_cursor = overlay_cursor != 0;
	wl_resource_set_user_data(resource, frame);
	wl_list_insert(&compositor->exports->frames, &frame->link);
	listener_add(&frame->commit, &wlr->events.commit, handle_commit);
	wlr_output_lock_attach_render(wlr, true);
	if (frame->with_cursor) {
		wlr_output_lock_software_cursors(wlr, true);
	}
	wlr_output_update_needs_frame(wlr);
}

static const struct zwlr_export_dmabuf_manager_v1_interface manager_impl = {
	.capture_output = handle_capture_output,
	.destroy = handle_destroy,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
			wl_resource_create(client, &zwlr_export_dmabuf_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct exports *exports = wl_container_of(listener, exports, output_destroy);
	const struct output *output = data;
	struct export_frame *frame, *next_frame;
	wl_list_for_each_safe(frame, next_frame, &exports->frames, link) {
		if (frame->output == output) {
			cancel(frame, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
		}
	}
	struct export_copy *copy, *next_copy;
	wl_list_for_each_safe(copy, next_copy, &exports->copies, link) {
		if (copy->output == output) {
			copy_destroy(copy);
		}
	}
}

bool exports_init(struct compositor *compositor) {
	struct exports *exports = compositor->exports;
	exports->compositor = compositor;
	wl_list_init(&exports->frames);
	wl_list_init(&exports->copies);
	listener_add(&exports->output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
	if (!dmabuf_is_supported(compositor)) {
		return true;
	}
	exports->global = wl_global_create(
			compositor->display, &zwlr_export_dmabuf_manager_v1_interface, EXPORT_VERSION, compositor, manager_bind);
	return exports->global != NULL;
}

void exports_finish(struct compositor *compositor) {
	struct exports *exports = compositor->exports;
	listener_remove(&exports->output_destroy);
	if (exports->global != NULL) {
		wl_global_destroy(exports->global);
	}
}

#include "window_capture.h"

#include "compat.h"
#include "desktop.h"
#include "foreign.h"
#include "geometry.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "session_lock.h"
#include "toplevel.h"

#if WLR_SINCE(20)
#include <assert.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/interfaces/wlr_ext_image_capture_source_v1.h>
#include <wlr/render/pass.h>
#include <wlr/render/swapchain.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_ext_image_capture_source_v1.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/util/transform.h>

// One for each window that a client has asked for, until the window is unmapped. It keeps no picture.
struct window_capture {
	struct wlr_ext_image_capture_source_v1 source;
	struct window_captures *captures;
	struct toplevel *toplevel;
	struct wl_list link;
	bool awaited;   // a client waits for a frame,
	bool at_once;   // even if nothing has changed
	uint32_t drawn; // the commits that the last frame shows, see count_commits()
};

struct frame_event {
	struct wlr_ext_image_capture_source_v1_frame_event base;
	struct wlr_buffer *buffer;
};

struct drawing {
	struct wlr_render_pass *pass;
	struct wlr_box window; // surface coordinates
	int64_t pixels_left;
};

static struct wlr_box find_size(const struct window_capture *capture) {
	struct wlr_box box = capture->toplevel->geometry, all;
	wlr_output_layout_get_box(capture->captures->compositor->desktop->layout, NULL, &all);
	box.width = box.width < all.width ? box.width : all.width;
	box.height = box.height < all.height ? box.height : all.height;
	return box;
}

// The format in which outputs are drawn serves for windows, too. NULL: no output has been drawn.
static struct wlr_swapchain *create_swapchain(struct compositor *compositor, const struct wlr_box *size) {
	const struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		if (output->wlr->swapchain != NULL && !wlr_box_empty(size)) {
			return wlr_swapchain_create(
					compositor->allocator, size->width, size->height, &output->wlr->swapchain->format);
		}
	}
	return NULL;
}

// Tells clients the size, if it has changed.
static bool update_constraints(struct window_capture *capture, struct wlr_swapchain *swapchain) {
	struct wlr_ext_image_capture_source_v1 *source = &capture->source;
	if (source->width == (uint32_t)swapchain->width && source->height == (uint32_t)swapchain->height) {
		return true;
	}
	free(source->shm_formats); // wlroots would forget them
	source->shm_formats = NULL;
	source->shm_formats_len = 0;
	return wlr_ext_image_capture_source_v1_set_constraints_from_swapchain(
			source, swapchain, capture->captures->compositor->renderer);
}

static void draw_surface(struct wlr_surface *surface, int sx, int sy, void *data) {
	struct drawing *drawing = data;
	struct wlr_texture *texture = wlr_surface_get_texture(surface);
	struct wlr_box box = geometry_clamp_box((struct wlr_box){
		.x = sx,
		.y = sy,
		.width = surface->current.width,
		.height = surface->current.height,
	});
	struct wlr_box shown;
	if (texture == NULL || !wlr_box_intersection(&shown, &box, &drawing->window) ||
			(int64_t)shown.width * shown.height > drawing->pixels_left) {
		return;
	}
	drawing->pixels_left -= (int64_t)shown.width * shown.height;
	box.x -= drawing->window.x;
	box.y -= drawing->window.y;
	struct wlr_render_texture_options options = {
		.texture = texture,
		.dst_box = box,
		.transform = wlr_output_transform_invert(surface->current.transform),
	};
	wlr_surface_get_buffer_source_box(surface, &options.src_box);
	wlr_render_pass_add_texture(drawing->pass, &options);
}

static bool draw(struct window_capture *capture, const struct wlr_box *size, struct wlr_buffer *buffer) {
	struct drawing drawing = {
		.pass = wlr_renderer_begin_buffer_pass(capture->captures->compositor->renderer, buffer, NULL),
		.window = *size,
		.pixels_left = (int64_t)size->width * size->height * WINDOW_CAPTURE_OVERDRAW_MAX,
	};
	if (drawing.pass == NULL) {
		return false;
	}
	wlr_render_pass_add_rect(drawing.pass, &(struct wlr_render_rect_options){
											   .box = {.width = size->width, .height = size->height},
											   .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
										   });
	wlr_surface_for_each_surface(capture->toplevel->surface, draw_surface, &drawing);
	return wlr_render_pass_submit(drawing.pass);
}

static void emit_frame(struct window_capture *capture, struct wlr_buffer *buffer) {
	pixman_region32_t damage;
	pixman_region32_init_rect(&damage, 0, 0, (unsigned)buffer->width, (unsigned)buffer->height);
	struct frame_event event = {.base.damage = &damage, .buffer = buffer};
	wl_signal_emit_mutable(&capture->source.events.frame, &event.base);
	pixman_region32_fini(&damage);
}

static void add_commits(struct wlr_surface *surface, int sx, int sy, void *data) {
	*(uint32_t *)data += surface->current.seq + 1;
}

static uint32_t count_commits(const struct window_capture *capture) {
	uint32_t count = 0;
	wlr_surface_for_each_surface(capture->toplevel->surface, add_commits, &count);
	return count;
}

static void serve(struct window_capture *capture) {
	uint32_t commits = count_commits(capture);
	if (!capture->at_once && commits == capture->drawn) {
		return;
	}
	struct wlr_box size = find_size(capture);
	struct wlr_swapchain *swapchain = create_swapchain(capture->captures->compositor, &size);
	struct wlr_buffer *buffer = NULL;
	if (swapchain != NULL && update_constraints(capture, swapchain) &&
			(buffer = wlr_swapchain_acquire(swapchain)) != NULL && draw(capture, &size, buffer)) {
		capture->awaited = capture->at_once = false;
		capture->drawn = commits;
		emit_frame(capture, buffer);
	}
	wlr_buffer_unlock(buffer);
	wlr_swapchain_destroy(swapchain);
}

static int handle_timer(void *data) {
	struct window_captures *captures = data;
	struct window_capture *capture;
	bool awaited = false;
	wl_list_for_each(capture, &captures->list, link) {
		if (capture->awaited) {
			serve(capture);
		}
		awaited |= capture->awaited;
	}
	if (awaited) {
		wl_event_source_timer_update(captures->timer, WINDOW_CAPTURE_FRAME_MS);
	}
	return 0;
}

static void request_frame(struct wlr_ext_image_capture_source_v1 *source, bool at_once) {
	struct window_capture *capture = wl_container_of(source, capture, source);
	capture->awaited = true;
	capture->at_once |= at_once;
	wl_event_source_timer_update(capture->captures->timer, WINDOW_CAPTURE_FRAME_MS);
}

static void copy_frame(struct wlr_ext_image_capture_source_v1 *source,
		struct wlr_ext_image_copy_capture_frame_v1 *frame, struct wlr_ext_image_capture_source_v1_frame_event *base) {
	struct window_capture *capture = wl_container_of(source, capture, source);
	struct frame_event *event = wl_container_of(base, event, base);
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (wlr_ext_image_copy_capture_frame_v1_copy_buffer(
				frame, event->buffer, capture->captures->compositor->renderer)) {
		wlr_ext_image_copy_capture_frame_v1_ready(frame, WL_OUTPUT_TRANSFORM_NORMAL, &now);
	}
}

static const struct wlr_ext_image_capture_source_v1_interface source_impl = {
	.request_frame = request_frame,
	.copy_frame = copy_frame,
};

static struct window_capture *find_capture(const struct window_captures *captures, const struct toplevel *toplevel) {
	struct window_capture *capture;
	wl_list_for_each(capture, &captures->list, link) {
		if (capture->toplevel == toplevel) {
			return capture;
		}
	}
	return NULL;
}

static struct window_capture *create_capture(struct window_captures *captures, struct toplevel *toplevel) {
	struct window_capture *capture = calloc(1, sizeof(*capture));
	if (capture == NULL) {
		return NULL;
	}
	capture->captures = captures;
	capture->toplevel = toplevel;
	wlr_ext_image_capture_source_v1_init(&capture->source, &source_impl);
	wl_list_insert(&captures->list, &capture->link);
	struct wlr_box size = find_size(capture);
	struct wlr_swapchain *swapchain = create_swapchain(captures->compositor, &size);
	if (swapchain != NULL) {
		update_constraints(capture, swapchain);
	}
	wlr_swapchain_destroy(swapchain);
	return capture;
}

// Clients are told that their captures have stopped.
static void capture_destroy(struct window_capture *capture) {
	wl_list_remove(&capture->link);
	wlr_ext_image_capture_source_v1_finish(&capture->source);
	free(capture);
}

static struct toplevel *find_toplevel(
		const struct compositor *compositor, const struct wlr_ext_foreign_toplevel_handle_v1 *handle) {
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &compositor->toplevels->list, link) {
		if (toplevel->foreign != NULL && toplevel->foreign->listed == handle) {
			return toplevel;
		}
	}
	return NULL;
}

static void handle_new_request(struct wl_listener *listener, void *data) {
	struct window_captures *captures = wl_container_of(listener, captures, listeners.new_request);
	struct wlr_ext_foreign_toplevel_image_capture_source_manager_v1_request *request = data;
	struct toplevel *toplevel = find_toplevel(captures->compositor, request->toplevel_handle);
	struct window_capture *capture = NULL;
	if (toplevel != NULL && !session_lock_is_locked(captures->compositor)) {
		capture = find_capture(captures, toplevel);
		if (capture == NULL && (capture = create_capture(captures, toplevel)) == NULL) {
			wl_client_post_no_memory(request->client);
		}
	}
	wlr_ext_foreign_toplevel_image_capture_source_manager_v1_request_accept(
			request, capture != NULL ? &capture->source : NULL);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct window_captures *captures = wl_container_of(listener, captures, listeners.unmap);
	struct window_capture *capture = find_capture(captures, data);
	if (capture != NULL) {
		capture_destroy(capture);
	}
}

void window_captures_stop(struct compositor *compositor) {
	struct window_capture *capture, *tmp;
	wl_list_for_each_safe(capture, tmp, &compositor->window_captures->list, link) {
		capture_destroy(capture);
	}
}

bool window_captures_init(struct compositor *compositor) {
	struct window_captures *captures = compositor->window_captures;
	captures->compositor = compositor;
	wl_list_init(&captures->list);
	captures->manager = wlr_ext_foreign_toplevel_image_capture_source_manager_v1_create(compositor->display, 1);
	captures->timer = wl_event_loop_add_timer(compositor->loop, handle_timer, captures);
	if (captures->manager == NULL || captures->timer == NULL) {
		return false;
	}
	listener_add(&captures->listeners.new_request, &captures->manager->events.new_request, handle_new_request);
	listener_add(&captures->listeners.unmap, &compositor->toplevels->events.unmap, handle_unmap);
	return true;
}

void window_captures_finish(struct compositor *compositor) {
	struct window_captures *captures = compositor->window_captures;
	assert(wl_list_empty(&captures->list));
	listener_remove(&captures->listeners.new_request);
	listener_remove(&captures->listeners.unmap);
	if (captures->timer != NULL) {
		wl_event_source_remove(captures->timer);
	}
}
#else
bool window_captures_init(struct compositor *compositor) {
	return true;
}

void window_captures_finish(struct compositor *compositor) {
}

void window_captures_stop(struct compositor *compositor) {
}
#endif

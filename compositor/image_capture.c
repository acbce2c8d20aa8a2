#include "image_capture.h"

#include "compat.h"
#include "listener.h"
#include "parts.h"
#include "requests.h"

#if WLR_SINCE(19)
#include <assert.h>
#include <pixman.h>
#include <string.h>
#include <wlr/types/wlr_ext_image_capture_source_v1.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>

#if !WLR_SINCE(20)
// In the place of what wlroots has of a cursor: something that has been used.
static uint8_t used_cursor[64];

static void handle_cursor_destroy(struct wl_listener *listener, void *data) {
	wl_resource_set_user_data(data, NULL);
	listener_remove(listener);
}

// wlroots 0.19 would follow a null pointer if the output or the pointer is gone.
static void handle_get_capture_session(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	if (wl_resource_get_user_data(resource) != NULL) {
		return;
	}
	struct wl_listener *destroy = &compositor->image_capture->cursor_destroy;
	assert(destroy->notify == NULL); // the other client has been disconnected
	memset(used_cursor, 1, sizeof(used_cursor));
	destroy->notify = handle_cursor_destroy;
	wl_resource_add_destroy_listener(resource, destroy);
	wl_resource_set_user_data(resource, used_cursor);
	wl_resource_post_error(resource, EXT_IMAGE_COPY_CAPTURE_CURSOR_SESSION_V1_ERROR_DUPLICATE_SESSION,
			"the output or the pointer is gone");
}
#endif

static void handle_damage_buffer(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_ext_image_copy_capture_frame_v1 *frame = wl_resource_get_user_data(resource);
	if (frame != NULL && pixman_region32_n_rects(&frame->buffer_damage) >= IMAGE_CAPTURE_DAMAGE_MAX) {
		pixman_box32_t box = *pixman_region32_extents(&frame->buffer_damage);
		pixman_region32_fini(&frame->buffer_damage);
		pixman_region32_init_with_extents(&frame->buffer_damage, &box);
	}
}

bool image_capture_init(struct compositor *compositor) {
	bool ok = wlr_ext_image_copy_capture_manager_v1_create(compositor->display, 1) != NULL &&
			  wlr_ext_output_image_capture_source_manager_v1_create(compositor->display, 1) != NULL &&
			  requests_watch(compositor, "ext_image_copy_capture_frame_v1", "damage_buffer", handle_damage_buffer);
#if !WLR_SINCE(20)
	ok = ok && requests_watch(compositor, "ext_image_copy_capture_cursor_session_v1", "get_capture_session",
					   handle_get_capture_session);
#endif
	return ok;
}
#else
bool image_capture_init(struct compositor *compositor) {
	return true;
}
#endif

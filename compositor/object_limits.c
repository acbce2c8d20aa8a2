#include "object_limits.h"

#include "account.h"
#include "clients.h"
#include "parts.h"
#include "requests.h"
#include "usage.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

// No client that was observed has more than a tenth of these. Where old versions of an interface lack a destructor,
// objects pile up when outputs and devices come and go; these limits are higher.
struct object_limit {
	const char *interface;
	size_t max;  // of all connections of a process
	size_t more; // of each further connection, for what every client has
};

static const struct object_limit table[] = {
	{"wl_surface", CLIENTS_SURFACES_MAX, 2},
	// Each receives all globals, and each new one. They have no destructor, and Mesa creates one per swapchain.
	{"wl_registry", 16384, 4},
	// Callbacks of frames are kept until the next frame, and sent all at once.
	{"wl_callback", 16384, 0},
	// Each is sent one event for each wl_output of its client, all in the same frame.
	{"wp_presentation_feedback", 512, 0},
	// wlr_output walks them when surfaces enter and leave.
	{"wl_output", 256, 4},
	{"zxdg_output_v1", 256, 4},
	// One event for each at every input event. A wl_keyboard receives an fd with each keymap.
	{"wl_seat", 256, 4},
	{"wl_keyboard", 256, 1},
	{"wl_pointer", 256, 1},
	{"wl_touch", 256, 1},
	{"wp_cursor_shape_device_v1", 256, 0},
	{"zwp_relative_pointer_v1", 64, 0},
	{"zwp_locked_pointer_v1", 64, 0},
	{"zwp_confined_pointer_v1", 64, 0},
	{"zwp_pointer_gesture_swipe_v1", 64, 0},
	{"zwp_pointer_gesture_pinch_v1", 64, 0},
	{"zwp_pointer_gesture_hold_v1", 64, 0},
	// Each receives an object for each tablet, tool and pad.
	{"zwp_tablet_seat_v2", 16, 0},
	{"zwp_virtual_keyboard_v1", 16, 0},
	{"zwlr_virtual_pointer_v1", 16, 0},
	{"zwp_text_input_v3", 64, 1},
	{"zwp_input_method_v2", 16, 0},
	{"zwp_input_method_keyboard_grab_v2", 16, 0},
	{"zwp_input_popup_surface_v2", 64, 0},
	{"ext_idle_notification_v1", 64, 0},
	{"zwp_idle_inhibitor_v1", 64, 0},
	// All are walked when a new one is made, and when a key with Alt is pressed.
	{"zwp_keyboard_shortcuts_inhibitor_v1", 16, 0},
	// Each device receives each selection: all of its MIME types.
	{"wl_data_device", 64, 1},
	{"wl_data_source", 256, 0},
	{"wl_data_offer", 4096, 0},
	{"zwp_primary_selection_device_v1", 64, 1},
	{"zwp_primary_selection_source_v1", 256, 0},
	{"zwp_primary_selection_offer_v1", 4096, 0},
	{"zwlr_data_control_device_v1", 32, 0},
	{"zwlr_data_control_source_v1", 256, 0},
	{"zwlr_data_control_offer_v1", 4096, 0},
	{"ext_data_control_device_v1", 32, 0},
	{"ext_data_control_source_v1", 256, 0},
	{"ext_data_control_offer_v1", 4096, 0},
	// Each manager receives an object for each window or output.
	{"zwlr_foreign_toplevel_manager_v1", 8, 0},
	{"zwlr_foreign_toplevel_handle_v1", 4096, 0},
	{"ext_foreign_toplevel_list_v1", 8, 0},
	{"ext_foreign_toplevel_handle_v1", 4096, 0},
	{"zwlr_output_manager_v1", 16, 1},
	{"zwlr_output_head_v1", 1024, 0},
	{"zwlr_output_mode_v1", 16384, 0},
	{"zwlr_output_configuration_v1", 16, 0},
	// All but one of each output are refused.
	{"zwlr_output_power_v1", 16, 0},
	{"zwlr_gamma_control_v1", 16, 0},
	// All layer surfaces are placed anew when one of them changes.
	{"zwlr_layer_surface_v1", 128, 0},
	// All but one are refused.
	{"ext_session_lock_v1", 16, 0},
	{"ext_session_lock_surface_v1", 64, 0},
	{"org_kde_kwin_server_decoration", 1024, 0},
	// Each is of one surface, and may outlive it.
	{"wp_content_type_v1", CLIENTS_SURFACES_MAX, 0},
	{"wp_tearing_control_v1", CLIENTS_SURFACES_MAX, 0},
	// A handle is compared with those of all exported windows.
	{"zxdg_exported_v1", 64, 0},
	{"zxdg_exported_v2", 64, 0},
	{"zxdg_imported_v1", 64, 0},
	{"zxdg_imported_v2", 64, 0},
	{"xdg_wm_base", 64, 4},
	{"xdg_positioner", 4096, 0},
	{"xdg_activation_token_v1", 256, 0},
	// Each waits for the next frame, and copies all of it.
	{"zwlr_screencopy_frame_v1", 16, 0},
	{"zwlr_export_dmabuf_frame_v1", 16, 0},
	// Each session has one frame that waits for the next frame of its source.
	{"ext_image_capture_source_v1", 64, 0},
	{"ext_image_copy_capture_session_v1", 16, 0},
	{"ext_image_copy_capture_cursor_session_v1", 16, 0},
	{"ext_image_copy_capture_frame_v1", 64, 0},
	// Each has fds: two, or one per plane.
	{"wp_security_context_v1", 16, 0},
	{"zwp_linux_buffer_params_v1", 128, 0},
	// Each receives a table of formats, with an fd.
	{"zwp_linux_dmabuf_v1", 64, 0},
	{"zwp_linux_dmabuf_feedback_v1", 1024, 0},
	// Each keeps an object of the GPU's driver. Mesa has two for each buffer of a window.
	{"wp_linux_drm_syncobj_timeline_v1", 4096, 0},
	// Each is of one surface, and may outlive it.
	{"wp_linux_drm_syncobj_surface_v1", CLIENTS_SURFACES_MAX, 0},
};

#define TABLE_LEN (sizeof(table) / sizeof(table[0]))
static_assert(TABLE_LEN <= ACCOUNT_INTERFACES_MAX, "raise ACCOUNT_INTERFACES_MAX");

struct object_count {
	uint32_t *count;
	struct wl_listener destroy;
};

static const struct object_limit *find_limit(const char *interface) {
	for (size_t i = 0; i < TABLE_LEN; i++) {
		if (strcmp(table[i].interface, interface) == 0) {
			return &table[i];
		}
	}
	return NULL;
}

static const struct object_limit *find_limit_of(struct object_limits *limits, struct wl_resource *resource) {
	const char *name = wl_resource_get_class(resource);
	const void *value;
	if (pointer_map_find(&limits->by_name, name, &value)) {
		return value;
	}
	const struct object_limit *limit = find_limit(name);
	pointer_map_add(&limits->by_name, name, limit);
	return limit;
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct object_count *count = wl_container_of(listener, count, destroy);
	--*count->count;
	wl_list_remove(&count->destroy.link);
	free(count);
}

void object_limits_count(struct client_record *record, struct wl_resource *resource) {
	const struct object_limit *limit = find_limit_of(record->compositor->object_limits, resource);
	if (limit == NULL) {
		return;
	}
	struct object_count *count = calloc(1, sizeof(*count));
	if (count == NULL) {
		wl_client_post_no_memory(record->wl);
		return;
	}
	count->count = &record->account->objects[limit - table];
	count->destroy.notify = handle_destroy;
	wl_resource_add_destroy_listener(resource, &count->destroy);
	size_t max = limit->max + limit->more * (record->account->users_len - 1);
	if (++*count->count > max && requests_is_from(record->compositor, record->wl)) {
		usage_post_too_many(record->wl, limit->interface, *count->count, max);
	}
}

size_t object_limits_get(const char *interface) {
	const struct object_limit *limit = find_limit(interface);
	return limit != NULL ? limit->max : 0;
}

bool object_limits_init(struct compositor *compositor) {
	return true;
}

void object_limits_finish(struct compositor *compositor) {
	pointer_map_finish(&compositor->object_limits->by_name);
}

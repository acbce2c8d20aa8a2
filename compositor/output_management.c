#include "output_management.h"

#include "desktop.h"
#include "gamma.h"
#include "listener.h"
#include "monotonic.h"
#include "output.h"
#include "output_power.h"
#include "parts.h"
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_management_v1.h>
#include <wlr/types/wlr_scene.h>

static bool has_mode_as_sent(const struct output *output) {
	const struct wlr_output *wlr = output->wlr;
	bool enabled = output_is_enabled(output);
	return output->sent.width == (enabled ? wlr->width : 0) && output->sent.height == (enabled ? wlr->height : 0) &&
		   output->sent.refresh == (enabled ? wlr->refresh : 0) &&
		   output->sent.mode == (enabled ? wlr->current_mode : NULL);
}

static void send_configuration(struct compositor *compositor, bool all) {
	struct wlr_output_configuration_v1 *configuration = wlr_output_configuration_v1_create();
	if (configuration == NULL) {
		return;
	}
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		if (!all && !has_mode_as_sent(output)) {
			continue;
		}
		struct wlr_output_configuration_head_v1 *head =
				wlr_output_configuration_head_v1_create(configuration, output->wlr);
		if (head != NULL) {
			head->state.enabled = output_is_enabled(output);
			head->state.x = output->area.x;
			head->state.y = output->area.y;
		}
	}
	wlr_output_manager_v1_set_configuration(compositor->output_management->manager, configuration);
}

// wlroots (head_send_state()) asserts that each client has an object for the current mode. The client may have released
// it, or have connected while the output was disabled. So a head whose mode changes is removed and announced again,
// with new objects.
static void output_management_update(struct compositor *compositor) {
	bool anew = false;
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		anew |= !has_mode_as_sent(output);
	}
	if (anew) {
		send_configuration(compositor, false);
	}
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		bool enabled = output_is_enabled(output);
		output->sent.width = enabled ? output->wlr->width : 0;
		output->sent.height = enabled ? output->wlr->height : 0;
		output->sent.refresh = enabled ? output->wlr->refresh : 0;
		output->sent.mode = enabled ? output->wlr->current_mode : NULL;
	}
	send_configuration(compositor, true);
}

static void get_size(const struct wlr_output_head_v1_state *head, int32_t *width, int32_t *height) {
	*width = head->mode != NULL ? head->mode->width : head->custom_mode.width;
	*height = head->mode != NULL ? head->mode->height : head->custom_mode.height;
}

static bool is_size_allowed(double width, double height, double pixels_max) {
	return width >= 1 && width <= OUTPUT_MANAGEMENT_SIZE_MAX && height >= 1 && height <= OUTPUT_MANAGEMENT_SIZE_MAX &&
		   width * height <= pixels_max;
}

static bool is_refresh_allowed(int32_t refresh) {
	return refresh == 0 || (refresh >= OUTPUT_MANAGEMENT_REFRESH_MIN && refresh <= OUTPUT_MANAGEMENT_REFRESH_MAX);
}

static bool is_current(const struct wlr_output_head_v1_state *head) {
	const struct wlr_output *wlr = head->output;
	return wlr != NULL && output_is_enabled(wlr->data) && wlr->width == head->custom_mode.width &&
		   wlr->height == head->custom_mode.height && wlr->refresh == head->custom_mode.refresh;
}

// The output's own modes are allowed, and the one that it has.
static bool is_mode_allowed(const struct wlr_output_head_v1_state *head) {
	return head->mode != NULL || is_current(head) ||
		   (is_size_allowed(head->custom_mode.width, head->custom_mode.height, OUTPUT_MANAGEMENT_CUSTOM_PIXELS_MAX) &&
				   is_refresh_allowed(head->custom_mode.refresh));
}

static bool is_scale_allowed(const struct wlr_output_head_v1_state *head) {
	int32_t width, height;
	get_size(head, &width, &height);
	double scale = head->scale, logical_width = width / scale, logical_height = height / scale;
	return scale >= OUTPUT_MANAGEMENT_SCALE_MIN && scale <= OUTPUT_MANAGEMENT_SCALE_MAX && logical_width >= 1 &&
		   logical_height >= 1 &&
		   (scale >= 1 || is_size_allowed(logical_width, logical_height, OUTPUT_MANAGEMENT_LOGICAL_PIXELS_MAX));
}

static bool is_position_allowed(int32_t position) {
	return position >= -OUTPUT_MANAGEMENT_POSITION_MAX && position <= OUTPUT_MANAGEMENT_POSITION_MAX;
}

bool output_management_allows(const struct wlr_output_head_v1_state *head) {
	return !head->enabled || (is_mode_allowed(head) && is_scale_allowed(head) && is_position_allowed(head->x) &&
									 is_position_allowed(head->y));
}

static uint64_t count_pixels(const struct wlr_output_head_v1_state *head) {
	uint64_t pixels = 0;
	if (head->enabled && head->mode == NULL) {
		pixels = (uint64_t)head->custom_mode.width * (uint64_t)head->custom_mode.height;
	} else if (head->enabled && head->output->current_mode != head->mode) {
		pixels = OUTPUT_MANAGEMENT_CUSTOM_PIXELS_MAX; // a monitor takes long to change its mode
	}
	return pixels > OUTPUT_MANAGEMENT_PIXELS_MIN ? pixels : OUTPUT_MANAGEMENT_PIXELS_MIN;
}

// Whether the configuration is within the limits, and the pixels that configurations may have are not used up.
static bool admit(struct output_management *management, const struct wlr_output_configuration_v1 *configuration) {
	uint64_t pixels = 0;
	const struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &configuration->heads, link) {
		if (!output_management_allows(&head->state)) {
			return false;
		}
		pixels += count_pixels(&head->state);
	}
	if (bucket_drain(&management->pixels, monotonic_msec(), OUTPUT_MANAGEMENT_PIXELS_PER_SECOND) >=
			OUTPUT_MANAGEMENT_PIXELS_BURST) {
		return false;
	}
	management->pixels.level += pixels;
	return true;
}

static bool configure_head(struct output *output, const struct wlr_output_head_v1_state *head, bool test) {
	if (output_power_keeps_off(output, head)) {
		return test || output_place(output, false, head->x, head->y);
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_head_v1_state_apply(head, &state);
	bool ok;
	if (test) {
		ok = wlr_output_test_state(output->wlr, &state);
	} else {
		// Hardware needs a frame with a new mode.
		ok = wlr_scene_output_build_state(output->scene_output, &state, NULL) &&
			 wlr_output_commit_state(output->wlr, &state);
		if (ok) {
			output_power_forget(output);
			gamma_restore(output);
			ok = output_place(output, false, head->x, head->y);
		}
		// That was a frame. The next one may take a while, or never come if modes keep changing.
		output_send_frame_done(output);
	}
	wlr_output_state_finish(&state);
	return ok;
}

static void configure(struct compositor *compositor, struct wlr_output_configuration_v1 *configuration, bool test) {
	bool ok = admit(compositor->output_management, configuration);
	struct wlr_output_configuration_head_v1 *head;
	wl_list_for_each(head, &configuration->heads, link) {
		struct output *output = desktop_output_from_wlr(compositor->desktop, head->state.output);
		ok = ok && output != NULL && configure_head(output, &head->state, test);
	}
	if (ok) {
		wlr_output_configuration_v1_send_succeeded(configuration);
	} else {
		wlr_output_configuration_v1_send_failed(configuration);
	}
	wlr_output_configuration_v1_destroy(configuration);
	output_management_update(compositor);
}

static void handle_apply(struct wl_listener *listener, void *data) {
	struct output_management *output_management = wl_container_of(listener, output_management, listeners.apply);
	configure(output_management->compositor, data, false);
}

static void handle_test(struct wl_listener *listener, void *data) {
	struct output_management *output_management = wl_container_of(listener, output_management, listeners.test);
	configure(output_management->compositor, data, true);
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct output_management *management = wl_container_of(listener, management, listeners.layout_changed);
	output_management_update(management->compositor);
}

bool output_management_init(struct compositor *compositor) {
	struct output_management *management = compositor->output_management;
	management->compositor = compositor;
	management->manager = wlr_output_manager_v1_create(compositor->display);
	if (management->manager == NULL) {
		return false;
	}
	listener_add(&management->listeners.apply, &management->manager->events.apply, handle_apply);
	listener_add(&management->listeners.test, &management->manager->events.test, handle_test);
	listener_add(
			&management->listeners.layout_changed, &compositor->desktop->events.layout_changed, handle_layout_changed);
	return true;
}

void output_management_finish(struct compositor *compositor) {
	listener_remove(&compositor->output_management->listeners.apply);
	listener_remove(&compositor->output_management->listeners.test);
	listener_remove(&compositor->output_management->listeners.layout_changed);
}

#include "output.h"

#include "batch.h"
#include "compat.h"
#include "desktop.h"
#include "drag.h"
#include "gamma.h"
#include "layer.h"
#include "listener.h"
#include "log.h"
#include "overdraw.h"
#include "parts.h"
#include "turn.h"
#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/backend/wayland.h>
#include <wlr/config.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#if WLR_HAS_X11_BACKEND
#include <wlr/backend/x11.h>
#endif

void outputs_schedule_frames(struct compositor *compositor) {
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		wlr_output_schedule_frame(output->wlr);
	}
}

// The memory of what the output shows may be lost, too.
static void damage_whole(struct output *output) {
	int width, height;
	pixman_region32_t damage;
	wlr_output_transformed_resolution(output->wlr, &width, &height);
	pixman_region32_init_rect(&damage, 0, 0, (unsigned)width, (unsigned)height);
	struct wlr_output_event_damage event = {.output = output->wlr, .damage = &damage};
	wl_signal_emit_mutable(&output->wlr->events.damage, &event);
	pixman_region32_fini(&damage);
}

void outputs_set_renderer(struct compositor *compositor) {
	struct output *output, *next;
	wl_list_for_each_safe(output, next, &compositor->desktop->outputs, link) {
		if (wlr_output_init_render(output->wlr, compositor->allocator, compositor->renderer)) {
			damage_whole(output);
		} else {
			log_error("output %s: the new renderer cannot draw on it", output->wlr->name);
			wlr_output_destroy(output->wlr);
		}
	}
	outputs_schedule_frames(compositor);
}

void output_send_frame_done(struct output *output) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	wlr_scene_output_send_frame_done(output->scene_output, &now);
}

// A frame follows each one, to tell clients that wait for it, and mostly has nothing to draw.
static bool has_to_draw(struct output *output) {
	return output->gamma_changed || output->compositor->overdraw->changes > 0 ||
		   scene_output_needs_frame(output->scene_output);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, listeners.frame);
	turn_end();
	layers_settle(output->compositor);
	drag_settle(output->compositor);
	batch_end(output->compositor);
	if (has_to_draw(output)) {
		overdraw_limit(output->compositor);
	}
	if (!gamma_commit(output)) {
		wlr_scene_output_commit(output->scene_output, NULL);
	}
	output_send_frame_done(output);
}

// The parent session has resized our window. The layout reports the new mode, and windows follow the layout.
static void handle_request_state(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, listeners.request_state);
	const struct wlr_output_event_request_state *event = data;
	wlr_output_commit_state(output->wlr, event->state);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, listeners.destroy);
	struct compositor *compositor = output->compositor;
	listener_remove(&output->listeners.frame);
	listener_remove(&output->listeners.request_state);
	listener_remove(&output->listeners.destroy);
	preferred_mode_finish(output);
	sentinel_finish(output);
	wl_list_remove(&output->link);
	wl_signal_emit_mutable(&compositor->outputs->events.destroy, output);
	free(output);
	// A user who closes the last window of a nested compositor wants to quit; a user who unplugs a monitor does not.
	bool is_nested = !compositor->headless && compositor->session == NULL;
	if (is_nested && wl_list_empty(&compositor->desktop->outputs)) {
		compositor_terminate(compositor);
	}
}

static void output_set_title(struct output *output) {
	const char *socket = output->compositor->socket.name;
	char title[128];
	snprintf(title, sizeof(title), "Lido%s%s (Alt+Escape quits)", socket != NULL ? " on " : "",
			socket != NULL ? socket : "");
	if (wlr_output_is_wl(output->wlr)) {
		wlr_wl_output_set_title(output->wlr, title);
		wlr_wl_output_set_app_id(output->wlr, "lido");
	}
#if WLR_HAS_X11_BACKEND
	if (wlr_output_is_x11(output->wlr)) {
		wlr_x11_output_set_title(output->wlr, title);
	}
#endif
}

static bool is_window(struct wlr_output *wlr_output) {
#if WLR_HAS_X11_BACKEND
	if (wlr_output_is_x11(wlr_output)) {
		return true;
	}
#endif
	return wlr_output_is_wl(wlr_output);
}

static bool output_enable(struct output *output) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	struct wlr_output_mode *mode = wlr_output_preferred_mode(output->wlr);
	if (mode != NULL) {
		wlr_output_state_set_mode(&state, mode);
	} else if (is_window(output->wlr)) {
		wlr_output_state_set_custom_mode(&state, output->compositor->width, output->compositor->height, 0);
	}
	bool ok = wlr_output_commit_state(output->wlr, &state);
	wlr_output_state_finish(&state);
	return ok;
}

bool output_is_enabled(const struct output *output) {
	return output->wlr->enabled || output->power.off;
}

bool output_place(struct output *output, bool automatic, int x, int y) {
	struct desktop *desktop = output->compositor->desktop;
	if (!output_is_enabled(output)) {
		wlr_output_layout_remove(desktop->layout, output->wlr);
		return true;
	}
	struct wlr_output_layout_output *place = automatic ? wlr_output_layout_add_auto(desktop->layout, output->wlr)
													   : wlr_output_layout_add(desktop->layout, output->wlr, x, y);
	if (place == NULL) {
		return false;
	}
	wlr_scene_output_layout_add_output(desktop->scene_layout, place, output->scene_output);
	return true;
}

static void output_create(struct compositor *compositor, struct wlr_output *wlr_output) {
	if (!wlr_output_init_render(wlr_output, compositor->allocator, compositor->renderer)) {
		log_error("output %s: the renderer cannot draw on it", wlr_output->name);
		return;
	}
	struct output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		return;
	}
	output->compositor = compositor;
	output->wlr = wlr_output;
	wl_list_init(&output->layers);
	output->scene_output = wlr_scene_output_create(compositor->desktop->scene, wlr_output);
	if (output->scene_output == NULL || !sentinel_init(output)) {
		wlr_scene_output_destroy(output->scene_output);
		free(output);
		return;
	}
	wlr_output->data = output;
	wl_list_insert(compositor->desktop->outputs.prev, &output->link);
	listener_add(&output->listeners.frame, &wlr_output->events.frame, handle_frame);
	listener_add(&output->listeners.request_state, &wlr_output->events.request_state, handle_request_state);
	listener_add(&output->listeners.destroy, &wlr_output->events.destroy, handle_destroy);
	output_set_title(output);
	preferred_mode_init(output);
	if (!output_enable(output) || !output_place(output, true, 0, 0)) {
		log_error("output %s: cannot enable it", wlr_output->name);
	}
}

static void handle_new_output(struct wl_listener *listener, void *data) {
	struct outputs *outputs = wl_container_of(listener, outputs, new_output);
	output_create(outputs->compositor, data);
}

bool outputs_init(struct compositor *compositor) {
	struct outputs *outputs = compositor->outputs;
	outputs->compositor = compositor;
	wl_signal_init(&outputs->events.destroy);
	listener_add(&outputs->new_output, &compositor->backend->events.new_output, handle_new_output);
	return true;
}

void outputs_finish(struct compositor *compositor) {
	signal_finish(&compositor->outputs->events.destroy);
	listener_remove(&compositor->outputs->new_output);
}

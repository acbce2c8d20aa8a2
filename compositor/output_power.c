#include "output_power.h"

#include "desktop.h"
#include "gamma.h"
#include "listener.h"
#include "monotonic.h"
#include "output.h"
#include "parts.h"
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_management_v1.h>
#include <wlr/types/wlr_output_power_management_v1.h>
#include <wlr/types/wlr_scene.h>

static bool commit(struct output *output, bool off) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, !off);
	// Hardware needs a frame when it is switched on.
	bool ok = wlr_scene_output_build_state(output->scene_output, &state, NULL) &&
			  wlr_output_commit_state(output->wlr, &state);
	wlr_output_state_finish(&state);
	return ok;
}

static bool admit(struct output_power *power) {
	if (bucket_drain(&power->changes, monotonic_msec(), OUTPUT_POWER_CHANGES_PER_SECOND) >= OUTPUT_POWER_CHANGES_MAX) {
		wl_event_source_timer_update(power->timer, 1000 / OUTPUT_POWER_CHANGES_PER_SECOND);
		return false;
	}
	power->changes.level++;
	return true;
}

static void update(struct output *output) {
	if (output->power.off == output->power.wanted_off || !admit(output->compositor->output_power)) {
		return;
	}
	// Before the commit, which tells others.
	output->power.off = output->power.wanted_off;
	if (!commit(output, output->power.off)) {
		output->power.off = output->power.wanted_off = !output->power.off;
	}
	gamma_restore(output);
}

static int handle_timer(void *data) {
	struct compositor *compositor = data;
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		update(output);
	}
	return 0;
}

static void handle_set_mode(struct wl_listener *listener, void *data) {
	struct output_power *power = wl_container_of(listener, power, set_mode);
	const struct wlr_output_power_v1_set_mode_event *event = data;
	struct output *output = desktop_output_from_wlr(power->compositor->desktop, event->output);
	if (output != NULL && output_is_enabled(output)) {
		output->power.wanted_off = event->mode == ZWLR_OUTPUT_POWER_V1_MODE_OFF;
		update(output);
	}
}

void output_power_forget(struct output *output) {
	output->power.off = output->power.wanted_off = false;
}

bool output_power_keeps_off(const struct output *output, const struct wlr_output_head_v1_state *head) {
	const struct wlr_output *wlr = output->wlr;
	if (!output->power.off || !head->enabled || head->mode != wlr->current_mode) {
		return false;
	}
	bool same_mode =
			head->mode != NULL || (head->custom_mode.width == wlr->width && head->custom_mode.height == wlr->height &&
										  head->custom_mode.refresh == wlr->refresh);
	bool adaptive_sync = wlr->adaptive_sync_status != WLR_OUTPUT_ADAPTIVE_SYNC_DISABLED;
	return same_mode && head->scale == wlr->scale && head->transform == wlr->transform &&
		   head->adaptive_sync_enabled == adaptive_sync;
}

bool output_power_init(struct compositor *compositor) {
	struct output_power *power = compositor->output_power;
	power->compositor = compositor;
	power->timer = wl_event_loop_add_timer(compositor->loop, handle_timer, compositor);
	power->manager = wlr_output_power_manager_v1_create(compositor->display);
	if (power->timer == NULL || power->manager == NULL) {
		return false;
	}
	listener_add(&power->set_mode, &power->manager->events.set_mode, handle_set_mode);
	return true;
}

void output_power_finish(struct compositor *compositor) {
	listener_remove(&compositor->output_power->set_mode);
	if (compositor->output_power->timer != NULL) {
		wl_event_source_remove(compositor->output_power->timer);
	}
}

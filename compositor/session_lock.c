#include "session_lock.h"

#include "bindings.h"
#include "constraint.h"
#include "cursor.h"
#include "drag.h"
#include "focus.h"
#include "grab.h"
#include "idle.h"
#include "input_method.h"
#include "listener.h"
#include "log.h"
#include "monotonic.h"
#include "output.h"
#include "parts.h"
#include "popup.h"
#include "seat.h"
#include "tablet.h"
#include "touch.h"
#include "window_capture.h"
#include <stdlib.h>
#include <wlr/config.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_session_lock_v1.h>
#if WLR_HAS_SESSION
#include <wlr/backend/session.h>
#endif

static const float black[4] = {0, 0, 0, 1};

bool session_lock_is_locked(const struct compositor *compositor) {
	return compositor->session_lock->locked;
}

bool session_lock_allows(const struct compositor *compositor, struct wlr_surface *surface) {
	if (!compositor->session_lock->locked) {
		return true;
	}
	const struct wlr_surface *root = surface != NULL ? wlr_surface_get_root_surface(surface) : NULL;
	const struct lock_surface *each;
	wl_list_for_each(each, &compositor->session_lock->surfaces, link) {
		if (each->wlr->surface == root) {
			return true;
		}
	}
	return false;
}

struct wlr_surface *session_lock_focused_surface(const struct compositor *compositor) {
	const struct lock_surface *focused = compositor->session_lock->focused;
	return focused != NULL && focused->wlr->surface->mapped ? focused->wlr->surface : NULL;
}

bool session_lock_focus_owner(struct compositor *compositor, struct owner *owner) {
	if (owner == NULL || owner->type != OWNER_LOCK) {
		return false;
	}
	struct lock_surface *surface = wl_container_of(owner, surface, owner);
	compositor->session_lock->focused = surface;
	focus_update(compositor);
	return true;
}

// The protocol demands that all outputs have shown the locked state before the locker is told.
static void send_locked(struct session_lock *lock) {
	if (lock->wlr == NULL || lock->told) {
		return;
	}
	const struct output *output;
	wl_list_for_each(output, &lock->compositor->desktop->outputs, link) {
		if (output->lock.awaited) {
			return;
		}
	}
	lock->told = true;
	wlr_session_lock_v1_send_locked(lock->wlr);
}

static void stop_awaiting(struct output *output) {
	output->lock.awaited = false;
	listener_remove(&output->lock.commit);
	listener_remove(&output->lock.present);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, lock.commit);
	const struct wlr_output_event_commit *event = data;
	if (!output->wlr->enabled) {
		stop_awaiting(output);
		send_locked(output->compositor->session_lock);
	} else if (!output->lock.committed && (event->state->committed & WLR_OUTPUT_STATE_BUFFER) != 0) {
		output->lock.committed = true;
		output->lock.commit_seq = output->wlr->commit_seq;
	}
}

static void handle_present(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, lock.present);
	const struct wlr_output_event_present *event = data;
	if (output->lock.committed && event->presented && (int32_t)(event->commit_seq - output->lock.commit_seq) >= 0) {
		stop_awaiting(output);
		send_locked(output->compositor->session_lock);
	}
}

// While another terminal is shown, outputs show nothing of this session and draw no frames.
static bool shows_anything(const struct output *output) {
#if WLR_HAS_SESSION
	const struct wlr_session *session = output->compositor->session;
	return output->wlr->enabled && (session == NULL || session->active);
#else
	return output->wlr->enabled;
#endif
}

static void await_outputs(struct compositor *compositor) {
	struct output *output;
	wl_list_for_each(output, &compositor->desktop->outputs, link) {
		if (!output->lock.awaited && shows_anything(output)) {
			output->lock.awaited = true;
			output->lock.committed = false;
			listener_add(&output->lock.commit, &output->wlr->events.commit, handle_commit);
			listener_add(&output->lock.present, &output->wlr->events.present, handle_present);
		}
	}
	outputs_schedule_frames(compositor);
}

#if WLR_HAS_SESSION
static void handle_session_active(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.session_active);
	struct output *output;
	wl_list_for_each(output, &lock->compositor->desktop->outputs, link) {
		if (output->lock.awaited && !shows_anything(output)) {
			stop_awaiting(output);
		}
	}
	send_locked(lock);
}
#endif

static void lock_session(struct compositor *compositor) {
	struct session_lock *lock = compositor->session_lock;
	bindings_modifiers(compositor, 0); // ends Alt+Tab
	lock->locked = true;
	struct wlr_scene_node *layer = &compositor->desktop->layers[DESKTOP_LAYER_LOCK]->node;
	wlr_scene_node_raise_to_top(layer);
	wlr_scene_node_set_enabled(layer, true);
	grab_end(compositor);
	popup_dismiss(compositor, NULL);
	touch_cancel_all(compositor);
	drag_cancel(compositor);
	tablets_cancel(compositor);
	window_captures_stop(compositor);
	wlr_seat_pointer_clear_focus(compositor->seat->wlr);
	focus_update(compositor);
	constraint_update(compositor);
	cursor_refresh(compositor);
	idle_update(compositor);
	await_outputs(compositor);
}

static void unlock_session(struct compositor *compositor) {
	struct session_lock *lock = compositor->session_lock;
	lock->locked = false;
	lock->unlocked = monotonic_msec();
	wlr_scene_node_set_enabled(&compositor->desktop->layers[DESKTOP_LAYER_LOCK]->node, false);
	wlr_seat_pointer_clear_focus(compositor->seat->wlr);
	focus_update(compositor);
	cursor_refresh(compositor);
	idle_update(compositor);
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(compositor->seat->wlr);
	if (keyboard != NULL) {
		input_method_take_modifiers(compositor, keyboard); // it has missed changes
	}
}

static int handle_unlock_timer(void *data) {
	unlock_session(data);
	return 0;
}

static void unlock_in_time(struct session_lock *lock) {
	int64_t wait = lock->unlocked + SESSION_LOCK_UNLOCK_MS - monotonic_msec();
	if (wait > 0) {
		wl_event_source_timer_update(lock->unlock, (int)wait);
	} else {
		unlock_session(lock->compositor);
	}
}

// Places the surface on its output and sends the output's size. A client that does not acknowledge sizes receives the
// last one when it commits.
static void arrange(struct lock_surface *surface) {
	const struct output *output = desktop_output_from_wlr(surface->compositor->desktop, surface->wlr->output);
	if (output == NULL || wlr_box_empty(&output->area)) {
		return;
	}
	wlr_scene_node_set_position(&surface->tree->node, output->area.x, output->area.y);
	if ((surface->width != output->area.width || surface->height != output->area.height) &&
			wl_list_length(&surface->wlr->configure_list) < SESSION_LOCK_CONFIGURES_MAX) {
		surface->width = output->area.width;
		surface->height = output->area.height;
		wlr_session_lock_surface_v1_configure(surface->wlr, (uint32_t)surface->width, (uint32_t)surface->height);
	}
}

static void handle_layout_changed(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.layout_changed);
	struct wlr_box box;
	wlr_output_layout_get_box(lock->compositor->desktop->layout, NULL, &box);
	wlr_scene_node_set_position(&lock->black->node, box.x, box.y);
	wlr_scene_rect_set_size(lock->black, box.width, box.height);
	struct lock_surface *surface;
	wl_list_for_each(surface, &lock->surfaces, link) {
		arrange(surface);
	}
}

static void handle_output_destroy(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.output_destroy);
	stop_awaiting(data);
	send_locked(lock);
}

static void handle_surface_map(struct wl_listener *listener, void *data) {
	struct lock_surface *surface = wl_container_of(listener, surface, listeners.map);
	struct compositor *compositor = surface->compositor;
	const struct output *pointed = desktop_output_at_pointer(compositor->desktop);
	if (session_lock_focused_surface(compositor) == NULL || (pointed != NULL && pointed->wlr == surface->wlr->output)) {
		compositor->session_lock->focused = surface;
	}
	focus_update(compositor);
	cursor_refresh(compositor);
}

static void handle_surface_commit(struct wl_listener *listener, void *data) {
	struct lock_surface *surface = wl_container_of(listener, surface, listeners.commit);
	arrange(surface);
}

static struct lock_surface *find_mapped(const struct session_lock *lock) {
	struct lock_surface *surface;
	wl_list_for_each(surface, &lock->surfaces, link) {
		if (surface->wlr->surface->mapped) {
			return surface;
		}
	}
	return NULL;
}

static void handle_surface_destroy(struct wl_listener *listener, void *data) {
	struct lock_surface *surface = wl_container_of(listener, surface, listeners.destroy);
	struct compositor *compositor = surface->compositor;
	struct session_lock *lock = compositor->session_lock;
	listener_remove(&surface->listeners.map);
	listener_remove(&surface->listeners.commit);
	listener_remove(&surface->listeners.destroy);
	wl_list_remove(&surface->link);
	wlr_scene_node_destroy(&surface->tree->node);
	if (lock->focused == surface) {
		lock->focused = find_mapped(lock);
	}
	free(surface);
	focus_update(compositor);
	cursor_refresh(compositor);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.new_surface);
	struct compositor *compositor = lock->compositor;
	struct wlr_session_lock_surface_v1 *wlr = data;
	struct lock_surface *surface = calloc(1, sizeof(*surface));
	struct wlr_scene_tree *tree =
			surface != NULL ? wlr_scene_tree_create(compositor->desktop->layers[DESKTOP_LAYER_LOCK]) : NULL;
	if (tree == NULL || wlr_scene_subsurface_tree_create(tree, wlr->surface) == NULL) {
		if (tree != NULL) {
			wlr_scene_node_destroy(&tree->node);
		}
		free(surface);
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	surface->owner.type = OWNER_LOCK;
	surface->compositor = compositor;
	surface->wlr = wlr;
	surface->tree = tree;
	tree->node.data = &surface->owner;
	wl_list_insert(&lock->surfaces, &surface->link);
	listener_add(&surface->listeners.map, &wlr->surface->events.map, handle_surface_map);
	listener_add(&surface->listeners.commit, &wlr->surface->events.commit, handle_surface_commit);
	listener_add(&surface->listeners.destroy, &wlr->events.destroy, handle_surface_destroy);
	arrange(surface);
}

// The locker's surfaces still exist. Emitted only if the locker was told that the session is locked.
static void handle_unlock(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.unlock);
	lock->unlocking = true;
}

// Without an unlock before, the locker has exited or crashed.
static void handle_destroy(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.destroy);
	listener_remove(&lock->listeners.new_surface);
	listener_remove(&lock->listeners.unlock);
	listener_remove(&lock->listeners.destroy);
	lock->wlr = NULL;
	lock->told = false;
	if (lock->unlocking) {
		lock->unlocking = false;
		unlock_in_time(lock);
	} else {
		log_error("the screen locker has ended without unlocking: all stays black until another one locks and unlocks");
	}
}

static void handle_new_lock(struct wl_listener *listener, void *data) {
	struct session_lock *lock = wl_container_of(listener, lock, listeners.new_lock);
	struct wlr_session_lock_v1 *wlr = data;
	if (lock->wlr != NULL) {
		wlr_session_lock_v1_destroy(wlr); // sends finished
		return;
	}
	lock->wlr = wlr;
	listener_add(&lock->listeners.new_surface, &wlr->events.new_surface, handle_new_surface);
	listener_add(&lock->listeners.unlock, &wlr->events.unlock, handle_unlock);
	listener_add(&lock->listeners.destroy, &wlr->events.destroy, handle_destroy);
	wl_event_source_timer_update(lock->unlock, 0);
	if (!lock->locked) {
		lock_session(lock->compositor);
	}
	send_locked(lock);
}

bool session_lock_init(struct compositor *compositor) {
	struct session_lock *lock = compositor->session_lock;
	struct wlr_scene_tree *layer = compositor->desktop->layers[DESKTOP_LAYER_LOCK];
	lock->compositor = compositor;
	wl_list_init(&lock->surfaces);
	wlr_scene_node_set_enabled(&layer->node, false);
	lock->black = wlr_scene_rect_create(layer, 0, 0, black);
	lock->unlock = wl_event_loop_add_timer(compositor->loop, handle_unlock_timer, compositor);
	lock->manager = wlr_session_lock_manager_v1_create(compositor->display);
	if (lock->black == NULL || lock->unlock == NULL || lock->manager == NULL) {
		return false;
	}
	listener_add(&lock->listeners.new_lock, &lock->manager->events.new_lock, handle_new_lock);
	listener_add(&lock->listeners.layout_changed, &compositor->desktop->events.layout_changed, handle_layout_changed);
	listener_add(&lock->listeners.output_destroy, &compositor->outputs->events.destroy, handle_output_destroy);
#if WLR_HAS_SESSION
	if (compositor->session != NULL) {
		listener_add(&lock->listeners.session_active, &compositor->session->events.active, handle_session_active);
	}
#endif
	return true;
}

void session_lock_finish(struct compositor *compositor) {
	struct session_lock *lock = compositor->session_lock;
	listener_remove(&lock->listeners.new_lock);
	listener_remove(&lock->listeners.layout_changed);
	listener_remove(&lock->listeners.output_destroy);
	listener_remove(&lock->listeners.session_active);
	if (lock->unlock != NULL) {
		wl_event_source_remove(lock->unlock);
	}
}

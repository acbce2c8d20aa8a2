#include "foreign.h"

#include "desktop.h"
#include "focus.h"
#include "listener.h"
#include "output.h"
#include "parts.h"
#include "toplevel.h"
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_ext_foreign_toplevel_list_v1.h>
#include <wlr/types/wlr_foreign_toplevel_management_v1.h>
#include <wlr/types/wlr_output.h>

static void handle_request_maximize(struct wl_listener *listener, void *data) {
	struct foreign_toplevel *foreign = wl_container_of(listener, foreign, listeners.request_maximize);
	const struct wlr_foreign_toplevel_handle_v1_maximized_event *event = data;
	toplevel_set_maximized(foreign->toplevel, event->maximized);
}

static void handle_request_minimize(struct wl_listener *listener, void *data) {
	struct foreign_toplevel *foreign = wl_container_of(listener, foreign, listeners.request_minimize);
	const struct wlr_foreign_toplevel_handle_v1_minimized_event *event = data;
	if (event->minimized) {
		toplevel_set_minimized(foreign->toplevel, true);
	} else {
		focus_toplevel(foreign->toplevel->compositor, foreign->toplevel);
	}
}

static void handle_request_activate(struct wl_listener *listener, void *data) {
	struct foreign_toplevel *foreign = wl_container_of(listener, foreign, listeners.request_activate);
	focus_toplevel(foreign->toplevel->compositor, foreign->toplevel);
}

static void handle_request_fullscreen(struct wl_listener *listener, void *data) {
	struct foreign_toplevel *foreign = wl_container_of(listener, foreign, listeners.request_fullscreen);
	const struct wlr_foreign_toplevel_handle_v1_fullscreen_event *event = data;
	struct desktop *desktop = foreign->toplevel->compositor->desktop;
	toplevel_set_fullscreen(foreign->toplevel, event->fullscreen, desktop_output_from_wlr(desktop, event->output));
}

static void handle_request_close(struct wl_listener *listener, void *data) {
	struct foreign_toplevel *foreign = wl_container_of(listener, foreign, listeners.request_close);
	foreign->toplevel->ops->close(foreign->toplevel);
}

// Copies a text, and cuts it where a character of UTF-8 begins. Returns the copy; NULL for NULL.
static const char *cut_text(char cut[FOREIGN_TEXT_SIZE_MAX], const char *text) {
	if (text == NULL) {
		return NULL;
	}
	size_t size = strnlen(text, FOREIGN_TEXT_SIZE_MAX);
	if (size == FOREIGN_TEXT_SIZE_MAX) {
		size--;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80) {
			size--;
		}
	}
	memcpy(cut, text, size);
	cut[size] = '\0';
	return cut;
}

// The title and app_id that task bars receive.
struct texts {
	struct wlr_ext_foreign_toplevel_handle_v1_state state;
	char title[FOREIGN_TEXT_SIZE_MAX], app_id[FOREIGN_TEXT_SIZE_MAX];
};

static void texts_init(struct texts *texts, const struct toplevel *toplevel) {
	texts->state.title = cut_text(texts->title, toplevel->ops->get_title(toplevel));
	texts->state.app_id = cut_text(texts->app_id, toplevel->ops->get_app_id(toplevel));
}

static struct foreign_toplevel *foreign_toplevel_create(struct toplevel *toplevel) {
	struct foreign_toplevel *foreign = calloc(1, sizeof(*foreign));
	if (foreign == NULL) {
		return NULL;
	}
	foreign->toplevel = toplevel;
	// An update follows: if there have been too many, later.
	struct texts texts = {0};
	if (toplevel->compositor->foreign->updates_left > 0) {
		texts_init(&texts, toplevel);
	}
	foreign->listed = wlr_ext_foreign_toplevel_handle_v1_create(toplevel->compositor->foreign->list, &texts.state);
	foreign->handle = wlr_foreign_toplevel_handle_v1_create(toplevel->compositor->foreign->manager);
	if (foreign->handle == NULL || foreign->listed == NULL) {
		wlr_ext_foreign_toplevel_handle_v1_destroy(foreign->listed);
		wlr_foreign_toplevel_handle_v1_destroy(foreign->handle);
		free(foreign);
		return NULL;
	}
	struct wlr_foreign_toplevel_handle_v1 *handle = foreign->handle;
	listener_add(&foreign->listeners.request_maximize, &handle->events.request_maximize, handle_request_maximize);
	listener_add(&foreign->listeners.request_minimize, &handle->events.request_minimize, handle_request_minimize);
	listener_add(&foreign->listeners.request_activate, &handle->events.request_activate, handle_request_activate);
	listener_add(&foreign->listeners.request_fullscreen, &handle->events.request_fullscreen, handle_request_fullscreen);
	listener_add(&foreign->listeners.request_close, &handle->events.request_close, handle_request_close);
	return foreign;
}

static void foreign_toplevel_destroy(struct foreign_toplevel *foreign) {
	listener_remove(&foreign->listeners.request_maximize);
	listener_remove(&foreign->listeners.request_minimize);
	listener_remove(&foreign->listeners.request_activate);
	listener_remove(&foreign->listeners.request_fullscreen);
	listener_remove(&foreign->listeners.request_close);
	wlr_foreign_toplevel_handle_v1_destroy(foreign->handle);
	wlr_ext_foreign_toplevel_handle_v1_destroy(foreign->listed);
	free(foreign);
}

// wlroots would send unchanged texts of a handle again.
static void update_texts(struct foreign_toplevel *foreign) {
	struct wlr_foreign_toplevel_handle_v1 *handle = foreign->handle;
	struct texts texts;
	texts_init(&texts, foreign->toplevel);
	const char *title = texts.state.title, *app_id = texts.state.app_id;
	if (title != NULL && (handle->title == NULL || strcmp(handle->title, title) != 0)) {
		wlr_foreign_toplevel_handle_v1_set_title(handle, title);
	}
	if (app_id != NULL && (handle->app_id == NULL || strcmp(handle->app_id, app_id) != 0)) {
		wlr_foreign_toplevel_handle_v1_set_app_id(handle, app_id);
	}
	wlr_ext_foreign_toplevel_handle_v1_update_state(foreign->listed, &texts.state);
}

static void update_outputs(struct foreign_toplevel *foreign) {
	struct output *on = toplevel_output(foreign->toplevel);
	struct output *output;
	wl_list_for_each(output, &foreign->toplevel->compositor->desktop->outputs, link) {
		if (output == on) {
			wlr_foreign_toplevel_handle_v1_output_enter(foreign->handle, output->wlr);
		} else {
			wlr_foreign_toplevel_handle_v1_output_leave(foreign->handle, output->wlr);
		}
	}
}

static void foreign_toplevel_update(struct foreign_toplevel *foreign) {
	struct toplevel *toplevel = foreign->toplevel;
	struct wlr_foreign_toplevel_handle_v1 *handle = foreign->handle;
	update_texts(foreign);
	wlr_foreign_toplevel_handle_v1_set_maximized(handle, toplevel->maximized);
	wlr_foreign_toplevel_handle_v1_set_minimized(handle, toplevel->minimized);
	wlr_foreign_toplevel_handle_v1_set_fullscreen(handle, toplevel->fullscreen);
	wlr_foreign_toplevel_handle_v1_set_activated(handle, toplevel->compositor->toplevels->active == toplevel);
	struct toplevel *parent = toplevel->ops->get_parent(toplevel);
	wlr_foreign_toplevel_handle_v1_set_parent(
			handle, parent != NULL && parent->foreign != NULL ? parent->foreign->handle : NULL);
	update_outputs(foreign);
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = data;
	toplevel->foreign = foreign_toplevel_create(toplevel);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct toplevel *toplevel = data;
	if (toplevel->foreign != NULL) {
		foreign_toplevel_destroy(toplevel->foreign);
		toplevel->foreign = NULL;
	}
}

// Updates the task bars if there have not been too many updates lately, otherwise later.
static void update_or_defer(struct foreign *foreign, struct foreign_toplevel *toplevel) {
	toplevel->stale = foreign->updates_left == 0;
	if (toplevel->stale) {
		return;
	}
	if (foreign->updates_left-- == FOREIGN_UPDATES_MAX) {
		wl_event_source_timer_update(foreign->timer, FOREIGN_UPDATES_MS);
	}
	foreign_toplevel_update(toplevel);
}

static int handle_timer(void *data) {
	struct compositor *compositor = data;
	compositor->foreign->updates_left = FOREIGN_UPDATES_MAX;
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &compositor->toplevels->list, link) {
		if (toplevel->foreign != NULL && toplevel->foreign->stale) {
			update_or_defer(compositor->foreign, toplevel->foreign);
		}
	}
	return 0;
}

static void handle_changed(struct wl_listener *listener, void *data) {
	struct foreign *foreign = wl_container_of(listener, foreign, listeners.changed);
	struct toplevel *toplevel = data;
	if (toplevel->foreign != NULL) {
		update_or_defer(foreign, toplevel->foreign);
	}
}

bool foreign_init(struct compositor *compositor) {
	struct foreign *foreign = compositor->foreign;
	struct toplevels *toplevels = compositor->toplevels;
	foreign->manager = wlr_foreign_toplevel_manager_v1_create(compositor->display);
	foreign->list = wlr_ext_foreign_toplevel_list_v1_create(compositor->display, 1);
	foreign->timer = wl_event_loop_add_timer(compositor->loop, handle_timer, compositor);
	foreign->updates_left = FOREIGN_UPDATES_MAX;
	if (foreign->manager == NULL || foreign->list == NULL || foreign->timer == NULL) {
		return false;
	}
	listener_add(&foreign->listeners.map, &toplevels->events.map, handle_map);
	listener_add(&foreign->listeners.unmap, &toplevels->events.unmap, handle_unmap);
	listener_add(&foreign->listeners.changed, &toplevels->events.changed, handle_changed);
	return true;
}

void foreign_finish(struct compositor *compositor) {
	struct foreign *foreign = compositor->foreign;
	listener_remove(&foreign->listeners.map);
	listener_remove(&foreign->listeners.unmap);
	listener_remove(&foreign->listeners.changed);
	if (foreign->timer != NULL) {
		wl_event_source_remove(foreign->timer);
		foreign->timer = NULL;
	}
	foreign->manager = NULL;
	foreign->list = NULL;
}

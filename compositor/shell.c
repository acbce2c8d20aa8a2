#include "shell.h"

#include "compat.h"
#include "listener.h"
#include "popup.h"
#include "server.h"
#include "toplevel.h"
#include <assert.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_shell.h>

#define XDG_SHELL_VERSION 6

/* wlroots looks at committed buffers only, but attached ones are as wrong. */
static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct wlr_xdg_surface *xdg = data;
	if (surface_attached_buffer(xdg->surface) != NULL) {
		wl_resource_post_error(xdg->client->resource, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
				"get_xdg_surface: the wl_surface has a buffer attached");
	}
}

static void handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct compositor *compositor = wl_container_of(listener, compositor, shell.listeners.new_toplevel);
	toplevel_create(compositor, data);
}

/* A popup without a parent is given one by its layer surface, which then shows it. */
static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct compositor *compositor = wl_container_of(listener, compositor, shell.listeners.new_popup);
	struct wlr_xdg_popup *popup = data;
	struct wlr_xdg_surface *parent = popup->parent != NULL ? wlr_xdg_surface_try_from_wlr_surface(popup->parent) : NULL;
	if (parent != NULL && parent->data != NULL) {
		popup_create(compositor, popup, parent->data);
	}
}

bool shell_init(struct compositor *compositor) {
	struct shell *shell = &compositor->shell;
	wl_list_init(&compositor->toplevels.list);
	wl_list_init(&compositor->toplevels.all);
	shell->wlr = wlr_xdg_shell_create(compositor->display, XDG_SHELL_VERSION);
	if (shell->wlr == NULL) {
		return false;
	}
	listener_add(&shell->listeners.new_surface, &shell->wlr->events.new_surface, handle_new_surface);
	listener_add(&shell->listeners.new_toplevel, &shell->wlr->events.new_toplevel, handle_new_toplevel);
	listener_add(&shell->listeners.new_popup, &shell->wlr->events.new_popup, handle_new_popup);
	return true;
}

void shell_finish(struct compositor *compositor) {
	assert(wl_list_empty(&compositor->toplevels.all));
	listener_remove(&compositor->shell.listeners.new_surface);
	listener_remove(&compositor->shell.listeners.new_toplevel);
	listener_remove(&compositor->shell.listeners.new_popup);
}

#include "shell.h"

#include "listener.h"
#include "popup.h"
#include "server.h"
#include "toplevel.h"
#include <assert.h>
#include <wlr/types/wlr_xdg_shell.h>

#define XDG_SHELL_VERSION 6

static void handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct compositor *compositor = wl_container_of(listener, compositor, shell.listeners.new_toplevel);
	toplevel_create(compositor, data);
}

// A popup without a parent is given one by its layer surface, which then shows it.
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
	popups_init(compositor);
	shell->wlr = wlr_xdg_shell_create(compositor->display, XDG_SHELL_VERSION);
	if (shell->wlr == NULL) {
		return false;
	}
	listener_add(&shell->listeners.new_toplevel, &shell->wlr->events.new_toplevel, handle_new_toplevel);
	listener_add(&shell->listeners.new_popup, &shell->wlr->events.new_popup, handle_new_popup);
	return true;
}

void shell_finish(struct compositor *compositor) {
	assert(wl_list_empty(&compositor->toplevels.all));
	popups_finish(compositor);
	listener_remove(&compositor->shell.listeners.new_toplevel);
	listener_remove(&compositor->shell.listeners.new_popup);
}

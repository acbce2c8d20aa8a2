#include "shell.h"

#include "clients.h"
#include "heap.h"
#include "listener.h"
#include "parts.h"
#include "popup.h"
#include "xdg_toplevel.h"
#include <wlr/types/wlr_xdg_shell.h>

#define XDG_SHELL_VERSION 6

void shell_own_configure(void *data) {
	struct wlr_xdg_surface_configure *configure = data;
	struct account *account = client_get_account(wl_resource_get_client(configure->surface->resource));
	if (configure->surface->role == WLR_XDG_SURFACE_ROLE_TOPLEVEL) {
		heap_give(configure->toplevel_configure, account);
	} else if (configure->surface->role == WLR_XDG_SURFACE_ROLE_POPUP) {
		heap_give(configure->popup_configure, account);
	}
	heap_give(configure, account);
}

static void handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct shell *shell = wl_container_of(listener, shell, listeners.new_toplevel);
	xdg_toplevel_create(shell->compositor, data);
}

// A popup without a parent gets one from its layer surface, which then shows it.
static void handle_new_popup(struct wl_listener *listener, void *data) {
	struct shell *shell = wl_container_of(listener, shell, listeners.new_popup);
	struct wlr_xdg_popup *popup = data;
	struct wlr_xdg_surface *parent = popup->parent != NULL ? wlr_xdg_surface_try_from_wlr_surface(popup->parent) : NULL;
	if (parent != NULL && parent->data != NULL) {
		popup_create(shell->compositor, popup, parent->data);
	}
}

bool shell_init(struct compositor *compositor) {
	struct shell *shell = compositor->shell;
	shell->compositor = compositor;
	compositor->xdg_shell = wlr_xdg_shell_create(compositor->display, XDG_SHELL_VERSION);
	if (compositor->xdg_shell == NULL) {
		return false;
	}
	listener_add(&shell->listeners.new_toplevel, &compositor->xdg_shell->events.new_toplevel, handle_new_toplevel);
	listener_add(&shell->listeners.new_popup, &compositor->xdg_shell->events.new_popup, handle_new_popup);
	return true;
}

void shell_finish(struct compositor *compositor) {
	listener_remove(&compositor->shell->listeners.new_toplevel);
	listener_remove(&compositor->shell->listeners.new_popup);
}

#include "bindings.h"

#include "focus.h"
#include "listener.h"
#include "parts.h"
#include "session_lock.h"
#include "shortcuts.h"
#include "toplevel.h"
#include <wlr/config.h>
#include <wlr/types/wlr_keyboard.h>
#if WLR_HAS_SESSION
#include <wlr/backend/session.h>
#endif

static struct toplevel *neighbor(struct compositor *compositor, struct toplevel *toplevel, bool backwards) {
	struct wl_list *list = &compositor->toplevels->list;
	struct wl_list *link = backwards ? toplevel->link.prev : toplevel->link.next;
	if (link == list) {
		link = backwards ? list->prev : list->next;
	}
	return wl_container_of(link, toplevel, link);
}

static void show_next(struct compositor *compositor, bool backwards) {
	struct bindings *bindings = compositor->bindings;
	struct wl_list *list = &compositor->toplevels->list;
	if (wl_list_empty(list)) {
		return;
	}
	struct toplevel *old = bindings->preview != NULL ? bindings->preview : compositor->toplevels->active;
	struct toplevel *next = NULL;
	if (old != NULL) {
		next = neighbor(compositor, old, backwards);
	} else {
		next = wl_container_of(list->next, next, link);
	}
	bool hide = bindings->preview != NULL && bindings->was_minimized && next != bindings->preview;
	bindings->was_minimized = next->minimized;
	bindings->preview = next;
	focus_preview(compositor, next);
	if (hide) {
		toplevel_set_minimized(old, true);
	}
}

static bool switch_terminal(struct compositor *compositor, xkb_keysym_t symbol) {
#if WLR_HAS_SESSION
	if (symbol >= XKB_KEY_XF86Switch_VT_1 && symbol <= XKB_KEY_XF86Switch_VT_12 && compositor->session != NULL) {
		wlr_session_change_vt(compositor->session, symbol - XKB_KEY_XF86Switch_VT_1 + 1);
		return true;
	}
#endif
	return false;
}

bool bindings_press(struct compositor *compositor, uint32_t modifiers, xkb_keysym_t symbol) {
	if (switch_terminal(compositor, symbol)) {
		return true;
	}
	if (session_lock_is_locked(compositor)) {
		return false;
	}
	if (shortcuts_press(compositor, modifiers, symbol)) {
		return true;
	}
	if (!(modifiers & WLR_MODIFIER_ALT) || (modifiers & (WLR_MODIFIER_CTRL | WLR_MODIFIER_LOGO))) {
		return false;
	}
	// An inhibitor of a window that Alt+Tab shows must not end Alt+Tab.
	if (compositor->bindings->preview == NULL && shortcuts_are_inhibited(compositor)) {
		return false;
	}
	switch (symbol) {
	case XKB_KEY_Escape:
		compositor_terminate(compositor);
		return true;
	case XKB_KEY_Tab:
	case XKB_KEY_ISO_Left_Tab:
		show_next(compositor, modifiers & WLR_MODIFIER_SHIFT);
		return true;
	case XKB_KEY_F4:
		if (compositor->toplevels->active != NULL) {
			compositor->toplevels->active->ops->close(compositor->toplevels->active);
		}
		return true;
	default:
		return false;
	}
}

void bindings_modifiers(struct compositor *compositor, uint32_t modifiers) {
	struct toplevel *chosen = compositor->bindings->preview;
	if (chosen != NULL && !(modifiers & WLR_MODIFIER_ALT)) {
		compositor->bindings->preview = NULL;
		focus_toplevel(compositor, chosen);
	}
}

static void handle_toplevel_unmap(struct wl_listener *listener, void *data) {
	struct bindings *bindings = wl_container_of(listener, bindings, listeners.toplevel_unmap);
	if (bindings->preview == data) {
		bindings->preview = NULL;
	}
}

bool bindings_init(struct compositor *compositor) {
	listener_add(&compositor->bindings->listeners.toplevel_unmap, &compositor->toplevels->events.unmap,
			handle_toplevel_unmap);
	return true;
}

void bindings_finish(struct compositor *compositor) {
	listener_remove(&compositor->bindings->listeners.toplevel_unmap);
}

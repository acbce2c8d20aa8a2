#include "activation.h"

#include "focus.h"
#include "listener.h"
#include "parts.h"
#include "toplevel.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_activation_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

// Only a token that comes from an event of the user may move the focus.
static void handle_request_activate(struct wl_listener *listener, void *data) {
	struct activation *activation = wl_container_of(listener, activation, request_activate);
	const struct wlr_xdg_activation_v1_request_activate_event *event = data;
	struct toplevel *toplevel = toplevel_try_from_surface(event->surface);
	if (toplevel != NULL && event->token->seat != NULL && toplevel->xdg->base->surface->mapped) {
		focus_toplevel(activation->compositor, toplevel);
	}
}

bool activation_init(struct compositor *compositor) {
	compositor->activation->compositor = compositor;
	struct wlr_xdg_activation_v1 *activation = wlr_xdg_activation_v1_create(compositor->display);
	if (activation == NULL) {
		return false;
	}
	listener_add(
			&compositor->activation->request_activate, &activation->events.request_activate, handle_request_activate);
	return true;
}

void activation_finish(struct compositor *compositor) {
	listener_remove(&compositor->activation->request_activate);
}

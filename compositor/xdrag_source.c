#include "xdrag_source.h"

#include "compat.h"
#include "parts.h"
#include "seat.h"
#include "xdrag.h"
#include "xdrag_transfer.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wlr/types/wlr_seat.h>

static struct xdrag_source *from_base(struct wlr_data_source *base) {
	struct xdrag_source *source = wl_container_of(base, source, base);
	return source;
}

bool xdrag_source_is_accepted(const struct xdrag_source *source) {
	const struct wlr_drag *drag = source->xdrag->drag;
	return source->base.accepted && source->base.current_dnd_action != WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE &&
		   drag != NULL && drag->focus != NULL;
}

// Tells the program the end, after a drop.
static void finish(struct xdrag_source *source, bool is_accepted) {
	struct xdrag *xdrag = source->xdrag;
	xcb_connection_t *connection = xdrag_connection(xdrag);
	uint32_t action = is_accepted ? source->base.current_dnd_action : WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE;
	if (source->is_finished || connection == NULL) {
		return;
	}
	source->is_finished = true;
	if (action == WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE) {
		// By this the program deletes what was moved. Its answer does not matter.
		xcb_convert_selection(connection, xdrag->target, xdrag->atoms[XDRAG_SELECTION], xdrag->atoms[XDRAG_DELETE],
				xdrag->atoms[XDRAG_DATA], source->time);
	}
	const uint32_t data[5] = {xdrag->target, is_accepted, xdrag_action_to_atom(xdrag, action)};
	xdrag_send(xdrag, connection, source->window, XDRAG_FINISHED, data);
}

static void handle_send(struct wlr_data_source *base, const char *type, int32_t fd) {
	struct xdrag_source *source = from_base(base);
	const xcb_atom_t *atoms = source->atoms.data;
	size_t i = 0;
	char **name;
	wl_array_for_each(name, &base->mime_types) {
		if (strcmp(*name, type) == 0) {
			xdrag_transfer_begin(source->xdrag, atoms[i], source->time, fd);
			return;
		}
		i++;
	}
	close(fd);
}

static void handle_change(struct xdrag_source *source) {
	source->xdrag->is_status_due = true;
	xdrag_wake(source->xdrag);
}

static void handle_accept(struct wlr_data_source *base, uint32_t serial, const char *type) {
	handle_change(from_base(base));
}

static void handle_action(struct wlr_data_source *base, enum wl_data_device_manager_dnd_action action) {
	handle_change(from_base(base));
}

// The drag's drop is our own doing.
static void handle_drop(struct wlr_data_source *base) {
}

static void handle_finish(struct wlr_data_source *base) {
	struct xdrag_source *source = from_base(base);
	finish(source, true);
	xdrag_wake(source->xdrag); // wlroots still uses it, and may not destroy it
}

static void handle_destroy(struct wlr_data_source *base) {
	struct xdrag_source *source = from_base(base);
	struct xdrag *xdrag = source->xdrag;
	if (source->dropped != 0) {
		finish(source, false);
	}
	if (xdrag->source == source) {
		xdrag->source = NULL;
		xdrag->is_status_due = xdrag->visit.window != XCB_WINDOW_NONE;
	}
	wl_array_release(&source->atoms);
	free(source);
}

static const struct wlr_data_source_impl source_impl = {
	.send = handle_send,
	.accept = handle_accept,
	.destroy = handle_destroy,
	.dnd_drop = handle_drop,
	.dnd_finish = handle_finish,
	.dnd_action = handle_action,
};

// Returns false when out of memory.
static bool take_types(struct xdrag_source *source, struct xdrag_types *types) {
	for (size_t i = 0; i < types->len; i++) {
		struct xdrag_type *type = &types->list[i];
		if (type->name == NULL) {
			continue;
		}
		xcb_atom_t *atom = wl_array_add(&source->atoms, sizeof(*atom));
		char **name = atom != NULL ? wl_array_add(&source->base.mime_types, sizeof(*name)) : NULL;
		if (name == NULL) {
			return false;
		}
		*atom = type->atom;
		*name = type->name;
		type->name = NULL;
	}
	return true;
}

struct xdrag_source *xdrag_source_create(struct xdrag *xdrag, struct xdrag_types *types, uint32_t actions) {
	struct xdrag_source *source = calloc(1, sizeof(*source));
	if (source == NULL) {
		return NULL;
	}
	wlr_data_source_init(&source->base, &source_impl);
	wl_array_init(&source->atoms);
	source->xdrag = xdrag;
	source->base.actions = (int32_t)actions;
	if (!take_types(source, types) || source->atoms.size == 0) {
		wlr_data_source_destroy(&source->base);
		return NULL;
	}
	return source;
}

// As wlroots does, which does so only when the client changes what it wants.
static uint32_t choose(const struct wlr_data_offer *offer) {
	bool has_actions = wl_resource_get_version(offer->resource) >= WL_DATA_OFFER_ACTION_SINCE_VERSION;
	uint32_t theirs = has_actions ? offer->actions : WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY;
	uint32_t common = theirs & (uint32_t)offer->source->actions;
	if ((offer->source->compositor_action & common) != 0) {
		return offer->source->compositor_action;
	}
	if (has_actions && (offer->preferred_action & common) != 0) {
		return offer->preferred_action;
	}
	return common != 0 ? UINT32_C(1) << (ffs((int)common) - 1) : WL_DATA_DEVICE_MANAGER_DND_ACTION_NONE;
}

void xdrag_source_choose(struct xdrag_source *source, uint32_t action) {
	if (source->base.compositor_action == action) {
		return;
	}
	source->base.compositor_action = action;
	struct wlr_data_offer *offer;
	wl_list_for_each(offer, &source->xdrag->compositor->seat->wlr->drag_offers, link) {
		uint32_t chosen = offer->source == &source->base ? choose(offer) : source->base.current_dnd_action;
		if (chosen == source->base.current_dnd_action) {
			continue;
		}
		wlr_data_source_dnd_action(&source->base, chosen);
		if (wl_resource_get_version(offer->resource) >= WL_DATA_OFFER_ACTION_SINCE_VERSION) {
			wl_data_offer_send_action(offer->resource, chosen);
		}
	}
}

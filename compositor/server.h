/*
 * All parts of the compositor in one allocation. Only server.c includes this header; parts include parts.h and each
 * other's headers.
 */
#ifndef SERVER_H
#define SERVER_H

#include "activation.h"
#include "batch.h"
#include "bindings.h"
#include "captures.h"
#include "clients.h"
#include "closing.h"
#include "compositor.h"
#include "constraint.h"
#include "cursor.h"
#include "decoration.h"
#include "descriptors.h"
#include "desktop.h"
#include "dmabuf.h"
#include "drag.h"
#include "explicit_sync.h"
#include "exports.h"
#include "filters.h"
#include "focus.h"
#include "foreign.h"
#include "gamma.h"
#include "gestures.h"
#include "globals.h"
#include "grab.h"
#include "idle.h"
#include "image_capture.h"
#include "implicit_sync.h"
#include "input_method.h"
#include "keyboard.h"
#include "keymaps.h"
#include "layer.h"
#include "object_limits.h"
#include "outbox.h"
#include "output.h"
#include "output_management.h"
#include "output_power.h"
#include "overdraw.h"
#include "parts.h"
#include "pools.h"
#include "popup.h"
#include "rectangles.h"
#include "renderer.h"
#include "requests.h"
#include "sandboxes.h"
#include "seat.h"
#include "selections.h"
#include "session_lock.h"
#include "shell.h"
#include "shortcuts.h"
#include "surface.h"
#include "tablet.h"
#include "tablet_pad.h"
#include "tearing.h"
#include "text_input.h"
#include "toplevel.h"
#include "touch.h"
#include "turn.h"
#include "virtual_keyboard.h"
#include "virtual_pointer.h"
#include "window_capture.h"
#include "xdg_errors.h"
#include "xdg_foreign.h"
#include "xwayland.h"

/*
 * Each part has x_init() and x_finish(). server.c calls them in the order of its table, and in reverse order at the
 * end.
 */
struct compositor_parts {
	struct compositor compositor;
	struct renderer rendering;
	struct outbox outbox;
	struct clients clients;
	struct turns turns;
	struct requests requests;
	struct object_limits object_limits;
	struct filters filters;
	struct overdraw overdraw;
	struct batch batch;
	struct desktop desktop;
	struct outputs outputs;
	struct globals globals;
	struct pools pools;
	struct surfaces surfaces;
	struct dmabuf dmabuf;
	struct implicit_sync implicit_sync;
	struct idle idle;
	struct seat seat;
	struct session_lock session_lock;
	struct text_inputs text_inputs;
	struct input_method input_method;
	struct keymaps keymaps;
	struct keyboards keyboards;
	struct virtual_keyboards virtual_keyboards;
	struct virtual_pointers virtual_pointers;
	struct popups popups;
	struct layers layers;
	struct toplevels toplevels;
	struct foreign foreign;
	struct focus focus;
	struct shortcuts shortcuts;
	struct bindings bindings;
	struct grab grab;
	struct cursor cursor;
	struct gestures gestures;
	struct touch touch;
	struct tablets tablets;
	struct tablet_pads tablet_pads;
	struct drag drag;
	struct constraints constraints;
	struct activation activation;
	struct shell shell;
	struct captures captures;
	struct exports exports;
	struct image_capture image_capture;
	struct window_captures window_captures;
	struct tearing tearing;
	struct output_management output_management;
	struct output_power output_power;
	struct gamma gamma;
	struct xwayland xwayland;
};

#endif

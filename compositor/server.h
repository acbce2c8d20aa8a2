/*
 * The compositor as its parts see it. Each part is a struct of its own, embedded here, with x_init() and x_finish();
 * server.c calls them in the order of its table, and in the reverse order at the end.
 */
#ifndef SERVER_H
#define SERVER_H

#include "activation.h"
#include "bindings.h"
#include "clients.h"
#include "compositor.h"
#include "constraint.h"
#include "cursor.h"
#include "decoration.h"
#include "desktop.h"
#include "drag.h"
#include "focus.h"
#include "foreign.h"
#include "globals.h"
#include "grab.h"
#include "idle.h"
#include "input_method.h"
#include "layer.h"
#include "output.h"
#include "output_management.h"
#include "popup.h"
#include "rectangles.h"
#include "seat.h"
#include "shell.h"
#include "spin.h"
#include "surface.h"
#include "text_input.h"
#include "toplevel.h"
#include "touch.h"
#include "virtual_keyboard.h"
#include "virtual_pointer.h"
#include "xdg_errors.h"

struct lido_monitor;
struct lido_wlroots;
struct wlr_allocator;
struct wlr_backend;
struct wlr_compositor;
struct wlr_renderer;
struct wlr_session;

struct compositor {
	struct wl_display *display;
	struct wl_event_loop *loop;  // of the display
	struct wlr_session *session; // NULL when nested or headless
	struct wlr_backend *backend; // NULL once it is gone
	struct wlr_renderer *renderer;
	struct wlr_allocator *allocator;
	struct wlr_compositor *wlr; // the wl_compositor global
	struct lido_wlroots *shm;
	struct lido_monitor *monitor; // may be NULL; the manager's
	char *socket;                 // may be NULL
	int32_t width, height;        // pixels, of the headless output or of a nested window at first
	bool headless;
	bool started;
	size_t parts_len; // how many entries of the table of parts are initialised

	struct clients clients;
	struct spin spin;
	struct desktop desktop;
	struct globals globals;
	struct surfaces surfaces;
	struct idle idle;
	struct text_inputs text_inputs;
	struct input_method input_method;
	struct seat seat;
	struct virtual_keyboards virtual_keyboards;
	struct virtual_pointers virtual_pointers;
	struct cursor cursor;
	struct touch touch;
	struct drag drag;
	struct constraints constraints;
	struct foreign foreign;
	struct decorations decorations;
	struct activation activation;
	struct shell shell;
	struct xdg_errors xdg_errors;
	struct rectangles rectangles;
	struct toplevels toplevels;
	struct popups popups;
	struct layers layers;
	struct output_management output_management;
	struct outputs outputs;
	struct focus focus;
	struct grab grab;
	struct bindings bindings;

	struct {
		struct wl_listener backend_destroy;
	} listeners;
};

#endif

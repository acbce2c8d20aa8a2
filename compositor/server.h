/*
 * The compositor as its parts see it. Each part is a struct of its own, embedded here, with x_init() and x_finish();
 * server.c calls them in the order of its table, and in the reverse order at the end.
 */
#ifndef SERVER_H
#define SERVER_H

#include "compositor.h"
#include "desktop.h"
#include "globals.h"
#include "output.h"

struct lido_wlroots;
struct wlr_allocator;
struct wlr_backend;
struct wlr_compositor;
struct wlr_renderer;
struct wlr_session;

struct compositor {
	struct wl_display *display;
	struct wl_event_loop *loop;      // of the display
	struct wlr_session *session;     // NULL when nested or headless
	struct wlr_backend *backend;     // NULL once it is gone
	struct wlr_renderer *renderer;
	struct wlr_allocator *allocator;
	struct wlr_compositor *surfaces; // the wl_compositor global
	struct lido_wlroots *shm;
	char *socket;                    // may be NULL
	bool headless;
	bool started;
	size_t parts_len;                // how many entries of the table of parts are initialised

	struct desktop desktop;
	struct globals globals;
	struct outputs outputs;

	struct {
		struct wl_listener backend_destroy;
	} listeners;
};

#endif

/*
 * The compositor as its parts see it: shared state, and a pointer to each part. A part includes the headers of the
 * parts it uses. The signals of a part notify parts that are initialized after it.
 */
#ifndef PARTS_H
#define PARTS_H

#include "compositor.h"
#include "display_socket.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct lido_monitor;
struct lido_wlroots;
struct wlr_allocator;
struct wlr_backend;
struct wlr_compositor;
struct wlr_renderer;
struct wlr_session;
struct wlr_xdg_foreign_registry;
struct wlr_xdg_shell;

struct compositor {
	struct wl_display *display;
	struct wl_event_loop *loop;  // of the display
	struct wlr_session *session; // NULL when nested or headless
	struct wlr_backend *backend; // NULL once it is destroyed
	struct wlr_renderer *renderer;
	struct wlr_allocator *allocator;
	struct wlr_compositor *wlr;      // the wl_compositor global
	struct wlr_xdg_shell *xdg_shell; // created by shell.c
	struct wlr_xdg_foreign_registry *xdg_foreign_registry;
	struct lido_wlroots *shm;
	struct lido_monitor *monitor; // owned by the manager; may be NULL
	struct display_socket socket;
	int32_t width, height; // pixels: of the headless output, or the initial size of a nested window
	size_t files_max;      // of one client, in wl_shm pools
	enum compositor_linux_dmabuf linux_dmabuf;
	bool headless;
	bool started;
	bool terminated;  // compositor_run() returns
	size_t parts_len; // number of initialized entries of the table of parts

	// Set before the first part is initialized.
	struct renderer *rendering;
	struct outbox *outbox;
	struct clients *clients;
	struct turns *turns;
	struct requests *requests;
	struct object_limits *object_limits;
	struct filters *filters;
	struct overdraw *overdraw;
	struct batch *batch;
	struct desktop *desktop;
	struct outputs *outputs;
	struct globals *globals;
	struct pools *pools;
	struct surfaces *surfaces;
	struct dmabuf *dmabuf;
	struct implicit_sync *implicit_sync;
	struct idle *idle;
	struct seat *seat;
	struct session_lock *session_lock;
	struct text_inputs *text_inputs;
	struct input_method *input_method;
	struct keymaps *keymaps;
	struct keyboards *keyboards;
	struct virtual_keyboards *virtual_keyboards;
	struct virtual_pointers *virtual_pointers;
	struct popups *popups;
	struct layers *layers;
	struct toplevels *toplevels;
	struct foreign *foreign;
	struct focus *focus;
	struct shortcuts *shortcuts;
	struct bindings *bindings;
	struct grab *grab;
	struct cursor *cursor;
	struct gestures *gestures;
	struct touch *touch;
	struct tablets *tablets;
	struct tablet_pads *tablet_pads;
	struct drag *drag;
	struct constraints *constraints;
	struct activation *activation;
	struct shell *shell;
	struct captures *captures;
	struct exports *exports;
	struct image_capture *image_capture;
	struct window_captures *window_captures;
	struct tearing *tearing;
	struct output_management *output_management;
	struct output_power *output_power;
	struct gamma *gamma;
	struct xwayland *xwayland;

	struct {
		struct wl_listener backend_destroy;
	} listeners;
};

#endif

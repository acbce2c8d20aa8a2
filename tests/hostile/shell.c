// Attacks by windows, popups and layer surfaces: work for each commit, and events to others.
#include "attack.h"
#include "bystander.h"

#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <string.h>
#include <time.h>

#define EDGES_ALL 15U
#define LAYERS_MAX 127
#define WINDOWS_MAX 500

struct layer {
	struct wl_surface *surface;
	struct zwlr_layer_surface_v1 *layer_surface;
};

static void handle_layer_configure(
		void *data, struct zwlr_layer_surface_v1 *layer_surface, uint32_t serial, uint32_t width, uint32_t height) {
	zwlr_layer_surface_v1_ack_configure(layer_surface, serial);
}

static void handle_closed(void *data, struct zwlr_layer_surface_v1 *layer_surface) {
}

static const struct zwlr_layer_surface_v1_listener layer_listener = {
	.configure = handle_layer_configure,
	.closed = handle_closed,
};

// buffer: NULL leaves the layer surface unmapped. Width and height of 0 are those of the usable area.
static struct layer layer_create(struct attacker *attacker, struct zwlr_layer_shell_v1 *shell, struct wl_buffer *buffer,
		uint32_t anchor, uint32_t width, uint32_t height, int32_t zone) {
	struct layer layer = {.surface = wl_compositor_create_surface(attacker->compositor)};
	layer.layer_surface = zwlr_layer_shell_v1_get_layer_surface(
			shell, layer.surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM, "attack");
	zwlr_layer_surface_v1_add_listener(layer.layer_surface, &layer_listener, NULL);
	zwlr_layer_surface_v1_set_anchor(layer.layer_surface, anchor);
	zwlr_layer_surface_v1_set_size(layer.layer_surface, width, height);
	zwlr_layer_surface_v1_set_exclusive_zone(layer.layer_surface, zone);
	wl_surface_commit(layer.surface);
	expect_alive(attacker);
	if (buffer != NULL) {
		wl_surface_attach(layer.surface, buffer, 0, 0);
		wl_surface_damage_buffer(layer.surface, 0, 0, INT32_MAX, INT32_MAX);
		wl_surface_commit(layer.surface);
	}
	return layer;
}

static const uint32_t top =
		ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT | ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT;

static void toggle_zone(struct attacker *attacker, struct layer *layer, int count) {
	for (int i = 0; i < count; i++) {
		zwlr_layer_surface_v1_set_exclusive_zone(layer->layer_surface, 1 + i % 2);
		wl_surface_commit(layer->surface);
		if (i % 256 == 255) {
			expect_alive(attacker);
		}
	}
	expect_alive(attacker);
}

static void toggle_zone_for_ever(void *data) {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	struct zwlr_layer_shell_v1 *shell = attacker_bind(&attacker, &zwlr_layer_shell_v1_interface, 1);
	picture_init(&picture, &attacker, 0, true, 8, 8);
	struct layer layer = layer_create(&attacker, shell, picture.buffer, top, 0, 8, 8);
	for (;;) {
		toggle_zone(&attacker, &layer, 1024);
	}
}

// Each commit sends a configure to each layer surface, and one to each maximized window.
ATTACK("layer-zone-toggled-without-end") {
	static struct bystander bystander;
	bystander_init(&bystander, true, 64, 64);
	struct zwlr_layer_shell_v1 *shell = attacker_bind(&bystander.attacker, &zwlr_layer_shell_v1_interface, 1);
	for (int i = 0; i < 8; i++) {
		layer_create(&bystander.attacker, shell, NULL, EDGES_ALL, 0, 0, 0);
	}
	pid_t child = start_child(toggle_zone_for_ever, NULL);
	for (int i = 0; i < 3; i++) {
		bystander_stall(&bystander, 400);
	}
	stop_child(child);
	expect_alive(&bystander.attacker);
}

// All others must be placed and configured anew.
ATTACK("layer-zone-that-moves-all-layers") {
	struct attacker attacker;
	struct picture picture;
	struct layer layers[LAYERS_MAX];
	attacker_connect(&attacker);
	struct zwlr_layer_shell_v1 *shell = attacker_bind(&attacker, &zwlr_layer_shell_v1_interface, 1);
	picture_init(&picture, &attacker, 0, true, 64, 64);
	for (int i = 0; i < LAYERS_MAX; i++) {
		layers[i] = layer_create(&attacker, shell, picture.buffer, EDGES_ALL, 0, 0, 0);
	}
	for (int i = 0; i < 896; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
		wl_subcompositor_get_subsurface(attacker.subcompositor, surface, layers[i % LAYERS_MAX].surface);
		wl_surface_attach(surface, picture.buffer, 0, 0);
		wl_surface_commit(surface);
		wl_surface_commit(layers[i % LAYERS_MAX].surface);
		if (i % 16 == 15) {
			expect_alive(&attacker);
		}
	}
	struct layer layer = layer_create(&attacker, shell, picture.buffer, top, 0, 8, 8);
	toggle_zone(&attacker, &layer, attack_count(400));
}

static void reserve_impossible_space(void *data) {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	struct zwlr_layer_shell_v1 *shell = attacker_bind(&attacker, &zwlr_layer_shell_v1_interface, 1);
	picture_init(&picture, &attacker, 0, true, 8, 8);
	struct layer layer = layer_create(&attacker, shell, picture.buffer, top, 0, 8, 8);
	const int32_t margins[] = {-2000000000, 2000000000, INT32_MIN, INT32_MAX, 0};
	const int32_t zones[] = {1, INT32_MAX};
	for (int i = 0;; i++) {
		int32_t margin = margins[i % 5];
		zwlr_layer_surface_v1_set_margin(layer.layer_surface, margin, margin, margin, margin);
		zwlr_layer_surface_v1_set_exclusive_zone(layer.layer_surface, zones[i / 5 % 2]);
		zwlr_layer_surface_v1_set_size(layer.layer_surface, 8, 8);
		wl_surface_commit(layer.surface);
		expect_alive(&attacker);
		sleep_ms(20);
	}
}

// No other window may be asked to become larger than the output.
ATTACK("layer-margins-of-impossible-size") {
	static struct bystander bystander;
	bystander_init(&bystander, true, 64, 64);
	pid_t child = start_child(reserve_impossible_space, NULL);
	bystander_draw(&bystander, 1000);
	stop_child(child);
	expect_alive(&bystander.attacker);
	if (bystander.width > 16384 || bystander.height > 16384) {
		fail("the server asked for a window of %dx%d", bystander.width, bystander.height);
	}
}

static void acknowledge_once(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	bool *is_done = data;
	if (!*is_done) {
		xdg_surface_ack_configure(xdg_surface, serial);
		*is_done = true;
	}
}

static const struct xdg_surface_listener once_listener = {.configure = acknowledge_once};

static void ignore_size(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void ignore_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {.configure = ignore_size, .close = ignore_close};

static bool is_acknowledged[WINDOWS_MAX];

static void open_windows(struct attacker *attacker, struct window *windows, int count, struct wl_buffer *buffer) {
	for (int i = 0; i < count; i++) {
		struct window *window = &windows[i];
		window->surface = wl_compositor_create_surface(attacker->compositor);
		window->xdg_surface = xdg_wm_base_get_xdg_surface(attacker->wm_base, window->surface);
		xdg_surface_add_listener(window->xdg_surface, &once_listener, &is_acknowledged[i]);
		window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
		xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, NULL);
		wl_surface_commit(window->surface);
	}
	expect_alive(attacker);
	for (int i = 0; buffer != NULL && i < count; i++) {
		window_commit(&windows[i], buffer);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	expect_alive(attacker);
}

// Asks for configure events, and acknowledges none. False: the server has disconnected this client.
static bool collect_configures(struct attacker *attacker, struct window *windows, int count) {
	bool is_alive = true;
	for (int i = 0; is_alive && i < count; i++) {
		for (int j = 0; j < WINDOWS_MAX; j++) {
			if (i % 2 == 0) {
				xdg_toplevel_set_maximized(windows[j].toplevel);
			} else {
				xdg_toplevel_unset_maximized(windows[j].toplevel);
			}
		}
		is_alive = attacker_try_roundtrip(attacker);
	}
	return is_alive;
}

static void collect_configures_for_ever(void *data) {
	for (;;) {
		static struct window windows[WINDOWS_MAX];
		struct attacker attacker;
		attacker_connect(&attacker);
		memset(is_acknowledged, 0, sizeof(is_acknowledged));
		open_windows(&attacker, windows, WINDOWS_MAX, NULL);
		collect_configures(&attacker, windows, INT32_MAX);
		attacker_disconnect(&attacker);
	}
}

// The server keeps each configure event until it is acknowledged. The memory must be charged to this client, not to
// one that the server serves in the same iteration of its event loop.
ATTACK("configures-never-acknowledged") {
	static struct bystander bystander;
	bystander_init(&bystander, false, 64, 64);
	pid_t child = start_child(collect_configures_for_ever, NULL);
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 16; i++) {
			expect_alive(&bystander.attacker);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	stop_child(child);
	expect_alive(&bystander.attacker);
}

// A window that is raised raises its children, and theirs.
ATTACK("windows-in-a-chain-of-parents") {
	static struct window windows[WINDOWS_MAX];
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 64, 64);
	int count = attack_count(WINDOWS_MAX);
	open_windows(&attacker, windows, count, picture.buffer);
	for (int i = 1; i < count; i++) {
		xdg_toplevel_set_parent(windows[i].toplevel, windows[i - 1].toplevel);
	}
	expect_alive(&attacker);
	for (int i = 0; i < 100; i++) {
		xdg_toplevel_set_minimized(windows[i % 2 == 0 ? count - 1 - i : i].toplevel);
	}
	expect_alive(&attacker);
}

// Each must be placed anew in one commit of their parent.
ATTACK("subsurfaces-reordered") {
	static struct wl_subsurface *subsurfaces[1000];
	static struct wl_surface *surfaces[1000];
	struct attacker attacker;
	struct picture picture;
	struct window window;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 64, 64);
	window_init(&window, &attacker);
	int count = attack_count(1000);
	for (int i = 0; i < count; i++) {
		surfaces[i] = wl_compositor_create_surface(attacker.compositor);
		subsurfaces[i] = wl_subcompositor_get_subsurface(attacker.subcompositor, surfaces[i], window.surface);
		wl_surface_attach(surfaces[i], picture.buffer, 0, 0);
		wl_surface_commit(surfaces[i]);
		if (i % 64 == 63) {
			expect_alive(&attacker);
		}
	}
	window_commit(&window, picture.buffer);
	expect_alive(&attacker);
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < count; j++) {
			wl_subsurface_place_below(subsurfaces[i % 2 == 0 ? j : count - 1 - j], window.surface);
			wl_subsurface_set_position(subsurfaces[j], i, j % 400);
			if (j % 64 == 63) {
				expect_alive(&attacker);
			}
		}
		wl_surface_commit(window.surface);
		expect_alive(&attacker);
	}
}

static void handle_popup_configure(
		void *data, struct xdg_popup *popup, int32_t x, int32_t y, int32_t width, int32_t height) {
}

static void handle_popup_done(void *data, struct xdg_popup *popup) {
}

static void handle_repositioned(void *data, struct xdg_popup *popup, uint32_t token) {
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
	.repositioned = handle_repositioned,
};

static void acknowledge(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener acknowledging_listener = {.configure = acknowledge};

// Popups nested as deep as there are surfaces: moving the window below moves them all, and its end destroys them.
ATTACK("popups-nested-and-moved") {
	struct attacker attacker;
	struct picture picture;
	struct window window;
	attacker_connect(&attacker);
	struct xdg_wm_base *wm_base = attacker_bind(&attacker, &xdg_wm_base_interface, 3);
	picture_init(&picture, &attacker, 0, true, 64, 64);
	window.surface = wl_compositor_create_surface(attacker.compositor);
	window.xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, window.surface);
	xdg_surface_add_listener(window.xdg_surface, &acknowledging_listener, NULL);
	window.toplevel = xdg_surface_get_toplevel(window.xdg_surface);
	xdg_toplevel_add_listener(window.toplevel, &toplevel_listener, NULL);
	wl_surface_commit(window.surface);
	expect_alive(&attacker);
	window_commit(&window, picture.buffer);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(wm_base);
	xdg_positioner_set_size(positioner, 64, 64);
	xdg_positioner_set_anchor_rect(positioner, 0, 0, 64, 64);
	xdg_positioner_set_constraint_adjustment(positioner, 63);
	xdg_positioner_set_reactive(positioner);
	struct xdg_surface *parent = window.xdg_surface;
	struct xdg_popup *popup = NULL;
	for (int i = 0; i < attack_count(1000); i++) {
		struct window child = {.surface = wl_compositor_create_surface(attacker.compositor)};
		child.xdg_surface = xdg_wm_base_get_xdg_surface(wm_base, child.surface);
		xdg_surface_add_listener(child.xdg_surface, &acknowledging_listener, NULL);
		popup = xdg_surface_get_popup(child.xdg_surface, parent, positioner);
		xdg_popup_add_listener(popup, &popup_listener, NULL);
		wl_surface_commit(child.surface);
		expect_alive(&attacker);
		window_commit(&child, picture.buffer);
		parent = child.xdg_surface;
	}
	expect_alive(&attacker);
	struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(attacker.subcompositor, surface, window.surface);
	wl_subsurface_set_desync(subsurface);
	wl_surface_attach(surface, picture.buffer, 0, 0);
	wl_surface_commit(surface);
	for (int i = 0; i < attack_count(200); i++) {
		wl_subsurface_set_position(subsurface, -1 - i % 2, 0);
		wl_surface_commit(window.surface);
		xdg_popup_reposition(popup, positioner, (uint32_t)i);
	}
	expect_alive(&attacker);
}

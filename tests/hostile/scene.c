// Surfaces that make each commit expensive: many, large, over each other, and transparent in odd shapes.
#include "attack.h"

#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define COMMITS 4000

// Subsurfaces of one window, each as large as the window, which cover each other.
struct pile {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	int32_t width, height;
	int len;
	struct {
		struct wl_surface *surface;
		struct wp_viewport *viewport;
	} layers[1024];
};

static void pile_init(struct pile *pile, int len, int rectangles, int32_t width, int32_t height) {
	pile->width = width;
	pile->height = height;
	struct attacker *attacker = &pile->attacker;
	attacker_connect(attacker);
	window_init(&pile->window, attacker);
	picture_init(&pile->picture, attacker, 0, true, 1, 1);
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	for (int i = 0; i < rectangles; i++) {
		wl_region_add(region, i % 40 * 14, i / 40 * 7, 7, 3);
		if (i % 128 == 127) {
			expect_alive(attacker);
		}
	}
	pile->len = len;
	for (int i = 0; i < len; i++) {
		pile->layers[i].surface = wl_compositor_create_surface(attacker->compositor);
		wl_subsurface_set_desync(wl_subcompositor_get_subsurface(
				attacker->subcompositor, pile->layers[i].surface, pile->window.surface));
		pile->layers[i].viewport = wp_viewporter_get_viewport(attacker->viewporter, pile->layers[i].surface);
		wp_viewport_set_destination(pile->layers[i].viewport, width, height);
		wl_surface_set_opaque_region(pile->layers[i].surface, region);
		wl_surface_attach(pile->layers[i].surface, pile->picture.buffer, 0, 0);
		wl_surface_commit(pile->layers[i].surface);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	window_commit(&pile->window, pile->picture.buffer);
	expect_alive(attacker);
}

static void pile_resize_without_end(struct pile *pile, int count) {
	for (int i = 0; i < count; i++) {
		int layer = i % pile->len;
		wp_viewport_set_destination(
				pile->layers[layer].viewport, pile->width - (i / pile->len % 2 == 0 ? 2 : 0), pile->height);
		wl_surface_commit(pile->layers[layer].surface);
		if (i % 64 == 63) {
			expect_alive(&pile->attacker);
		}
	}
	expect_alive(&pile->attacker);
}

ATTACK("opaque-rectangles-on-subsurfaces") {
	static struct pile pile;
	pile_init(&pile, 900, 2000, 600, 400);
	pile_resize_without_end(&pile, attack_count(COMMITS));
	hold();
}

static void attack_with_pile(void *data) {
	static struct pile pile;
	pile_init(&pile, 1000, 16, 600, 400);
	pile_resize_without_end(&pile, attack_count(COMMITS));
}

ATTACK("subsurfaces-of-five-clients-over-each-other") {
	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = start_child(attack_with_pile, NULL);
	}
	attack_with_pile(NULL);
	for (int i = 0; i < 4; i++) {
		stop_child(children[i]);
	}
}
// Lines that are opaque cut what is visible of all surfaces below them into small pieces.
ATTACK("opaque-lines-over-subsurfaces") {
	static struct pile pile;
	struct attacker *attacker = &pile.attacker;
	pile_init(&pile, 400, 0, 600, 400);
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	wl_region_add(region, 0, 0, INT32_MAX, INT32_MAX);
	for (int i = 0; i < 600; i++) {
		struct wl_surface *line = wl_compositor_create_surface(attacker->compositor);
		struct wl_subsurface *subsurface =
				wl_subcompositor_get_subsurface(attacker->subcompositor, line, pile.window.surface);
		wl_subsurface_set_desync(subsurface);
		wl_subsurface_set_position(subsurface, i % 300 * 2, i / 300 * 200 + (int32_t)random_below(150));
		wp_viewport_set_destination(
				wp_viewporter_get_viewport(attacker->viewporter, line), 1, 40 + (int32_t)random_below(50));
		wl_surface_set_opaque_region(line, region);
		wl_surface_attach(line, pile.picture.buffer, 0, 0);
		wl_surface_commit(line);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	window_commit(&pile.window, pile.picture.buffer);
	expect_alive(attacker);
	pile_resize_without_end(&pile, attack_count(COMMITS));
}

#define LINES 1000

// Lines of one window that cross: all together have a quarter of a million parts.
struct grid {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	struct wl_surface *parent, *grandparent; // of the lines, below the window
	struct wl_subsurface *parent_subsurface, *grandparent_subsurface;
	struct {
		struct wl_surface *surface;
		struct wl_subsurface *subsurface;
	} lines[LINES];
};

// opaque: they hide what is below. Otherwise they are only drawn.
static void grid_init(struct grid *grid, bool opaque) {
	struct attacker *attacker = &grid->attacker;
	attacker_connect(attacker);
	window_init(&grid->window, attacker);
	picture_init(&grid->picture, attacker, 0, true, 1, 1);
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	wl_region_add(region, 0, 0, INT32_MAX, INT32_MAX);
	grid->grandparent = wl_compositor_create_surface(attacker->compositor);
	grid->grandparent_subsurface =
			wl_subcompositor_get_subsurface(attacker->subcompositor, grid->grandparent, grid->window.surface);
	wl_subsurface_set_desync(grid->grandparent_subsurface);
	wl_surface_attach(grid->grandparent, grid->picture.buffer, 0, 0);
	grid->parent = wl_compositor_create_surface(attacker->compositor);
	grid->parent_subsurface = wl_subcompositor_get_subsurface(attacker->subcompositor, grid->parent, grid->grandparent);
	wl_subsurface_set_desync(grid->parent_subsurface);
	wl_surface_attach(grid->parent, grid->picture.buffer, 0, 0);
	for (int i = 0; i < LINES; i++) {
		bool is_vertical = i % 2 == 0;
		struct wl_surface *line = wl_compositor_create_surface(attacker->compositor);
		grid->lines[i].surface = line;
		grid->lines[i].subsurface = wl_subcompositor_get_subsurface(attacker->subcompositor, line, grid->parent);
		wl_subsurface_set_desync(grid->lines[i].subsurface);
		wl_subsurface_set_position(grid->lines[i].subsurface, is_vertical ? i : 0, is_vertical ? 0 : i);
		wp_viewport_set_destination(wp_viewporter_get_viewport(attacker->viewporter, line), is_vertical ? 1 : LINES,
				is_vertical ? LINES : 1);
		if (opaque) {
			wl_surface_set_opaque_region(line, region);
		}
		wl_surface_attach(line, grid->picture.buffer, 0, 0);
		wl_surface_commit(line);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	wl_surface_commit(grid->parent);
	wl_surface_commit(grid->grandparent);
	window_commit(&grid->window, grid->picture.buffer);
	expect_alive(attacker);
}

static void grid_hide_and_show(struct grid *grid) {
	wl_surface_attach(grid->parent, NULL, 0, 0);
	wl_surface_commit(grid->parent);
	expect_alive(&grid->attacker);
	wl_surface_attach(grid->parent, grid->picture.buffer, 0, 0);
	wl_surface_commit(grid->parent);
	expect_alive(&grid->attacker);
}

// The area of all of them must be computed when their parent moves.
ATTACK("lines-that-cross-moved-together") {
	static struct grid grid;
	grid_init(&grid, false);
	for (int i = 0; i < attack_count(20); i++) {
		wl_subsurface_set_position(grid.grandparent_subsurface, i % 2, 0);
		wl_surface_commit(grid.window.surface);
		expect_alive(&grid.attacker);
		xdg_surface_set_window_geometry(grid.window.xdg_surface, i % 2, 0, 300, 300);
		wl_surface_commit(grid.window.surface);
		expect_alive(&grid.attacker);
		xdg_toplevel_set_fullscreen(grid.window.toplevel, NULL);
		xdg_toplevel_unset_fullscreen(grid.window.toplevel);
		expect_alive(&grid.attacker);
	}
	grid_hide_and_show(&grid);
}

ATTACK("lines-that-cross-hide-what-is-below") {
	static struct grid grid;
	grid_init(&grid, true);
	for (int i = 0; i < attack_count(5); i++) {
		grid_hide_and_show(&grid);
	}
	for (int i = 0; i < LINES * 6 / 10; i++) { // so many that hidden parts may be removed again
		wl_surface_attach(grid.lines[i].surface, NULL, 0, 0);
		wl_surface_commit(grid.lines[i].surface);
	}
	expect_alive(&grid.attacker);
	hold();
}

// What is to be drawn anew has as many parts.
ATTACK("lines-that-cross-drawn-anew") {
	static struct grid grid;
	grid_init(&grid, false);
	for (int i = 0; i < attack_count(10 * LINES); i++) {
		wl_surface_attach(grid.lines[i % LINES].surface, grid.picture.buffer, 0, 0);
		wl_surface_damage_buffer(grid.lines[i % LINES].surface, 0, 0, INT32_MAX, INT32_MAX);
		wl_surface_commit(grid.lines[i % LINES].surface);
		if (i % 256 == 255) {
			attacker_flush(&grid.attacker);
		}
	}
	expect_alive(&grid.attacker);
}

// Each commit in the queue of their parent moves all of them.
static void grid_queue(struct grid *grid, int count) {
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < LINES; j++) {
			wl_subsurface_set_position(grid->lines[j].subsurface, i % 2, i % 2);
		}
		wl_surface_commit(grid->parent);
		expect_alive(&grid->attacker);
	}
}

// One request applies the queue: a commit above the parent, or of the parent when it is not synchronized any more.
ATTACK("subsurfaces-moved-by-queued-commits") {
	static struct grid grid;
	grid_init(&grid, false);
	wl_subsurface_set_sync(grid.parent_subsurface);
	grid_queue(&grid, attack_count(200));
	wl_surface_commit(grid.grandparent);
	expect_alive(&grid.attacker);
	wl_subsurface_set_desync(grid.parent_subsurface);
	wl_subsurface_set_sync(grid.grandparent_subsurface);
	grid_queue(&grid, attack_count(200));
	wl_subsurface_set_desync(grid.grandparent_subsurface);
	expect_alive(&grid.attacker);
	wl_surface_commit(grid.parent);
	expect_alive(&grid.attacker);
}

// The server learns only afterwards that requests have become dear.
ATTACK("cheap-requests-and-then-dear-ones") {
	static struct pile pile;
	pile_init(&pile, 1000, 8, 600, 400);
	struct attacker *attacker = &pile.attacker;
	for (int i = 0; i < attack_count(30); i++) {
		for (int j = 0; j < 4000; j++) {
			wl_surface_damage_buffer(pile.window.surface, 0, 0, 1, 1);
		}
		attacker_flush(attacker);
		for (int j = 0; j < 600; j++) {
			wp_viewport_set_destination(pile.layers[j].viewport, 600 - i % 2, 400);
			wl_surface_commit(pile.layers[j].surface);
		}
		expect_alive(attacker);
	}
}

static void open_and_leave(void *data) {
	for (int i = 0; i < 8; i++) {
		static struct pile pile;
		pile_init(&pile, 1000, 0, 64, 64);
		if (i % 2 == 0) {
			wl_surface_destroy(pile.window.surface);
			attacker_flush(&pile.attacker);
		}
		attacker_disconnect(&pile.attacker);
		picture_finish(&pile.picture, NULL);
	}
}

// Four processes that leave a thousand surfaces each, and one that has as many.
ATTACK("subsurfaces-of-clients-that-leave") {
	static struct pile pile;
	pile_init(&pile, 1000, 0, 64, 64);
	pid_t children[4];
	for (int i = 0; i < 4; i++) {
		children[i] = start_child(open_and_leave, NULL);
	}
	sleep_ms(2000);
	for (int i = 0; i < 4; i++) {
		stop_child(children[i]);
	}
	expect_alive(&pile.attacker);
}

// Opaque dots leave a region of many parts of a window above them.
ATTACK("dots-below-a-window-that-changes-its-size") {
	static struct pile pile;
	struct attacker *attacker = &pile.attacker;
	pile_init(&pile, 1, 1, 600, 400);
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	wl_region_add(region, 0, 0, INT32_MAX, INT32_MAX);
	for (int i = 0; i < 1000; i++) {
		struct wl_surface *dot = wl_compositor_create_surface(attacker->compositor);
		struct wl_subsurface *subsurface =
				wl_subcompositor_get_subsurface(attacker->subcompositor, dot, pile.window.surface);
		wl_subsurface_place_below(subsurface, pile.layers[0].surface);
		wl_subsurface_set_desync(subsurface);
		wl_subsurface_set_position(subsurface, (int32_t)random_below(600), (int32_t)random_below(400));
		wl_surface_set_opaque_region(dot, region);
		wl_surface_attach(dot, pile.picture.buffer, 0, 0);
		wl_surface_commit(dot);
		wl_surface_commit(pile.window.surface);
		expect_alive(attacker);
	}
	for (int i = 0; i < attack_count(COMMITS); i++) {
		wp_viewport_set_destination(pile.layers[0].viewport, 598 + i % 3, 400);
		wl_surface_commit(pile.layers[0].surface);
	}
	expect_alive(attacker);
}

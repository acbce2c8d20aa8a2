// Surfaces that make each commit expensive: many, large, over each other, and transparent in odd shapes.
#include "attack.h"

#include "viewporter-client-protocol.h"

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

// Commits that wait for others: of synchronised subsurfaces, whose parents decide when they are applied.
#include "attack.h"

#define QUEUED_MAX 2048

static struct wl_region *create_region(struct attacker *attacker, int rectangles) {
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	for (int i = 0; i < rectangles; i++) {
		wl_region_add(region, i % 40 * 14, i / 40 * 7, 7, 3);
		if (i % 128 == 127) {
			expect_alive(attacker);
		}
	}
	return region;
}

static struct wl_surface *create_child(struct attacker *attacker, struct wl_surface *parent) {
	struct wl_surface *child = wl_compositor_create_surface(attacker->compositor);
	wl_subcompositor_get_subsurface(attacker->subcompositor, child, parent);
	return child;
}

static void queue_without_end(struct attacker *attacker, int rectangles) {
	struct window window;
	window_init(&window, attacker);
	struct wl_surface *child = create_child(attacker, window.surface);
	struct wl_region *region = rectangles > 0 ? create_region(attacker, rectangles) : NULL;
	for (int i = 0; i < 1000000; i++) {
		if (region != NULL) {
			wl_surface_set_opaque_region(child, region);
			wl_surface_set_input_region(child, region);
		}
		wl_surface_commit(child);
		if (i % 64 == 63 && !attacker_try_roundtrip(attacker)) {
			break;
		}
	}
	expect_no_memory(attacker);
}

ATTACK("commits-queued-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	queue_without_end(&attacker, 0);
}

ATTACK("commits-with-regions-queued-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	queue_without_end(&attacker, 2000);
}

// As many as may wait, of one surface and of many, and then applied at once.
ATTACK("commits-queued-and-applied-at-once") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	struct wl_surface *children[256];
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 600, 400);
	window_commit(&window, picture.buffer);
	for (int i = 0; i < 256; i++) {
		children[i] = create_child(&attacker, window.surface);
		wl_surface_attach(children[i], picture.buffer, 0, 0);
		wl_surface_commit(children[i]);
		expect_alive(&attacker);
	}
	wl_surface_commit(window.surface);
	expect_alive(&attacker);
	for (int round = 0; round < attack_count(6); round++) {
		for (int i = 0; i < QUEUED_MAX; i++) {
			struct wl_surface *child = children[round % 2 == 0 ? i % 256 : 0];
			wl_surface_frame(child);
			wl_surface_damage_buffer(child, i % 600, i % 400, 1, 1);
			wl_surface_commit(child);
			if (i % 64 == 63) {
				expect_alive(&attacker);
			}
		}
		wl_surface_commit(window.surface);
		expect_alive(&attacker);
	}
	hold();
}

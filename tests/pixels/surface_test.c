/*
 * Commits that are queued: of synchronised subsurfaces, until their parent commits.
 */
#include "runner.h"
#include "stage.h"
#include <compositor/server.h>

struct family {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct wl_surface *child;
	struct wl_subsurface *subsurface;
};

static void family_init(struct family *family) {
	struct screen *screen = &family->stage.screen;
	stage_init(&family->stage, 64, 64);
	window_init(&family->window, screen, WINDOW_LAYER, 64, 64);
	picture_init(&family->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	picture_fill(&family->picture, 1);
	window_commit(&family->window, family->picture.buffer);
	family->child = wl_compositor_create_surface(screen->compositor);
	family->subsurface = wl_subcompositor_get_subsurface(screen->subcompositor, family->child, family->window.surface);
}

static void family_finish(struct family *family) {
	wl_subsurface_destroy(family->subsurface);
	wl_surface_destroy(family->child);
	picture_finish(&family->picture);
	window_finish(&family->window);
	stage_finish(&family->stage);
}

static void queue(struct family *family, int count) {
	for (int i = 0; i < count; i++) {
		wl_surface_commit(family->child);
		if (i % 256 == 255) {
			client_roundtrip(&family->stage.screen.client);
		}
	}
	client_roundtrip(&family->stage.screen.client);
}

TEST("surface@queued-commits-reach-the-limit-and-no-more") {
	struct family family;
	family_init(&family);
	queue(&family, 1 + SURFACES_QUEUED_MAX); // the first does not count
	wl_surface_commit(family.child);
	expect_no_memory(&family.stage.screen.client, "too many queued commits: 2049, the limit is 2048");
	family_finish(&family);
}

TEST("surface@commits-that-are-applied-do-not-count") {
	struct family family;
	family_init(&family);
	for (int i = 0; i < 3; i++) {
		queue(&family, SURFACES_QUEUED_MAX);
		wl_surface_commit(family.window.surface);
		expect_alive(&family.stage.screen.client);
	}
	family_finish(&family);
}

TEST("surface@commits-of-destroyed-surfaces-do-not-count") {
	struct family family;
	family_init(&family);
	struct screen *screen = &family.stage.screen;
	for (int i = 0; i < 3; i++) {
		queue(&family, SURFACES_QUEUED_MAX);
		wl_subsurface_destroy(family.subsurface);
		wl_surface_destroy(family.child);
		family.child = wl_compositor_create_surface(screen->compositor);
		family.subsurface = wl_subcompositor_get_subsurface(screen->subcompositor, family.child, family.window.surface);
	}
	expect_alive(&screen->client);
	family_finish(&family);
}

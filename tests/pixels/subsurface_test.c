/*
 * Synchronized subsurfaces keep their old picture until the parent commits. Where the renderer reads pixels in place,
 * they still release buffers at once, as a snapshot waits; one that uploads reads them with the parent's commit.
 */
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"
#include <stdio.h>

#define SIZE 64
#define CHILD 24

struct family {
	struct stage stage;
	struct window parent;
	struct picture parent_picture;
	struct wl_surface *child, *grandchild;
	struct wl_subsurface *child_role, *grandchild_role;
};

static void family_init(struct family *family) {
	*family = (struct family){0};
	stage_init(&family->stage, SIZE, SIZE);
	struct screen *screen = &family->stage.screen;
	window_init(&family->parent, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(
			&family->parent_picture, &screen->client, FILE_UNSEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&family->parent_picture, 1);
	family->child = wl_compositor_create_surface(screen->compositor);
	family->child_role = wl_subcompositor_get_subsurface(screen->subcompositor, family->child, family->parent.surface);
	family->grandchild = wl_compositor_create_surface(screen->compositor);
	family->grandchild_role = wl_subcompositor_get_subsurface(screen->subcompositor, family->grandchild, family->child);
	wl_subsurface_set_position(family->child_role, 4, 4);
	wl_subsurface_set_position(family->grandchild_role, 8, 8);
	window_commit(&family->parent, family->parent_picture.buffer);
}

static void family_finish(struct family *family) {
	wl_subsurface_destroy(family->grandchild_role);
	wl_surface_destroy(family->grandchild);
	wl_subsurface_destroy(family->child_role);
	wl_surface_destroy(family->child);
	picture_finish(&family->parent_picture);
	window_finish(&family->parent);
	stage_finish(&family->stage);
}

static void picture_init_child(struct picture *picture, struct family *family, enum file_kind kind) {
	picture_init(picture, &family->stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, CHILD, CHILD, CHILD * 4);
}

static void commit(struct family *family, struct wl_surface *surface, struct picture *picture) {
	wl_surface_attach(surface, picture->buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, CHILD, CHILD);
	wl_surface_commit(surface);
	client_roundtrip(&family->stage.screen.client);
}

// The output must show the parent with the child and grandchild on it. NULL: not shown.
static void expect_family(
		struct family *family, const struct image *child, const struct image *grandchild, const char *what) {
	struct image wanted, got;
	image_init(&wanted, SIZE, SIZE);
	picture_draw(&family->parent_picture, &wanted, 0, 0);
	const struct image *images[] = {child, grandchild};
	for (int i = 0; i < 2; i++) {
		int32_t place = i == 0 ? 4 : 12;
		for (int32_t y = 0; images[i] != NULL && y < CHILD; y++) {
			for (int32_t x = 0; x < CHILD; x++) {
				wanted.pixels[(place + y) * SIZE + place + x] = images[i]->pixels[y * CHILD + x];
			}
		}
	}
	stage_capture(&family->stage, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

// The picture has been committed that many times to a synchronized surface, all but the last one shown.
static void expect_waiting(struct family *family, const struct picture *picture, uint32_t commits) {
	expect_int(picture->releases, ==, server_shows_in_place(&family->stage.server) ? commits : commits - 1);
}

// Saves the picture before its file changes.
static void remember(const struct picture *picture, struct image *image) {
	image_init(image, CHILD, CHILD);
	picture_draw(picture, image, 0, 0);
}

TEST("subsurface@synchronized-commit-is-shown-with-the-parents-and-released-by-then") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		struct picture picture;
		struct image shown = {0}, next;
		family_init(&family);
		picture_init_child(&picture, &family, kind);
		for (uint32_t i = 0; i < 6; i++) {
			picture_fill(&picture, i);
			remember(&picture, &next);
			commit(&family, family.child, &picture);
			expect_waiting(&family, &picture, i + 1);
			if (picture.releases == (int)i + 1) {
				// The client may draw again.
				picture_fill(&picture, 1000 + i);
			}
			expect_family(&family, i == 0 ? NULL : &shown, NULL, "before the parent's commit");
			wl_surface_commit(family.parent.surface);
			expect_family(&family, &next, NULL, "after the parent's commit");
			expect_int(picture.releases, ==, i + 1);
			if (i > 0) {
				image_finish(&shown);
			}
			shown = next;
		}
		image_finish(&shown);
		picture_finish(&picture);
		family_finish(&family);
	}
}

TEST("subsurface@many-synchronized-commits-show-the-last") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		struct picture pictures[8];
		struct image shown, last;
		family_init(&family);
		picture_init_child(&pictures[0], &family, kind);
		picture_fill(&pictures[0], 5);
		commit(&family, family.child, &pictures[0]);
		wl_surface_commit(family.parent.surface);
		remember(&pictures[0], &shown);
		expect_family(&family, &shown, NULL, "first");
		for (uint32_t i = 1; i < 8; i++) {
			picture_init_child(&pictures[i], &family, kind);
			picture_fill(&pictures[i], 5 + i);
			commit(&family, family.child, &pictures[i]);
			expect_family(&family, &shown, NULL, "in between");
		}
		remember(&pictures[7], &last);
		wl_surface_commit(family.parent.surface);
		expect_family(&family, &last, NULL, "last");
		// No buffer is lost: all have been released, except perhaps the one that is shown.
		for (int i = 0; i < 7; i++) {
			expect_int(pictures[i].releases, ==, 1);
		}
		for (int i = 0; i < 8; i++) {
			picture_finish(&pictures[i]);
		}
		image_finish(&shown);
		image_finish(&last);
		family_finish(&family);
	}
}

TEST("subsurface@partial-damage-of-queued-commits-adds-up") {
	struct family family;
	struct picture picture;
	struct image image;
	family_init(&family);
	picture_init_child(&picture, &family, FILE_UNSEALABLE);
	picture_fill(&picture, 1);
	commit(&family, family.child, &picture);
	wl_surface_commit(family.parent.surface);
	for (uint32_t round = 0; round < 5; round++) {
		for (int32_t i = 0; i < 3; i++) {
			picture_fill_box(&picture, i * 8, (int32_t)round * 4, 6, 4, 10 * round + (uint32_t)i);
			wl_surface_attach(family.child, picture.buffer, 0, 0);
			wl_surface_damage_buffer(family.child, i * 8, (int32_t)round * 4, 6, 4);
			wl_surface_commit(family.child);
			client_roundtrip(&family.stage.screen.client);
		}
		wl_surface_commit(family.parent.surface);
		remember(&picture, &image);
		expect_family(&family, &image, NULL, "three boxes");
		image_finish(&image);
	}
	picture_finish(&picture);
	family_finish(&family);
}

TEST("subsurface@grandchild-is-synchronized-through-its-parents") {
	for (int kind = FILE_SEALED; kind <= FILE_UNSEALABLE; kind++) {
		struct family family;
		struct picture pictures[2];
		struct image child, grandchild;
		family_init(&family);
		for (int i = 0; i < 2; i++) {
			picture_init_child(&pictures[i], &family, kind);
			picture_fill(&pictures[i], 40 + (uint32_t)i);
		}
		remember(&pictures[0], &child);
		remember(&pictures[1], &grandchild);
		commit(&family, family.child, &pictures[0]);
		wl_surface_commit(family.parent.surface);
		commit(&family, family.grandchild, &pictures[1]);
		expect_waiting(&family, &pictures[1], 1);
		wl_surface_commit(family.child);
		wl_surface_commit(family.parent.surface);
		expect_family(&family, &child, &grandchild, "both");
		for (uint32_t i = 0; i < 5; i++) {
			struct image next;
			picture_fill(&pictures[1], 50 + i);
			remember(&pictures[1], &next);
			commit(&family, family.grandchild, &pictures[1]);
			expect_waiting(&family, &pictures[1], i + 2);
			expect_family(&family, &child, &grandchild, "before");
			wl_surface_commit(family.child);
			expect_family(&family, &child, &grandchild, "before the oldest's");
			wl_surface_commit(family.parent.surface);
			expect_family(&family, &child, &next, "after");
			expect_int(pictures[1].releases, ==, i + 2);
			image_finish(&grandchild);
			grandchild = next;
		}
		image_finish(&child);
		image_finish(&grandchild);
		picture_finish(&pictures[0]);
		picture_finish(&pictures[1]);
		family_finish(&family);
	}
}

TEST("subsurface@grandchild-waits-for-a-synchronized-child") {
	// The grandchild itself is desynchronized, but its parent decides. (wlroots 0.18 shows it at the wrong time in the
	// end.)
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		struct picture pictures[2];
		struct image child, grandchild;
		family_init(&family);
		wl_subsurface_set_desync(family.child_role);
		wl_subsurface_set_desync(family.grandchild_role);
		for (int i = 0; i < 2; i++) {
			picture_init_child(&pictures[i], &family, kind);
			picture_fill(&pictures[i], 40 + (uint32_t)i);
		}
		remember(&pictures[0], &child);
		remember(&pictures[1], &grandchild);
		commit(&family, family.child, &pictures[0]);
		commit(&family, family.grandchild, &pictures[1]);
		expect_family(&family, &child, &grandchild, "desynchronized");
		wl_subsurface_set_sync(family.child_role);
		// At most three snapshots exist, and one is shown: a third commit would wait in the client's own buffer.
		bool is_waiting = !server_shows_in_place(&family.stage.server);
		for (uint32_t i = 0; i < 2; i++) {
			picture_fill(&pictures[1], 50 + i);
			commit(&family, family.grandchild, &pictures[1]);
			expect_int(pictures[1].releases, ==, is_waiting ? 1 : i + 2);
			expect_family(&family, &child, &grandchild, "synchronized by its parent");
		}
		image_finish(&child);
		image_finish(&grandchild);
		picture_finish(&pictures[0]);
		picture_finish(&pictures[1]);
		family_finish(&family);
	}
}

TEST("subsurface@desynchronized-commit-is-shown-without-the-parent") {
	struct family family;
	struct picture picture;
	struct image image;
	family_init(&family);
	wl_subsurface_set_desync(family.child_role);
	picture_init_child(&picture, &family, FILE_SEALED);
	for (uint32_t i = 0; i < 6; i++) {
		picture_fill(&picture, i);
		commit(&family, family.child, &picture);
		expect_int(picture.releases, ==, i + 1);
		remember(&picture, &image);
		expect_family(&family, &image, NULL, "desynchronized");
		image_finish(&image);
	}
	picture_finish(&picture);
	family_finish(&family);
}

TEST("subsurface@destroyed-with-commits-in-the-queue") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		struct picture pictures[5];
		family_init(&family);
		for (uint32_t i = 0; i < 5; i++) {
			picture_init_child(&pictures[i], &family, kind);
			picture_fill(&pictures[i], i);
			commit(&family, family.child, &pictures[i]);
		}
		wl_subsurface_destroy(family.child_role);
		wl_surface_destroy(family.child);
		client_roundtrip(&family.stage.screen.client);
		family.child = wl_compositor_create_surface(family.stage.screen.compositor);
		family.child_role =
				wl_subcompositor_get_subsurface(family.stage.screen.subcompositor, family.child, family.parent.surface);
		expect_family(&family, NULL, NULL, "without children");
		for (int i = 0; i < 5; i++) {
			picture_finish(&pictures[i]);
		}
		family_finish(&family);
	}
}

// The window's geometry is the sum of its surfaces' then.
TEST("subsurface@of-a-maximized-window-may-lie-anywhere") {
	const int32_t places[] = {INT32_MIN, INT32_MIN + CHILD / 2, INT32_MAX - CHILD, INT32_MAX};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct family family;
		struct window window;
		struct picture picture;
		family_init(&family);
		struct screen *screen = &family.stage.screen;
		picture_init_child(&picture, &family, FILE_SEALED);
		window_init(&window, screen, WINDOW_FULLSCREEN, 0, 0);
		struct wl_surface *surface = wl_compositor_create_surface(screen->compositor);
		struct wl_subsurface *role = wl_subcompositor_get_subsurface(screen->subcompositor, surface, window.surface);
		wl_subsurface_set_position(role, places[i], places[i]);
		commit(&family, surface, &picture);
		window_commit(&window, picture.buffer);
		xdg_toplevel_unset_fullscreen(window.toplevel);
		window_commit(&window, picture.buffer);
		expect_alive(&screen->client);
		wl_subsurface_destroy(role);
		wl_surface_destroy(surface);
		window_finish(&window);
		picture_finish(&picture);
		family_finish(&family);
	}
}

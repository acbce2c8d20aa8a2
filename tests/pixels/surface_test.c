/*
 * Commits that are queued: of synchronised subsurfaces, until their parent commits. Surfaces that are destroyed.
 */
#include "runner.h"
#include "stage.h"
#include <compositor/server.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>

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

static struct wlr_output *late_output;

// As wlr_scene does when something else that listens to the destruction moves what it still shows.
static void handle_late_destroy(struct wl_listener *listener, void *data) {
	wl_list_remove(&listener->link);
	wlr_surface_send_enter(data, late_output);
}

TEST("surface@output-forgets-one-that-enters-it-while-destroyed") {
	struct stage stage;
	stage_init(&stage, 64, 64);
	struct client *client = &stage.screen.client;
	struct compositor *compositor = stage.server.compositor;
	struct output *output = wl_container_of(compositor->desktop->outputs.next, output, link);
	struct wl_surface *surface = wl_compositor_create_surface(stage.screen.compositor);
	client_roundtrip(client);
	struct wl_resource *resource =
			wl_client_get_object(client_get_peer(client), wl_proxy_get_id((struct wl_proxy *)surface));
	struct wl_listener late = {.notify = handle_late_destroy};
	wl_signal_add(&wlr_surface_from_resource(resource)->events.destroy, &late);
	late_output = output->wlr;
	int before = wl_list_length(&output->wlr->events.bind.listener_list);
	wl_surface_destroy(surface);
	client_roundtrip(client);
	expect_int(wl_list_length(&output->wlr->events.bind.listener_list), ==, before);
	struct wl_output *bound = client_bind(client, &wl_output_interface, 1); // tells all surfaces that are on it
	expect_alive(client);
	wl_output_destroy(bound);
	stage_finish(&stage);
}

/*
 * Commits that are queued: of synchronised subsurfaces, until their parent commits. Surfaces that are destroyed.
 */
#include "runner.h"
#include "stage.h"
#include <compositor/server.h>
#include <unistd.h>
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

static void commit_long(struct stage *stage, struct window *window, int32_t width, int32_t height) {
	struct picture picture;
	picture_init(&picture, &stage->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, width, height, width * 4);
	picture_fill(&picture, 3);
	window_commit(window, picture.buffer);
	stage_expect(stage, &picture, 0, 0, "the largest");
	picture_finish(&picture);
}

static void expect_too_long(int32_t width, int32_t height, const char *text) {
	struct stage stage;
	struct window window;
	struct screen *screen = &stage.screen;
	stage_init(&stage, 64, 64);
	window_init(&window, screen, WINDOW_LAYER, 64, 64);
	int fd = file_create(FILE_SEALED, 1 << 20);
	struct wl_shm_pool *pool = wl_shm_create_pool(screen->client.shm, fd, 1 << 20);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_surface_attach(window.surface, buffer, 0, 0);
	wl_surface_commit(window.surface);
	expect_protocol_error(&screen->client, window.surface, WL_SURFACE_ERROR_INVALID_SIZE, text);
	close(fd);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("surface@largest-pictures-are-shown-and-larger-ones-are-an-error") {
	struct stage stage;
	struct window window;
	stage_init(&stage, 64, 64);
	window_init(&window, &stage.screen, WINDOW_LAYER, 64, 64);
	int32_t max = stage.server.compositor->surfaces->picture_max;
	if (max == 0) {
		skip("the renderer tells no limit");
	}
	expect_int(max, ==, 32766); // of pixman
	commit_long(&stage, &window, max, 16);
	commit_long(&stage, &window, 16, max);
	window_finish(&window);
	stage_finish(&stage);
	expect_too_long(max + 1, 4, "picture of 32767x4 pixels: the renderer shows no more than 32766 in each direction");
	expect_too_long(4, max + 1, "4x32767");
	expect_too_long(65535, 1, "65535x1");
	expect_too_long(2, 70000, "2x70000");
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

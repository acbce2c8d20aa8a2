/*
 * The compositor as a library: starting, stopping, and the globals it announces.
 */
#include "client.h"
#include "runner.h"
#include "screen.h"
#include "server.h"
#include "window.h"
#include <compositor.h>
#include <compositor/clients.h>
#include <compositor/server.h>
#include <drm_fourcc.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>

TEST("compositor@starts-and-stops-200-times-and-leaves-nothing") {
	for (int i = 0; i < 200; i++) {
		struct server server;
		server_init_compositor(&server, 320, 200, NULL);
		server_dispatch(&server, 0);
		server_finish(&server);
	}
}

TEST("compositor@starts-and-stops-with-a-client-that-draws") {
	for (int i = 0; i < 50; i++) {
		struct server server;
		struct screen screen;
		struct window window;
		struct picture picture;
		server_init_compositor(&server, 320, 200, NULL);
		screen_init(&screen, &server);
		window_init(&window, &screen, i % 3, 64, 64);
		picture_init(&picture, &screen.client, i % FILE_KINDS_LEN, WL_SHM_FORMAT_ARGB8888, 64, 64, 256);
		picture_fill(&picture, 1);
		window_commit(&window, picture.buffer);
		if (i % 2 == 0) {
			window_show(&window);
		}
		// Destroy the server before the client.
		server_finish(&server);
		window_finish(&window);
		picture_finish(&picture);
		screen_finish(&screen);
	}
}

TEST("compositor@can-be-destroyed-without-being-started") {
	struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS, .renderer = "pixman", .without_socket = true};
	struct compositor *compositor = compositor_create(&options);
	expect(compositor != NULL);
	expect(compositor_get_socket(compositor) == NULL);
	compositor_destroy(compositor);
	compositor_destroy(NULL);
}

TEST("compositor@two-at-a-time-do-not-disturb-each-other") {
	struct server first, second;
	struct screen screen;
	server_init_compositor(&first, 100, 100, NULL);
	server_init_compositor(&second, 100, 100, NULL);
	server_finish(&first);
	screen_init(&screen, &second);
	struct image image;
	screen_capture(&screen, 0, 0, 100, 100, &image);
	image_finish(&image);
	screen_finish(&screen);
	server_finish(&second);
}

TEST("compositor@socket-has-the-requested-name-and-is-removed-at-the-end") {
	struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS, .renderer = "pixman", .socket = "lido-test"};
	struct compositor *compositor = compositor_create(&options);
	expect(compositor != NULL);
	expect_string(compositor_get_socket(compositor), "lido-test");
	const char *directory = getenv("XDG_RUNTIME_DIR");
	expect(directory != NULL);
	expect_int(chdir(directory), ==, 0);
	expect_int(access("lido-test", F_OK), ==, 0);
	// The name is taken: a second compositor cannot be created.
	expect(compositor_create(&options) == NULL);
	compositor_destroy(compositor);
	expect_int(access("lido-test", F_OK), ==, -1);
}

TEST("compositor@unknown-renderer-is-an-error") {
	struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS, .renderer = "no-such-thing", .without_socket = true};
	expect(compositor_create(&options) == NULL);
}

TEST("compositor@run-ends-with-terminate") {
	struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS, .renderer = "pixman", .without_socket = true};
	struct compositor *compositor = compositor_create(&options);
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor_get_display(compositor));
	wl_event_loop_add_idle(loop, (wl_event_loop_idle_func_t)compositor_terminate, compositor);
	expect(compositor_run(compositor));
	compositor_destroy(compositor);
}

TEST("compositor@there-is-one-wl_shm-of-version-2-with-the-renderers-formats") {
	struct server server;
	struct client client;
	size_t count;
	server_init_compositor(&server, 100, 100, NULL);
	client_init(&client, &server);
	const struct client_global *global = client_find_global(&client, "wl_shm", &count);
	expect_int(count, ==, 1);
	expect_int(global->version, ==, 2);
	const struct wlr_drm_format_set *set =
			wlr_renderer_get_texture_formats(server.compositor->renderer, WLR_BUFFER_CAP_DATA_PTR);
	expect_int(client.formats.size / sizeof(uint32_t), ==, set->len);
	const uint32_t *format;
	wl_array_for_each(format, &client.formats) {
		uint32_t drm = *format == WL_SHM_FORMAT_ARGB8888   ? DRM_FORMAT_ARGB8888
					   : *format == WL_SHM_FORMAT_XRGB8888 ? DRM_FORMAT_XRGB8888
														   : *format;
		expect(wlr_drm_format_set_get(set, drm) != NULL);
	}
	client_finish(&client);
	server_finish(&server);
}

// Programs of SDL 2.32 and 3.2 wait forever for a window if this global exists, but they must draw their decorations.
TEST("compositor@renderer-in-software-takes-no-dmabufs") {
	struct server server;
	struct client client;
	server_init_compositor(&server, 64, 64, NULL);
	client_init(&client, &server);
	// The GPUs of that kernel do not render.
	expect(getenv("LIDO_VKMS") == NULL || !server_reads_dmabufs(&server));
	expect((client_find_global(&client, "zwp_linux_dmabuf_v1", NULL) != NULL) == server_reads_dmabufs(&server));
	client_finish(&client);
	server_finish(&server);
}

TEST("compositor@no-server-side-decorations-are-announced") {
	struct server server;
	struct client client;
	server_init_compositor(&server, 320, 200, NULL);
	client_init(&client, &server);
	expect(client_find_global(&client, "xdg_wm_base", NULL) != NULL);
	expect(client_find_global(&client, "zxdg_decoration_manager_v1", NULL) == NULL);
	client_finish(&client);
	server_finish(&server);
}

TEST("compositor@sigbus-stays-at-its-default-while-it-runs") {
	struct server server;
	struct screen screen;
	struct window window;
	struct picture picture;
	struct sigaction action;
	server_init_compositor(&server, 100, 100, NULL);
	screen_init(&screen, &server);
	window_init(&window, &screen, WINDOW_LAYER, 64, 64);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		picture_init(&picture, &screen.client, kind, WL_SHM_FORMAT_ARGB8888, 64, 64, 256);
		for (int commit = 0; commit < 6; commit++) {
			window_commit(&window, picture.buffer);
			window_show(&window);
			expect_int(sigaction(SIGBUS, NULL, &action), ==, 0);
			expect(action.sa_handler == SIG_DFL);
		}
		picture_finish(&picture);
	}
	window_finish(&window);
	screen_finish(&screen);
	server_finish(&server);
}

TEST("compositor@client-that-never-reads-is-ended-alone") {
	struct server server;
	struct client greedy, other;
	server_init_compositor(&server, 100, 100, NULL);
	client_init(&greedy, &server);
	client_init(&other, &server);
	int rounds = 0;
	while (client_get_peer(&greedy) != NULL) {
		for (int i = 0; i < 100; i++) {
			wl_display_sync(greedy.display);
		}
		wl_display_flush(greedy.display);
		server_dispatch(&server, 0);
		// Each sync is answered by two events of twelve bytes. Allow for the limit, the socket's buffer and some slack.
		expect_int(++rounds, <, (4 * CLIENTS_UNREAD_SIZE_MAX + (1 << 20)) / 2400);
	}
	expect_alive(&other);
	client_finish(&greedy);
	client_finish(&other);
	server_finish(&server);
}

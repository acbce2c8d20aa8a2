/*
 * Outputs of a GPU: what the kernel sends to them, pixel by pixel, and monitors that come and go.
 */
#include "driver.h"
#include "picture.h"
#include "runner.h"
#include "scanout.h"
#include "screen.h"
#include "server.h"
#include "window.h"
#include <compositor/cursor.h>
#include <compositor/desktop.h>
#include <compositor/output.h>
#include <compositor/server.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

#define PICTURE_WIDTH 300
#define PICTURE_HEIGHT 200
#define FRAMES 24
#define REPLUGS 5

// Of the only GPU with an output.
static const char *card;
static char connector[128]; // a folder

__attribute__((constructor)) static void prepare(void) {
	card = getenv("LIDO_VKMS");
	if (card != NULL) {
		setenv("WLR_DRM_DEVICES", card, true);
		setenv("WLR_LIBINPUT_NO_DEVICES", "1", true);
	}
}

static void find_connector(void) {
	if (card == NULL || getuid() != 0) {
		skip("LIDO_VKMS names no GPU: run it by ./dev test --gpu");
	}
	char pattern[128];
	snprintf(pattern, sizeof(pattern), "/sys/class/drm/%s-*-1", strrchr(card, '/') + 1);
	glob_t found;
	expect_int(glob(pattern, 0, NULL, &found), ==, 0);
	// A connector without a monitor follows, for writing back.
	snprintf(connector, sizeof(connector), "%s", found.gl_pathv[0]);
	globfree(&found);
}

// Writes to a file of the connector's folder.
static void write_file(const char *name, const char *text) {
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", connector, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	expect(fd >= 0);
	expect_int(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
	close(fd);
}

static void read_file(const char *name, char *text, size_t size) {
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", connector, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	expect(fd >= 0);
	ssize_t length = read(fd, text, size - 1);
	expect(length >= 0);
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
}

struct monitor {
	struct driver driver;
	struct server server;
	struct screen screen;
	struct output *output;
	struct image background;
};

static void monitor_capture(struct monitor *monitor, struct image *image) {
	struct wlr_output *wlr = monitor->output->wlr;
	int width, height;
	wlr_output_effective_resolution(wlr, &width, &height);
	screen_capture(&monitor->screen, 0, 0, width, height, image);
}

static void monitor_init(struct monitor *monitor) {
	find_connector();
	*monitor = (struct monitor){0};
	driver_init(&monitor->driver, card);
	server_init_devices(&monitor->server);
	screen_init(&monitor->screen, &monitor->server);
	struct desktop *desktop = monitor->server.compositor->desktop;
	expect_int(wl_list_length(&desktop->outputs), ==, 1);
	monitor->output = wl_container_of(desktop->outputs.next, monitor->output, link);
	monitor_capture(monitor, &monitor->background);
}

static void monitor_finish(struct monitor *monitor) {
	image_finish(&monitor->background);
	screen_finish(&monitor->screen);
	server_finish(&monitor->server);
	driver_finish(&monitor->driver);
}

// The kernel and captures have the picture at 0, 0, and the background elsewhere.
static void expect_shown(struct monitor *monitor, const struct picture *picture, const char *what) {
	struct image wanted, got;
	image_init(&wanted, monitor->background.width, monitor->background.height);
	memcpy(wanted.pixels, monitor->background.pixels, (size_t)wanted.width * (size_t)wanted.height * 4);
	if (picture != NULL) {
		picture_draw(picture, &wanted, 0, 0);
	}
	monitor_capture(monitor, &got);
	expect_image_of(&got, &wanted, what);
	expect_scanout(card, &wanted, what);
	image_finish(&got);
	image_finish(&wanted);
}

TEST("gpu_outputs@mode-is-the-preferred-one") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct wlr_output *wlr = monitor.output->wlr;
	char first[64], name[64];
	read_file("modes", first, sizeof(first)); // the preferred one comes first
	snprintf(name, sizeof(name), "%dx%d", wlr->width, wlr->height);
	expect_string(name, first);
	expect(wlr->enabled && wlr->current_mode == wlr_output_preferred_mode(wlr));
	read_file("enabled", first, sizeof(first));
	expect_string(first, "enabled");
	expect_shown(&monitor, NULL, "without windows");
	monitor_finish(&monitor);
}

TEST("gpu_outputs@files-of-all-kinds-are-shown-pixel-by-pixel") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct screen *screen = &monitor.screen;
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct window window;
		struct picture picture;
		window_init(&window, screen, WINDOW_LAYER, PICTURE_WIDTH, PICTURE_HEIGHT);
		picture_init(&picture, &screen->client, (enum file_kind)kind, WL_SHM_FORMAT_XRGB8888, PICTURE_WIDTH,
				PICTURE_HEIGHT, PICTURE_WIDTH * 4);
		picture_fill(&picture, (uint32_t)kind + 1);
		window_commit(&window, picture.buffer);
		window_show(&window);
		expect_shown(&monitor, &picture, file_kind_names[kind]);
		window_finish(&window);
		picture_finish(&picture);
	}
	monitor_finish(&monitor);
}

// The compositor draws into several buffers in turn, each of which lacks what changed since its last turn.
TEST("gpu_outputs@small-damage-is-right-in-every-buffer-of-the-output") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct screen *screen = &monitor.screen;
	struct window window;
	struct picture picture;
	window_init(&window, screen, WINDOW_LAYER, PICTURE_WIDTH, PICTURE_HEIGHT);
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PICTURE_WIDTH, PICTURE_HEIGHT,
			PICTURE_WIDTH * 4);
	picture_fill(&picture, 1);
	window_commit(&window, picture.buffer);
	window_show(&window);
	for (int i = 0; i < FRAMES; i++) {
		const int32_t x = i * 11, y = i * 7;
		picture_fill_box(&picture, x, y, 20, 20, (uint32_t)i + 2);
		window_commit_box(&window, picture.buffer, x, y, 20, 20);
		window_show(&window);
		expect_shown(&monitor, &picture, "after small damage");
	}
	window_finish(&window);
	picture_finish(&picture);
	monitor_finish(&monitor);
}

// Commits the state as output management does.
static void set_state(struct monitor *monitor, struct wlr_output_state *state) {
	struct output *output = monitor->output;
	wlr_output_state_set_enabled(state, true);
	expect(wlr_scene_output_build_state(output->scene_output, state, NULL));
	expect(wlr_output_commit_state(output->wlr, state));
	wlr_output_state_finish(state);
	client_roundtrip(&monitor->screen.client);
}

// Draws the picture at 0, 0 of the layout into the image of the output, as this transform of the output wants it.
static void draw_transformed(const struct picture *picture, enum wl_output_transform transform, struct image *image) {
	struct image upright;
	image_init(&upright, picture->width, picture->height);
	picture_draw(picture, &upright, 0, 0);
	const bool is_swapped = (transform & 1) != 0;
	const int32_t width = is_swapped ? image->height : image->width, height = is_swapped ? image->width : image->height;
	for (int32_t i = 0; i < picture->width * picture->height; i++) {
		int32_t x = i % picture->width, y = i / picture->width;
		const uint32_t color = upright.pixels[i];
		// As wl_output.transform describes it: flipped about a vertical axis, then rotated counter-clockwise.
		if ((transform & WL_OUTPUT_TRANSFORM_FLIPPED) != 0) {
			x = width - 1 - x;
		}
		int32_t to_x = x, to_y = y;
		switch (transform & 3) {
		case WL_OUTPUT_TRANSFORM_90:
			to_x = y;
			to_y = width - 1 - x;
			break;
		case WL_OUTPUT_TRANSFORM_180:
			to_x = width - 1 - x;
			to_y = height - 1 - y;
			break;
		case WL_OUTPUT_TRANSFORM_270:
			to_x = height - 1 - y;
			to_y = x;
			break;
		default:
			break;
		}
		image->pixels[to_y * image->width + to_x] = color;
	}
	image_finish(&upright);
}

TEST("gpu_outputs@rotated-and-flipped-outputs-have-turned-pixels") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct screen *screen = &monitor.screen;
	struct window window;
	struct picture picture;
	window_init(&window, screen, WINDOW_LAYER, PICTURE_WIDTH, PICTURE_HEIGHT);
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PICTURE_WIDTH, PICTURE_HEIGHT,
			PICTURE_WIDTH * 4);
	picture_fill(&picture, 1);
	window_commit(&window, picture.buffer);
	for (int transform = 0; transform <= WL_OUTPUT_TRANSFORM_FLIPPED_270; transform++) {
		struct wlr_output_state state;
		wlr_output_state_init(&state);
		wlr_output_state_set_transform(&state, (enum wl_output_transform)transform);
		set_state(&monitor, &state);
		window_show(&window);
		char what[32];
		snprintf(what, sizeof(what), "transform %d", transform);
		struct image wanted;
		image_init(&wanted, monitor.background.width, monitor.background.height);
		memcpy(wanted.pixels, monitor.background.pixels, (size_t)wanted.width * (size_t)wanted.height * 4);
		draw_transformed(&picture, (enum wl_output_transform)transform, &wanted);
		expect_scanout(card, &wanted, what);
		image_finish(&wanted);
	}
	window_finish(&window);
	picture_finish(&picture);
	monitor_finish(&monitor);
}

TEST("gpu_outputs@buffer-of-scale-2-is-exact-on-an-output-of-scale-2") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct screen *screen = &monitor.screen;
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_scale(&state, 2);
	set_state(&monitor, &state);
	struct window window;
	struct picture picture;
	window_init(&window, screen, WINDOW_LAYER, PICTURE_WIDTH / 2, PICTURE_HEIGHT / 2);
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, PICTURE_WIDTH, PICTURE_HEIGHT,
			PICTURE_WIDTH * 4);
	picture_fill(&picture, 1);
	wl_surface_set_buffer_scale(window.surface, 2);
	window_commit(&window, picture.buffer);
	window_show(&window);
	struct image wanted;
	image_init(&wanted, monitor.background.width, monitor.background.height);
	memcpy(wanted.pixels, monitor.background.pixels, (size_t)wanted.width * (size_t)wanted.height * 4);
	picture_draw(&picture, &wanted, 0, 0);
	expect_scanout(card, &wanted, "scale 2");
	image_finish(&wanted);
	window_finish(&window);
	picture_finish(&picture);
	monitor_finish(&monitor);
}

static bool has_outputs(struct monitor *monitor, int count) {
	return wl_list_length(&monitor->server.compositor->desktop->outputs) == count;
}

// Sets what the kernel takes the monitor for ("off", "on", "detect"), and tells it as a GPU does that notices it.
static void plug(struct monitor *monitor, const char *status, int count) {
	write_file("status", status);
	// scripts/gpu-init has a rule for udev that makes HOTPLUG=1 of this argument.
	write_file("../uevent", "change 01234567-89ab-cdef-0123-456789abcdef HOTPLUG=1");
	while (!has_outputs(monitor, count)) {
		client_pump(&monitor->screen.client, 100);
	}
	client_roundtrip(&monitor->screen.client);
}

// The screen captures this output from now on.
static void use_new_output(struct monitor *monitor) {
	struct screen *screen = &monitor->screen;
	struct desktop *desktop = monitor->server.compositor->desktop;
	monitor->output = wl_container_of(desktop->outputs.next, monitor->output, link);
	uint32_t name = 0;
	const struct client_global *global;
	wl_array_for_each(global, &screen->client.globals) {
		name = strcmp(global->interface, wl_output_interface.name) == 0 ? global->name : name;
	}
	wl_output_release(screen->output);
	screen->output = wl_registry_bind(screen->client.registry, name, &wl_output_interface, 3);
	client_roundtrip(&screen->client);
}

TEST("gpu_outputs@unplugged-monitor-that-returns-shows-the-window-again") {
	struct monitor monitor;
	monitor_init(&monitor);
	struct screen *screen = &monitor.screen;
	struct window window;
	struct picture picture;
	window_init(&window, screen, WINDOW_FULLSCREEN, 0, 0);
	expect_int(window.configured_width, ==, monitor.background.width);
	picture_init(&picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, monitor.background.width,
			monitor.background.height, monitor.background.width * 4);
	picture_fill(&picture, 1);
	window_commit(&window, picture.buffer);
	window_show(&window);
	expect_shown(&monitor, &picture, "before");
	for (int i = 0; i < REPLUGS; i++) {
		plug(&monitor, "off", 0);
		picture_fill(&picture, (uint32_t)i + 2);
		window_commit(&window, picture.buffer);
		plug(&monitor, i % 2 == 0 ? "on" : "detect", 1);
		use_new_output(&monitor);
		window_commit(&window, picture.buffer);
		window_show(&window);
		expect_shown(&monitor, &picture, "after it was plugged in");
	}
	plug(&monitor, "detect", 1);
	window_finish(&window);
	picture_finish(&picture);
	monitor_finish(&monitor);
}

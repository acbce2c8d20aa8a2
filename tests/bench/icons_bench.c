/*
 * Measures the cost of many small buffers: creates, draws and shows 32x32 icons, each with its own wl_buffer, all at
 * once. There are 500 places, each a subsurface; more icons are shown page after page, since a compositor may limit the
 * surfaces of a client, as Lido does (1,024).
 *
 *     icons_bench PID COUNT sealed|unsealable|library
 *
 * Prints the time until the last icon is on the screen (ms), the CPU time of the compositor and of the client (µs per
 * icon), and the increase of fds, mappings, address space and resident memory (KiB) of each.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACES_MAX 500
#define COLUMNS 25
#define SIZE 32
#define GROUND_WIDTH (COLUMNS * SIZE)
// One row stays visible: hidden surfaces receive no frame callbacks.
#define GROUND_HEIGHT ((PLACES_MAX / COLUMNS + 1) * SIZE)

struct icons {
	struct bench bench;
	struct window window;
	struct buffer ground;
	struct wl_surface *places[PLACES_MAX];
	struct buffer *icons; // [icons_len]
	int places_len, icons_len;
};

static void add_place(struct icons *icons, int place) {
	icons->places[place] = wl_compositor_create_surface(icons->bench.compositor);
	struct wl_subsurface *subsurface =
			wl_subcompositor_get_subsurface(icons->bench.subcompositor, icons->places[place], icons->window.surface);
	wl_subsurface_set_position(subsurface, place % COLUMNS * SIZE, (place / COLUMNS + 1) * SIZE);
	wl_subsurface_set_desync(subsurface);
}

// Requests all images of the library before waiting for the first.
static void make_icons(struct icons *icons, enum memory memory) {
	for (int i = 0; i < icons->icons_len; i++) {
		struct buffer *icon = &icons->icons[i];
		if (memory == MEMORY_LIBRARY) {
			*icon = (struct buffer){.width = SIZE, .height = SIZE, .size = SIZE * SIZE * 4};
			icon->image = lido_image_create(icons->bench.client, SIZE, SIZE, WL_SHM_FORMAT_XRGB8888);
			continue;
		}
		buffer_init(icon, &icons->bench, memory, SIZE, SIZE);
		bench_flush(&icons->bench);
	}
	for (int i = 0; i < icons->icons_len; i++) {
		struct buffer *icon = &icons->icons[i];
		icon->pixels = icon->image != NULL ? lido_image_get_pixels(icon->image) : icon->pixels;
		if (icon->pixels == NULL) {
			fail(lido_client_error_to_string(lido_client_get_error(icons->bench.client)));
		}
		memset(icon->pixels, i, icon->size);
	}
}

static void show_icons(struct icons *icons) {
	for (int i = 0; i < icons->icons_len; i++) {
		surface_commit(icons->places[i % icons->places_len], &icons->icons[i]);
		if (i % icons->places_len == icons->places_len - 1) {
			bench_flush(&icons->bench);
		}
	}
	surface_show(icons->window.surface, &icons->bench, &icons->ground, 1);
}

static void print_growth(const char *name, struct footprint before, int pid) {
	struct footprint after = footprint_read(pid);
	printf("\t%s_fds=%.0f\t%s_mappings=%.0f\t%s_address=%.0f\t%s_resident=%.0f", name, after.fds - before.fds, name,
			after.mappings - before.mappings, name, after.address - before.address, name,
			after.resident - before.resident);
}

int main(int argc, char *argv[]) {
	if (argc != 4) {
		fail("usage: icons_bench PID COUNT sealed|unsealable|library");
	}
	int pid = parse_number(argv[1]);
	struct icons icons = {.icons_len = parse_number(argv[2])};
	enum memory memory = parse_memory(argv[3]);
	icons.places_len = icons.icons_len < PLACES_MAX ? icons.icons_len : PLACES_MAX;
	icons.icons = calloc((size_t)icons.icons_len, sizeof(icons.icons[0]));
	if (icons.icons == NULL) {
		fail("out of memory");
	}
	bench_init(&icons.bench);
	window_init(&icons.window, &icons.bench);
	buffer_init(&icons.ground, &icons.bench, MEMORY_SEALED, GROUND_WIDTH, GROUND_HEIGHT);
	memset(icons.ground.pixels, 0, icons.ground.size);
	for (int i = 0; i < icons.places_len; i++) {
		add_place(&icons, i);
	}
	surface_show(icons.window.surface, &icons.bench, &icons.ground, GROUND_HEIGHT);
	struct footprint server = footprint_read(pid), own = footprint_read(getpid());
	struct usage server_usage = usage_read(pid), own_usage = usage_read(getpid());
	double start = now();
	make_icons(&icons, memory);
	show_icons(&icons);
	double time = now() - start;
	server_usage = usage_subtract(usage_read(pid), server_usage);
	own_usage = usage_subtract(usage_read(getpid()), own_usage);
	printf("%s\ttime=%.2f\tserver_cpu=%.2f\tclient_cpu=%.2f\tserver_faults=%.2f\tclient_faults=%.2f", argv[3],
			time / 1000, server_usage.cpu / icons.icons_len, own_usage.cpu / icons.icons_len,
			server_usage.faults / icons.icons_len, own_usage.faults / icons.icons_len);
	print_growth("server", server, pid);
	print_growth("client", own, getpid());
	putchar('\n');
	return EXIT_SUCCESS;
}

/*
 * A place where things can be dropped: a layer surface in the right half of the output.
 *
 *     drop TYPE ACTIONS [PREFERRED] [slow]
 *
 * Accepts the MIME type TYPE and the actions, a mask of wl_data_device_manager.dnd_action, and prints what happens:
 *
 *     enter ACTIONS TYPES...    the actions and types of the source
 *     action ACTION
 *     leave
 *     drop
 *     data SIZE SUM             of what was dropped: bytes, and their sum
 *
 * The action ask becomes copy after the drop. With "slow", data is read a second after it was asked for.
 */
#include "wlr-layer-shell-unstable-v1-client-protocol.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#define WIDTH 400
#define HEIGHT 300
#define COLOR 0xff00a000
#define TYPES_SIZE 65536

struct place {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_data_device_manager *manager;
	struct zwlr_layer_shell_v1 *layer_shell;
	struct wl_surface *surface;
	struct wl_data_offer *offer; // of the drag; NULL: none
	const char *type;
	uint32_t actions, preferred, action;
	uint32_t source_actions;
	bool is_slow, is_offered;
	char types[TYPES_SIZE]; // of the newest offer, with a space before each
};

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "drop: %s\n", text);
	exit(EXIT_FAILURE);
}

static void handle_offer(void *data, struct wl_data_offer *offer, const char *type) {
	struct place *place = data;
	size_t len = strlen(place->types);
	snprintf(place->types + len, sizeof(place->types) - len, " %s", type);
	place->is_offered = place->is_offered || strcmp(type, place->type) == 0;
}

static void handle_source_actions(void *data, struct wl_data_offer *offer, uint32_t actions) {
	struct place *place = data;
	place->source_actions = actions;
}

static void handle_action(void *data, struct wl_data_offer *offer, uint32_t action) {
	struct place *place = data;
	place->action = action;
	printf("action %" PRIu32 "\n", action);
}

static const struct wl_data_offer_listener offer_listener = {
	.offer = handle_offer,
	.source_actions = handle_source_actions,
	.action = handle_action,
};

static void handle_data_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	struct place *place = data;
	place->types[0] = '\0';
	place->is_offered = false;
	wl_data_offer_add_listener(offer, &offer_listener, place);
}

static void handle_enter(void *data, struct wl_data_device *device, uint32_t serial, struct wl_surface *surface,
		wl_fixed_t x, wl_fixed_t y, struct wl_data_offer *offer) {
	struct place *place = data;
	place->offer = offer;
	printf("enter %" PRIu32 "%s\n", place->source_actions, place->types);
	wl_data_offer_accept(offer, serial, place->is_offered ? place->type : NULL);
	wl_data_offer_set_actions(offer, place->actions, place->preferred);
}

static void handle_leave(void *data, struct wl_data_device *device) {
	struct place *place = data;
	puts("leave");
	if (place->offer != NULL) {
		wl_data_offer_destroy(place->offer);
		place->offer = NULL;
	}
}

static void handle_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x, wl_fixed_t y) {
}

static void read_data(struct place *place) {
	static unsigned char bytes[65536];
	uint64_t size = 0, sum = 0;
	int fds[2];
	ssize_t n;
	if (pipe(fds) != 0) {
		fail("cannot make a pipe");
	}
	wl_data_offer_receive(place->offer, place->type, fds[1]);
	wl_display_flush(place->display);
	close(fds[1]);
	if (place->is_slow) {
		sleep(1);
	}
	while ((n = read(fds[0], bytes, sizeof(bytes))) > 0) {
		size += (uint64_t)n;
		for (ssize_t i = 0; i < n; i++) {
			sum += bytes[i];
		}
	}
	close(fds[0]);
	printf("data %" PRIu64 " %" PRIu64 "\n", size, sum);
}

static void handle_drop(void *data, struct wl_data_device *device) {
	struct place *place = data;
	puts("drop");
	if (place->offer == NULL) {
		return;
	}
	read_data(place);
	if (place->action == WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK) {
		wl_data_offer_set_actions(
				place->offer, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY, WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY);
	}
	wl_data_offer_finish(place->offer);
	wl_data_offer_destroy(place->offer);
	place->offer = NULL;
}

static void handle_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer) {
	if (offer != NULL) {
		wl_data_offer_destroy(offer);
	}
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = handle_data_offer,
	.enter = handle_enter,
	.leave = handle_leave,
	.motion = handle_motion,
	.drop = handle_drop,
	.selection = handle_selection,
};

static void draw(struct place *place) {
	const size_t size = (size_t)WIDTH * HEIGHT * 4;
	int fd = memfd_create("drop", MFD_CLOEXEC);
	uint32_t *pixels = fd >= 0 && ftruncate(fd, (off_t)size) == 0
							   ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
							   : MAP_FAILED;
	if (pixels == MAP_FAILED) {
		fail("no memory");
	}
	for (size_t i = 0; i < size / 4; i++) {
		pixels[i] = COLOR;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(place->shm, fd, (int32_t)size);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, WIDTH * 4, WL_SHM_FORMAT_XRGB8888);
	wl_surface_attach(place->surface, buffer, 0, 0);
	wl_surface_damage(place->surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(place->surface);
}

static void handle_configure(
		void *data, struct zwlr_layer_surface_v1 *layer_surface, uint32_t serial, uint32_t width, uint32_t height) {
	zwlr_layer_surface_v1_ack_configure(layer_surface, serial);
	draw(data);
}

static void handle_closed(void *data, struct zwlr_layer_surface_v1 *layer_surface) {
	exit(EXIT_SUCCESS);
}

static const struct zwlr_layer_surface_v1_listener layer_surface_listener = {
	.configure = handle_configure,
	.closed = handle_closed,
};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct place *place = data;
	const struct {
		const struct wl_interface *interface;
		void **object;
		uint32_t version;
	} globals[] = {
		{&wl_compositor_interface, (void **)&place->compositor, 4},
		{&wl_shm_interface, (void **)&place->shm, 1},
		{&wl_seat_interface, (void **)&place->seat, 1},
		{&wl_data_device_manager_interface, (void **)&place->manager, 3},
		{&zwlr_layer_shell_v1_interface, (void **)&place->layer_shell, 1},
	};
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(interface, globals[i].interface->name) == 0) {
			*globals[i].object = wl_registry_bind(registry, name, globals[i].interface, globals[i].version);
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void show(struct place *place) {
	struct wl_registry *registry = wl_display_get_registry(place->display);
	wl_registry_add_listener(registry, &registry_listener, place);
	wl_display_roundtrip(place->display);
	if (place->compositor == NULL || place->shm == NULL || place->seat == NULL || place->manager == NULL ||
			place->layer_shell == NULL) {
		fail("the compositor lacks a global");
	}
	struct wl_data_device *device = wl_data_device_manager_get_data_device(place->manager, place->seat);
	wl_data_device_add_listener(device, &device_listener, place);
	place->surface = wl_compositor_create_surface(place->compositor);
	struct zwlr_layer_surface_v1 *layer_surface = zwlr_layer_shell_v1_get_layer_surface(
			place->layer_shell, place->surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_TOP, "drop");
	zwlr_layer_surface_v1_add_listener(layer_surface, &layer_surface_listener, place);
	zwlr_layer_surface_v1_set_size(layer_surface, WIDTH, HEIGHT);
	zwlr_layer_surface_v1_set_anchor(
			layer_surface, ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT | ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP);
	wl_surface_commit(place->surface);
}

int main(int argc, char *argv[]) {
	static struct place place;
	place.display = wl_display_connect(NULL);
	if (argc < 3 || place.display == NULL) {
		fail(argc < 3 ? "usage: drop TYPE ACTIONS [PREFERRED] [slow]" : "cannot connect to WAYLAND_DISPLAY");
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	place.type = argv[1];
	place.actions = (uint32_t)atoi(argv[2]);
	place.preferred = argc > 3 ? (uint32_t)atoi(argv[3]) : 0;
	place.is_slow = argc > 4 && strcmp(argv[4], "slow") == 0;
	show(&place);
	while (wl_display_dispatch(place.display) != -1) {
	}
	return EXIT_FAILURE;
}

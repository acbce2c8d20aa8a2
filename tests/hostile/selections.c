// Selections, and objects that the server creates for those who ask.
#include "attack.h"

#include "wlr-data-control-unstable-v1-client-protocol.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void offer_without_end(struct attacker *attacker, size_t size, bool distinct) {
	struct wl_data_source *source = wl_data_device_manager_create_data_source(attacker->data_devices);
	char type[4000];
	memset(type, 'a', size);
	for (int i = 0; i < 50000; i++) {
		snprintf(type + size, 16, "%d", distinct ? i : 0);
		wl_data_source_offer(source, type);
		if (!attacker_try_roundtrip(attacker)) {
			break;
		}
	}
	expect_no_memory(attacker);
	attacker_disconnect(attacker);
}

ATTACK("mime-types-without-end") {
	struct attacker attacker;
	static const size_t sizes[] = {3900, 4};
	for (int i = 0; i < 4; i++) {
		attacker_connect(&attacker);
		offer_without_end(&attacker, sizes[i / 2], i % 2 == 0);
	}
}

static void offer_many(struct zwlr_data_control_source_v1 *source) {
	for (int i = 0; i < 256; i++) {
		char type[120];
		snprintf(type, sizeof(type), "%0100d", i);
		zwlr_data_control_source_v1_offer(source, type);
	}
}

// Sets selections of as many types as possible: clipboard managers and the focused client receive all of them.
ATTACK("selections-of-many-types-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwlr_data_control_device_v1 *devices[8];
	for (int i = 0; i < 8; i++) {
		devices[i] = zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	}
	for (int i = 0; i < 1000; i++) {
		struct zwlr_data_control_source_v1 *source =
				zwlr_data_control_manager_v1_create_data_source(attacker.data_control);
		offer_many(source);
		zwlr_data_control_device_v1_set_selection(devices[i % 8], source);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

static void bind_without_end(struct attacker *attacker) {
	struct wl_registry *registry = attacker->registry;
	for (int i = 0; i < 100000; i++) {
		struct zwlr_foreign_toplevel_manager_v1 *manager =
				wl_registry_bind(registry, attacker->toplevels_name, &zwlr_foreign_toplevel_manager_v1_interface, 1);
		zwlr_foreign_toplevel_manager_v1_stop(manager);
		if (!attacker_try_roundtrip(attacker)) {
			break;
		}
	}
	expect_no_memory(attacker);
}

ATTACK("handles-and-offers-without-end") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 16, 16);
	window_commit(&window, picture.buffer);
	bind_without_end(&attacker);
	attacker_disconnect(&attacker);
	attacker_connect(&attacker);
	struct zwlr_data_control_source_v1 *source = zwlr_data_control_manager_v1_create_data_source(attacker.data_control);
	zwlr_data_control_source_v1_offer(source, "text/plain");
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	zwlr_data_control_device_v1_set_selection(device, source);
	for (int i = 0; i < 100000; i++) {
		device = zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
		zwlr_data_control_device_v1_destroy(device);
	}
	expect_no_memory(&attacker);
}

// Opens windows, which get the focus and with it the selection. It must not be disconnected.
static void get_the_focus(void *data) {
	struct attacker client;
	struct window window;
	struct picture picture;
	attacker_connect(&client);
	picture_init(&picture, &client, 0, true, 16, 16);
	wl_data_device_manager_get_data_device(client.data_devices, client.seat);
	for (;;) {
		window_init(&window, &client);
		window_commit(&window, picture.buffer);
		expect_alive(&client);
		wl_surface_attach(window.surface, NULL, 0, 0);
		wl_surface_commit(window.surface);
		expect_alive(&client);
		xdg_toplevel_destroy(window.toplevel);
		xdg_surface_destroy(window.xdg_surface);
		wl_surface_destroy(window.surface);
		sleep_ms(10);
	}
}

ATTACK("selection-of-many-types-for-whoever-gets-the-focus") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwlr_data_control_source_v1 *source = zwlr_data_control_manager_v1_create_data_source(attacker.data_control);
	offer_many(source);
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	zwlr_data_control_device_v1_set_selection(device, source);
	expect_alive(&attacker);
	pid_t child = start_child(get_the_focus, NULL);
	for (int i = 0; i < 40; i++) {
		sleep_ms(20);
		expect_alive(&attacker);
	}
	expect_child_alive(child);
	stop_child(child);
}

// Has a selection, and reads nothing.
static void own_selection(void *data) {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwlr_data_control_source_v1 *source = zwlr_data_control_manager_v1_create_data_source(attacker.data_control);
	zwlr_data_control_source_v1_offer(source, "text/plain");
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	zwlr_data_control_device_v1_set_selection(device, source);
	expect_alive(&attacker);
	pause();
}

static struct zwlr_data_control_offer_v1 *last_offer;

static void handle_offer(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
	last_offer = offer;
}

static void handle_selection(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
}

static void handle_device_finished(void *data, struct zwlr_data_control_device_v1 *device) {
}

static const struct zwlr_data_control_device_v1_listener device_listener = {
	.data_offer = handle_offer,
	.selection = handle_selection,
	.finished = handle_device_finished,
	.primary_selection = handle_selection,
};

// Each request sends an fd to the owner.
static void ask_for_data(void *data) {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	zwlr_data_control_device_v1_add_listener(device, &device_listener, NULL);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (attacker_try_roundtrip(&attacker)) {
		for (int i = 0; last_offer != NULL && i < 4; i++) {
			zwlr_data_control_offer_v1_receive(last_offer, "text/plain", null);
		}
		sleep_ms(10);
	}
	pause();
}

ATTACK("selection-asked-for-whose-owner-never-reads") {
	pid_t owner = start_child(own_selection, NULL), children[20];
	sleep_ms(100);
	for (int i = 0; i < 20; i++) {
		children[i] = start_child(ask_for_data, NULL);
	}
	sleep_ms(5000);
	for (int i = 0; i < 20; i++) {
		stop_child(children[i]);
	}
	stop_child(owner);
}

static const char x11_type[] = "text/plain;charset=utf-8";

static void note_x11_offer(void *data, struct zwlr_data_control_offer_v1 *offer, const char *type) {
	struct zwlr_data_control_offer_v1 **found = data;
	if (strcmp(type, x11_type) == 0) {
		*found = offer;
	}
}

static const struct zwlr_data_control_offer_v1_listener x11_offer_listener = {.offer = note_x11_offer};

static void follow_x11_offer(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
	zwlr_data_control_offer_v1_add_listener(offer, &x11_offer_listener, data);
}

static void ignore_selection(
		void *data, struct zwlr_data_control_device_v1 *device, struct zwlr_data_control_offer_v1 *offer) {
}

static const struct zwlr_data_control_device_v1_listener x11_device_listener = {
	.data_offer = follow_x11_offer,
	.selection = ignore_selection,
	.primary_selection = ignore_selection,
};

// The compositor writes the data of X11 programs itself. The flags of the pipe are shared with it.
ATTACK("data-of-x11-into-a-full-pipe-that-blocks") {
	struct attacker attacker;
	struct zwlr_data_control_offer_v1 *offer = NULL;
	int pipe_fds[2];
	attacker_connect(&attacker);
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	zwlr_data_control_device_v1_add_listener(device, &x11_device_listener, &offer);
	expect_alive(&attacker);
	if (offer == NULL) {
		skip("no X11 program has set the selection");
	}
	if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
		fail("pipe2");
	}
	zwlr_data_control_offer_v1_receive(offer, x11_type, pipe_fds[1]);
	char data[4096];
	for (int i = 0; i < 50; i++) {
		sleep_ms(20);
		fcntl(pipe_fds[1], F_SETFL, 0);
		fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
		ssize_t size = read(pipe_fds[0], data, sizeof(data)); // the compositor may write again
		expect_alive(&attacker);
		if (i > 30 && size != sizeof(data)) {
			fail("no data of X11 came through the pipe");
		}
	}
}

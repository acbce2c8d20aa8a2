/*
 * The kinds of devices that the seat has, as clients are told.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include <compositor/seat.h>

struct seen {
	uint32_t capabilities;
	int changes;
};

static void handle_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities) {
	struct seen *seen = data;
	seen->capabilities = capabilities;
	seen->changes++;
}

static void handle_name(void *data, struct wl_seat *seat, const char *name) {
}

static const struct wl_seat_listener seat_listener = {.capabilities = handle_capabilities, .name = handle_name};

TEST("seat@devices-that-come-and-go-without-end-are-not-told-each-time") {
	struct stage stage;
	struct seen seen = {0};
	stage_init(&stage, 64, 64);
	struct client *client = &stage.screen.client;
	struct wl_seat *seat = client_bind(client, &wl_seat_interface, 5);
	wl_seat_add_listener(seat, &seat_listener, &seen);
	struct zwlr_virtual_pointer_manager_v1 *manager =
			client_bind(client, &zwlr_virtual_pointer_manager_v1_interface, 1);
	client_roundtrip(client);
	expect_int(seen.changes, ==, 1);
	for (int i = 0; i < 500; i++) {
		zwlr_virtual_pointer_v1_destroy(zwlr_virtual_pointer_manager_v1_create_virtual_pointer(manager, seat));
		if (i % 10 == 9) {
			client_roundtrip(client);
		}
	}
	expect_int(seen.changes, >=, 2);
	expect_int(seen.changes, <, 100);
	while (seen.capabilities != 0) {
		client_pump(client, 2 * SEAT_LOSS_MS);
	}
	zwlr_virtual_pointer_manager_v1_destroy(manager);
	wl_seat_destroy(seat);
	stage_finish(&stage);
}

// Many connections of one process, with as many objects each as one may have.
#include "crowd.h"
#include "panel.h"

#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-data-control-unstable-v1-client-protocol.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define WIDTH 640
#define HEIGHT 480
#define KEYBOARDS 256
#define CAPTURES 16
#define DEVICES 16
#define MANAGERS 8
#define WINDOWS 300

static struct attacker crowd[CROWD_MAX];

int crowd_gather(struct attacker attackers[CROWD_MAX], void (*ask)(struct attacker *attacker)) {
	struct rlimit limit;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	int len = 0;
	for (int i = 0; i < attack_count(CROWD_MAX); i++) {
		if (!attacker_try_connect(&attackers[len])) {
			continue;
		}
		ask(&attackers[len]);
		if (attacker_try_roundtrip(&attackers[len])) {
			len++;
		} else {
			attacker_disconnect(&attackers[len]);
		}
	}
	return len;
}

static void get_keyboards(struct attacker *attacker) {
	for (int i = 0; i < KEYBOARDS - 1; i++) {
		wl_seat_get_keyboard(attacker->seat);
	}
}

// Two keyboards with different keymaps type by turns: all keyboards receive the keymap of each, with an fd.
static void type_by_turns(void *data) {
	struct attacker typist;
	struct zwp_virtual_keyboard_v1 *keyboards[2];
	attacker_connect(&typist);
	for (int i = 0; i < 2; i++) {
		keyboards[i] = keyboard_create(&typist, i);
	}
	for (int i = 0; attacker_try_roundtrip(&typist); i++) {
		zwp_virtual_keyboard_v1_key(keyboards[i / 2 % 2], 0, KEY_A, i % 2 == 0);
		sleep_ms(10);
	}
	pause();
}

ATTACK("keymaps-to-keyboards-of-one-that-never-reads") {
	struct attacker attacker;
	pid_t typist = start_child(type_by_turns, NULL);
	sleep_ms(200);
	attacker_connect(&attacker);
	get_keyboards(&attacker);
	expect_alive(&attacker);
	sleep_ms(4000);
	stop_child(typist);
}

ATTACK("keymaps-to-keyboards-of-many-connections") {
	pid_t typist = start_child(type_by_turns, NULL);
	sleep_ms(200);
	crowd_gather(crowd, get_keyboards);
	sleep_ms(2000);
	stop_child(typist);
}

// Each copies all of the output at its next frame.
static void capture(struct attacker *attacker) {
	struct picture picture;
	picture_init(&picture, attacker, 0, true, WIDTH, HEIGHT);
	for (int i = 0; i < CAPTURES; i++) {
		struct wl_buffer *buffer =
				wl_shm_pool_create_buffer(picture.pool, 0, WIDTH, HEIGHT, WIDTH * 4, WL_SHM_FORMAT_XRGB8888);
		zwlr_screencopy_frame_v1_copy(
				zwlr_screencopy_manager_v1_capture_output(attacker->screencopy, 0, attacker->output), buffer);
	}
	picture_finish(&picture, attacker);
}

static void connect_for_captures(struct attacker *attacker) {
}

ATTACK("captures-of-many-connections") {
	int len = crowd_gather(crowd, connect_for_captures);
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < len; j++) {
			capture(&crowd[j]);
			wl_display_flush(crowd[j].display);
		}
		for (int j = 0; j < len; j++) {
			attacker_try_roundtrip(&crowd[j]);
		}
	}
	hold();
}

static void get_devices(struct attacker *attacker) {
	for (int i = 0; i < DEVICES; i++) {
		zwlr_data_control_manager_v1_get_data_device(attacker->data_control, attacker->seat);
	}
}

// Each device of each connection receives all types of each selection.
ATTACK("selections-to-many-connections") {
	int len = crowd_gather(crowd, get_devices);
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwlr_data_control_device_v1 *device =
			zwlr_data_control_manager_v1_get_data_device(attacker.data_control, attacker.seat);
	for (int i = 0; i < 10; i++) {
		struct zwlr_data_control_source_v1 *source =
				zwlr_data_control_manager_v1_create_data_source(attacker.data_control);
		for (int j = 0; j < 256; j++) {
			char type[120];
			snprintf(type, sizeof(type), "%0100d", j);
			zwlr_data_control_source_v1_offer(source, type);
		}
		zwlr_data_control_device_v1_set_selection(device, source);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
		for (int j = 0; j < len; j++) {
			attacker_try_roundtrip(&crowd[j]);
		}
	}
	hold();
}

static void get_managers(struct attacker *attacker) {
	for (int i = 0; i < MANAGERS; i++) {
		wl_registry_bind(attacker->registry, attacker->toplevels_name, &zwlr_foreign_toplevel_manager_v1_interface, 1);
	}
}

static void open_windows(void *data) {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 16, 16);
	for (int i = 0; i < attack_count(WINDOWS); i++) {
		struct window window;
		window_init(&window, &attacker);
		xdg_toplevel_set_title(window.toplevel, "window");
		window_commit(&window, picture.buffer);
		expect_alive(&attacker);
	}
	pause();
}

// Each task bar of each connection receives each window, and its title.
ATTACK("windows-for-task-bars-of-many-connections") {
	crowd_gather(crowd, get_managers);
	pid_t child = start_child(open_windows, NULL);
	sleep_ms(3000);
	expect_child_alive(child);
	stop_child(child);
}

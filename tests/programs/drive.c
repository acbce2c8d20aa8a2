/*
 * Operates the only window of a compositor like an impatient user: types, clicks, scrolls, and resizes it with Alt and
 * the right button, out and back. Or executes the given actions.
 *
 *     drive SECONDS
 *     drive [without-window] ACTION...
 *     drive plug
 *     drive globals
 *
 * "drive plug" only creates its input devices and keeps them until the compositor exits. "drive globals" prints the
 * names of the compositor's globals. "without-window" does not wait for a window: for panels and screen keyboards.
 *
 * Actions, with positions in thousandths of the output: press X Y, move X Y, release, click X Y; scroll AMOUNT at the
 * pointer; key NAME; drag X Y X Y, to resize; maximize; switch to another window; close; wait MILLISECONDS; until FILE,
 * which waits for that file to exist. Buttons that are down are released at the end.
 *
 * Exits with 0 if the window stayed open, otherwise with 1 and a message. The last action may close it.
 */
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>
#include <xkbcommon/xkbcommon.h>

// Pointer positions are relative to this extent, which covers the output.
#define EXTENT 1000
#define FRAME_NS 4000000
#define ALT_MODIFIER 8

// How long "until" waits: a minute.
#define UNTIL_STEP_US 10000
#define UNTIL_STEPS 6000

struct driver {
	struct wl_display *display;
	struct wl_seat *seat;
	struct zwlr_virtual_pointer_manager_v1 *pointer_manager;
	struct zwp_virtual_keyboard_manager_v1 *keyboard_manager;
	struct zwlr_foreign_toplevel_manager_v1 *toplevel_manager;
	struct zwlr_virtual_pointer_v1 *pointer;
	struct zwp_virtual_keyboard_v1 *keyboard;
	struct wl_list toplevels; // toplevel.link; open now
	bool is_gone;             // the last one was closed
	bool is_last;             // the last action: the window may close
	bool prints_globals;
};

struct toplevel {
	struct wl_list link;
	struct driver *driver;
	struct zwlr_foreign_toplevel_handle_v1 *handle;
};

static uint32_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "drive: %s\n", text);
	exit(EXIT_FAILURE);
}

static void toplevel_destroy(struct toplevel *toplevel) {
	wl_list_remove(&toplevel->link);
	zwlr_foreign_toplevel_handle_v1_destroy(toplevel->handle);
	free(toplevel);
}

static void handle_closed(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle) {
	struct toplevel *toplevel = data;
	struct driver *driver = toplevel->driver;
	toplevel_destroy(toplevel);
	driver->is_gone = wl_list_empty(&driver->toplevels);
}

static void ignore_text(void *data, struct zwlr_foreign_toplevel_handle_v1 *toplevel, const char *text) {
}

static void ignore_output(void *data, struct zwlr_foreign_toplevel_handle_v1 *toplevel, struct wl_output *output) {
}

static void ignore_state(void *data, struct zwlr_foreign_toplevel_handle_v1 *toplevel, struct wl_array *state) {
}

static void ignore_done(void *data, struct zwlr_foreign_toplevel_handle_v1 *toplevel) {
}

static void ignore_parent(
		void *data, struct zwlr_foreign_toplevel_handle_v1 *toplevel, struct zwlr_foreign_toplevel_handle_v1 *parent) {
}

static const struct zwlr_foreign_toplevel_handle_v1_listener toplevel_listener = {
	.title = ignore_text,
	.app_id = ignore_text,
	.output_enter = ignore_output,
	.output_leave = ignore_output,
	.state = ignore_state,
	.done = ignore_done,
	.closed = handle_closed,
	.parent = ignore_parent,
};

static void handle_toplevel(
		void *data, struct zwlr_foreign_toplevel_manager_v1 *manager, struct zwlr_foreign_toplevel_handle_v1 *handle) {
	struct toplevel *toplevel = calloc(1, sizeof(*toplevel));
	if (toplevel == NULL) {
		fail("out of memory");
	}
	toplevel->driver = data;
	toplevel->handle = handle;
	wl_list_insert(&toplevel->driver->toplevels, &toplevel->link);
	zwlr_foreign_toplevel_handle_v1_add_listener(handle, &toplevel_listener, toplevel);
}

static void handle_finished(void *data, struct zwlr_foreign_toplevel_manager_v1 *manager) {
}

static const struct zwlr_foreign_toplevel_manager_v1_listener manager_listener = {
	.toplevel = handle_toplevel,
	.finished = handle_finished,
};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct driver *driver = data;
	const struct {
		const struct wl_interface *interface;
		void **place;
	} globals[] = {
		{&wl_seat_interface, (void **)&driver->seat},
		{&zwlr_virtual_pointer_manager_v1_interface, (void **)&driver->pointer_manager},
		{&zwp_virtual_keyboard_manager_v1_interface, (void **)&driver->keyboard_manager},
		{&zwlr_foreign_toplevel_manager_v1_interface, (void **)&driver->toplevel_manager},
	};
	if (driver->prints_globals) {
		puts(interface);
		return;
	}
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(interface, globals[i].interface->name) == 0) {
			*globals[i].place = wl_registry_bind(registry, name, globals[i].interface, 1);
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void send_keymap(struct driver *driver) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	struct xkb_keymap *keymap = xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	char *text = keymap != NULL ? xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1) : NULL;
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	if (text == NULL || fd == -1 || write(fd, text, strlen(text) + 1) < 0) {
		fail("cannot create a keymap");
	}
	zwp_virtual_keyboard_v1_keymap(driver->keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, (uint32_t)strlen(text) + 1);
	wl_display_roundtrip(driver->display);
	close(fd);
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

// Sends the input to the compositor, and pauses like a user.
static void end_step(struct driver *driver) {
	const struct timespec frame = {.tv_nsec = FRAME_NS};
	zwlr_virtual_pointer_v1_frame(driver->pointer);
	if (wl_display_roundtrip(driver->display) == -1) {
		fail("lost the connection to the compositor");
	}
	if (driver->is_gone && !driver->is_last) {
		fail("the window was closed");
	}
	nanosleep(&frame, NULL);
}

static void point(struct driver *driver, int x, int y) {
	zwlr_virtual_pointer_v1_motion_absolute(driver->pointer, now(), (uint32_t)x, (uint32_t)y, EXTENT, EXTENT);
	end_step(driver);
}

static void button(struct driver *driver, uint32_t code, bool is_pressed) {
	zwlr_virtual_pointer_v1_button(driver->pointer, now(), code, is_pressed);
	end_step(driver);
}

static void key(struct driver *driver, uint32_t code, bool is_pressed) {
	zwp_virtual_keyboard_v1_key(driver->keyboard, now(), code, is_pressed);
	end_step(driver);
}

static void hold_alt(struct driver *driver, bool is_held) {
	key(driver, KEY_LEFTALT, is_held);
	zwp_virtual_keyboard_v1_modifiers(driver->keyboard, is_held ? ALT_MODIFIER : 0, 0, 0, 0);
	end_step(driver);
}

// The first window of a session is at the top left, so it contains this point. The drag ends where it began.
static void resize(struct driver *driver, int reach) {
	const int start = 60;
	point(driver, start, start);
	hold_alt(driver, true);
	button(driver, BTN_RIGHT, true);
	for (int i = 0; i <= 2 * reach; i += 4) {
		int offset = i < reach ? i : 2 * reach - i;
		point(driver, start + offset, start + offset / 2);
	}
	point(driver, start, start);
	button(driver, BTN_RIGHT, false);
	hold_alt(driver, false);
}

static void type(struct driver *driver) {
	const uint32_t codes[] = {KEY_A, KEY_L, KEY_S, KEY_ENTER, KEY_TAB, KEY_DOWN, KEY_UP, KEY_BACKSPACE};
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		key(driver, codes[i], true);
		key(driver, codes[i], false);
	}
}

static void scroll(struct driver *driver) {
	for (int i = 0; i < 10; i++) {
		zwlr_virtual_pointer_v1_axis(
				driver->pointer, now(), WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(i < 5 ? 15 : -15));
		end_step(driver);
	}
}

static void use(struct driver *driver) {
	// Inside the window, below a possible title bar with a close button.
	point(driver, 80, 150);
	button(driver, BTN_LEFT, true);
	button(driver, BTN_LEFT, false);
	scroll(driver);
	type(driver);
	resize(driver, 60);
	resize(driver, 200);
}

static void press_key(struct driver *driver, const char *name) {
	static const struct {
		const char *name;
		uint32_t code;
	} keys[] = {{"c", KEY_C}, {"q", KEY_Q}, {"escape", KEY_ESC}, {"down", KEY_DOWN}, {"page-down", KEY_PAGEDOWN}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(name, keys[i].name) == 0) {
			key(driver, keys[i].code, true);
			key(driver, keys[i].code, false);
			return;
		}
	}
	fail("unknown key: must be c, q, escape, down or page-down");
}

static void drag_corner(struct driver *driver, int x, int y, int to_x, int to_y) {
	const int steps = 32;
	point(driver, x, y);
	hold_alt(driver, true);
	button(driver, BTN_RIGHT, true);
	for (int i = 1; i <= steps; i++) {
		point(driver, x + (to_x - x) * i / steps, y + (to_y - y) * i / steps);
	}
	button(driver, BTN_RIGHT, false);
	hold_alt(driver, false);
}

static void wait_for_file(const char *path) {
	for (int i = 0; access(path, F_OK) != 0; i++) {
		if (i == UNTIL_STEPS) {
			fail("there is no such file to wait for");
		}
		usleep(UNTIL_STEP_US);
	}
}

static void close_window(struct driver *driver) {
	hold_alt(driver, true);
	key(driver, KEY_F4, true);
	key(driver, KEY_F4, false);
	hold_alt(driver, false);
}

static void switch_window(struct driver *driver) {
	hold_alt(driver, true);
	key(driver, KEY_TAB, true);
	key(driver, KEY_TAB, false);
	hold_alt(driver, false);
}

static void maximize(struct driver *driver) {
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &driver->toplevels, link) {
		zwlr_foreign_toplevel_handle_v1_set_maximized(toplevel->handle);
	}
	end_step(driver);
}

// Executes the action at the start of the arguments. Returns the number of arguments it used, 0 if it is unknown.
static int act(struct driver *driver, int argc, char **argv) {
	const char *name = argv[0];
	int numbers[4] = {0}, numbers_len = 0;
	while (numbers_len < 4 && numbers_len + 1 < argc && strspn(argv[numbers_len + 1], "-0123456789") > 0) {
		numbers[numbers_len] = atoi(argv[numbers_len + 1]);
		numbers_len++;
	}
	if (strcmp(name, "move") == 0 && numbers_len == 2) {
		point(driver, numbers[0], numbers[1]);
	} else if ((strcmp(name, "press") == 0 || strcmp(name, "click") == 0) && numbers_len == 2) {
		point(driver, numbers[0], numbers[1]);
		button(driver, BTN_LEFT, true);
		if (name[0] == 'c') {
			button(driver, BTN_LEFT, false);
		}
	} else if (strcmp(name, "release") == 0 && numbers_len == 0) {
		button(driver, BTN_LEFT, false);
	} else if (strcmp(name, "scroll") == 0 && numbers_len == 1) {
		zwlr_virtual_pointer_v1_axis(
				driver->pointer, now(), WL_POINTER_AXIS_VERTICAL_SCROLL, wl_fixed_from_int(numbers[0]));
		end_step(driver);
	} else if (strcmp(name, "drag") == 0 && numbers_len == 4) {
		drag_corner(driver, numbers[0], numbers[1], numbers[2], numbers[3]);
	} else if (strcmp(name, "wait") == 0 && numbers_len == 1) {
		end_step(driver);
		usleep((useconds_t)numbers[0] * 1000);
	} else if (strcmp(name, "maximize") == 0 && numbers_len == 0) {
		maximize(driver);
	} else if (strcmp(name, "switch") == 0 && numbers_len == 0) {
		switch_window(driver);
	} else if (strcmp(name, "close") == 0 && numbers_len == 0) {
		close_window(driver);
	} else if (strcmp(name, "key") == 0 && argc > 1) {
		press_key(driver, argv[1]);
		return 2;
	} else if (strcmp(name, "until") == 0 && argc > 1) {
		end_step(driver);
		wait_for_file(argv[1]);
		return 2;
	} else {
		return 0;
	}
	return 1 + numbers_len;
}

static void act_all(struct driver *driver, int argc, char **argv) {
	while (argc > 0) {
		// The last action has at most two arguments: its name, and perhaps a key.
		driver->is_last = argc <= 2;
		int done = act(driver, argc, argv);
		if (done == 0) {
			fail("unknown action, or wrong number of arguments");
		}
		argc -= done;
		argv += done;
	}
}

static void finish(struct driver *driver) {
	struct toplevel *toplevel, *next;
	wl_list_for_each_safe(toplevel, next, &driver->toplevels, link) {
		toplevel_destroy(toplevel);
	}
	zwp_virtual_keyboard_v1_destroy(driver->keyboard);
	zwlr_virtual_pointer_v1_destroy(driver->pointer);
	zwp_virtual_keyboard_manager_v1_destroy(driver->keyboard_manager);
	zwlr_virtual_pointer_manager_v1_destroy(driver->pointer_manager);
	zwlr_foreign_toplevel_manager_v1_destroy(driver->toplevel_manager);
	wl_seat_destroy(driver->seat);
}

static void drive(struct driver *driver, int argc, char **argv) {
	if (strcmp(argv[0], "without-window") == 0) {
		act_all(driver, argc - 1, argv + 1);
		return;
	}
	// For actions, seconds is 0.
	uint32_t seconds = (uint32_t)atoi(argv[0]), end = now() + seconds * 1000;
	while (wl_list_empty(&driver->toplevels) && now() < end + 20000) {
		end_step(driver);
	}
	if (wl_list_empty(&driver->toplevels)) {
		fail("no window appeared");
	}
	if (seconds == 0) {
		act_all(driver, argc, argv);
	}
	while (now() < end) {
		use(driver);
	}
}

int main(int argc, char *argv[]) {
	struct driver driver = {.display = wl_display_connect(NULL)};
	if (argc < 2 || driver.display == NULL) {
		fail(argc < 2 ? "usage: drive SECONDS | drive [without-window] ACTION... | drive plug | drive globals"
					  : "cannot connect to WAYLAND_DISPLAY");
	}
	wl_list_init(&driver.toplevels);
	driver.prints_globals = strcmp(argv[1], "globals") == 0;
	struct wl_registry *registry = wl_display_get_registry(driver.display);
	wl_registry_add_listener(registry, &registry_listener, &driver);
	wl_display_roundtrip(driver.display);
	if (driver.prints_globals) {
		return EXIT_SUCCESS;
	}
	if (driver.seat == NULL || driver.pointer_manager == NULL || driver.keyboard_manager == NULL ||
			driver.toplevel_manager == NULL) {
		fail("the compositor lacks wl_seat, virtual pointer, virtual keyboard or foreign toplevel management");
	}
	zwlr_foreign_toplevel_manager_v1_add_listener(driver.toplevel_manager, &manager_listener, &driver);
	driver.pointer = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(driver.pointer_manager, driver.seat);
	driver.keyboard = zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(driver.keyboard_manager, driver.seat);
	send_keymap(&driver);
	if (strcmp(argv[1], "plug") == 0) {
		puts("plugged");
		fflush(stdout);
		while (wl_display_dispatch(driver.display) != -1) {
		}
	} else {
		drive(&driver, argc - 1, argv + 1);
	}
	finish(&driver);
	wl_registry_destroy(registry);
	wl_display_disconnect(driver.display);
	return EXIT_SUCCESS;
}

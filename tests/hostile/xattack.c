/*
 * The hostile X11 program.
 *
 *     xattack NAME
 *     xattack --list
 *
 * Attacks the window manager of $DISPLAY for SECONDS, and exits with everything held. That the X server disconnects it,
 * or ends, is a right answer.
 */
#include "xattack.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <xcb/xcb.h>

#define WINDOWS_MAX 10000

struct attack {
	const char *name;
	void (*run)(struct program *program);
};

bool is_over(const struct program *program) {
	static time_t end;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (end == 0) {
		end = now.tv_sec + SECONDS;
	}
	return now.tv_sec >= end || xcb_connection_has_error(program->x);
}

void connect_to_server(struct program *program) {
	program->x = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(program->x)) {
		fprintf(stderr, "xattack: cannot connect to %s\n", getenv("DISPLAY"));
		exit(EXIT_FAILURE);
	}
	program->screen = xcb_setup_roots_iterator(xcb_get_setup(program->x)).data;
}

// Waits until the server has handled all requests. Forgets events.
static void finish(struct program *program) {
	free(xcb_get_input_focus_reply(program->x, xcb_get_input_focus(program->x), NULL));
	xcb_generic_event_t *event;
	while ((event = xcb_poll_for_event(program->x)) != NULL) {
		free(event);
	}
}

xcb_atom_t find_atom(struct program *program, const char *name) {
	xcb_intern_atom_cookie_t cookie = xcb_intern_atom(program->x, false, (uint16_t)strlen(name), name);
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(program->x, cookie, NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : XCB_ATOM_NONE;
	free(reply);
	return atom;
}

xcb_window_t create_window(struct program *program, bool override_redirect) {
	xcb_window_t window = xcb_generate_id(program->x);
	const uint32_t values[] = {program->screen->white_pixel, override_redirect};
	xcb_create_window(program->x, XCB_COPY_FROM_PARENT, window, program->screen->root, 300, 300, 64, 64, 0,
			XCB_WINDOW_CLASS_INPUT_OUTPUT, program->screen->root_visual, XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT,
			values);
	return window;
}

static xcb_window_t show_window(struct program *program) {
	xcb_window_t window = create_window(program, false);
	xcb_map_window(program->x, window);
	finish(program);
	usleep(300000); // it is shown, and has the focus
	return window;
}

// Sends an event to the window manager.
static void forge(struct program *program, const void *event) {
	xcb_send_event(program->x, false, program->screen->root,
			XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY, event);
}

static void send_message(struct program *program, xcb_window_t window, xcb_atom_t type, const uint32_t data[5]) {
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = window, .type = type};
	memcpy(event.data.data32, data, sizeof(event.data.data32));
	forge(program, &event);
}

static void claim_surfaces(struct program *program) {
	xcb_window_t windows[] = {show_window(program), show_window(program)};
	xcb_atom_t id = find_atom(program, "WL_SURFACE_ID"), serial = find_atom(program, "WL_SURFACE_SERIAL");
	for (uint32_t i = 1; i < 500; i++) {
		xcb_window_t hidden = create_window(program, false);
		send_message(program, windows[i % 2], id, (uint32_t[5]){i});
		send_message(program, hidden, id, (uint32_t[5]){i});
		send_message(program, windows[i % 2], serial, (uint32_t[5]){i});
		send_message(program, hidden, serial, (uint32_t[5]){i});
	}
	finish(program);
	usleep(500000);
}

static void forge_windows(struct program *program) {
	for (uint32_t i = 1; !is_over(program); i++) {
		xcb_create_notify_event_t event = {
			.response_type = XCB_CREATE_NOTIFY, .parent = program->screen->root, .window = i, .width = 1, .height = 1};
		forge(program, &event);
		if (i % 1000 == 0) {
			finish(program);
		}
	}
}

static void create_windows(struct program *program) {
	for (int i = 0; i < WINDOWS_MAX && !is_over(program); i++) {
		create_window(program, false);
	}
	finish(program);
	sleep(1);
}

static void show_menus(struct program *program) {
	for (int i = 0; i < WINDOWS_MAX && !is_over(program); i++) {
		xcb_map_window(program->x, create_window(program, true));
		xcb_flush(program->x);
	}
	finish(program);
	sleep(1);
}

static void set_long_titles(struct program *program) {
	enum {
		SIZE = 200000
	};
	char *title = malloc(SIZE);
	memset(title, 'x', SIZE);
	xcb_window_t windows[100];
	for (size_t i = 0; i < 100; i++) {
		windows[i] = show_window(program);
	}
	for (uint32_t i = 0; !is_over(program); i++) {
		title[0] = (char)('a' + i % 26);
		xcb_change_property(program->x, i % 16 ? XCB_PROP_MODE_REPLACE : XCB_PROP_MODE_APPEND, windows[i % 100],
				XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, SIZE, title);
	}
	finish(program);
}

// Of every type and size but the right ones.
static void set_odd_properties(struct program *program) {
	static const char *const names[] = {"WM_PROTOCOLS", "_NET_WM_WINDOW_TYPE", "_NET_WM_STATE", "_MOTIF_WM_HINTS",
		"WM_HINTS", "WM_NORMAL_HINTS", "WM_TRANSIENT_FOR", "WM_CLASS", "_NET_WM_STRUT_PARTIAL", "_NET_WM_NAME",
		"WM_WINDOW_ROLE", "_NET_STARTUP_ID", "WM_SIZE_HINTS"};
	enum {
		NAMES_LEN = sizeof(names) / sizeof(names[0]),
		SIZE = 8192
	};
	static char data[SIZE];
	memset(data, 0xff, sizeof(data));
	xcb_window_t window = show_window(program);
	const xcb_atom_t types[] = {
		XCB_ATOM_ATOM, XCB_ATOM_WINDOW, XCB_ATOM_STRING, XCB_ATOM_CARDINAL, XCB_ATOM_WM_HINTS, XCB_ATOM_WM_SIZE_HINTS};
	for (unsigned i = 0; i < NAMES_LEN; i++) {
		xcb_atom_t atom = find_atom(program, names[i]);
		for (unsigned type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
			for (uint8_t format = 8; format <= 32; format *= 2) {
				const uint32_t lens[] = {0, 1, 3, 5, SIZE / (format / 8)};
				for (unsigned len = 0; len < sizeof(lens) / sizeof(lens[0]); len++) {
					xcb_change_property(
							program->x, XCB_PROP_MODE_REPLACE, window, atom, types[type], format, lens[len], data);
				}
			}
		}
		finish(program);
	}
	xcb_map_window(program->x, create_window(program, false));
	finish(program);
	usleep(500000);
}

static void ask_for_sizes(struct program *program) {
	xcb_window_t window = show_window(program);
	for (uint32_t i = 0; !is_over(program); i++) {
		const uint32_t values[] = {i % 600, i % 400, 1 + i % 500, 1 + i % 300};
		xcb_configure_window(program->x, window,
				XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, values);
	}
	finish(program);
}

static void show_and_hide(struct program *program) {
	xcb_window_t window = create_window(program, false);
	for (uint32_t i = 0; !is_over(program); i++) {
		xcb_map_window(program->x, window);
		xcb_flush(program->x);
		usleep(i % 8 * 1000);
		xcb_unmap_window(program->x, window);
	}
	finish(program);
}

static void ask_for_states(struct program *program) {
	xcb_window_t window = show_window(program);
	xcb_atom_t type = find_atom(program, "_NET_WM_STATE");
	xcb_atom_t states[] = {find_atom(program, "_NET_WM_STATE_FULLSCREEN"), find_atom(program, "_NET_WM_STATE_HIDDEN")};
	xcb_atom_t active = find_atom(program, "_NET_ACTIVE_WINDOW");
	for (uint32_t i = 0; !is_over(program); i++) {
		send_message(program, window, type, (uint32_t[5]){2, states[i % 2]});
		send_message(program, window, active, (uint32_t[5]){1});
		if (i % 500 == 0) {
			finish(program);
		}
	}
	// The victims are to draw again.
	send_message(program, window, type, (uint32_t[5]){0, states[0]});
	finish(program);
	usleep(100000);
}

static void send_startup_infos(struct program *program) {
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE, .format = 8, .type = find_atom(program, "_NET_STARTUP_INFO_BEGIN")};
	memset(event.data.data8, 'x', sizeof(event.data.data8));
	for (uint32_t i = 0; !is_over(program); i++) {
		event.window = i % 4;
		forge(program, &event);
		if (i % 1000 == 0) {
			finish(program);
		}
	}
}

void start_child(void (*run)(struct program *program)) {
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct program child;
		connect_to_server(&child);
		run(&child);
		_exit(EXIT_SUCCESS);
	}
}

// The window manager asks about each new window.
static void create_slowly(struct program *program) {
	while (!xcb_connection_has_error(program->x)) {
		create_window(program, false);
		xcb_flush(program->x);
		usleep(1000);
	}
}

static void change_title(struct program *program, xcb_window_t window, uint32_t number) {
	char title[16];
	int size = snprintf(title, sizeof(title), "%u", number);
	xcb_change_property(
			program->x, XCB_PROP_MODE_REPLACE, window, XCB_ATOM_WM_NAME, XCB_ATOM_STRING, 8, (uint32_t)size, title);
}

static void change_properties(struct program *program) {
	xcb_window_t window = show_window(program);
	for (uint32_t i = 0; !is_over(program); i++) {
		change_title(program, window, i);
	}
	finish(program);
}

// The window manager asks for each title.
static void grab_server(struct program *program) {
	xcb_window_t window = show_window(program);
	for (uint32_t i = 0; i < 2000; i++) {
		change_title(program, window, i);
	}
	xcb_grab_server(program->x);
	finish(program);
	sleep(SECONDS);
}

// Every request takes the server long.
static void keep_busy(struct program *program) {
	start_child(create_slowly);
	xcb_pixmap_t pixmap = xcb_generate_id(program->x);
	xcb_gcontext_t gc = xcb_generate_id(program->x);
	xcb_create_pixmap(program->x, program->screen->root_depth, pixmap, program->screen->root, 4000, 4000);
	xcb_create_gc(program->x, gc, pixmap, 0, NULL);
	while (!is_over(program)) {
		xcb_arc_t arcs[64];
		for (size_t i = 0; i < 64; i++) {
			arcs[i] = (xcb_arc_t){0, 0, 4000, 4000, 0, 360 * 64};
		}
		xcb_poly_fill_arc(program->x, pixmap, gc, 64, arcs);
		finish(program);
	}
}

// $XATTACK_SELECTION is set if a Wayland client owns the clipboard.
static void ask_for_data(struct program *program) {
	xcb_window_t shown = show_window(program);
	xcb_atom_t clipboard = find_atom(program, "CLIPBOARD"), property = find_atom(program, "XATTACK");
	xcb_atom_t targets[] = {find_atom(program, "UTF8_STRING"), find_atom(program, "TARGETS")};
	for (uint32_t i = 0; !is_over(program); i++) {
		xcb_window_t window = xcb_generate_id(program->x);
		xcb_create_window(program->x, XCB_COPY_FROM_PARENT, window, shown, 0, 0, 1, 1, 0, XCB_WINDOW_CLASS_INPUT_ONLY,
				XCB_COPY_FROM_PARENT, 0, NULL);
		xcb_convert_selection(program->x, window, clipboard, targets[i % 8 == 0], property, XCB_CURRENT_TIME);
		if (i % 100 == 0) {
			finish(program);
		}
	}
}

void answer(struct program *program, const xcb_selection_request_event_t *request) {
	union {
		xcb_selection_notify_event_t notify;
		char bytes[32];
	} event = {.notify = {
				   .response_type = XCB_SELECTION_NOTIFY,
				   .time = request->time,
				   .requestor = request->requestor,
				   .selection = request->selection,
				   .target = request->target,
				   .property = request->property,
			   }};
	xcb_send_event(program->x, false, request->requestor, 0, event.bytes);
}

// Offers thousands of types, some longer than a message to a Wayland client.
static void set_selections(struct program *program) {
	enum {
		TYPES_LEN = 4096,
		LONG_LEN = 8
	};
	static xcb_atom_t types[TYPES_LEN];
	static char name[60000];
	for (uint32_t i = 0; i < TYPES_LEN; i++) {
		memset(name, 'x', sizeof(name));
		int size = snprintf(name, sizeof(name), "text/x-%u", i);
		if (i < LONG_LEN) {
			name[size] = 'x';
			size = (int)sizeof(name) - (int)i;
		}
		xcb_intern_atom_cookie_t cookie = xcb_intern_atom(program->x, false, (uint16_t)size, name);
		xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(program->x, cookie, NULL);
		types[i] = reply != NULL ? reply->atom : XCB_ATOM_NONE;
		free(reply);
	}
	xcb_window_t window = show_window(program);
	xcb_atom_t selections[] = {find_atom(program, "CLIPBOARD"), XCB_ATOM_PRIMARY};
	for (uint32_t i = 0; !is_over(program); i++) {
		xcb_set_selection_owner(program->x, window, selections[i % 2], XCB_CURRENT_TIME);
		xcb_flush(program->x);
		xcb_generic_event_t *event;
		while ((event = xcb_poll_for_event(program->x)) != NULL) {
			if ((event->response_type & 0x7f) == XCB_SELECTION_REQUEST) {
				const xcb_selection_request_event_t *request = (const xcb_selection_request_event_t *)event;
				xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, request->requestor, request->property,
						XCB_ATOM_ATOM, 32, TYPES_LEN, types);
				answer(program, request);
			}
			free(event);
		}
		xcb_set_selection_owner(program->x, XCB_NONE, selections[i % 2], XCB_CURRENT_TIME);
	}
}

static void answer_with_text(struct program *program, const xcb_selection_request_event_t *request, xcb_atom_t utf8) {
	enum {
		SIZE = 1 << 20
	};
	static char text[SIZE];
	if (request->target == utf8) {
		xcb_change_property(
				program->x, XCB_PROP_MODE_REPLACE, request->requestor, request->property, utf8, 8, SIZE, text);
	} else {
		xcb_change_property(
				program->x, XCB_PROP_MODE_REPLACE, request->requestor, request->property, XCB_ATOM_ATOM, 32, 1, &utf8);
	}
	answer(program, request);
	xcb_flush(program->x);
}

// No attack: owns the clipboard, with a text of a megabyte.
static void offer_text(struct program *program) {
	xcb_window_t window = show_window(program);
	xcb_atom_t utf8 = find_atom(program, "UTF8_STRING");
	xcb_set_selection_owner(program->x, window, find_atom(program, "CLIPBOARD"), XCB_CURRENT_TIME);
	xcb_flush(program->x);
	xcb_generic_event_t *event;
	while ((event = xcb_wait_for_event(program->x)) != NULL) {
		if ((event->response_type & 0x7f) == XCB_SELECTION_REQUEST) {
			answer_with_text(program, (const xcb_selection_request_event_t *)event, utf8);
		}
		free(event);
	}
}

static void fight_for_focus(struct program *program) {
	xcb_window_t windows[] = {show_window(program), show_window(program)};
	for (uint32_t i = 0; !is_over(program); i++) {
		xcb_set_input_focus(program->x, XCB_INPUT_FOCUS_POINTER_ROOT, windows[i % 2], XCB_CURRENT_TIME);
		if (i % 1000 == 0) {
			finish(program);
		}
	}
}

static void kill_manager(struct program *program) {
	show_window(program);
	xcb_get_selection_owner_reply_t *owner = xcb_get_selection_owner_reply(
			program->x, xcb_get_selection_owner(program->x, find_atom(program, "WM_S0")), NULL);
	if (owner != NULL) {
		xcb_kill_client(program->x, owner->owner);
	}
	free(owner);
	xcb_flush(program->x);
	usleep(500000);
}

static void show_huge_windows(struct program *program) {
	for (int i = 0; i < 4; i++) {
		xcb_window_t window = create_window(program, i % 2);
		const uint32_t values[] = {i < 2 ? 32767 : 1, i < 2 ? 1 : 32767};
		xcb_configure_window(program->x, window, XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT, values);
		xcb_map_window(program->x, window);
		finish(program);
		usleep(300000);
	}
}

static void change_titles_forever(struct program *program) {
	xcb_window_t window = show_window(program);
	for (uint32_t i = 0; !xcb_connection_has_error(program->x); i++) {
		change_title(program, window, i);
		if (i % 64 == 0) {
			finish(program);
		}
	}
}

static const struct attack attacks[] = {
	{"surfaces-of-other-windows-claimed", claim_surfaces},
	{"forged-windows-without-end", forge_windows},
	{"windows-without-end", create_windows},
	{"menus-without-end", show_menus},
	{"titles-of-megabytes", set_long_titles},
	{"properties-changed-without-end", change_properties},
	{"odd-properties", set_odd_properties},
	{"sizes-asked-for-without-end", ask_for_sizes},
	{"windows-shown-and-hidden-without-end", show_and_hide},
	{"states-asked-for-without-end", ask_for_states},
	{"startup-infos-without-end", send_startup_infos},
	{"server-grabbed", grab_server},
	{"server-kept-busy", keep_busy},
	{"data-asked-for-without-end", ask_for_data},
	{"selections-of-many-types", set_selections},
	{"focus-taken-without-end", fight_for_focus},
	{"window-manager-killed", kill_manager},
	{"huge-windows", show_huge_windows},
	{"x11-drags-forged", forge_drags},
	{"x11-drags-of-many-types", drag_many_types},
	{"x11-drags-stolen", steal_drags},
	{"x11-drags-entered-and-left-without-end", enter_and_leave},
	{"x11-drags-without-their-data", promise_drops},
	{"x11-drags-whose-program-dies", die_dragging},
	// What the test needs for other attacks.
	{"hold", change_titles_forever},
	{"offer", offer_text},
};

#define HELPERS_LEN 2

int main(int argc, char *argv[]) {
	const size_t len = sizeof(attacks) / sizeof(attacks[0]);
	for (size_t i = 0; i < len && argc == 2; i++) {
		if (strcmp(argv[1], "--list") == 0 && i < len - HELPERS_LEN) {
			puts(attacks[i].name);
		} else if (strcmp(argv[1], attacks[i].name) == 0) {
			struct program program;
			connect_to_server(&program);
			attacks[i].run(&program);
			_exit(EXIT_SUCCESS);
		}
	}
	return argc == 2 && strcmp(argv[1], "--list") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/*
 * Attacks by drags. The test presses a button in the program's window, moves the pointer over a place for drops and
 * releases it there, again and again.
 */
#include "xattack.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct dragger {
	struct program *program;
	xcb_window_t window, target; // which lido shows to programs that drag
	xcb_atom_t selection, enter, position, leave, drop, finished, status, types, text, incr;
};

static bool has_property(struct program *program, xcb_window_t window, xcb_atom_t property) {
	xcb_get_property_reply_t *reply = xcb_get_property_reply(
			program->x, xcb_get_property(program->x, false, window, property, XCB_GET_PROPERTY_TYPE_ANY, 0, 1), NULL);
	bool result = reply != NULL && reply->type != XCB_ATOM_NONE;
	free(reply);
	return result;
}

// There are two such windows: wlroots' is never shown.
static xcb_window_t find_drag_target(struct program *program) {
	xcb_atom_t aware = find_atom(program, "XdndAware");
	xcb_query_tree_reply_t *tree =
			xcb_query_tree_reply(program->x, xcb_query_tree(program->x, program->screen->root), NULL);
	xcb_window_t found = XCB_NONE;
	for (int i = tree != NULL ? xcb_query_tree_children_length(tree) - 1 : -1; i >= 0; i--) {
		xcb_window_t window = xcb_query_tree_children(tree)[i];
		xcb_get_geometry_reply_t *box = xcb_get_geometry_reply(program->x, xcb_get_geometry(program->x, window), NULL);
		if (box != NULL && box->width > 8192 && has_property(program, window, aware)) {
			found = window;
		}
		free(box);
	}
	free(tree);
	return found;
}

static void init_dragging(struct dragger *dragger, struct program *program) {
	*dragger = (struct dragger){
		.program = program,
		.window = create_window(program, true),
		.target = find_drag_target(program),
		.selection = find_atom(program, "XdndSelection"),
		.enter = find_atom(program, "XdndEnter"),
		.position = find_atom(program, "XdndPosition"),
		.leave = find_atom(program, "XdndLeave"),
		.drop = find_atom(program, "XdndDrop"),
		.finished = find_atom(program, "XdndFinished"),
		.status = find_atom(program, "XdndStatus"),
		.types = find_atom(program, "XdndTypeList"),
		.text = find_atom(program, "text/plain"),
		.incr = find_atom(program, "INCR"),
	};
	if (dragger->target == XCB_NONE) {
		fprintf(stderr, "xattack: there is no window for drags\n");
		exit(EXIT_FAILURE);
	}
}

static void begin_dragging(struct dragger *dragger, struct program *program) {
	const uint32_t events = XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE | XCB_EVENT_MASK_POINTER_MOTION;
	init_dragging(dragger, program);
	xcb_change_window_attributes(program->x, dragger->window, XCB_CW_EVENT_MASK, &events);
	xcb_map_window(program->x, dragger->window);
	xcb_flush(program->x);
}

static void tell_target(const struct dragger *dragger, xcb_atom_t type, xcb_window_t source, const uint32_t data[4]) {
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = dragger->target, .type = type};
	event.data.data32[0] = source;
	memcpy(&event.data.data32[1], data, 4 * sizeof(data[0]));
	xcb_send_event(dragger->program->x, false, dragger->target, XCB_EVENT_MASK_NO_EVENT, (const char *)&event);
}

static void enter_target(const struct dragger *dragger, bool has_list) {
	const uint32_t data[4] = {UINT32_C(5) << 24 | has_list, dragger->text}, place[4] = {0};
	tell_target(dragger, dragger->enter, dragger->window, data);
	tell_target(dragger, dragger->position, dragger->window, place);
}

static void take_drag(const struct dragger *dragger) {
	xcb_set_selection_owner(dragger->program->x, dragger->window, dragger->selection, XCB_CURRENT_TIME);
}

// Handles events by a function. Returns whether the button is down.
static bool follow_button(
		struct dragger *dragger, void (*handle)(struct dragger *dragger, const xcb_generic_event_t *event)) {
	static bool is_down;
	xcb_generic_event_t *event;
	xcb_flush(dragger->program->x);
	while ((event = xcb_poll_for_event(dragger->program->x)) != NULL) {
		uint8_t type = event->response_type & 0x7f;
		is_down = type == XCB_BUTTON_PRESS || (is_down && type != XCB_BUTTON_RELEASE);
		if (type == XCB_BUTTON_PRESS) {
			take_drag(dragger);
		}
		if (handle != NULL) {
			handle(dragger, event);
		}
		free(event);
	}
	return is_down;
}

// All messages in any order, from windows that are not there, without and with the selection.
void forge_drags(struct program *program) {
	struct dragger dragger;
	begin_dragging(&dragger, program);
	const xcb_atom_t types[] = {
		dragger.enter, dragger.position, dragger.leave, dragger.drop, dragger.finished, dragger.status, dragger.enter};
	for (uint32_t i = 1; !is_over(program); i++) {
		const xcb_window_t sources[] = {dragger.window, dragger.window, program->screen->root, dragger.target, 0, i};
		const uint32_t data[4] = {i * 2654435761U, i % 300, i * 40503U, dragger.text};
		tell_target(&dragger, types[(i * 2654435761U >> 8) % 7], sources[(i * 40503U >> 4) % 6], data);
		if (i % 256 == 0) {
			follow_button(&dragger, NULL);
			enter_target(&dragger, false);
			follow_button(&dragger, NULL);
			usleep(50000);
		}
	}
}

// Each time with thousands of types that have names of 64 KiB.
void drag_many_types(struct program *program) {
	enum {
		TYPES_LEN = 4096,
		NAMES_LEN = 256
	};
	static xcb_atom_t types[TYPES_LEN];
	static char name[65000];
	struct dragger dragger;
	begin_dragging(&dragger, program);
	memset(name, 'x', sizeof(name));
	for (uint32_t i = 0; i < TYPES_LEN; i++) {
		int size = snprintf(name, sizeof(name), "text/x-%u", i % NAMES_LEN);
		name[size] = 'x';
		if (i < NAMES_LEN) {
			xcb_intern_atom_cookie_t cookie =
					xcb_intern_atom(program->x, false, i % 2 ? (uint16_t)size : (uint16_t)(sizeof(name) - i), name);
			xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(program->x, cookie, NULL);
			types[i] = reply != NULL ? reply->atom : XCB_ATOM_NONE;
			free(reply);
		} else {
			types[i] = types[i % NAMES_LEN];
		}
	}
	xcb_change_property(
			program->x, XCB_PROP_MODE_REPLACE, dragger.window, dragger.types, XCB_ATOM_ATOM, 32, TYPES_LEN, types);
	while (!is_over(program)) {
		if (follow_button(&dragger, NULL)) {
			enter_target(&dragger, true);
		}
		usleep(5000);
	}
}

static void show_a_window_to_press(struct program *program) {
	struct dragger dragger;
	begin_dragging(&dragger, program);
	pause();
}

// The button is pressed in another program's window.
void steal_drags(struct program *program) {
	struct dragger dragger;
	const uint32_t data[4] = {0};
	start_child(show_a_window_to_press);
	init_dragging(&dragger, program);
	while (!is_over(program)) {
		take_drag(&dragger);
		enter_target(&dragger, false);
		follow_button(&dragger, NULL);
		usleep(20000);
		tell_target(&dragger, dragger.drop, dragger.window, data);
	}
}

void enter_and_leave(struct program *program) {
	struct dragger dragger;
	const uint32_t data[4] = {0};
	begin_dragging(&dragger, program);
	for (uint32_t i = 0; !is_over(program); i++) {
		enter_target(&dragger, i % 2);
		if (i % 16 == 0) {
			follow_button(&dragger, NULL);
			usleep(20000); // the drag begins
		}
		tell_target(&dragger, dragger.leave, dragger.window, data);
	}
}

// Of each three requests one has no answer, one has data that never comes, and one has the wrong data.
static void promise_data(struct dragger *dragger, const xcb_generic_event_t *event) {
	static uint32_t count;
	xcb_connection_t *x = dragger->program->x;
	const uint32_t data[4] = {0};
	if ((event->response_type & 0x7f) == XCB_BUTTON_RELEASE) {
		tell_target(dragger, dragger->drop, dragger->window, data);
	}
	if ((event->response_type & 0x7f) != XCB_SELECTION_REQUEST) {
		return;
	}
	const xcb_selection_request_event_t *request = (const xcb_selection_request_event_t *)event;
	if (count % 3 != 0) {
		xcb_change_property(
				x, XCB_PROP_MODE_REPLACE, request->requestor, request->property, dragger->incr, 32, count % 3, data);
		answer(dragger->program, request);
	}
	for (int i = 0; count % 3 == 2 && i < 100; i++) {
		xcb_change_property(
				x, XCB_PROP_MODE_APPEND, request->requestor, request->property, dragger->text, i % 2 ? 32 : 8, 4, data);
		answer(dragger->program, request);
	}
	count++;
}

void promise_drops(struct program *program) {
	struct dragger dragger;
	begin_dragging(&dragger, program);
	bool is_entered = false;
	while (!is_over(program)) {
		bool is_down = follow_button(&dragger, promise_data);
		if (is_down && !is_entered) {
			usleep(100000); // the pointer is over the place for drops
		}
		if (is_down) {
			enter_target(&dragger, false);
		}
		is_entered = is_down;
		usleep(60000);
	}
}

// A child drags, and dies at each moment of it.
void die_dragging(struct program *program) {
	while (!is_over(program)) {
		pid_t child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			struct program own;
			connect_to_server(&own);
			promise_drops(&own);
			_exit(EXIT_SUCCESS);
		}
		usleep(300000 + (useconds_t)(child % 8) * 50000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

/*
 * An X11 program that drags data by XDND, as toolkits do.
 *
 *     xdrag SIZE ACTION [ACTIONS [TYPES [PLACE [early]]]]
 *
 * Shows a window of 200x200 pixels at PLACE, PLACE (default: 50). Who presses a button there drags SIZE bytes, of the
 * types text/plain, UTF8_STRING and as many others that TYPES is larger than two. Bytes that do not fit into one
 * property are sent in pieces (INCR). ACTION and the list ACTIONS are of copy, move, ask. The window also accepts drops
 * of other such programs. A small window follows the pointer, as an icon. Escape cancels the drag. With
 * "early", it drops as soon as another window accepts, not when the button is released. Prints what happens:
 *
 *     begin                        the drag begins
 *     enter, leave                 a window that takes drops, or another one
 *     status ACCEPTED ACTION       each change of them
 *     drop
 *     end                          the drag has ended, and the pointer is free
 *     asked TYPE
 *     finished ACCEPTED ACTION
 *     entered, left, dropped       from another program
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb.h>

#define SIZE 200
#define PLACE 50
#define ICON_SIZE 16
#define PIECE_SIZE 65536
#define TYPES_MAX 1000
#define ESCAPE 9 // its keycode

enum name {
	SELECTION,
	AWARE,
	ENTER,
	POSITION,
	STATUS,
	LEAVE,
	DROP,
	FINISHED,
	TYPE_LIST,
	ACTION_LIST,
	COPY,
	MOVE,
	ASK,
	INCR,
	TEXT,
	UTF8_STRING,
	DELETE,
	NAMES_LEN,
};

static const char *const names[NAMES_LEN] = {"XdndSelection", "XdndAware", "XdndEnter", "XdndPosition", "XdndStatus",
	"XdndLeave", "XdndDrop", "XdndFinished", "XdndTypeList", "XdndActionList", "XdndActionCopy", "XdndActionMove",
	"XdndActionAsk", "INCR", "text/plain", "UTF8_STRING", "DELETE"};

struct program {
	xcb_connection_t *x;
	xcb_screen_t *screen;
	xcb_atom_t atoms[NAMES_LEN];
	xcb_window_t window, icon;
	xcb_window_t target; // below the pointer, takes drops; XCB_NONE: none
	bool is_dragging, is_accepted, is_early;
	xcb_atom_t accepted_action, action;
	xcb_timestamp_t time;
	uint32_t types_len;
	char *data;
	size_t size;

	// Data that is sent in pieces.
	struct {
		xcb_window_t window; // XCB_NONE: none
		xcb_atom_t property, type;
		size_t sent;
		bool has_ended;
	} pieces;
};

static xcb_atom_t find_atom(struct program *program, const char *name) {
	xcb_intern_atom_cookie_t cookie = xcb_intern_atom(program->x, false, (uint16_t)strlen(name), name);
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(program->x, cookie, NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : XCB_ATOM_NONE;
	free(reply);
	return atom;
}

static xcb_atom_t find_action(const struct program *program, const char *name) {
	return program->atoms[strcmp(name, "move") == 0 ? MOVE : strcmp(name, "ask") == 0 ? ASK : COPY];
}

static const char *name_action(const struct program *program, xcb_atom_t atom) {
	return atom == XCB_ATOM_NONE          ? "none"
		   : atom == program->atoms[COPY] ? "copy"
		   : atom == program->atoms[MOVE] ? "move"
		   : atom == program->atoms[ASK]  ? "ask"
										  : "unknown";
}

static void send_message(struct program *program, xcb_window_t window, enum name type, const uint32_t data[5]) {
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE, .format = 32, .window = window, .type = program->atoms[type]};
	memcpy(event.data.data32, data, sizeof(event.data.data32));
	xcb_send_event(program->x, false, window, XCB_EVENT_MASK_NO_EVENT, (const char *)&event);
	xcb_flush(program->x);
}

static void set_property(struct program *program, enum name property, const xcb_atom_t *atoms, uint32_t len) {
	xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, program->window, program->atoms[property], XCB_ATOM_ATOM, 32,
			len, atoms);
}

static bool is_aware(struct program *program, xcb_window_t window) {
	xcb_get_property_reply_t *reply = xcb_get_property_reply(program->x,
			xcb_get_property(program->x, false, window, program->atoms[AWARE], XCB_GET_PROPERTY_TYPE_ANY, 0, 1), NULL);
	bool result = reply != NULL && reply->type != XCB_ATOM_NONE;
	free(reply);
	return result;
}

// The window that takes drops at this point: the highest one of the screen that is mapped, without our icon.
static xcb_window_t find_target(struct program *program, int x, int y) {
	xcb_query_tree_reply_t *tree =
			xcb_query_tree_reply(program->x, xcb_query_tree(program->x, program->screen->root), NULL);
	const xcb_window_t *windows = tree != NULL ? xcb_query_tree_children(tree) : NULL;
	xcb_window_t found = XCB_NONE;
	for (int i = tree != NULL ? xcb_query_tree_children_length(tree) - 1 : -1; i >= 0 && found == XCB_NONE; i--) {
		xcb_get_window_attributes_reply_t *attributes =
				xcb_get_window_attributes_reply(program->x, xcb_get_window_attributes(program->x, windows[i]), NULL);
		xcb_get_geometry_reply_t *box =
				xcb_get_geometry_reply(program->x, xcb_get_geometry(program->x, windows[i]), NULL);
		if (attributes != NULL && box != NULL && attributes->map_state == XCB_MAP_STATE_VIEWABLE &&
				windows[i] != program->icon && x >= box->x && y >= box->y && x < box->x + box->width &&
				y < box->y + box->height) {
			found = windows[i];
		}
		free(attributes);
		free(box);
	}
	free(tree);
	return found != XCB_NONE && is_aware(program, found) ? found : XCB_NONE;
}

static void leave(struct program *program) {
	const uint32_t data[5] = {program->window};
	if (program->target != XCB_NONE) {
		send_message(program, program->target, LEAVE, data);
		puts("leave");
	}
	program->target = XCB_NONE;
	program->is_accepted = false;
	program->accepted_action = XCB_ATOM_NONE;
}

static void begin(struct program *program, xcb_timestamp_t time) {
	program->is_dragging = true;
	program->target = XCB_NONE;
	xcb_set_selection_owner(program->x, program->window, program->atoms[SELECTION], time);
	free(xcb_grab_pointer_reply(program->x,
			xcb_grab_pointer(program->x, false, program->window,
					XCB_EVENT_MASK_BUTTON_RELEASE | XCB_EVENT_MASK_POINTER_MOTION, XCB_GRAB_MODE_ASYNC,
					XCB_GRAB_MODE_ASYNC, XCB_NONE, XCB_NONE, time),
			NULL));
	xcb_map_window(program->x, program->icon);
	puts("begin");
}

static void end(struct program *program) {
	program->is_dragging = false;
	xcb_ungrab_pointer(program->x, XCB_CURRENT_TIME);
	xcb_unmap_window(program->x, program->icon);
	free(xcb_get_input_focus_reply(program->x, xcb_get_input_focus(program->x), NULL)); // all of it is done
	puts("end");
}

static void move(struct program *program, int x, int y, xcb_timestamp_t time) {
	const uint32_t place[] = {(uint32_t)(x - ICON_SIZE / 2), (uint32_t)(y - ICON_SIZE / 2)};
	xcb_configure_window(program->x, program->icon, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y, place);
	xcb_window_t target = find_target(program, x, y);
	if (target != program->target) {
		leave(program);
		program->target = target;
		if (target != XCB_NONE) {
			const uint32_t data[5] = {program->window, UINT32_C(5) << 24 | (program->types_len > 3),
				program->atoms[TEXT], program->atoms[UTF8_STRING]};
			send_message(program, target, ENTER, data);
			puts("enter");
		}
	}
	program->time = time;
	if (target != XCB_NONE) {
		const uint32_t data[5] = {program->window, 0, (uint32_t)x << 16 | (uint32_t)y, time, program->action};
		send_message(program, target, POSITION, data);
	}
}

static void release(struct program *program, xcb_timestamp_t time) {
	if (program->target != XCB_NONE && program->is_accepted) {
		const uint32_t data[5] = {program->window, 0, time};
		send_message(program, program->target, DROP, data);
		puts("drop");
		program->target = XCB_NONE;
	} else {
		leave(program);
	}
	end(program);
}

static void handle_message(struct program *program, const xcb_client_message_event_t *message) {
	const uint32_t *data = message->data.data32;
	if (message->type == program->atoms[STATUS]) {
		bool is_accepted = data[1] & 1;
		if (is_accepted != program->is_accepted || data[4] != program->accepted_action) {
			printf("status %d %s\n", is_accepted, name_action(program, data[4]));
		}
		program->is_accepted = is_accepted;
		program->accepted_action = data[4];
		if (is_accepted && program->is_early && program->target == data[0] && data[0] != program->window) {
			release(program, program->time);
		}
	} else if (message->type == program->atoms[FINISHED]) {
		printf("finished %d %s\n", data[1] & 1, name_action(program, data[2]));
	} else if (message->type == program->atoms[ENTER]) {
		puts("entered");
	} else if (message->type == program->atoms[POSITION]) {
		const uint32_t answer[5] = {program->window, 1, 0, 0, data[4]};
		send_message(program, data[0], STATUS, answer);
	} else if (message->type == program->atoms[LEAVE]) {
		puts("left");
	} else if (message->type == program->atoms[DROP]) {
		const uint32_t answer[5] = {program->window, 1, program->atoms[COPY]};
		puts("dropped");
		send_message(program, data[0], FINISHED, answer);
	}
}

static void send_piece(struct program *program) {
	size_t left = program->size - program->pieces.sent, size = left < PIECE_SIZE ? left : PIECE_SIZE;
	xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, program->pieces.window, program->pieces.property,
			program->pieces.type, 8, (uint32_t)size, program->data + program->pieces.sent);
	xcb_flush(program->x);
	program->pieces.sent += size;
	if (size == 0) {
		program->pieces.window = XCB_NONE;
	}
}

static void set_data(struct program *program, const xcb_selection_request_event_t *request) {
	if (program->size <= PIECE_SIZE) {
		xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, request->requestor, request->property, request->target,
				8, (uint32_t)program->size, program->data);
		return;
	}
	const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE, size = (uint32_t)program->size;
	program->pieces.window = request->requestor;
	program->pieces.property = request->property;
	program->pieces.type = request->target;
	program->pieces.sent = 0;
	xcb_change_window_attributes(program->x, request->requestor, XCB_CW_EVENT_MASK, &events);
	xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, request->requestor, request->property, program->atoms[INCR],
			32, 1, &size);
}

static void handle_request(struct program *program, const xcb_selection_request_event_t *request) {
	bool has_data = request->target == program->atoms[TEXT] || request->target == program->atoms[UTF8_STRING];
	bool is_delete = request->target == program->atoms[DELETE];
	printf("asked %s\n", is_delete                                 ? "DELETE"
						 : request->target == program->atoms[TEXT] ? "text/plain"
						 : has_data                                ? "UTF8_STRING"
																   : "another type");
	if (has_data) {
		set_data(program, request);
	}
	const union {
		xcb_selection_notify_event_t notify;
		char bytes[32];
	} event = {.notify = {
				   .response_type = XCB_SELECTION_NOTIFY,
				   .time = request->time,
				   .requestor = request->requestor,
				   .selection = request->selection,
				   .target = request->target,
				   .property = has_data || is_delete ? request->property : XCB_ATOM_NONE,
			   }};
	xcb_send_event(program->x, false, request->requestor, XCB_EVENT_MASK_NO_EVENT, event.bytes);
	xcb_flush(program->x);
}

static void handle_event(struct program *program, const xcb_generic_event_t *event) {
	const xcb_button_press_event_t *button = (const xcb_button_press_event_t *)event;
	const xcb_property_notify_event_t *notify = (const xcb_property_notify_event_t *)event;
	switch (event->response_type & 0x7f) {
	case XCB_BUTTON_PRESS:
		begin(program, button->time);
		break;
	case XCB_MOTION_NOTIFY:
		if (program->is_dragging) {
			move(program, button->root_x, button->root_y, button->time);
		}
		break;
	case XCB_BUTTON_RELEASE:
		if (program->is_dragging) {
			release(program, button->time);
		}
		break;
	case XCB_KEY_PRESS:
		if (program->is_dragging && button->detail == ESCAPE) {
			puts("escape");
			leave(program);
			end(program);
		}
		break;
	case XCB_CLIENT_MESSAGE:
		handle_message(program, (const xcb_client_message_event_t *)event);
		break;
	case XCB_SELECTION_REQUEST:
		handle_request(program, (const xcb_selection_request_event_t *)event);
		break;
	case XCB_PROPERTY_NOTIFY:
		if (notify->state == XCB_PROPERTY_DELETE && notify->window == program->pieces.window &&
				notify->atom == program->pieces.property) {
			send_piece(program);
		}
		break;
	default:
		break;
	}
}

static xcb_window_t create_window(struct program *program, int16_t place, uint16_t size, uint32_t color, bool is_icon) {
	xcb_window_t window = xcb_generate_id(program->x);
	const uint32_t values[] = {color, is_icon,
		XCB_EVENT_MASK_BUTTON_PRESS | XCB_EVENT_MASK_BUTTON_RELEASE | XCB_EVENT_MASK_POINTER_MOTION |
				XCB_EVENT_MASK_KEY_PRESS};
	xcb_create_window(program->x, XCB_COPY_FROM_PARENT, window, program->screen->root, place, place, size, size, 0,
			XCB_WINDOW_CLASS_INPUT_OUTPUT, program->screen->root_visual,
			XCB_CW_BACK_PIXEL | XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values);
	return window;
}

static void show(struct program *program, int16_t place) {
	// The user wants it at this place (XSizeHints).
	const uint32_t hints[18] = {1, (uint32_t)place, (uint32_t)place}, version = 5;
	program->window = create_window(program, place, SIZE, 0xc00000, false);
	program->icon = create_window(program, 0, ICON_SIZE, 0xc0c000, true);
	xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, program->window, XCB_ATOM_WM_NORMAL_HINTS,
			XCB_ATOM_WM_SIZE_HINTS, 32, 18, hints);
	set_property(program, AWARE, &version, 1);
	xcb_map_window(program->x, program->window);
	xcb_flush(program->x);
}

static void set_types(struct program *program, uint32_t len) {
	xcb_atom_t atoms[TYPES_MAX] = {program->atoms[TEXT], program->atoms[UTF8_STRING]};
	program->types_len = len < TYPES_MAX ? len : TYPES_MAX;
	for (uint32_t i = 2; i < program->types_len; i++) {
		char name[32];
		snprintf(name, sizeof(name), "text/x-%u", i);
		atoms[i] = find_atom(program, name);
	}
	if (program->types_len > 3) {
		set_property(program, TYPE_LIST, atoms, program->types_len);
	}
}

static void set_actions(struct program *program, char *list) {
	xcb_atom_t atoms[3];
	uint32_t len = 0;
	for (char *name = strtok(list, ","); name != NULL && len < 3; name = strtok(NULL, ",")) {
		atoms[len++] = find_action(program, name);
	}
	set_property(program, ACTION_LIST, atoms, len);
}

int main(int argc, char *argv[]) {
	static struct program program;
	program.x = xcb_connect(NULL, NULL);
	if (argc < 3 || xcb_connection_has_error(program.x)) {
		fprintf(stderr, "xdrag: %s\n",
				argc < 3 ? "usage: xdrag SIZE ACTION [ACTIONS [TYPES [PLACE [early]]]]" : "cannot connect");
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	program.screen = xcb_setup_roots_iterator(xcb_get_setup(program.x)).data;
	for (int i = 0; i < NAMES_LEN; i++) {
		program.atoms[i] = find_atom(&program, names[i]);
	}
	program.size = (size_t)atol(argv[1]);
	program.data = malloc(program.size + 1);
	if (program.data == NULL) {
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < program.size; i++) {
		program.data[i] = (char)('a' + i % 26);
	}
	program.action = find_action(&program, argv[2]);
	show(&program, (int16_t)(argc > 5 ? atoi(argv[5]) : PLACE));
	if (argc > 3) {
		set_actions(&program, argv[3]);
	}
	program.is_early = argc > 6 && strcmp(argv[6], "early") == 0;
	set_types(&program, argc > 4 ? (uint32_t)atoi(argv[4]) : 2);
	xcb_flush(program.x);
	xcb_generic_event_t *event;
	while ((event = xcb_wait_for_event(program.x)) != NULL) {
		handle_event(&program, event);
		free(event);
	}
	return EXIT_SUCCESS;
}

/*
 * An X11 program with two windows that take the focus one after the other, and by themselves (the globally active input
 * of ICCCM), as those of Java do. Each takes it whenever the window manager asks. Ends with 0 if it is asked a few
 * times only, and the last window has the focus then.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xcb/xcb.h>

#define WINDOWS_LEN 2
#define SECONDS 2
#define ASKED_MAX 8 // each once when it appears, and for each that takes the focus then

struct program {
	xcb_connection_t *x;
	xcb_atom_t protocols, take_focus;
	xcb_window_t windows[WINDOWS_LEN];
	int asked;
};

static xcb_atom_t get_atom(struct program *program, const char *name) {
	xcb_intern_atom_reply_t *reply =
			xcb_intern_atom_reply(program->x, xcb_intern_atom(program->x, false, (uint16_t)strlen(name), name), NULL);
	xcb_atom_t atom = reply != NULL ? reply->atom : (xcb_atom_t)XCB_ATOM_NONE;
	free(reply);
	return atom;
}

static xcb_window_t create_window(struct program *program, int16_t x) {
	const xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(program->x)).data;
	xcb_window_t window = xcb_generate_id(program->x);
	const uint32_t values[] = {screen->white_pixel, XCB_EVENT_MASK_EXPOSURE};
	xcb_create_window(program->x, XCB_COPY_FROM_PARENT, window, screen->root, x, 0, 100, 100, 0,
			XCB_WINDOW_CLASS_INPUT_OUTPUT, screen->root_visual, XCB_CW_BACK_PIXEL | XCB_CW_EVENT_MASK, values);
	const uint32_t hints[9] = {1}; // InputHint, and no input
	xcb_change_property(program->x, XCB_PROP_MODE_REPLACE, window, XCB_ATOM_WM_HINTS, XCB_ATOM_WM_HINTS, 32, 9, hints);
	xcb_change_property(
			program->x, XCB_PROP_MODE_REPLACE, window, program->protocols, XCB_ATOM_ATOM, 32, 1, &program->take_focus);
	return window;
}

static void take_focus(struct program *program, xcb_window_t window) {
	xcb_set_input_focus(program->x, XCB_INPUT_FOCUS_POINTER_ROOT, window, XCB_CURRENT_TIME);
}

// Handles an event. Returns whether a window is shown for the first time.
static bool handle(struct program *program, const xcb_generic_event_t *event) {
	const xcb_client_message_event_t *message = (const xcb_client_message_event_t *)event;
	int type = event->response_type & 0x7f;
	if (type == XCB_CLIENT_MESSAGE && message->data.data32[0] == program->take_focus) {
		program->asked++;
		take_focus(program, message->window);
	}
	return type == XCB_EXPOSE;
}

static void show(struct program *program, xcb_window_t window) {
	xcb_map_window(program->x, window);
	xcb_flush(program->x);
	xcb_generic_event_t *event;
	bool is_shown = false;
	while (!is_shown && (event = xcb_wait_for_event(program->x)) != NULL) {
		is_shown = handle(program, event);
		xcb_flush(program->x);
		free(event);
	}
}

static xcb_window_t get_focus(struct program *program) {
	xcb_get_input_focus_reply_t *reply = xcb_get_input_focus_reply(program->x, xcb_get_input_focus(program->x), NULL);
	xcb_window_t focus = reply != NULL ? reply->focus : (xcb_window_t)XCB_WINDOW_NONE;
	free(reply);
	return focus;
}

int main(void) {
	struct program program = {.x = xcb_connect(NULL, NULL)};
	if (xcb_connection_has_error(program.x)) {
		fputs("xfocus: there is no X server\n", stderr);
		return 1;
	}
	program.protocols = get_atom(&program, "WM_PROTOCOLS");
	program.take_focus = get_atom(&program, "WM_TAKE_FOCUS");
	for (int i = 0; i < WINDOWS_LEN; i++) {
		program.windows[i] = create_window(&program, (int16_t)(200 * i));
		show(&program, program.windows[i]);
	}
	for (int i = 0; i < WINDOWS_LEN; i++) {
		take_focus(&program, program.windows[i]);
	}
	xcb_flush(program.x);
	for (int i = 0; i < SECONDS * 1000; i++) {
		xcb_generic_event_t *event;
		while ((event = xcb_poll_for_event(program.x)) != NULL) {
			handle(&program, event);
			free(event);
		}
		xcb_flush(program.x);
		usleep(1000);
	}
	bool has_focus = get_focus(&program) == program.windows[WINDOWS_LEN - 1];
	printf("asked %d times; the last window has the focus: %s\n", program.asked, has_focus ? "yes" : "no");
	xcb_disconnect(program.x);
	return program.asked <= ASKED_MAX && has_focus ? 0 : 1;
}

/*
 * What an input method receives of a text field.
 */
#include "input-method-unstable-v2-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "text-input-unstable-v3-client-protocol.h"
#include <stdio.h>
#include <string.h>

struct method {
	struct client client;
	struct wl_seat *seat;
	struct zwp_input_method_manager_v2 *manager;
	struct zwp_input_method_v2 *object;
	char text[4096]; // of the last done event
	char pending[4096];
	int texts, dones;
	bool active;
};

static void handle_activate(void *data, struct zwp_input_method_v2 *object) {
	((struct method *)data)->active = true;
}

static void handle_deactivate(void *data, struct zwp_input_method_v2 *object) {
	((struct method *)data)->active = false;
}

static void handle_surrounding_text(
		void *data, struct zwp_input_method_v2 *object, const char *text, uint32_t cursor, uint32_t anchor) {
	struct method *method = data;
	method->texts++;
	snprintf(method->pending, sizeof(method->pending), "%s", text);
}

static void handle_text_change_cause(void *data, struct zwp_input_method_v2 *object, uint32_t cause) {
}

static void handle_content_type(void *data, struct zwp_input_method_v2 *object, uint32_t hint, uint32_t purpose) {
}

static void handle_done(void *data, struct zwp_input_method_v2 *object) {
	struct method *method = data;
	method->dones++;
	memcpy(method->text, method->pending, sizeof(method->text));
}

static void handle_unavailable(void *data, struct zwp_input_method_v2 *object) {
}

static const struct zwp_input_method_v2_listener method_listener = {
	.activate = handle_activate,
	.deactivate = handle_deactivate,
	.surrounding_text = handle_surrounding_text,
	.text_change_cause = handle_text_change_cause,
	.content_type = handle_content_type,
	.done = handle_done,
	.unavailable = handle_unavailable,
};

static void method_init(struct method *method, struct server *server) {
	*method = (struct method){0};
	client_init(&method->client, server);
	method->seat = client_bind(&method->client, &wl_seat_interface, 1);
	method->manager = client_bind(&method->client, &zwp_input_method_manager_v2_interface, 1);
	method->object = zwp_input_method_manager_v2_get_input_method(method->manager, method->seat);
	zwp_input_method_v2_add_listener(method->object, &method_listener, method);
	client_roundtrip(&method->client);
}

static void method_finish(struct method *method) {
	zwp_input_method_v2_destroy(method->object);
	zwp_input_method_manager_v2_destroy(method->manager);
	wl_seat_destroy(method->seat);
	client_finish(&method->client);
}

TEST("text_input@state-is-sent-at-a-limited-rate-and-the-last-one-arrives") {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct method method;
	char text[3500];
	stage_init(&stage, 64, 64);
	method_init(&method, &stage.server);
	struct client *client = &stage.screen.client;
	window_init(&window, &stage.screen, WINDOW_TOPLEVEL, 16, 16);
	picture_init(&picture, client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&window, picture.buffer);
	struct zwp_text_input_manager_v3 *manager = client_bind(client, &zwp_text_input_manager_v3_interface, 1);
	struct zwp_text_input_v3 *field = zwp_text_input_manager_v3_get_text_input(manager, stage.screen.seat);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	zwp_text_input_v3_enable(field);
	zwp_text_input_v3_set_surrounding_text(field, text, 0, 0);
	zwp_text_input_v3_commit(field);
	client_roundtrip(client);
	client_roundtrip(&method.client);
	expect(method.active);
	expect_string(method.text, text);
	// So many texts would not fit into the buffer of the connection.
	for (int i = 0; i < 1000; i++) {
		text[0] = (char)('a' + i % 26);
		zwp_text_input_v3_set_surrounding_text(field, text, 0, 0);
		zwp_text_input_v3_commit(field);
		client_roundtrip(client);
	}
	client_roundtrip(&method.client);
	expect_int(method.texts, <, 900);
	while (strcmp(method.text, text) != 0) {
		client_pump(&method.client, 20);
	}
	expect_int(method.dones, ==, method.texts);
	zwp_text_input_v3_disable(field);
	zwp_text_input_v3_commit(field);
	client_roundtrip(client);
	client_roundtrip(&method.client);
	expect(!method.active);
	zwp_text_input_v3_destroy(field);
	zwp_text_input_manager_v3_destroy(manager);
	picture_finish(&picture);
	window_finish(&window);
	method_finish(&method);
	stage_finish(&stage);
}

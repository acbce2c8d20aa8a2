/*
 * What an input method receives of a text field.
 */
#include "input-method-unstable-v2-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "text-input-unstable-v3-client-protocol.h"
#include <compositor/input_method.h>
#include <compositor/server.h>
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

// A window with a text field that has the focus, and an input method.
struct writing {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct method method;
	struct zwp_text_input_manager_v3 *manager;
	struct zwp_text_input_v3 *field;
	int bytes, dones; // that the field has received
};

static void ignore_surface(void *data, struct zwp_text_input_v3 *field, struct wl_surface *surface) {
}

static void handle_preedit(
		void *data, struct zwp_text_input_v3 *field, const char *text, int32_t cursor_begin, int32_t cursor_end) {
	((struct writing *)data)->bytes += text != NULL ? (int)strlen(text) : 0;
}

static void handle_commit(void *data, struct zwp_text_input_v3 *field, const char *text) {
	((struct writing *)data)->bytes += text != NULL ? (int)strlen(text) : 0;
}

static void ignore_delete(void *data, struct zwp_text_input_v3 *field, uint32_t before_length, uint32_t after_length) {
}

static void handle_field_done(void *data, struct zwp_text_input_v3 *field, uint32_t serial) {
	((struct writing *)data)->dones++;
}

static const struct zwp_text_input_v3_listener field_listener = {
	.enter = ignore_surface,
	.leave = ignore_surface,
	.preedit_string = handle_preedit,
	.commit_string = handle_commit,
	.delete_surrounding_text = ignore_delete,
	.done = handle_field_done,
};

static void writing_init(struct writing *writing) {
	*writing = (struct writing){0};
	struct screen *screen = &writing->stage.screen;
	stage_init(&writing->stage, 64, 64);
	method_init(&writing->method, &writing->stage.server);
	window_init(&writing->window, screen, WINDOW_TOPLEVEL, 16, 16);
	picture_init(&writing->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&writing->window, writing->picture.buffer);
	writing->manager = client_bind(&screen->client, &zwp_text_input_manager_v3_interface, 1);
	writing->field = zwp_text_input_manager_v3_get_text_input(writing->manager, screen->seat);
	zwp_text_input_v3_add_listener(writing->field, &field_listener, writing);
	zwp_text_input_v3_enable(writing->field);
	zwp_text_input_v3_commit(writing->field);
	client_roundtrip(&screen->client);
	client_roundtrip(&writing->method.client);
	expect(writing->method.active);
}

static void writing_finish(struct writing *writing) {
	zwp_text_input_v3_destroy(writing->field);
	zwp_text_input_manager_v3_destroy(writing->manager);
	picture_finish(&writing->picture);
	window_finish(&writing->window);
	method_finish(&writing->method);
	stage_finish(&writing->stage);
}

static void write_text(struct writing *writing, const char *text) {
	zwp_input_method_v2_commit_string(writing->method.object, text);
	zwp_input_method_v2_commit(writing->method.object, (uint32_t)writing->method.dones);
	client_roundtrip(&writing->method.client);
	client_roundtrip(&writing->stage.screen.client);
}

TEST("text_input@text-without-end-arrives-at-a-limited-rate") {
	struct writing writing;
	writing_init(&writing);
	char text[3500];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	int count = 8 * INPUT_METHOD_TEXT_MAX / (int)sizeof(text);
	for (int i = 0; i < count; i++) {
		write_text(&writing, text);
	}
	expect_int(writing.bytes, >=, INPUT_METHOD_TEXT_MAX - 2 * (int)sizeof(text));
	expect_int(writing.bytes, <, 4 * INPUT_METHOD_TEXT_MAX);
	// Later, text arrives again.
	writing.stage.server.compositor->input_method->text.time -= 2000;
	int bytes = writing.bytes, dones = writing.dones;
	write_text(&writing, "later");
	expect_int(writing.bytes, ==, bytes + 5);
	expect_int(writing.dones, ==, dones + 1);
	writing_finish(&writing);
}

TEST("text_input@enabled-and-disabled-without-end-ends-the-client") {
	struct writing writing;
	writing_init(&writing);
	for (int i = 0; i < 400; i++) {
		zwp_text_input_v3_disable(writing.field);
		zwp_text_input_v3_commit(writing.field);
		zwp_text_input_v3_enable(writing.field);
		zwp_text_input_v3_commit(writing.field);
	}
	expect_no_memory(&writing.stage.screen.client, "too many text inputs enabled and disabled in a second: ");
	expect_alive(&writing.method.client);
	writing_finish(&writing);
}

/*
 * Titles of windows, as task bars receive them (wlr-foreign-toplevel-management and ext-foreign-toplevel-list).
 */
#include "ext-foreign-toplevel-list-v1-client-protocol.h"
#include "runner.h"
#include "stage.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/foreign.h>
#include <compositor/monotonic.h>
#include <stdio.h>
#include <string.h>

// A task bar, and what it knows of the only window.
struct bar {
	struct client client;
	struct zwlr_foreign_toplevel_manager_v1 *manager;
	struct zwlr_foreign_toplevel_handle_v1 *handle;
	char title[4096], app_id[4096];
	int titles;
};

static void handle_title(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, const char *title) {
	struct bar *bar = data;
	bar->titles++;
	snprintf(bar->title, sizeof(bar->title), "%s", title);
}

static void handle_app_id(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, const char *app_id) {
	struct bar *bar = data;
	snprintf(bar->app_id, sizeof(bar->app_id), "%s", app_id);
}

static void handle_output(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, struct wl_output *output) {
}

static void handle_state(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, struct wl_array *state) {
}

static void handle_done(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle) {
}

static const struct zwlr_foreign_toplevel_handle_v1_listener handle_listener = {
	.title = handle_title,
	.app_id = handle_app_id,
	.output_enter = handle_output,
	.output_leave = handle_output,
	.state = handle_state,
	.done = handle_done,
	.closed = handle_done,
};

static void handle_toplevel(
		void *data, struct zwlr_foreign_toplevel_manager_v1 *manager, struct zwlr_foreign_toplevel_handle_v1 *handle) {
	struct bar *bar = data;
	bar->handle = handle;
	zwlr_foreign_toplevel_handle_v1_add_listener(handle, &handle_listener, bar);
}

static void handle_finished(void *data, struct zwlr_foreign_toplevel_manager_v1 *manager) {
}

static const struct zwlr_foreign_toplevel_manager_v1_listener manager_listener = {
	.toplevel = handle_toplevel,
	.finished = handle_finished,
};

// What an ext_foreign_toplevel_list_v1 tells of the last window.
struct list {
	struct ext_foreign_toplevel_list_v1 *object;
	struct ext_foreign_toplevel_handle_v1 *handle;
	char title[4096], app_id[4096], identifier[64];
	const char *known;                     // an identifier, or NULL
	int titles, dones, closed, identified; // the last one: with the known identifier
};

static void handle_list_closed(void *data, struct ext_foreign_toplevel_handle_v1 *handle) {
	((struct list *)data)->closed++;
}

static void handle_list_done(void *data, struct ext_foreign_toplevel_handle_v1 *handle) {
	((struct list *)data)->dones++;
}

static void handle_list_title(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *title) {
	struct list *list = data;
	list->titles++;
	snprintf(list->title, sizeof(list->title), "%s", title);
}

static void handle_list_app_id(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *app_id) {
	struct list *list = data;
	snprintf(list->app_id, sizeof(list->app_id), "%s", app_id);
}

static void handle_list_identifier(void *data, struct ext_foreign_toplevel_handle_v1 *handle, const char *identifier) {
	struct list *list = data;
	snprintf(list->identifier, sizeof(list->identifier), "%s", identifier);
	list->identified += list->known != NULL && strcmp(identifier, list->known) == 0;
}

static const struct ext_foreign_toplevel_handle_v1_listener list_handle_listener = {
	.closed = handle_list_closed,
	.done = handle_list_done,
	.title = handle_list_title,
	.app_id = handle_list_app_id,
	.identifier = handle_list_identifier,
};

static void handle_list_toplevel(
		void *data, struct ext_foreign_toplevel_list_v1 *object, struct ext_foreign_toplevel_handle_v1 *handle) {
	struct list *list = data;
	if (list->handle != NULL) {
		ext_foreign_toplevel_handle_v1_destroy(list->handle);
	}
	list->handle = handle;
	ext_foreign_toplevel_handle_v1_add_listener(handle, &list_handle_listener, list);
}

static void handle_list_finished(void *data, struct ext_foreign_toplevel_list_v1 *object) {
}

static const struct ext_foreign_toplevel_list_v1_listener list_listener = {
	.toplevel = handle_list_toplevel,
	.finished = handle_list_finished,
};

// known: an identifier whose windows are counted; may be NULL.
static void list_init(struct list *list, struct client *client, const char *known) {
	*list = (struct list){.known = known};
	list->object = client_bind(client, &ext_foreign_toplevel_list_v1_interface, 1);
	ext_foreign_toplevel_list_v1_add_listener(list->object, &list_listener, list);
	client_roundtrip(client);
}

static void list_finish(struct list *list) {
	ext_foreign_toplevel_handle_v1_destroy(list->handle);
	ext_foreign_toplevel_list_v1_destroy(list->object);
}

struct scene {
	struct stage stage;
	struct window window;
	struct picture picture;
	struct bar bar;
	struct list list; // of the same client
};

static void scene_init(struct scene *scene) {
	struct stage *stage = &scene->stage;
	stage_init(stage, 64, 64);
	window_init(&scene->window, &stage->screen, WINDOW_TOPLEVEL, 16, 16);
	picture_init(&scene->picture, &stage->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	window_commit(&scene->window, scene->picture.buffer);
	scene->bar = (struct bar){0};
	client_init(&scene->bar.client, &stage->server);
	scene->bar.manager = client_bind(&scene->bar.client, &zwlr_foreign_toplevel_manager_v1_interface, 1);
	zwlr_foreign_toplevel_manager_v1_add_listener(scene->bar.manager, &manager_listener, &scene->bar);
	client_roundtrip(&scene->bar.client);
	list_init(&scene->list, &scene->bar.client, NULL);
	expect(scene->bar.handle != NULL && scene->list.handle != NULL);
}

static void scene_finish(struct scene *scene) {
	list_finish(&scene->list);
	zwlr_foreign_toplevel_handle_v1_destroy(scene->bar.handle);
	zwlr_foreign_toplevel_manager_v1_destroy(scene->bar.manager);
	client_finish(&scene->bar.client);
	picture_finish(&scene->picture);
	window_finish(&scene->window);
	stage_finish(&scene->stage);
}

static void set_title(struct scene *scene, const char *title) {
	xdg_toplevel_set_title(scene->window.toplevel, title);
	client_roundtrip(&scene->stage.screen.client);
	client_roundtrip(&scene->bar.client);
}

TEST("foreign@long-title-is-cut-where-a-character-begins") {
	struct scene scene;
	char title[4000] = "", wanted[FOREIGN_TEXT_SIZE_MAX];
	scene_init(&scene);
	// Three bytes each: 255 of them are 85 characters, and with one byte before them there is room for 84.
	for (int i = 0; i < 1000; i++) {
		// NOLINTNEXTLINE(bugprone-not-null-terminated-result): the array ends with zeros
		memcpy(title + 3 * (ptrdiff_t)i, "\xe2\x82\xac", 3);
	}
	set_title(&scene, title);
	snprintf(wanted, sizeof(wanted), "%s", title);
	expect_string(scene.bar.title, wanted);
	expect_string(scene.list.title, wanted);
	memmove(title + 1, title, 3000);
	title[0] = 'a';
	set_title(&scene, title);
	snprintf(wanted, 1 + 84 * 3 + 1, "%s", title);
	expect_string(scene.bar.title, wanted);
	xdg_toplevel_set_app_id(scene.window.toplevel, title);
	set_title(&scene, "short");
	expect_string(scene.bar.title, "short");
	expect_string(scene.bar.app_id, wanted);
	expect_string(scene.list.title, "short");
	expect_string(scene.list.app_id, wanted);
	scene_finish(&scene);
}

TEST("foreign@titles-without-end-are-sent-at-a-limited-rate-and-the-last-one-arrives") {
	struct scene scene;
	char title[32];
	scene_init(&scene);
	int64_t start = monotonic_msec();
	for (int i = 0; i < 50 * FOREIGN_UPDATES_MAX; i++) {
		snprintf(title, sizeof(title), "title %d", i);
		xdg_toplevel_set_title(scene.window.toplevel, title);
		if (i % 64 == 63) {
			client_roundtrip(&scene.stage.screen.client);
			client_roundtrip(&scene.bar.client);
		}
	}
	int periods = (int)((monotonic_msec() - start) / FOREIGN_UPDATES_MS) + 2;
	expect_int(scene.bar.titles, >=, FOREIGN_UPDATES_MAX / 2);
	expect_int(scene.bar.titles, <=, periods * FOREIGN_UPDATES_MAX);
	expect_int(scene.list.titles, ==, scene.bar.titles);
	while (strcmp(scene.bar.title, title) != 0 || strcmp(scene.list.title, title) != 0) {
		client_pump(&scene.bar.client, 10);
	}
	scene_finish(&scene);
}

TEST("foreign@window-that-comes-and-goes-is-told-to-lists") {
	struct scene scene;
	struct list later;
	struct window other;
	scene_init(&scene);
	struct screen *screen = &scene.stage.screen;
	window_init(&other, screen, WINDOW_TOPLEVEL, 16, 16);
	xdg_toplevel_set_title(other.toplevel, "other");
	xdg_toplevel_set_app_id(other.toplevel, "org.example.other");
	scene.list.dones = 0;
	window_commit(&other, scene.picture.buffer);
	client_roundtrip(&scene.bar.client);
	// All of it at once.
	expect_string(scene.list.title, "other");
	expect_string(scene.list.app_id, "org.example.other");
	expect_int(strlen(scene.list.identifier), ==, 32);
	expect_int(scene.list.dones, ==, 1);
	// A list that is bound later receives both windows.
	list_init(&later, &scene.bar.client, scene.list.identifier);
	expect_int(later.dones, ==, 2);
	expect_int(later.identified, ==, 1);
	expect_int(scene.list.closed, ==, 0);
	window_finish(&other);
	client_roundtrip(&screen->client);
	client_roundtrip(&scene.bar.client);
	expect_int(scene.list.closed, ==, 1);
	list_finish(&later);
	scene_finish(&scene);
}

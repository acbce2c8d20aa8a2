/*
 * Windows as dialogs of other clients' windows (xdg-foreign).
 */
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-foreign-unstable-v1-client-protocol.h"
#include "xdg-foreign-unstable-v2-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/compat.h>
#include <stdio.h>
#include <string.h>

#define SIZE 64

// An application whose window covers the output, and a portal with a small dialog.
struct portal {
	struct stage stage;
	struct mouse mouse;
	struct window window, dialog;
	struct picture picture, small;
	struct screen other; // the portal's
	struct zxdg_exporter_v2 *exporter;
	struct zxdg_importer_v2 *importer;
	struct zxdg_exported_v2 *exported;
	struct zxdg_imported_v2 *imported;
	char handle[128];
	int destroyed;
	struct image both, one; // the output with the dialog above the window, and below it
};

static void handle_handle_v2(void *data, struct zxdg_exported_v2 *exported, const char *handle) {
	snprintf(data, sizeof(((struct portal *)data)->handle), "%s", handle);
}

static void handle_handle_v1(void *data, struct zxdg_exported_v1 *exported, const char *handle) {
	snprintf(data, sizeof(((struct portal *)data)->handle), "%s", handle);
}

static void handle_destroyed_v2(void *data, struct zxdg_imported_v2 *imported) {
	(*(int *)data)++;
}

static void handle_destroyed_v1(void *data, struct zxdg_imported_v1 *imported) {
	(*(int *)data)++;
}

static const struct zxdg_exported_v2_listener exported_v2_listener = {.handle = handle_handle_v2};
static const struct zxdg_exported_v1_listener exported_v1_listener = {.handle = handle_handle_v1};
static const struct zxdg_imported_v2_listener imported_v2_listener = {.destroyed = handle_destroyed_v2};
static const struct zxdg_imported_v1_listener imported_v1_listener = {.destroyed = handle_destroyed_v1};

// Clicks the window, which raises it.
static void click_window(struct portal *portal) {
	mouse_move(&portal->mouse, SIZE - 2, SIZE - 2);
	mouse_press(&portal->mouse, true);
	mouse_press(&portal->mouse, false);
}

static bool click_shows(struct portal *portal, const struct image *wanted) {
	struct image shown;
	click_window(portal);
	stage_capture(&portal->stage, &shown);
	bool is_wanted = image_count_differences(&shown, wanted) == 0;
	image_finish(&shown);
	return is_wanted;
}

static void portal_init(struct portal *portal) {
	*portal = (struct portal){0};
	stage_init(&portal->stage, SIZE, SIZE);
	struct screen *screen = &portal->stage.screen;
	mouse_init(&portal->mouse, screen, SIZE);
	mouse_move(&portal->mouse, SIZE - 2, SIZE - 2); // the cursor is in all captures
	screen_init(&portal->other, &portal->stage.server);
	picture_init(&portal->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&portal->picture, 1);
	picture_init(&portal->small, &portal->other.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 16, 16, 64);
	picture_fill(&portal->small, 2);
	window_init(&portal->window, screen, WINDOW_TOPLEVEL, SIZE, SIZE);
	window_commit(&portal->window, portal->picture.buffer);
	stage_capture(&portal->stage, &portal->one);
	window_init(&portal->dialog, &portal->other, WINDOW_TOPLEVEL, 16, 16);
	window_commit(&portal->dialog, portal->small.buffer);
	stage_capture(&portal->stage, &portal->both);
	expect_int(image_count_differences(&portal->one, &portal->both), >, 200);
	expect(click_shows(portal, &portal->one));
	portal->exporter = client_bind(&screen->client, &zxdg_exporter_v2_interface, 1);
	portal->importer = client_bind(&portal->other.client, &zxdg_importer_v2_interface, 1);
	portal->exported = zxdg_exporter_v2_export_toplevel(portal->exporter, portal->window.surface);
	zxdg_exported_v2_add_listener(portal->exported, &exported_v2_listener, portal->handle);
	client_roundtrip(&screen->client);
	expect_int(strlen(portal->handle), ==, 32);
	portal->imported = zxdg_importer_v2_import_toplevel(portal->importer, portal->handle);
	zxdg_imported_v2_add_listener(portal->imported, &imported_v2_listener, &portal->destroyed);
	client_roundtrip(&portal->other.client);
	expect_int(portal->destroyed, ==, 0);
}

static void portal_finish(struct portal *portal) {
	zxdg_imported_v2_destroy(portal->imported);
	if (portal->exported != NULL) {
		zxdg_exported_v2_destroy(portal->exported);
	}
	zxdg_importer_v2_destroy(portal->importer);
	zxdg_exporter_v2_destroy(portal->exporter);
	window_finish(&portal->dialog);
	window_finish(&portal->window);
	picture_finish(&portal->small);
	picture_finish(&portal->picture);
	image_finish(&portal->one);
	image_finish(&portal->both);
	screen_finish(&portal->other);
	mouse_finish(&portal->mouse);
	stage_finish(&portal->stage);
}

TEST("xdg_foreign@dialog-of-a-window-stays-above-it-until-its-handle-is-gone") {
	struct portal portal;
	portal_init(&portal);
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect(click_shows(&portal, &portal.both));
	zxdg_exported_v2_destroy(portal.exported);
	portal.exported = NULL;
	client_roundtrip(&portal.stage.screen.client);
	client_roundtrip(&portal.other.client);
	expect_int(portal.destroyed, ==, 1);
	expect(click_shows(&portal, &portal.one));
	// The object of a handle that is gone does nothing.
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect(click_shows(&portal, &portal.one));
	portal_finish(&portal);
}

#if WLR_SINCE(19)
// wlroots would use the xdg_toplevel after it is freed, until the xdg_surface is destroyed.
TEST("xdg_foreign@handle-ends-with-its-toplevel-even-if-the-xdg_surface-remains") {
	struct portal portal;
	portal_init(&portal);
	xdg_toplevel_destroy(portal.window.toplevel);
	client_roundtrip(&portal.stage.screen.client);
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect_int(portal.destroyed, ==, 1);
	portal.window.toplevel = xdg_surface_get_toplevel(portal.window.xdg_surface);
	expect_alive(&portal.stage.screen.client);
	portal_finish(&portal);
}
#endif

TEST("xdg_foreign@handles-of-version-1-are-the-same") {
	struct portal portal;
	portal_init(&portal);
	struct client *client = &portal.stage.screen.client;
	struct zxdg_exporter_v1 *exporter = client_bind(client, &zxdg_exporter_v1_interface, 1);
	struct zxdg_importer_v1 *importer = client_bind(&portal.other.client, &zxdg_importer_v1_interface, 1);
	struct zxdg_exported_v1 *exported = zxdg_exporter_v1_export(exporter, portal.window.surface);
	zxdg_exported_v1_add_listener(exported, &exported_v1_listener, portal.handle);
	struct zxdg_imported_v1 *imported = zxdg_importer_v1_import(importer, portal.handle); // of version 2
	zxdg_imported_v1_add_listener(imported, &imported_v1_listener, &portal.destroyed);
	zxdg_imported_v1_set_parent_of(imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect(click_shows(&portal, &portal.both));
	zxdg_imported_v1_destroy(imported);
	client_roundtrip(&portal.other.client);
	expect(click_shows(&portal, &portal.one));
	client_roundtrip(client);
	expect_int(strlen(portal.handle), ==, 32);
	zxdg_imported_v2_destroy(portal.imported);
	portal.imported = zxdg_importer_v2_import_toplevel(portal.importer, portal.handle); // of version 1
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect(click_shows(&portal, &portal.both));
	zxdg_exported_v1_destroy(exported);
	zxdg_exporter_v1_destroy(exporter);
	zxdg_importer_v1_destroy(importer);
	portal_finish(&portal);
}

TEST("xdg_foreign@unknown-handle-is-destroyed-at-once") {
	struct portal portal;
	portal_init(&portal);
	zxdg_imported_v2_destroy(portal.imported);
	portal.imported = zxdg_importer_v2_import_toplevel(portal.importer, "0123456789abcdef0123456789abcdef");
	zxdg_imported_v2_add_listener(portal.imported, &imported_v2_listener, &portal.destroyed);
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	client_roundtrip(&portal.other.client);
	expect_int(portal.destroyed, ==, 1);
	expect(click_shows(&portal, &portal.one));
	portal_finish(&portal);
}

// The application imports the dialog's handle, and makes the dialog its own dialog. The portal then asks for the
// opposite.
TEST("xdg_foreign@importer-that-closes-a-loop-is-ended-and-the-exporter-is-not") {
	struct portal portal;
	char handle[sizeof(portal.handle)];
	portal_init(&portal);
	struct client *client = &portal.stage.screen.client;
	struct zxdg_exporter_v2 *exporter = client_bind(&portal.other.client, &zxdg_exporter_v2_interface, 1);
	struct zxdg_importer_v2 *importer = client_bind(client, &zxdg_importer_v2_interface, 1);
	struct zxdg_exported_v2 *exported = zxdg_exporter_v2_export_toplevel(exporter, portal.dialog.surface);
	zxdg_exported_v2_add_listener(exported, &exported_v2_listener, handle);
	client_roundtrip(&portal.other.client);
	struct zxdg_imported_v2 *imported = zxdg_importer_v2_import_toplevel(importer, handle);
	zxdg_imported_v2_set_parent_of(imported, portal.window.surface);
	client_roundtrip(client);
	zxdg_imported_v2_set_parent_of(portal.imported, portal.dialog.surface);
	expect_protocol_error(&portal.other.client, portal.imported, ZXDG_IMPORTED_V2_ERROR_INVALID_SURFACE,
			"set_parent_of: the surface is the imported one or an ancestor of it");
	expect_alive(client);
	expect(click_shows(&portal, &portal.one));
	zxdg_exported_v2_destroy(exported);
	zxdg_exporter_v2_destroy(exporter);
	zxdg_imported_v2_destroy(imported);
	zxdg_importer_v2_destroy(importer);
	portal_finish(&portal);
}

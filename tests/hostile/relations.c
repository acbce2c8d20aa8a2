// Windows of one connection that are dialogs of those of another, by xdg-foreign.
#include "attack.h"

#include "xdg-foreign-unstable-v2-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <stdio.h>

#define PAIRS_MAX 32 // each has two of the 64 handles that a process may have exported
#define WINDOWS_MAX 128

struct relative {
	struct attacker attacker;
	struct picture picture;
	struct zxdg_exporter_v2 *exporter;
	struct zxdg_importer_v2 *importer;
	struct window windows[WINDOWS_MAX];
};

static void handle_handle(void *data, struct zxdg_exported_v2 *exported, const char *handle) {
	snprintf(data, 64, "%s", handle);
}

static const struct zxdg_exported_v2_listener exported_listener = {
	.handle = handle_handle,
};

static void handle_destroyed(void *data, struct zxdg_imported_v2 *imported) {
}

static const struct zxdg_imported_v2_listener imported_listener = {
	.destroyed = handle_destroyed,
};

static void relative_init(struct relative *relative, int count) {
	attacker_connect(&relative->attacker);
	picture_init(&relative->picture, &relative->attacker, 0, true, 64, 64);
	relative->exporter = attacker_bind(&relative->attacker, &zxdg_exporter_v2_interface, 1);
	relative->importer = attacker_bind(&relative->attacker, &zxdg_importer_v2_interface, 1);
	for (int i = 0; i < count; i++) {
		window_init(&relative->windows[i], &relative->attacker);
		window_commit(&relative->windows[i], relative->picture.buffer);
	}
	expect_alive(&relative->attacker);
}

// Makes a window of the child a dialog of the parent's. The handle is destroyed at once if it is not to be kept.
static void adopt(struct relative *parent, int number, struct relative *child, int child_number, bool is_kept) {
	char handle[64] = "";
	struct zxdg_exported_v2 *exported =
			zxdg_exporter_v2_export_toplevel(parent->exporter, parent->windows[number].surface);
	zxdg_exported_v2_add_listener(exported, &exported_listener, handle);
	expect_alive(&parent->attacker);
	struct zxdg_imported_v2 *imported = zxdg_importer_v2_import_toplevel(child->importer, handle);
	zxdg_imported_v2_add_listener(imported, &imported_listener, NULL);
	zxdg_imported_v2_set_parent_of(imported, child->windows[child_number].surface);
	expect_alive(&child->attacker);
	if (!is_kept) {
		zxdg_exported_v2_destroy(exported);
		expect_alive(&parent->attacker);
		zxdg_imported_v2_destroy(imported);
	}
}

// A chain of windows that goes from one connection to the other and back, with windows of the same one below each.
ATTACK("windows-in-a-chain-across-connections") {
	static struct relative relatives[2];
	int count = attack_count(WINDOWS_MAX);
	int pairs = count / 2 < PAIRS_MAX ? count / 2 : PAIRS_MAX;
	for (int i = 0; i < 2; i++) {
		relative_init(&relatives[i], count);
	}
	for (int i = 0; i < pairs; i++) {
		adopt(&relatives[0], i, &relatives[1], i, true);
		if (i + 1 < pairs) {
			adopt(&relatives[1], i, &relatives[0], i + 1, true);
		}
	}
	for (int i = 0; i < 2; i++) {
		for (int k = pairs; k < count; k++) {
			xdg_toplevel_set_parent(relatives[i].windows[k].toplevel, relatives[i].windows[k - 1].toplevel);
		}
		expect_alive(&relatives[i].attacker);
	}
	for (int i = 0; i < 200; i++) {
		struct relative *relative = &relatives[i % 2];
		xdg_toplevel_set_minimized(relative->windows[i % 3 == 0 ? 0 : count - 1 - i % pairs].toplevel);
		expect_alive(&relative->attacker);
	}
}

ATTACK("parents-by-handles-that-come-and-go") {
	static struct relative relatives[2];
	for (int i = 0; i < 2; i++) {
		relative_init(&relatives[i], 4);
	}
	for (int i = 0; i < attack_count(2000); i++) {
		adopt(&relatives[i % 2], i % 4, &relatives[1 - i % 2], (i + 1) % 4, false);
	}
}

#include "virtual_keyboard.h"

#include "keymap_includes.h"
#include "keymaps.h"
#include "parts.h"
#include "seat.h"
#include "usage.h"
#include "virtual-keyboard-unstable-v1-protocol.h"
#include <errno.h>
#include <inttypes.h>
#include <lido/shm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <xkbcommon/xkbcommon.h>

#define VIRTUAL_KEYBOARD_VERSION 1
#define REASON_SIZE 128

// A small keymap costs as much as one of this size: other clients receive it, too.
#define KEYMAP_BYTES_MIN (16 * 1024)

struct virtual_keyboard {
	struct virtual_keyboards *all;
	struct wlr_keyboard wlr;
	struct wl_resource *resource;
};

static const struct wlr_keyboard_impl keyboard_impl = {
	.name = "virtual-keyboard",
};

// Returns the bytes of a client's keymap with a terminating zero, which the caller frees. NULL: the keymap is invalid,
// and reason says why.
static char *read_keymap(int fd, uint32_t size, char reason[REASON_SIZE]) {
	if (size == 0 || size > VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX) {
		snprintf(reason, REASON_SIZE, "keymap of %" PRIu32 " bytes: the size must be 1 to %d", size,
				VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX);
		return NULL;
	}
	if (!lido_file_probe(fd, reason, REASON_SIZE)) {
		return NULL;
	}
	char *text = calloc(1, (size_t)size + 1);
	if (text == NULL) {
		snprintf(reason, REASON_SIZE, "out of memory for a keymap");
		return NULL;
	}
	size_t done = 0;
	ssize_t n;
	while (done < size && ((n = pread(fd, text + done, size - done, (off_t)done)) > 0 || (n == -1 && errno == EINTR))) {
		done += n > 0 ? (size_t)n : 0;
	}
	if (done < size) {
		snprintf(reason, REASON_SIZE, "keymap of %" PRIu32 " bytes, but the file has %zu bytes", size, done);
		free(text);
		return NULL;
	}
	return text;
}

static struct xkb_keymap *compile_keymap(const char *text, bool includes_files) {
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (context == NULL) {
		return NULL;
	}
	xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
	// The default include path would have folders of the user's, too.
	if (includes_files) {
		xkb_context_include_path_append(context, XKB_FOLDER);
	}
	struct xkb_keymap *keymap =
			xkb_keymap_new_from_string(context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	xkb_context_unref(context);
	return keymap;
}

static void forget_last(struct virtual_keyboards *all) {
	free(all->last.text);
	all->last.text = NULL;
	xkb_keymap_unref(all->last.keymap);
	all->last.keymap = NULL;
}

static bool is_last(const struct virtual_keyboards *all, const char *text, uint32_t size) {
	return all->last.keymap != NULL && all->last.size == size && memcmp(all->last.text, text, size) == 0;
}

// Compiles the text, unless it is that of the last keymap, and takes it over. Returns a reference, or NULL.
static struct xkb_keymap *get_keymap(struct virtual_keyboards *all, char *text, uint32_t size, bool includes_files) {
	if (is_last(all, text, size)) {
		free(text);
		return xkb_keymap_ref(all->last.keymap);
	}
	struct xkb_keymap *keymap = compile_keymap(text, includes_files);
	if (keymap == NULL) {
		free(text);
		return NULL;
	}
	forget_last(all);
	all->last.text = text;
	all->last.size = size;
	all->last.keymap = xkb_keymap_ref(keymap);
	return keymap;
}

static bool set_keymap(
		struct virtual_keyboard *keyboard, uint32_t format, int fd, uint32_t size, char reason[REASON_SIZE]) {
	struct virtual_keyboards *all = keyboard->all;
	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1) {
		snprintf(reason, REASON_SIZE, "keymap format %" PRIu32 ": must be xkb_v1 (1)", format);
		return false;
	}
	char *text = read_keymap(fd, size, reason);
	if (text == NULL) {
		return false;
	}
	bool is_compiled = is_last(all, text, size);
	size_t includes_len = 0;
	if (!is_compiled && !keymap_includes_count(text, &includes_len, reason, REASON_SIZE)) {
		free(text);
		return false;
	}
	bool unchanged = is_compiled && keyboard->wlr.keymap == all->last.keymap;
	uint64_t cost = (size > KEYMAP_BYTES_MIN ? size : KEYMAP_BYTES_MIN) + includes_len * KEYMAP_INCLUDES_BYTES;
	if (unchanged || !usage_spend(wl_resource_get_client(keyboard->resource), BUDGET_KEYMAP_BYTES, cost)) {
		free(text);
		return true; // or the client is ended
	}
	struct xkb_keymap *keymap = get_keymap(all, text, size, includes_len > 0);
	bool ok = keymap != NULL && keymaps_set_keymap(all->compositor, &keyboard->wlr, keymap);
	xkb_keymap_unref(keymap);
	if (!ok) {
		snprintf(reason, REASON_SIZE, "keymap does not compile%s",
				includes_len > 0 ? "; it includes other files, which must be in " XKB_FOLDER : "");
	}
	return ok;
}

static void handle_keymap(
		struct wl_client *client, struct wl_resource *resource, uint32_t format, int32_t fd, uint32_t size) {
	struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);
	char reason[REASON_SIZE];
	if (!set_keymap(keyboard, format, fd, size, reason)) {
		wl_client_post_implementation_error(client, "%s", reason);
	}
	close(fd);
}

static bool require_keymap(struct virtual_keyboard *keyboard) {
	if (keyboard->wlr.keymap == NULL) {
		wl_resource_post_error(keyboard->resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
				"no keymap: send one before keys and modifiers");
	}
	return keyboard->wlr.keymap != NULL;
}

static void handle_key(
		struct wl_client *client, struct wl_resource *resource, uint32_t time, uint32_t key, uint32_t state) {
	struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);
	struct wlr_keyboard_key_event event = {
		.time_msec = time,
		.keycode = key,
		.update_state = false,
		.state =
				state == WL_KEYBOARD_KEY_STATE_PRESSED ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED,
	};
	if (require_keymap(keyboard)) {
		wlr_keyboard_notify_key(&keyboard->wlr, &event);
	}
}

static void handle_modifiers(struct wl_client *client, struct wl_resource *resource, uint32_t depressed,
		uint32_t latched, uint32_t locked, uint32_t group) {
	struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);
	if (require_keymap(keyboard)) {
		wlr_keyboard_notify_modifiers(&keyboard->wlr, depressed, latched, locked, group);
	}
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct zwp_virtual_keyboard_v1_interface virtual_keyboard_impl = {
	.keymap = handle_keymap,
	.key = handle_key,
	.modifiers = handle_modifiers,
	.destroy = handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct virtual_keyboard *keyboard = wl_resource_get_user_data(resource);
	wlr_keyboard_finish(&keyboard->wlr);
	free(keyboard);
}

static void handle_create(
		struct wl_client *client, struct wl_resource *manager, struct wl_resource *seat, uint32_t id) {
	struct compositor *compositor = wl_resource_get_user_data(manager);
	struct virtual_keyboard *keyboard = calloc(1, sizeof(*keyboard));
	struct wl_resource *resource =
			wl_resource_create(client, &zwp_virtual_keyboard_v1_interface, wl_resource_get_version(manager), id);
	if (keyboard == NULL || resource == NULL) {
		free(keyboard);
		wl_client_post_no_memory(client);
		return;
	}
	keyboard->all = compositor->virtual_keyboards;
	keyboard->resource = resource;
	wlr_keyboard_init(&keyboard->wlr, &keyboard_impl, keyboard_impl.name);
	wl_resource_set_implementation(resource, &virtual_keyboard_impl, keyboard, handle_resource_destroy);
	seat_add_keyboard(compositor, &keyboard->wlr);
}

static const struct zwp_virtual_keyboard_manager_v1_interface manager_impl = {
	.create_virtual_keyboard = handle_create,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
			wl_resource_create(client, &zwp_virtual_keyboard_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

bool virtual_keyboards_init(struct compositor *compositor) {
	compositor->virtual_keyboards->compositor = compositor;
	compositor->virtual_keyboards->global = wl_global_create(compositor->display,
			&zwp_virtual_keyboard_manager_v1_interface, VIRTUAL_KEYBOARD_VERSION, compositor, manager_bind);
	return compositor->virtual_keyboards->global != NULL;
}

void virtual_keyboards_finish(struct compositor *compositor) {
	if (compositor->virtual_keyboards->global != NULL) {
		wl_global_destroy(compositor->virtual_keyboards->global);
	}
	forget_last(compositor->virtual_keyboards);
}

struct wl_client *virtual_keyboard_client(struct wlr_keyboard *wlr) {
	if (wlr->impl != &keyboard_impl) {
		return NULL;
	}
	struct virtual_keyboard *keyboard = wl_container_of(wlr, keyboard, wlr);
	return wl_resource_get_client(keyboard->resource);
}

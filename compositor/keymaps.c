#include "keymaps.h"

#include "clients.h"
#include "parts.h"
#include "seat.h"
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#if LIDO_XKB_DROPS_UNUSED
#define REPLACES_LIBXKBCOMMON __attribute__((visibility("default")))

// wlroots sends keymaps in this form. Newer versions of libxkbcommon leave out what no key uses: of a small keymap,
// such as those of virtual keyboards, all key actions. Xwayland rejects a keymap without any, and uses its own then.
REPLACES_LIBXKBCOMMON char *xkb_keymap_get_as_string(struct xkb_keymap *keymap, enum xkb_keymap_format format) {
	return xkb_keymap_get_as_string2(keymap, format, XKB_KEYMAP_SERIALIZE_KEEP_UNUSED);
}
#endif

// Has the client read all that was sent to it?
static bool has_read_all(struct wl_client *wl) {
	int unread = 0;
	wl_client_flush(wl);
	return ioctl(wl_client_get_fd(wl), SIOCOUTQ, &unread) == 0 && unread == 0;
}

// Counts as many keymaps as sent to the client. Returns false, and counts nothing, if it does not read.
static bool spend(struct client_record *record, size_t len) {
	if (has_read_all(record->wl)) {
		record->keymaps_unread = 0;
	} else if (record->keymaps_unread + len > KEYMAPS_UNREAD_MAX) {
		return false;
	}
	record->keymaps_unread += len;
	return true;
}

// Keyboards of clients that do not read, so that wlroots sends them nothing. Those of each client are one after the
// other.
static void hide(struct keymaps *keymaps, struct wl_list *hidden) {
	struct wlr_seat_client *seat_client;
	wl_list_init(hidden);
	wl_list_for_each(seat_client, &keymaps->compositor->seat->wlr->clients, link) {
		struct wl_list *keyboards = &seat_client->keyboards;
		struct client_record *record = client_get_record(seat_client->client);
		if (record != NULL && !wl_list_empty(keyboards) && !spend(record, (size_t)wl_list_length(keyboards))) {
			record->lacks_keymap = true;
			wl_list_insert_list(hidden->prev, keyboards);
			wl_list_init(keyboards);
			wl_event_source_timer_update(keymaps->late, KEYMAPS_LATE_MS);
		}
	}
}

static void show(struct keymaps *keymaps, struct wl_list *hidden) {
	struct wl_resource *resource, *next;
	wl_resource_for_each_safe(resource, next, hidden) {
		struct wlr_seat_client *client =
				wlr_seat_client_for_wl_client(keymaps->compositor->seat->wlr, wl_resource_get_client(resource));
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_insert(client->keyboards.prev, wl_resource_get_link(resource));
	}
}

void keymaps_set_keyboard(struct compositor *compositor, struct wlr_keyboard *keyboard) {
	struct wlr_seat *seat = compositor->seat->wlr;
	if (wlr_seat_get_keyboard(seat) == keyboard) {
		return;
	}
	struct wl_list hidden;
	hide(compositor->keymaps, &hidden);
	wlr_seat_set_keyboard(seat, keyboard);
	show(compositor->keymaps, &hidden);
}

bool keymaps_set_keymap(struct compositor *compositor, struct wlr_keyboard *keyboard, struct xkb_keymap *keymap) {
	if (wlr_seat_get_keyboard(compositor->seat->wlr) != keyboard) {
		return wlr_keyboard_set_keymap(keyboard, keymap);
	}
	struct wl_list hidden;
	hide(compositor->keymaps, &hidden);
	bool ok = wlr_keyboard_set_keymap(keyboard, keymap);
	show(compositor->keymaps, &hidden);
	return ok;
}

static void send_keymap(struct wlr_seat_client *client, struct wlr_keyboard *keyboard) {
	bool is_focused = client->seat->keyboard_state.focused_client == client;
	uint32_t serial = is_focused ? wlr_seat_client_next_serial(client) : 0;
	struct wl_resource *resource;
	wl_resource_for_each(resource, &client->keyboards) {
		if (wl_resource_get_user_data(resource) == NULL) {
			continue; // wlroots has no use for it
		}
		wl_keyboard_send_keymap(
				resource, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, keyboard->keymap_fd, (uint32_t)keyboard->keymap_size);
		if (is_focused) {
			wl_keyboard_send_modifiers(resource, serial, keyboard->modifiers.depressed, keyboard->modifiers.latched,
					keyboard->modifiers.locked, keyboard->modifiers.group);
		}
	}
}

static int handle_late(void *data) {
	struct keymaps *keymaps = data;
	struct wlr_seat *seat = keymaps->compositor->seat->wlr;
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat);
	struct wlr_seat_client *seat_client;
	wl_list_for_each(seat_client, &seat->clients, link) {
		struct client_record *record = client_get_record(seat_client->client);
		if (record == NULL || !record->lacks_keymap) {
			continue;
		}
		if (!has_read_all(record->wl)) {
			wl_event_source_timer_update(keymaps->late, KEYMAPS_LATE_MS);
			continue;
		}
		record->lacks_keymap = false;
		record->keymaps_unread = (size_t)wl_list_length(&seat_client->keyboards);
		if (keyboard != NULL && keyboard->keymap != NULL) {
			send_keymap(seat_client, keyboard);
		}
	}
	return 0;
}

bool keymaps_init(struct compositor *compositor) {
	struct keymaps *keymaps = compositor->keymaps;
	keymaps->compositor = compositor;
	keymaps->late = wl_event_loop_add_timer(compositor->loop, handle_late, keymaps);
	return keymaps->late != NULL;
}

void keymaps_finish(struct compositor *compositor) {
	if (compositor->keymaps->late != NULL) {
		wl_event_source_remove(compositor->keymaps->late);
	}
}

#include "polite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

// A keyboard of the suite, whose events this file intercepts.
struct keyboard {
	struct wl_list link; // keyboards
	struct wl_keyboard *proxy;
	struct wl_display *display; // the client's connection
	uint32_t serial;            // of the latest enter; 0: none
	const struct wl_keyboard_listener *listener;
};

// The suite destroys keyboards without a request, so an entry is only replaced when its address is reused.
static struct wl_list keyboards = {&keyboards, &keyboards};

static struct keyboard *find_keyboard(struct wl_keyboard *proxy) {
	struct keyboard *keyboard;
	wl_list_for_each(keyboard, &keyboards, link) {
		if (keyboard->proxy == proxy) {
			return keyboard;
		}
	}
	return NULL;
}

static const struct wl_keyboard_listener *listener_of(struct wl_keyboard *proxy) {
	struct keyboard *keyboard = find_keyboard(proxy);
	assert(keyboard != NULL);
	return keyboard->listener;
}

static void handle_keymap(void *data, struct wl_keyboard *proxy, uint32_t format, int32_t fd, uint32_t size) {
	listener_of(proxy)->keymap(data, proxy, format, fd, size);
}

static void handle_enter(
		void *data, struct wl_keyboard *proxy, uint32_t serial, struct wl_surface *surface, struct wl_array *keys) {
	struct keyboard *keyboard = find_keyboard(proxy);
	assert(keyboard != NULL);
	keyboard->serial = serial;
	keyboard->listener->enter(data, proxy, serial, surface, keys);
}

static void handle_leave(void *data, struct wl_keyboard *proxy, uint32_t serial, struct wl_surface *surface) {
	listener_of(proxy)->leave(data, proxy, serial, surface);
}

static void handle_key(
		void *data, struct wl_keyboard *proxy, uint32_t serial, uint32_t time, uint32_t key, uint32_t state) {
	listener_of(proxy)->key(data, proxy, serial, time, key, state);
}

static void handle_modifiers(void *data, struct wl_keyboard *proxy, uint32_t serial, uint32_t depressed,
		uint32_t latched, uint32_t locked, uint32_t group) {
	listener_of(proxy)->modifiers(data, proxy, serial, depressed, latched, locked, group);
}

static void handle_repeat_info(void *data, struct wl_keyboard *proxy, int32_t rate, int32_t delay) {
	listener_of(proxy)->repeat_info(data, proxy, rate, delay);
}

static const struct wl_keyboard_listener our_listener = {
	handle_keymap, handle_enter, handle_leave, handle_key, handle_modifiers, handle_repeat_info};

bool selection_add_listener(struct wl_proxy *proxy, const void *listener, void *data) {
	if (strcmp(wl_proxy_get_class(proxy), "wl_keyboard") != 0) {
		return false;
	}
	struct keyboard *keyboard = find_keyboard((struct wl_keyboard *)proxy);
	if (keyboard != NULL) {
		wl_list_remove(&keyboard->link);
		free(keyboard);
	}
	keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL) {
		return false;
	}
	keyboard->proxy = (struct wl_keyboard *)proxy;
	keyboard->display = wl_proxy_get_display(proxy);
	keyboard->listener = listener;
	wl_list_insert(&keyboards, &keyboard->link);
	proxy_add_listener(proxy, &our_listener, data);
	return true;
}

void selection_forget(struct wl_display *display) {
	struct keyboard *keyboard, *next;
	wl_list_for_each_safe(keyboard, next, &keyboards, link) {
		if (keyboard->display == display) {
			wl_list_remove(&keyboard->link);
			free(keyboard);
		}
	}
}

static uint32_t find_serial(struct wl_display *display) {
	struct keyboard *keyboard;
	wl_list_for_each(keyboard, &keyboards, link) {
		if (keyboard->display == display) {
			return keyboard->serial;
		}
	}
	return 0;
}

// wl_data_device.set_selection and zwp_primary_selection_device_v1.set_selection require the serial "of the event that
// triggered this request". The suite passes 0, which no event had.
void selection_before(const struct request *request) {
	if ((request_is(request, "wl_data_device", "set_selection") ||
				request_is(request, "zwp_primary_selection_device_v1", "set_selection")) &&
			request->args[1].u == 0) {
		request->args[1].u = find_serial(wl_proxy_get_display(request->proxy));
	}
}

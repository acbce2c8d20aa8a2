// Virtual keyboards and their keymaps, which other clients receive.
#include "attack.h"

#include "virtual-keyboard-unstable-v1-client-protocol.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYMAP_SIZE_MAX (128 * 1024)

ATTACK("virtual-keyboards-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	for (int i = 0; i < attack_count(20000); i++) {
		zwp_virtual_keyboard_v1_destroy(
				zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat));
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	for (int i = 0; i < 1000; i++) {
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

static int create_keymap(const char *text, size_t size) {
	int fd = file_create(size, 0);
	if (write(fd, text, size) != (ssize_t)size) {
		fail("cannot write a keymap");
	}
	return fd;
}

// Compiling takes a time that grows with the square of the number of interpretations.
static int create_slow_keymap(int number) {
	static char text[KEYMAP_SIZE_MAX];
	size_t size = (size_t)snprintf(text, sizeof(text),
			"xkb_keymap{xkb_keycodes \"\"{<a>=%d;};xkb_types \"\"{type \"ONE_LEVEL\"{modifiers=none;};};"
			"xkb_compatibility \"\"{",
			9 + number);
	for (int i = 0; size < sizeof(text) - 200; i++) {
		size += (size_t)snprintf(
				text + size, sizeof(text) - size, "interpret U%X+AnyOf(all){repeat=True;};", 0x4000 + i);
	}
	size += (size_t)snprintf(text + size, sizeof(text) - size, "};xkb_symbols \"\"{key<a>{[a]};};};");
	memset(text + size, ' ', sizeof(text) - size);
	text[sizeof(text) - 1] = '\0';
	return create_keymap(text, sizeof(text));
}

ATTACK("keymaps-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwp_virtual_keyboard_v1 *keyboard =
			zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat);
	int fds[2] = {create_slow_keymap(0), create_slow_keymap(1)};
	for (int i = 0; i < 1000; i++) {
		zwp_virtual_keyboard_v1_keymap(keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fds[i % 2], KEYMAP_SIZE_MAX);
		if (i > 2 && !attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

// Each includes as many files of the system as are allowed: the largest of them, and others.
static int create_including_keymap(int number) {
	char text[1024];
	size_t size = (size_t)snprintf(text, sizeof(text),
			"xkb_keymap{xkb_keycodes {include \"evdev\"};xkb_types {include \"complete\"};"
			"xkb_compatibility {include \"complete\"};"
			"xkb_symbols {include \"pc+us+de+fr+ru+jp+in+level3(ralt_switch)+compose(ralt)\"\nkey<AE01>{[%d]};};};",
			number);
	return create_keymap(text, size + 1);
}

ATTACK("keymaps-that-include-files-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct zwp_virtual_keyboard_v1 *keyboard =
			zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat);
	struct stat stat;
	int fds[2] = {create_including_keymap(0), create_including_keymap(1)};
	if (fstat(fds[0], &stat) != 0) {
		fail("cannot look at a keymap");
	}
	int sent = 0;
	for (; sent < 1000; sent++) {
		zwp_virtual_keyboard_v1_keymap(
				keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fds[sent % 2], (uint32_t)stat.st_size);
		if (sent > 0 && !attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	if (sent < 1) {
		fail("keymaps that include files are refused at once");
	}
	expect_no_memory(&attacker);
}

// Each keyboard receives a keymap, with an fd, even if it is released at once.
ATTACK("keymaps-asked-for-without-reading") {
	struct attacker attacker;
	attacker_connect(&attacker);
	zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(attacker.keyboards, attacker.seat);
	struct wl_seat *seat = attacker_bind(&attacker, &wl_seat_interface, 5);
	for (int i = 0; i < 100000 && wl_display_get_error(attacker.display) == 0; i++) {
		wl_keyboard_release(wl_seat_get_keyboard(seat));
		if (i % 64 == 63) {
			struct pollfd pollfd = {.fd = wl_display_get_fd(attacker.display), .events = POLLOUT};
			wl_display_flush(attacker.display);
			if (poll(&pollfd, 1, 2000) == 0 || (pollfd.revents & POLLHUP) != 0) {
				break; // the server does not read on, or has ended this client
			}
		}
	}
	hold();
}

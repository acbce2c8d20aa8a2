// Texts that task bars receive.
#include "attack.h"

#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <string.h>

#define WINDOWS 120

// A task bar that reads slowly. It must not be disconnected.
static void be_task_bar(void *data) {
	struct attacker bar;
	attacker_connect(&bar);
	wl_registry_bind(bar.registry, bar.toplevels_name, &zwlr_foreign_toplevel_manager_v1_interface, 1);
	for (;;) {
		expect_alive(&bar);
		sleep_ms(50);
	}
}

ATTACK("titles-without-end") {
	struct attacker attacker;
	struct picture picture;
	static struct window windows[WINDOWS];
	char title[3900];
	memset(title, 'a', sizeof(title) - 1);
	title[sizeof(title) - 1] = '\0';
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 16, 16);
	for (int i = 0; i < WINDOWS; i++) {
		window_init(&windows[i], &attacker);
		xdg_toplevel_set_title(windows[i].toplevel, title);
		xdg_toplevel_set_app_id(windows[i].toplevel, title);
		window_commit(&windows[i], picture.buffer);
	}
	pid_t bar = start_child(be_task_bar, NULL);
	for (int i = 0; i < attack_count(20000); i++) {
		title[0] = (char)('a' + i % 26);
		xdg_toplevel_set_title(windows[i % WINDOWS].toplevel, title);
		if (i % 16 == 15) {
			expect_alive(&attacker);
		}
	}
	expect_child_alive(bar);
	stop_child(bar);
}

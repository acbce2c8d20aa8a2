// Activation tokens, which outlive their objects.
#include "attack.h"

#include "xdg-activation-v1-client-protocol.h"

#include <string.h>

static void create_tokens(struct attacker *attacker, int count) {
	char app_id[3000];
	memset(app_id, 'a', sizeof(app_id) - 1);
	app_id[sizeof(app_id) - 1] = '\0';
	for (int i = 0; i < count; i++) {
		struct xdg_activation_token_v1 *token = xdg_activation_v1_get_activation_token(attacker->activation);
		xdg_activation_token_v1_set_app_id(token, app_id);
		xdg_activation_token_v1_commit(token);
		xdg_activation_token_v1_destroy(token);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
}

static void create_some(void *data) {
	struct attacker attacker;
	attacker_connect(&attacker);
	create_tokens(&attacker, 64);
	hold();
}

ATTACK("tokens-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	pid_t children[40];
	for (int i = 0; i < 40; i++) {
		children[i] = start_child(create_some, NULL);
	}
	create_tokens(&attacker, attack_count(20000));
	struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
	for (int i = 0; i < attack_count(20000); i++) {
		xdg_activation_v1_activate(attacker.activation, "none", surface);
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	expect_alive(&attacker);
	for (int i = 0; i < 40; i++) {
		stop_child(children[i]);
	}
}

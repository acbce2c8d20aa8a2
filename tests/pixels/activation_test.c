/*
 * Activation tokens, which outlive their objects and the clients that created them.
 */
#include "runner.h"
#include "stage.h"
#include "xdg-activation-v1-client-protocol.h"
#include <compositor/server.h>
#include <string.h>

static void handle_done(void *data, struct xdg_activation_token_v1 *object, const char *token) {
	snprintf(data, 64, "%s", token);
}

static const struct xdg_activation_token_v1_listener token_listener = {.done = handle_done};

// Creates tokens; the last one goes into token, of 64 bytes.
static void create_tokens(struct client *client, int count, const char *app_id, char *token) {
	struct xdg_activation_v1 *activation = client_bind(client, &xdg_activation_v1_interface, 1);
	for (int i = 0; i < count; i++) {
		struct xdg_activation_token_v1 *object = xdg_activation_v1_get_activation_token(activation);
		xdg_activation_token_v1_add_listener(object, &token_listener, token);
		xdg_activation_token_v1_set_app_id(object, app_id);
		xdg_activation_token_v1_commit(object);
		client_roundtrip(client);
		xdg_activation_token_v1_destroy(object);
	}
	xdg_activation_v1_destroy(activation);
}

static void activate(struct screen *screen, const char *token) {
	struct xdg_activation_v1 *activation = client_bind(&screen->client, &xdg_activation_v1_interface, 1);
	struct wl_surface *surface = wl_compositor_create_surface(screen->compositor);
	xdg_activation_v1_activate(activation, token, surface);
	client_roundtrip(&screen->client);
	wl_surface_destroy(surface);
	xdg_activation_v1_destroy(activation);
}

TEST("activation@oldest-token-of-a-process-goes-first") {
	struct stage stage;
	char first[64], last[64], app_id[4000];
	memset(app_id, 'a', sizeof(app_id) - 1);
	app_id[sizeof(app_id) - 1] = '\0';
	stage_init(&stage, 64, 64);
	struct activation *activation = stage.server.compositor->activation;
	create_tokens(&stage.screen.client, 1, app_id, first);
	create_tokens(&stage.screen.client, ACTIVATION_TOKENS_PER_PROCESS_MAX - 1, app_id, last);
	expect_int(activation->tokens_len, ==, ACTIVATION_TOKENS_PER_PROCESS_MAX);
	create_tokens(&stage.screen.client, 100, app_id, last);
	expect_int(activation->tokens_len, ==, ACTIVATION_TOKENS_PER_PROCESS_MAX);
	activate(&stage.screen, first);
	expect_int(activation->tokens_len, ==, ACTIVATION_TOKENS_PER_PROCESS_MAX);
	activate(&stage.screen, last);
	expect_int(activation->tokens_len, ==, ACTIVATION_TOKENS_PER_PROCESS_MAX - 1);
	stage_finish(&stage);
}

TEST("activation@token-of-a-client-that-has-gone-is-valid") {
	struct stage stage;
	struct client launcher;
	char token[64];
	stage_init(&stage, 64, 64);
	client_init(&launcher, &stage.server);
	create_tokens(&launcher, 1, "launcher", token);
	client_finish(&launcher);
	expect_int(stage.server.compositor->activation->tokens_len, ==, 1);
	activate(&stage.screen, token);
	expect_int(stage.server.compositor->activation->tokens_len, ==, 0);
	stage_finish(&stage);
}

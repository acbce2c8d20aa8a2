// Presentation feedbacks: how many events a frame sends, and feedbacks of surfaces that are never shown.
#include "attack.h"
#include "panel.h"

#include "presentation-time-client-protocol.h"

#include <string.h>

#define CONNECTIONS 4
#define FEEDBACKS 500 // that one process may have
#define OUTPUTS 60    // of each connection
#define CALLBACK_CONNECTIONS 16
#define CALLBACKS 16000

struct feedback_client {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	struct wp_presentation *presentation;
};

static uint32_t output_name;

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	if (strcmp(interface, wl_output_interface.name) == 0) {
		output_name = name;
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void feedback_client_init(struct feedback_client *client, int outputs) {
	struct attacker *attacker = &client->attacker;
	attacker_connect(attacker);
	client->presentation = attacker_bind(attacker, &wp_presentation_interface, 1);
	struct wl_registry *registry = wl_display_get_registry(attacker->display);
	wl_registry_add_listener(registry, &registry_listener, NULL);
	expect_alive(attacker);
	for (int i = 0; i < outputs; i++) {
		wl_registry_bind(registry, output_name, &wl_output_interface, 1);
	}
	expect_alive(attacker);
	window_init(&client->window, attacker);
	picture_init(&client->picture, attacker, 0, true, 16, 16);
	window_commit(&client->window, client->picture.buffer);
	expect_alive(attacker);
}

// Returns false if the server has ended the client.
static bool request_feedbacks(struct feedback_client *client, int count) {
	for (int i = 0; i < count; i++) {
		wp_presentation_feedback(client->presentation, client->window.surface);
		if (i % 256 == 255 && !attacker_try_roundtrip(&client->attacker)) {
			return false;
		}
	}
	return true;
}

// The next frame sends each feedback one event for each wl_output of its client: to all clients at once.
ATTACK("feedbacks-for-many-outputs") {
	static struct feedback_client clients[CONNECTIONS];
	bool is_alive = true;
	for (int i = 0; i < CONNECTIONS; i++) {
		feedback_client_init(&clients[i], OUTPUTS);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		request_feedbacks(&clients[i], FEEDBACKS / CONNECTIONS);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		window_commit(&clients[i].window, clients[i].picture.buffer);
		wl_display_flush(clients[i].attacker.display);
	}
	hold();
	// All connections together have a limit.
	for (int i = 0; is_alive && i < CONNECTIONS; i++) {
		expect_alive(&clients[i].attacker);
		is_alive = request_feedbacks(&clients[i], FEEDBACKS);
		if (!is_alive) {
			expect_no_memory(&clients[i].attacker);
		}
	}
	if (is_alive) {
		fail("the server has no limit");
	}
}

// Feedbacks of surfaces that are never shown, of hidden ones, and of some that are destroyed at once.
ATTACK("feedbacks-that-never-come") {
	static struct feedback_client client;
	feedback_client_init(&client, 1);
	struct attacker *attacker = &client.attacker;
	for (int i = 0; i < attack_count(2000); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker->compositor);
		struct wl_subsurface *subsurface = NULL;
		if (i % 2 == 0) {
			subsurface = wl_subcompositor_get_subsurface(attacker->subcompositor, surface, client.window.surface);
			wl_surface_attach(surface, client.picture.buffer, 0, 0);
		}
		wp_presentation_feedback(client.presentation, surface);
		if (i % 3 > 0) {
			wl_surface_commit(surface);
			wp_presentation_feedback(client.presentation, surface);
		}
		if (i % 5 == 0) {
			window_commit(&client.window, client.picture.buffer);
		}
		if (subsurface != NULL) {
			wl_subsurface_destroy(subsurface);
		}
		wl_surface_destroy(surface);
		if (i % 64 == 63) {
			expect_alive(attacker);
		}
	}
	expect_alive(attacker);
}

// As many as one process can have.
ATTACK("frame-callbacks-of-many-connections") {
	static struct feedback_client clients[CALLBACK_CONNECTIONS];
	for (int i = 0; i < CALLBACK_CONNECTIONS; i++) {
		feedback_client_init(&clients[i], 0);
	}
	for (int i = 0; i < CALLBACK_CONNECTIONS; i++) {
		bool is_alive = true;
		for (int j = 0; is_alive && j < CALLBACKS; j++) {
			wl_surface_frame(clients[i].window.surface);
			is_alive = j % 256 != 255 || attacker_try_roundtrip(&clients[i].attacker);
		}
		if (!is_alive) {
			expect_no_memory(&clients[i].attacker);
			break;
		}
	}
	for (int i = 0; i < CALLBACK_CONNECTIONS; i++) {
		window_commit(&clients[i].window, clients[i].picture.buffer);
		wl_display_flush(clients[i].attacker.display);
	}
	hold();
}

// Each surface that is shown or hidden enters or leaves each wl_output of its client.
ATTACK("surfaces-that-enter-many-outputs") {
	static struct feedback_client client;
	feedback_client_init(&client, OUTPUTS);
	struct attacker *attacker = &client.attacker;
	for (int i = 0; i < attack_count(500); i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker->compositor);
		wl_subsurface_set_desync(
				wl_subcompositor_get_subsurface(attacker->subcompositor, surface, client.window.surface));
		wl_surface_attach(surface, client.picture.buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 16 == 15) {
			expect_alive(attacker);
		}
	}
	for (int i = 0; i < attack_count(20); i++) {
		window_commit(&client.window, client.picture.buffer);
		expect_alive(attacker);
		wl_surface_attach(client.window.surface, NULL, 0, 0);
		wl_surface_commit(client.window.surface);
		expect_alive(attacker);
		wl_surface_commit(client.window.surface);
		expect_alive(attacker);
	}
}

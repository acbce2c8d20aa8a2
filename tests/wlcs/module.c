/*
 * A module for the conformance suite WLCS: starts and stops the compositor once per test, in the suite's own process.
 *
 * The suite's thread creates everything; a second thread runs the event loop until the suite stops it. Meanwhile, that
 * thread executes the suite's calls.
 */
#include "devices.h"
#include "jobs.h"
#include <compositor.h>
#include <layer.h>
#include <server.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <toplevel.h>
#include <unistd.h>
#include <wayland-client-core.h>
#include <wlcs/display_server.h>
#if WLCS_DISPLAY_SERVER_VERSION >= 4
#include <wlcs/keyboard.h>
#endif
#include <wlcs/pointer.h>
#include <wlcs/touch.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_scene.h>

// A connection of the suite, which identifies its clients by the fd of its end.
struct connection {
	struct wl_list link; // server.connections
	int fd;              // the suite's end
	struct wl_client *client;
	struct wl_listener destroy;
};

struct server {
	WlcsDisplayServer base;
	struct compositor *compositor; // NULL while stopped
	struct wl_protocol_logger *logger;
	struct jobs jobs;
	struct devices devices;
	struct wl_list connections; // connection.link
	pthread_t thread;
};

// In some fixtures of the suite, devices outlive the server, so their destroy functions must not access it.
struct pointer {
	WlcsPointer base;
	struct server *server;
};

struct touch_screen {
	WlcsTouch base;
	struct server *server;
};

// The extensions that Lido has; the suite skips tests of others.
static const WlcsExtensionDescriptor extensions[] = {
	{"wl_compositor", 6},
	{"wl_data_device_manager", 3},
	{"wl_output", 4},
	{"wl_seat", 9},
	{"wl_shm", 2},
	{"wl_subcompositor", 1},
	{"wp_viewporter", 1},
	{"xdg_wm_base", 6},
	{"zwlr_foreign_toplevel_manager_v1", 3},
	{"zwlr_layer_shell_v1", 4},
	{"zwlr_virtual_pointer_manager_v1", 2},
	{"zwp_input_method_manager_v2", 1},
	{"zwp_pointer_constraints_v1", 1},
	{"zwp_primary_selection_device_manager_v1", 1},
	{"zwp_relative_pointer_manager_v1", 1},
	{"zwp_text_input_manager_v3", 1},
	{"zxdg_output_manager_v1", 3},
};

static const WlcsIntegrationDescriptor descriptor = {
	.version = 1,
	.num_extensions = sizeof(extensions) / sizeof(extensions[0]),
	.supported_extensions = extensions,
};

static struct server *server_from_base(WlcsDisplayServer *base) {
	struct server *server = wl_container_of(base, server, base);
	return server;
}

static void fail(const char *what) {
	fprintf(stderr, "wlcs module: %s\n", what);
	abort();
}

static void connection_destroy(struct connection *connection) {
	wl_list_remove(&connection->destroy.link);
	wl_list_remove(&connection->link);
	free(connection);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct connection *connection = wl_container_of(listener, connection, destroy);
	connection_destroy(connection);
}

static struct connection *find_connection(struct server *server, int fd) {
	struct connection *connection;
	wl_list_for_each(connection, &server->connections, link) {
		if (connection->fd == fd) {
			return connection;
		}
	}
	return NULL;
}

// The compositor updates the pointer's focus before the event loop waits, which is after the reply to a wl_display.sync
// in the same batch of requests. The suite expects all effects of earlier requests before that reply, so update it now.
static void handle_message(
		void *data, enum wl_protocol_logger_type type, const struct wl_protocol_logger_message *message) {
	struct server *server = data;
	if (type == WL_PROTOCOL_LOGGER_REQUEST && server->compositor->cursor->refresh != NULL &&
			strcmp(message->message->name, "sync") == 0 &&
			strcmp(wl_resource_get_class(message->resource), "wl_display") == 0) {
		cursor_refresh_now(server->compositor);
	}
}

static void *run(void *data) {
	struct server *server = data;
	compositor_run(server->compositor);
	return NULL;
}

static void start(WlcsDisplayServer *base) {
	struct server *server = server_from_base(base);
	const struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS,
		.width = SCREEN_WIDTH,
		.height = SCREEN_HEIGHT,
		.renderer = "pixman",
		.without_socket = true,
	};
	server->compositor = compositor_create(&options);
	if (server->compositor == NULL || !compositor_start(server->compositor)) {
		fail("the compositor did not start");
	}
	struct wl_display *display = compositor_get_display(server->compositor);
	server->logger = wl_display_add_protocol_logger(display, handle_message, server);
	if (server->logger == NULL || !jobs_init(&server->jobs, wl_display_get_event_loop(display))) {
		fail("out of memory");
	}
	devices_init(&server->devices, server->compositor);
	// Move the pointer away from surfaces that a test did not place under it.
	wlr_cursor_warp(server->compositor->cursor->wlr, NULL, SCREEN_WIDTH - 1, SCREEN_HEIGHT - 1);
	if (pthread_create(&server->thread, NULL, run, server) != 0) {
		fail("cannot create a thread");
	}
}

static void terminate(void *data) {
	struct server *server = data;
	compositor_terminate(server->compositor);
}

static void stop(WlcsDisplayServer *base) {
	struct server *server = server_from_base(base);
	jobs_run(&server->jobs, terminate, server);
	pthread_join(server->thread, NULL);
	wl_display_destroy_clients(compositor_get_display(server->compositor));
	devices_finish(&server->devices);
	jobs_finish(&server->jobs);
	wl_protocol_logger_destroy(server->logger);
	compositor_destroy(server->compositor);
	server->compositor = NULL;
}

struct addition {
	struct server *server;
	int ours, theirs; // fds
};

static void add_client(void *data) {
	struct addition *addition = data;
	struct connection *connection = find_connection(addition->server, addition->theirs);
	if (connection != NULL) {
		connection_destroy(connection); // the suite has closed its end; the hangup is still pending
	}
	connection = calloc(1, sizeof(*connection));
	struct wl_client *client = compositor_add_client(addition->server->compositor, addition->ours);
	if (connection == NULL || client == NULL) {
		fail("out of memory");
	}
	connection->fd = addition->theirs;
	connection->client = client;
	connection->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &connection->destroy);
	wl_list_insert(&addition->server->connections, &connection->link);
}

static int create_client_socket(WlcsDisplayServer *base) {
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		return -1;
	}
	struct addition addition = {.server = server_from_base(base), .ours = fds[0], .theirs = fds[1]};
	jobs_run(&addition.server->jobs, add_client, &addition);
	return addition.theirs;
}

struct placement {
	struct server *server;
	int fd;           // the suite's end of the connection
	uint32_t surface; // object id
	int x, y;         // layout coordinates
};

static void move_surface(struct compositor *compositor, struct wlr_surface *surface, int x, int y) {
	struct toplevel *toplevel = toplevel_try_from_surface(surface);
	struct wlr_layer_surface_v1 *wlr_layer = wlr_layer_surface_v1_try_from_wlr_surface(surface);
	if (toplevel != NULL) {
		toplevel_move(toplevel, x, y);
	} else if (wlr_layer != NULL) {
		struct output *output;
		struct layer_surface *layer;
		wl_list_for_each(output, &compositor->desktop->outputs, link) {
			wl_list_for_each(layer, &output->layers, link) {
				if (layer->wlr == wlr_layer) {
					wlr_scene_node_set_position(&layer->scene->tree->node, x, y);
					wlr_scene_node_set_position(&layer->popups->node, x, y);
				}
			}
		}
	}
	cursor_refresh_now(compositor);
}

static void place(void *data) {
	struct placement *placement = data;
	struct connection *connection = find_connection(placement->server, placement->fd);
	struct wl_resource *resource =
			connection != NULL ? wl_client_get_object(connection->client, placement->surface) : NULL;
	if (resource != NULL) {
		move_surface(placement->server->compositor, wlr_surface_from_resource(resource), placement->x, placement->y);
	}
}

static void position_window_absolute(
		WlcsDisplayServer *base, struct wl_display *client, struct wl_surface *surface, int x, int y) {
	struct placement placement = {
		.server = server_from_base(base),
		.fd = wl_display_get_fd(client),
		.surface = wl_proxy_get_id((struct wl_proxy *)surface),
		.x = x,
		.y = y,
	};
	jobs_run(&placement.server->jobs, place, &placement);
}

// An action of one of the suite's devices.
struct action {
	struct server *server;
	void (*move)(struct devices *devices, double x, double y); // or
	void (*click)(struct devices *devices, uint32_t button);   // a button or key; or
	void (*lift)(struct devices *devices);
	double x, y;
	uint32_t button;
};

static void act(void *data) {
	struct action *action = data;
	if (action->move != NULL) {
		action->move(&action->server->devices, action->x, action->y);
	} else if (action->click != NULL) {
		action->click(&action->server->devices, action->button);
	} else {
		action->lift(&action->server->devices);
	}
}

static struct server *pointer_server(WlcsPointer *base) {
	struct pointer *pointer = wl_container_of(base, pointer, base);
	return pointer->server;
}

static void pointer_move(
		WlcsPointer *base, void (*move)(struct devices *devices, double x, double y), wl_fixed_t x, wl_fixed_t y) {
	struct action action = {
		.server = pointer_server(base),
		.move = move,
		.x = wl_fixed_to_double(x),
		.y = wl_fixed_to_double(y),
	};
	jobs_run(&action.server->jobs, act, &action);
}

static void pointer_move_absolute(WlcsPointer *base, wl_fixed_t x, wl_fixed_t y) {
	pointer_move(base, devices_move_pointer_to, x, y);
}

static void pointer_move_relative(WlcsPointer *base, wl_fixed_t dx, wl_fixed_t dy) {
	pointer_move(base, devices_move_pointer_by, dx, dy);
}

static void pointer_button_up(WlcsPointer *base, int button) {
	struct action action = {.server = pointer_server(base), .click = devices_release, .button = (uint32_t)button};
	jobs_run(&action.server->jobs, act, &action);
}

static void pointer_button_down(WlcsPointer *base, int button) {
	struct action action = {.server = pointer_server(base), .click = devices_press, .button = (uint32_t)button};
	jobs_run(&action.server->jobs, act, &action);
}

static void pointer_destroy(WlcsPointer *base) {
	struct pointer *pointer = wl_container_of(base, pointer, base);
	free(pointer);
}

// gcc's analyzer does not treat the address of a first member as the address of its struct.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

static WlcsPointer *create_pointer(WlcsDisplayServer *base) {
	struct pointer *pointer = calloc(1, sizeof(*pointer));
	if (pointer == NULL) {
		return NULL;
	}
	pointer->server = server_from_base(base);
	pointer->base = (WlcsPointer){
		.version = 1,
		.move_absolute = pointer_move_absolute,
		.move_relative = pointer_move_relative,
		.button_up = pointer_button_up,
		.button_down = pointer_button_down,
		.destroy = pointer_destroy,
	};
	return &pointer->base;
}

// The header declares wl_fixed_t, but the suite passes whole pixels.
static void touch_act(WlcsTouch *base, void (*move)(struct devices *devices, double x, double y), int x, int y) {
	struct touch_screen *touch = wl_container_of(base, touch, base);
	struct action action = {.server = touch->server, .move = move, .lift = devices_touch_up, .x = x, .y = y};
	jobs_run(&action.server->jobs, act, &action);
}

static void touch_down(WlcsTouch *base, wl_fixed_t x, wl_fixed_t y) {
	touch_act(base, devices_touch_down, x, y);
}

static void touch_move(WlcsTouch *base, wl_fixed_t x, wl_fixed_t y) {
	touch_act(base, devices_touch_move, x, y);
}

static void touch_up(WlcsTouch *base) {
	touch_act(base, NULL, 0, 0);
}

static void touch_destroy(WlcsTouch *base) {
	struct touch_screen *touch = wl_container_of(base, touch, base);
	free(touch);
}

static WlcsTouch *create_touch(WlcsDisplayServer *base) {
	struct touch_screen *touch = calloc(1, sizeof(*touch));
	if (touch == NULL) {
		return NULL;
	}
	touch->server = server_from_base(base);
	touch->base = (WlcsTouch){
		.version = 1,
		.touch_down = touch_down,
		.touch_move = touch_move,
		.touch_up = touch_up,
		.destroy = touch_destroy,
	};
	return &touch->base;
}

#if WLCS_DISPLAY_SERVER_VERSION >= 4
struct keyboard_device {
	WlcsKeyboard base;
	struct server *server;
};

static void keyboard_act(WlcsKeyboard *base, void (*click)(struct devices *devices, uint32_t key), int key) {
	struct keyboard_device *keyboard = wl_container_of(base, keyboard, base);
	struct action action = {.server = keyboard->server, .click = click, .button = (uint32_t)key};
	jobs_run(&action.server->jobs, act, &action);
}

static void key_down(WlcsKeyboard *base, int key) {
	keyboard_act(base, devices_press_key, key);
}

static void key_up(WlcsKeyboard *base, int key) {
	keyboard_act(base, devices_release_key, key);
}

static void keyboard_destroy(WlcsKeyboard *base) {
	struct keyboard_device *keyboard = wl_container_of(base, keyboard, base);
	free(keyboard);
}

static WlcsKeyboard *create_keyboard(WlcsDisplayServer *base) {
	struct keyboard_device *keyboard = calloc(1, sizeof(*keyboard));
	if (keyboard == NULL) {
		return NULL;
	}
	keyboard->server = server_from_base(base);
	keyboard->base = (WlcsKeyboard){
		.version = 1,
		.key_down = key_down,
		.key_up = key_up,
		.destroy = keyboard_destroy,
	};
	return &keyboard->base;
}
#endif

static WlcsIntegrationDescriptor const *get_descriptor(WlcsDisplayServer const *base) {
	return &descriptor;
}

static WlcsDisplayServer *create_server(int argc, char const **argv) {
	struct server *server = calloc(1, sizeof(*server));
	if (server == NULL) {
		return NULL;
	}
	wl_list_init(&server->connections);
	server->base = (WlcsDisplayServer){
#if WLCS_DISPLAY_SERVER_VERSION >= 4
		.version = 4,
		.create_keyboard = create_keyboard,
#else
		.version = 3,
#endif
		.start = start,
		.stop = stop,
		.create_client_socket = create_client_socket,
		.position_window_absolute = position_window_absolute,
		.create_pointer = create_pointer,
		.create_touch = create_touch,
		.get_descriptor = get_descriptor,
	};
	return &server->base;
}

static void destroy_server(WlcsDisplayServer *base) {
	free(server_from_base(base));
}

__attribute__((visibility("default"))) const WlcsServerIntegration wlcs_server_integration = {
	.version = 1,
	.create_server = create_server,
	.destroy_server = destroy_server,
};

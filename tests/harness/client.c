#include "client.h"
#include "runner.h"
#include "server.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The client that is dispatching: libwayland-client passes the messages of protocol errors only to a log handler.
static struct client *dispatching;

__attribute__((format(printf, 1, 0))) static void handle_log(const char *format, va_list args) {
	char text[sizeof(dispatching->error)];
	vsnprintf(text, sizeof(text), format, args);
	fputs(text, stderr);
	if (dispatching != NULL) {
		snprintf(dispatching->error, sizeof(dispatching->error), "%s", text);
	}
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct client *client = data;
	struct client_global *global = wl_array_add(&client->globals, sizeof(*global));
	expect(global != NULL);
	*global = (struct client_global){.name = name, .version = version};
	snprintf(global->interface, sizeof(global->interface), "%s", interface);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_format(void *data, struct wl_shm *shm, uint32_t format) {
	struct client *client = data;
	uint32_t *place = wl_array_add(&client->formats, sizeof(*place));
	expect(place != NULL);
	*place = format;
}

static const struct wl_shm_listener shm_listener = {
	.format = handle_format,
};

bool client_try_init(struct client *client, struct server *server) {
	*client = (struct client){.server = server};
	wl_array_init(&client->globals);
	wl_array_init(&client->formats);
	wl_log_set_handler_client(handle_log);
	client->display = wl_display_connect_to_fd(server_connect(server, &client->peer));
	expect(client->display != NULL);
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	if (!client_try_roundtrip(client)) {
		return false;
	}
	if (client_find_global(client, wl_shm_interface.name, NULL) == NULL) {
		return true; // a monitor connection
	}
	client->shm = client_bind(client, &wl_shm_interface, 2);
	wl_shm_add_listener(client->shm, &shm_listener, client);
	return client_try_roundtrip(client);
}

void client_init(struct client *client, struct server *server) {
	expect(client_try_init(client, server));
}

void client_finish(struct client *client) {
	if (client->shm != NULL) {
		wl_shm_destroy(client->shm);
	}
	wl_registry_destroy(client->registry);
	wl_display_disconnect(client->display);
	server_disconnected(client->server, client->peer);
	wl_array_release(&client->globals);
	wl_array_release(&client->formats);
	*client = (struct client){0};
}

const struct client_global *client_find_global(const struct client *client, const char *interface, size_t *count) {
	const struct client_global *global, *found = NULL;
	size_t matches = 0;
	wl_array_for_each(global, &client->globals) {
		if (strcmp(global->interface, interface) == 0) {
			found = global;
			matches++;
		}
	}
	if (count != NULL) {
		*count = matches;
	}
	return found;
}

void *client_bind(struct client *client, const struct wl_interface *interface, uint32_t version) {
	const struct client_global *global = client_find_global(client, interface->name, NULL);
	if (global == NULL || global->version < version) {
		fail("the server has no %s of version %u", interface->name, version);
	}
	return wl_registry_bind(client->registry, global->name, interface, version);
}

static bool dispatch_pending(struct client *client) {
	expect(dispatching == NULL); // a listener must not wait: the server would run on the client's stack
	dispatching = client;
	bool alive = wl_display_dispatch_pending(client->display) >= 0;
	dispatching = NULL;
	return alive;
}

static bool read_events(struct client *client) {
	while (wl_display_prepare_read(client->display) != 0) {
		if (!dispatch_pending(client)) {
			return false;
		}
	}
	struct pollfd poll_fd = {.fd = wl_display_get_fd(client->display), .events = POLLIN};
	if (poll(&poll_fd, 1, 0) <= 0) {
		wl_display_cancel_read(client->display);
	} else if (wl_display_read_events(client->display) < 0) {
		return false;
	}
	return dispatch_pending(client);
}

bool client_pump(struct client *client, int timeout) {
	// The read reports errors of this call: the server's last events may still be unread.
	wl_display_flush(client->display);
	server_work(client->server, wl_display_get_fd(client->display), timeout);
	return read_events(client);
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t serial) {
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener done_listener = {
	.done = handle_done,
};

bool client_try_roundtrip(struct client *client) {
	bool done = false;
	struct wl_callback *callback = wl_display_sync(client->display);
	wl_callback_add_listener(callback, &done_listener, &done);
	while (!done && client_pump(client, 0)) {
		// until it is done or the connection is broken
	}
	wl_callback_destroy(callback);
	return done;
}

bool client_wait(struct client *client, const bool *flag) {
	bool alive = true;
	while (!*flag && alive) {
		alive = client_pump(client, 10);
	}
	return *flag;
}

void client_expect_alive_at(const char *file, int line, struct client *client) {
	if (!client_try_roundtrip(client)) {
		expect_failed(file, line, "the server has ended the client: %s (%s)", client->error,
				strerror(wl_display_get_error(client->display)));
	}
}

void client_expect_error_at(
		const char *file, int line, struct client *client, struct wl_proxy *proxy, uint32_t code, const char *text) {
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	const char *wanted = wl_proxy_get_class(proxy);
	if (client_try_roundtrip(client)) {
		expect_failed(
				file, line, "expected error %u of %s#%u, but there was none", code, wanted, wl_proxy_get_id(proxy));
	}
	uint32_t got = wl_display_get_protocol_error(client->display, &interface, &id);
	if (interface == NULL) {
		expect_failed(file, line, "expected error %u of %s, but the connection broke without one: %s %s", code, wanted,
				strerror(wl_display_get_error(client->display)), client->error);
	}
	if (strcmp(interface->name, wanted) != 0 || id != wl_proxy_get_id(proxy) || got != code) {
		expect_failed(file, line, "expected error %u of %s#%u, got %u of %s#%u: %s", code, wanted,
				wl_proxy_get_id(proxy), got, interface->name, id, client->error);
	}
	expect_contains_at(file, line, client->error, text);
}

/*
 * libwayland passes each request to its protocol loggers first, and then to its implementation. There is one logger for
 * all parts, since libwayland calls each of them for each message, and most requests are not watched.
 */
#include "requests.h"

#include "account.h"
#include "clients.h"
#include "listener.h"
#include "outbox.h"
#include "parts.h"
#include "turn.h"
#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

static struct request_watch *find_watch(const struct requests *requests, const char *interface, const char *name) {
	struct request_watch *watch;
	wl_list_for_each(watch, &requests->watches, link) {
		if (strcmp(watch->name, name) == 0 && strcmp(watch->interface, interface) == 0) {
			return watch;
		}
	}
	return NULL;
}

static const struct request_watch *find_by_message(
		struct requests *requests, const struct wl_protocol_logger_message *message) {
	const void *value;
	if (pointer_map_find(&requests->by_message, message->message, &value)) {
		return value;
	}
	const struct request_watch *watch =
			find_watch(requests, wl_resource_get_class(message->resource), message->message->name);
	pointer_map_add(&requests->by_message, message->message, watch);
	return watch;
}

static void handle_event(struct requests *requests, const struct wl_protocol_logger_message *message) {
	outbox_add(requests->compositor, wl_resource_get_client(message->resource));
	if (message->message == &wl_display_interface.events[WL_DISPLAY_ERROR] &&
			wl_resource_get_client(message->resource) == requests->client) {
		wl_signal_emit(&requests->events.error, NULL);
	}
}

static void handle_message(
		void *data, enum wl_protocol_logger_type type, const struct wl_protocol_logger_message *message) {
	struct requests *requests = data;
	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		handle_event(requests, message);
		return;
	}
	requests->client = wl_resource_get_client(message->resource);
	requests->len++;
	struct turn *turn = turn_get_current();
	if (turn != NULL && account_is_exhausted(turn->account, requests->compositor->clients->fds_max)) {
		clients_enforce_limits(turn);
	}
	for (const struct request_watch *watch = find_by_message(requests, message); watch != NULL; watch = watch->next) {
		watch->handle(requests->compositor, message->resource, message->arguments);
	}
}

bool requests_watch(struct compositor *compositor, const char *interface, const char *name, request_handler *handle) {
	struct request_watch *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		return false;
	}
	watch->interface = interface;
	watch->name = name;
	watch->handle = handle;
	wl_list_init(&watch->link);
	struct request_watch *other = find_watch(compositor->requests, interface, name);
	if (other != NULL) {
		watch->next = other->next;
		other->next = watch;
	} else {
		wl_list_insert(&compositor->requests->watches, &watch->link);
	}
	return true;
}

bool requests_watch_all(
		struct compositor *compositor, const char *interface, const char *const *names, request_handler *handle) {
	for (; *names != NULL; names++) {
		if (!requests_watch(compositor, interface, *names, handle)) {
			return false;
		}
	}
	return true;
}

bool requests_is_from(const struct compositor *compositor, const struct wl_client *client) {
	return compositor->requests->client == client;
}

pid_t requests_get_pid(const struct compositor *compositor) {
	pid_t pid;
	wl_client_get_credentials(compositor->requests->client, &pid, NULL, NULL);
	return pid;
}

bool requests_init(struct compositor *compositor) {
	struct requests *requests = compositor->requests;
	requests->compositor = compositor;
	wl_list_init(&requests->watches);
	wl_signal_init(&requests->events.error);
	requests->logger = wl_display_add_protocol_logger(compositor->display, handle_message, requests);
	return requests->logger != NULL;
}

void requests_finish(struct compositor *compositor) {
	struct requests *requests = compositor->requests;
	if (requests->logger != NULL) {
		wl_protocol_logger_destroy(requests->logger);
	}
	struct request_watch *watch, *tmp;
	wl_list_for_each_safe(watch, tmp, &requests->watches, link) {
		while (watch != NULL) {
			struct request_watch *next = watch->next;
			free(watch);
			watch = next;
		}
	}
	pointer_map_finish(&requests->by_message);
	signal_finish(&requests->events.error);
}

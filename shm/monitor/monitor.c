/*
 * A question is answered at the end of the dispatch in which it came, and each monitor may have one unanswered
 * question. So however many it sends at once, a dispatch has at most one answer for it, and all other clients are
 * served in between. libwayland bounds what it does not read, as for every client.
 */
#include <lido/monitor.h>

#include "base/no_memory.h"
#include "base/os.h"
#include "monitor/monitor_answer.h"
#include "monitor/monitor_socket.h"
#include "wire/manager.h"

#include "lido-monitor-v1-protocol.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#define LIDO_MONITOR_VERSION 1

struct lido_monitor {
	struct lido_manager *manager;
	struct wl_global *global;
	struct lido_monitor_socket socket;
	struct wl_listener manager_destroy;
	struct wl_list visitors; // visitor.link
};

// A client that connected through the socket.
struct visitor {
	struct wl_list link; // lido_monitor.visitors
	struct lido_monitor *monitor;
	struct wl_client *client;
	struct wl_listener destroy;
	struct lido_monitor_question question;
	struct wl_resource *asking;     // the resource that sent the question; NULL: there is none
	struct wl_event_source *answer; // idle source that sends the answer; NULL: no question
};

static struct visitor *find_visitor(const struct lido_monitor *monitor, const struct wl_client *client) {
	struct visitor *visitor;
	wl_list_for_each(visitor, &monitor->visitors, link) {
		if (visitor->client == client) {
			return visitor;
		}
	}
	return NULL;
}

bool lido_monitor_filter(const struct wl_client *client, const struct wl_global *global, void *data) {
	const struct lido_monitor *monitor = data;
	return monitor == NULL || (monitor->global == global) == (find_visitor(monitor, client) != NULL);
}

static void forget_question(struct visitor *visitor) {
	if (visitor->answer != NULL) {
		wl_event_source_remove(visitor->answer);
	}
	visitor->answer = NULL;
	visitor->asking = NULL;
}

static void handle_answer(void *data) {
	struct visitor *visitor = data;
	struct wl_resource *resource = visitor->asking;
	visitor->answer = NULL;
	visitor->asking = NULL;
	lido_monitor_answer(visitor->monitor->manager, &visitor->question, resource);
}

static void ask(struct wl_resource *resource, const struct lido_monitor_question *question) {
	struct visitor *visitor = wl_resource_get_user_data(resource);
	if (visitor->asking != NULL) {
		wl_resource_post_error(resource, LIDO_MONITOR_V1_ERROR_BUSY, "busy: the last question is not answered yet");
		return;
	}
	struct wl_event_loop *loop = wl_display_get_event_loop(visitor->monitor->manager->display);
	visitor->answer = wl_event_loop_add_idle(loop, handle_answer, visitor);
	if (visitor->answer == NULL) {
		wl_client_post_no_memory(visitor->client);
		return;
	}
	visitor->question = *question;
	visitor->asking = resource;
}

static void handle_get_clients(struct wl_client *client, struct wl_resource *resource, uint32_t after) {
	ask(resource, &(struct lido_monitor_question){.client = after});
}

static void handle_get_ranges(
		struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t area, uint32_t offset) {
	ask(resource, &(struct lido_monitor_question){.is_of_ranges = true, .client = id, .area = area, .offset = offset});
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct lido_monitor_v1_interface monitor_impl = {
	.destroy = handle_destroy,
	.get_clients = handle_get_clients,
	.get_ranges = handle_get_ranges,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct visitor *visitor = wl_resource_get_user_data(resource);
	if (visitor->asking == resource) {
		forget_question(visitor);
	}
}

static void bind_monitor(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct visitor *visitor = find_visitor(data, client);
	if (visitor == NULL) {
		// The compositor's global filter does not call lido_monitor_filter().
		wl_client_post_implementation_error(client, "lido_monitor_v1 is only for clients of the monitor socket");
		return;
	}
	struct wl_resource *resource = wl_resource_create(client, &lido_monitor_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &monitor_impl, visitor, handle_resource_destroy);
}

// libwayland has destroyed its resources.
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct visitor *visitor = wl_container_of(listener, visitor, destroy);
	assert(visitor->asking == NULL && visitor->answer == NULL);
	wl_list_remove(&visitor->destroy.link);
	wl_list_remove(&visitor->link);
	free(visitor);
}

// libwayland disconnects it with the first request that it reads. A monitor that was disconnected before it sent any
// may not see the reason.
static void refuse(struct wl_client *client) {
	char text[LIDO_ERROR_TEXT_SIZE];
	snprintf(text, sizeof(text), "too many monitors: the limit is %d", LIDO_MONITORS_MAX);
	lido_post_no_memory(client, text);
}

static void handle_accepted(int fd, void *data) {
	struct lido_monitor *monitor = data;
	struct wl_client *client = wl_client_create(monitor->manager->display, fd);
	if (client == NULL) {
		lido_os.close(fd);
		return;
	}
	struct visitor *visitor = lido_os.calloc(1, sizeof(*visitor));
	if (visitor == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	if (wl_list_length(&monitor->visitors) >= LIDO_MONITORS_MAX) {
		free(visitor);
		refuse(client);
		return;
	}
	visitor->monitor = monitor;
	visitor->client = client;
	visitor->destroy.notify = handle_client_destroy;
	wl_client_add_destroy_late_listener(client, &visitor->destroy);
	wl_list_insert(&monitor->visitors, &visitor->link);
}

static void handle_manager_destroy(struct wl_listener *listener, void *data) {
	struct lido_monitor *monitor = wl_container_of(listener, monitor, manager_destroy);
	lido_monitor_destroy(monitor);
}

struct lido_monitor *lido_monitor_create(struct lido_manager *manager, const char *name) {
	assert(wl_signal_get(&manager->events.destroy, handle_manager_destroy) == NULL); // one monitor at most
	struct lido_monitor *monitor = lido_os.calloc(1, sizeof(*monitor));
	if (monitor == NULL) {
		return NULL;
	}
	monitor->manager = manager;
	wl_list_init(&monitor->visitors);
	struct wl_event_loop *loop = wl_display_get_event_loop(manager->display);
	if (!lido_monitor_socket_init(&monitor->socket, loop, name, handle_accepted, monitor)) {
		goto error_monitor;
	}
	monitor->global =
			wl_global_create(manager->display, &lido_monitor_v1_interface, LIDO_MONITOR_VERSION, monitor, bind_monitor);
	if (monitor->global == NULL) {
		errno = ENOMEM;
		goto error_socket;
	}
	monitor->manager_destroy.notify = handle_manager_destroy;
	wl_signal_add(&manager->events.destroy, &monitor->manager_destroy);
	return monitor;

error_socket:
	lido_monitor_socket_finish(&monitor->socket);
error_monitor:
	free(monitor);
	return NULL;
}

void lido_monitor_destroy(struct lido_monitor *monitor) {
	if (monitor == NULL) {
		return;
	}
	struct visitor *visitor, *next;
	wl_list_for_each_safe(visitor, next, &monitor->visitors, link) {
		wl_client_destroy(visitor->client);
	}
	wl_list_remove(&monitor->manager_destroy.link);
	wl_global_destroy(monitor->global);
	lido_monitor_socket_finish(&monitor->socket);
	free(monitor);
}

#include "connection.h"

#include "lido-monitor-v1-client-protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

static double get_time(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int64_t join(uint32_t high, uint32_t low) {
	return (int64_t)((uint64_t)high << 32 | low);
}

static struct row *get_last_row(struct connection *connection) {
	struct rows *rows = &connection->incoming;
	return rows->len > 0 ? &rows->items[rows->len - 1] : NULL;
}

static void handle_client(void *data, struct lido_monitor_v1 *monitor, uint32_t id, int32_t pid, const char *name) {
	struct connection *connection = data;
	const struct row *last = get_last_row(connection);
	struct row *row = last == NULL || last->id < id ? rows_add(&connection->incoming) : NULL;
	if (row == NULL) {
		connection->is_out_of_memory = true;
		return;
	}
	row->id = id;
	row->pid = pid;
	row_set_text(row->name, sizeof(row->name), name);
}

static void handle_value(void *data, struct lido_monitor_v1 *monitor, uint32_t value, uint32_t high, uint32_t low) {
	struct row *row = get_last_row(data);
	if (row != NULL && value < ROW_VALUES_LEN) {
		row->values[value] = join(high, low);
	}
}

static void handle_limit(void *data, struct lido_monitor_v1 *monitor, const char *key, uint32_t used_high,
		uint32_t used_low, uint32_t max_high, uint32_t max_low) {
	struct row *row = get_last_row(data);
	if (row != NULL) {
		row_set_text(row->limit_key, sizeof(row->limit_key), key);
		row->limit_used = join(used_high, used_low);
		row->limit_max = join(max_high, max_low);
	}
}

static void handle_clients_done(void *data, struct lido_monitor_v1 *monitor, uint32_t next) {
	struct connection *connection = data;
	if (next != 0) {
		lido_monitor_v1_get_clients(monitor, next);
		return;
	}
	struct rows previous = connection->rows;
	connection->incoming.time = get_time();
	rows_compute_history(&connection->incoming, &previous);
	connection->rows = connection->incoming;
	connection->incoming = (struct rows){.items = previous.items, .capacity = previous.capacity};
	connection->is_requesting = false;
	connection->has_new_rows = true;
}

// Returns NULL if no areas were requested, or none has arrived.
static struct area *get_last_area(struct connection *connection) {
	const struct wl_array *areas = connection->areas;
	return areas != NULL && areas->size > 0 ? (struct area *)areas->data + areas->size / sizeof(struct area) - 1 : NULL;
}

static void handle_area(void *data, struct lido_monitor_v1 *monitor, uint32_t id, uint32_t size, uint32_t reserve,
		uint32_t resident, uint32_t blocks) {
	struct connection *connection = data;
	const struct area *last = get_last_area(connection);
	if (connection->areas == NULL || (last != NULL && last->id == id)) {
		return;
	}
	struct area *area = wl_array_add(connection->areas, sizeof(*area));
	if (area == NULL) {
		connection->is_out_of_memory = true;
		return;
	}
	*area = (struct area){.id = id, .size = size, .reserve = reserve, .resident = resident, .blocks = blocks};
}

static void handle_range(void *data, struct lido_monitor_v1 *monitor, uint32_t kind, uint32_t offset, uint32_t size) {
	struct connection *connection = data;
	struct area *area = get_last_area(connection);
	if (area == NULL) {
		return;
	}
	struct range *range = wl_array_add(&area->ranges, sizeof(*range));
	if (range == NULL) {
		connection->is_out_of_memory = true;
		return;
	}
	*range = (struct range){.kind = kind, .offset = offset, .size = size};
}

static void handle_ranges_done(void *data, struct lido_monitor_v1 *monitor, uint32_t area, uint32_t offset) {
	struct connection *connection = data;
	if (area != 0) {
		lido_monitor_v1_get_ranges(monitor, connection->client, area, offset);
	} else {
		connection->areas = NULL;
	}
}

static const struct lido_monitor_v1_listener monitor_listener = {
	.client = handle_client,
	.value = handle_value,
	.limit = handle_limit,
	.clients_done = handle_clients_done,
	.area = handle_area,
	.range = handle_range,
	.ranges_done = handle_ranges_done,
};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct connection *connection = data;
	if (connection->monitor == NULL && strcmp(interface, lido_monitor_v1_interface.name) == 0) {
		connection->monitor = wl_registry_bind(registry, name, &lido_monitor_v1_interface, 1);
		lido_monitor_v1_add_listener(connection->monitor, &monitor_listener, connection);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

int connection_get_path(const char *name, char *path, size_t size) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	name = name != NULL ? name : getenv("WAYLAND_DISPLAY");
	name = name != NULL && name[0] != '\0' ? name : "wayland-0";
	if (name[0] != '/' && (folder == NULL || folder[0] == '\0')) {
		return -1;
	}
	bool is_absolute = name[0] == '/';
	return snprintf(path, size, "%s%s%s-monitor", is_absolute ? "" : folder, is_absolute ? "" : "/", name);
}

static int open_socket(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path) + 1;
	if (size > sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, size);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

// The callers report errors. libwayland would print them into the table.
__attribute__((format(printf, 1, 0))) static void handle_log(const char *format, va_list args) {
}

bool connection_init(struct connection *connection, const char *path, char *error, size_t error_size) {
	*connection = (struct connection){0};
	wl_log_set_handler_client(handle_log);
	int fd = open_socket(path);
	if (fd == -1) {
		snprintf(error, error_size, "%s: %s; check that Lido runs there, without --no-monitor", path, strerror(errno));
		return false;
	}
	connection->display = wl_display_connect_to_fd(fd);
	if (connection->display == NULL) {
		snprintf(error, error_size, "out of memory");
		return false;
	}
	connection->registry = wl_display_get_registry(connection->display);
	wl_registry_add_listener(connection->registry, &registry_listener, connection);
	if (wl_display_roundtrip(connection->display) < 0 || connection->monitor == NULL) {
		snprintf(error, error_size, "%s: the compositor refused the connection; close other monitors if too many run",
				path);
		connection_finish(connection);
		return false;
	}
	return true;
}

void connection_finish(struct connection *connection) {
	if (connection->monitor != NULL) {
		lido_monitor_v1_destroy(connection->monitor);
	}
	wl_registry_destroy(connection->registry);
	wl_display_disconnect(connection->display);
	rows_finish(&connection->rows);
	rows_finish(&connection->incoming);
	*connection = (struct connection){0};
}

const char *connection_get_error(const struct connection *connection) {
	return connection->is_out_of_memory ? "out of memory" : "the compositor has closed the connection";
}

int connection_get_fd(const struct connection *connection) {
	return wl_display_get_fd(connection->display);
}

void connection_request_rows(struct connection *connection) {
	if (!connection->is_requesting) {
		connection->is_requesting = true;
		connection->incoming.len = 0;
		lido_monitor_v1_get_clients(connection->monitor, 0);
	}
}

static bool wait_for(struct connection *connection, int timeout) {
	struct pollfd pollfd = {.fd = connection_get_fd(connection), .events = POLLIN};
	return poll(&pollfd, 1, timeout) > 0;
}

bool connection_dispatch(struct connection *connection) {
	struct wl_display *display = connection->display;
	while (wl_display_prepare_read(display) != 0) {
		if (wl_display_dispatch_pending(display) < 0) {
			return false;
		}
	}
	wl_display_flush(display); // the read reports errors
	if (!wait_for(connection, 0)) {
		wl_display_cancel_read(display);
	} else if (wl_display_read_events(display) < 0) {
		return false;
	}
	bool is_fine = wl_display_dispatch_pending(display) >= 0 && !connection->is_out_of_memory;
	wl_display_flush(display);
	return is_fine;
}

bool connection_get_rows(struct connection *connection) {
	connection_request_rows(connection);
	while (connection->is_requesting) {
		if (!connection_dispatch(connection)) {
			return false;
		}
		if (connection->is_requesting) {
			wait_for(connection, -1);
		}
	}
	return true;
}

bool connection_get_areas(struct connection *connection, uint32_t client, struct wl_array *areas) {
	connection->client = client;
	connection->areas = areas;
	lido_monitor_v1_get_ranges(connection->monitor, client, 0, 0);
	while (connection->areas != NULL) {
		if (!connection_dispatch(connection)) {
			return false;
		}
		if (connection->areas != NULL) {
			wait_for(connection, -1);
		}
	}
	return true;
}

void areas_finish(struct wl_array *areas) {
	struct area *area;
	wl_array_for_each(area, areas) {
		wl_array_release(&area->ranges);
	}
	wl_array_release(areas);
}

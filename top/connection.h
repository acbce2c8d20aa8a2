/*
 * The connection to a server's socket for monitors. It asks for part after part, and never waits but where it says so.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "row.h"
#include <stdbool.h>
#include <wayland-util.h>

struct lido_monitor_v1;
struct wl_display;
struct wl_registry;

/* A range of an area. */
struct range {
	uint32_t kind; // enum lido_monitor_v1_range
	int64_t offset, size;
};

/* An exported area of a client. */
struct area {
	uint32_t id;
	int64_t size, reserve, resident;
	uint32_t blocks;
	struct wl_array ranges; // of struct range; in order, without gaps
};

struct connection {
	struct wl_display *display;
	struct wl_registry *registry;
	struct lido_monitor_v1 *monitor;
	struct rows rows;     // of the last whole answer
	struct rows incoming; // not yet whole
	bool is_asking;       // for clients
	bool is_whole;        // rows are new: to be reset by who has seen it
	bool is_out_of_memory;

	struct wl_array *areas; // of struct area, asked for; NULL: nobody asks
	uint32_t client;        // whose areas
};

/* Where the monitors of a display go. name: of the display; NULL: $WAYLAND_DISPLAY. Returns what was written, or -1. */
int connection_get_path(const char *name, char *path, size_t size);

/* Connects. False: error says why. */
bool connection_init(struct connection *connection, const char *path, char *error, size_t error_size);

void connection_finish(struct connection *connection);

/* For poll(). */
int connection_get_fd(const struct connection *connection);

/* Begins to ask for all clients, unless it is at that. */
void connection_ask(struct connection *connection);

/* Takes what has come, sends what there is to send. False: the server has gone, or an error that it has told. */
bool connection_work(struct connection *connection);

/* Asks, and waits for the answer. False: as above. */
bool connection_get_rows(struct connection *connection);

/* The same for the areas of one client: each a struct area, which are added to those there. */
bool connection_get_areas(struct connection *connection, uint32_t client, struct wl_array *areas);

/* Releases the areas, their ranges, and the array itself. */
void areas_finish(struct wl_array *areas);

#endif

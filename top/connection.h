/*
 * The connection to a compositor's monitor socket. It requests one part after another. A function waits only if its
 * comment says so.
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
	uint32_t kind;        // enum lido_monitor_v1_range
	int64_t offset, size; // bytes
};

/* An exported area of a client. */
struct area {
	uint32_t id;
	int64_t size, reserve;  // bytes: of the file, and of the most that it will have
	int64_t resident;       // bytes of pages that the file has
	uint32_t blocks;        // number of blocks
	struct wl_array ranges; // owned; of struct range; in the order of the file, without gaps
};

struct connection {
	struct wl_display *display;
	struct wl_registry *registry;
	struct lido_monitor_v1 *monitor;
	struct rows rows;     // of the last complete answer
	struct rows incoming; // of the answer that is not complete yet
	bool is_requesting;   // for clients; the answer is not complete
	bool has_new_rows;    // the caller resets it after use
	bool is_out_of_memory;

	struct wl_array *areas; // of struct area, not owned: where the answer goes; NULL: none requested
	uint32_t client;        // id of the client whose areas were requested
};

/*
 * Writes the path of the monitor socket of a display. name: of the display; NULL: $WAYLAND_DISPLAY. Returns the length,
 * as snprintf() does, or -1 if XDG_RUNTIME_DIR is needed but not set.
 */
int connection_get_path(const char *name, char *path, size_t size);

/* Connects; waits for the compositor. On failure returns false and writes the reason to error. */
bool connection_init(struct connection *connection, const char *path, char *error, size_t error_size);

/* Disconnects, and frees the rows. */
void connection_finish(struct connection *connection);

/* Returns the fd for poll(). The connection owns it. */
int connection_get_fd(const struct connection *connection);

/* Requests all clients, unless a request is pending. */
void connection_request_rows(struct connection *connection);

/* Reads and dispatches events, and sends requests. Returns false if the connection is broken, or out of memory. */
bool connection_dispatch(struct connection *connection);

/* Requests all clients, and waits for the answer. Returns false as connection_dispatch() does. */
bool connection_get_rows(struct connection *connection);

/*
 * Likewise for the areas of the client with this id. Adds them to an array of struct area, which the caller frees with
 * areas_finish().
 */
bool connection_get_areas(struct connection *connection, uint32_t client, struct wl_array *areas);

/* Why a function returned false: a static text. */
const char *connection_get_error(const struct connection *connection);

/* Frees the areas, their ranges, and the array itself. */
void areas_finish(struct wl_array *areas);

#endif

/*
 * Connections of clients: their number, and limits on what each client holds. shm/ limits the shared memory.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "turn.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-server-core.h>

struct account;
struct compositor;

/*
 * Connections use at most this share of RLIMIT_NOFILE, at two fds each (libwayland's event loop holds one of them). One
 * process may not hold more connections than it leaves free for others, so a process that opens connections without end
 * cannot lock out other programs. (A process that forks can; the system has to limit that.)
 */
#define CLIENTS_NOFILE_PERCENT 21
#define CLIENTS_FDS_PER_CONNECTION 2

/*
 * Returns the limit on connections where RLIMIT_NOFILE is this many files. At least 2: a process may hold half of that.
 */
static inline size_t clients_get_max(uint64_t files) {
	const uint64_t divisor = 100 * CLIENTS_FDS_PER_CONNECTION;
	uint64_t max = files / divisor * CLIENTS_NOFILE_PERCENT + files % divisor * CLIENTS_NOFILE_PERCENT / divisor;
	return max < 2 ? 2 : max < SIZE_MAX ? (size_t)max : SIZE_MAX;
}

/*
 * Limit on the object ids of one client: all objects that shm/ allows (180 thousand), plus surfaces, regions and
 * callbacks. Each object costs the server some hundred bytes.
 */
#define CLIENTS_OBJECTS_MAX (256 * 1024)

/*
 * Limit on the wl_surface objects of one client. They are much larger than other objects, and each can be a window.
 */
#define CLIENTS_SURFACES_MAX 1024

/* Unread events of one client, bytes: what others do may send it as much in one burst. */
#define CLIENTS_UNREAD_SIZE_MAX (4 << 20)

struct client_record {
	struct wl_list link; // clients.list
	struct compositor *compositor;
	struct wl_client *wl;
	pid_t pid;
	struct account *account; // of its process
	struct turn turn;
	struct wl_list outbox_link;         // outbox.records; empty: no event was sent since the last flush
	struct wl_event_source *disconnect; // idle source that disconnects it; NULL: it stays connected

	// See keymaps.c.
	size_t keymaps_unread; // sent since it had read all
	bool lacks_keymap;

	struct {
		struct wl_listener resource_created, destroy_early, destroy;
	} listeners;
};

struct clients {
	struct compositor *compositor;
	struct wl_list list;              // client.link
	size_t len;                       // number of connections
	size_t max;                       // limit on len
	size_t fds_max, fds_total_max;    // limits on received fds, of one client and of all
	struct wl_event_source *trimming; // a timer that returns the memory of disconnected clients to the kernel

	struct {
		struct wl_listener client_created;
	} listeners;
};

/* The client's wl_display, which is its object 1: errors that concern no other object are posted on it. */
static inline struct wl_resource *client_get_display(struct wl_client *wl) {
	return wl_client_get_object(wl, 1);
}

/* The record of a client, which lives as long as its last object. NULL: there was no memory for it. */
struct client_record *client_get_record(struct wl_client *wl);

/* The account of a client's process. NULL: there was no memory for it. */
struct account *client_get_account(struct wl_client *wl);

/* Returns false when out of memory. */
bool clients_init(struct compositor *compositor);

/* All clients must be destroyed before this call. */
void clients_finish(struct compositor *compositor);

/* Disconnects the client whose turn this is if it holds more than an account may. Returns false then. */
bool clients_enforce_limits(struct turn *turn);

#endif

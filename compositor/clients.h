/*
 * Clients as such: how many connections there are, and how many objects each has. What they have of shared memory is
 * the business of shm/.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>

struct compositor;

/*
 * Connections take this share of RLIMIT_NOFILE at most, at two fds each (libwayland's event loop has one of its own),
 * of which a process may not have more than it leaves to others: so whoever opens them without end cannot keep another
 * program out. (Who forks can; that is for the system to limit.)
 */
#define CLIENTS_NOFILE_PERCENT 21
#define CLIENTS_FDS_PER_CONNECTION 2

/*
 * Ids of objects of one client: what shm/ allows together (180 thousand), and surfaces, regions and callbacks besides.
 * The server's memory for each is some hundred bytes.
 */
#define CLIENTS_OBJECTS_MAX (256 * 1024)

/*
 * wl_surface objects of one client, which are much larger, and each of which can be a window: when so many go at once,
 * everybody waits for a quarter of a second.
 */
#define CLIENTS_SURFACES_MAX 1024

struct clients {
	struct compositor *compositor;
	struct wl_list list;              // client.link
	size_t len;                       // how many there are
	size_t max;                       // how many there may be
	struct wl_event_source *trimming; // gives the memory of clients that are gone back to the kernel

	struct {
		struct wl_listener client_created;
	} listeners;
};

/* The client's wl_display, which is its object 1: for errors that belong to no other object. */
static inline struct wl_resource *client_get_display(struct wl_client *wl) {
	return wl_client_get_object(wl, 1);
}

/* False: out of memory. */
bool clients_init(struct compositor *compositor);

/* Clients must be gone. */
void clients_finish(struct compositor *compositor);

/*
 * To be called again and again, many turns of the event loop apart: ends clients of whom there is something to read
 * that has not been read since the last call, which had the loop turn in vain.
 */
void clients_end_stuck(struct compositor *compositor);

#endif

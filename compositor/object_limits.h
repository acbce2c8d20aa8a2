/*
 * Limits on the objects of each interface that one process may have, by all of its connections.
 * CLIENTS_OBJECTS_MAX bounds all others.
 *
 * Objects that the server creates, such as data offers, count as well, but a client is only ended when a request of its
 * own creates one too many: what others do must not end it.
 */
#ifndef OBJECT_LIMITS_H
#define OBJECT_LIMITS_H

#include "pointer_map.h"
#include <stdbool.h>
#include <stddef.h>

struct client_record;
struct compositor;
struct wl_resource;

struct object_limits {
	struct pointer_map by_name; // name of a struct wl_interface to its row of the table, or NULL
};

/* Always returns true. */
bool object_limits_init(struct compositor *compositor);
void object_limits_finish(struct compositor *compositor);

/* Counts a new object until it is destroyed. Ends its client if there are too many. */
void object_limits_count(struct client_record *record, struct wl_resource *resource);

/* The limit for an interface; 0: there is none. */
size_t object_limits_get(const char *interface);

#endif

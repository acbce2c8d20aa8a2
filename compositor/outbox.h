/*
 * The clients that events wait for. libwayland keeps the events of a client until its connection is flushed, and its
 * own loop flushes all connections in each dispatch: with 2,000 clients that takes longer than a commit.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct client_record;
struct compositor;

struct outbox {
	struct wl_list records; // client_record.outbox_link: clients that an event was sent to since the last flush
	struct wl_client *last; // that an event was sent to since then; NULL: not known
	bool with_unknown;      // an event was sent to a client that has no record
};

/* Always returns true. */
bool outbox_init(struct compositor *compositor);

/* Call it for each event that is sent. */
void outbox_add(struct compositor *compositor, struct wl_client *wl);

/* Call it when the client ends. */
void outbox_forget(struct compositor *compositor, struct client_record *record);

/* Flushes the clients that events wait for, and disconnects those that are gone. */
void outbox_flush(struct compositor *compositor);

#endif

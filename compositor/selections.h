/*
 * Limits on selections: on the MIME types of a source, which wlroots compares with all others and sends to each client
 * that gets the focus, and on the requests that send events to another client.
 */
#ifndef SELECTIONS_H
#define SELECTIONS_H

#include <stdbool.h>

struct compositor;

/*
 * Limits on the MIME types that one source offers, duplicates included, and on their bytes with a terminating zero
 * each. A client that offers more is disconnected. Office programs offer some forty types of 2 KiB together. The events
 * of so many fit into the smallest buffer that libwayland has for unread events.
 */
#define SELECTIONS_TYPES_MAX 256
#define SELECTIONS_TYPE_BYTES_MAX (32 * 1024)

/* Returns false when out of memory. */
bool selections_init(struct compositor *compositor);

#endif

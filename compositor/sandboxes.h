/*
 * Limits on security contexts (security-context-v1), each of which is a listening socket for the clients of a sandbox.
 */
#ifndef SANDBOXES_H
#define SANDBOXES_H

#include <stdbool.h>
#include <stddef.h>

struct compositor;

/*
 * The number of security contexts is at most this share of the limit on connections (clients.h), and at least 1. Each
 * has two fds, and ends when its close_fd is hung up: for some files, never, not even when its client has exited.
 */
#define SANDBOXES_CONNECTIONS_PERCENT 10

/* Returns the limit where the limit on connections is connections_max. */
static inline size_t sandboxes_get_max(size_t connections_max) {
	size_t max = connections_max * SANDBOXES_CONNECTIONS_PERCENT / 100;
	return max > 1 ? max : 1;
}

/* Returns false when out of memory. */
bool sandboxes_init(struct compositor *compositor);

#endif

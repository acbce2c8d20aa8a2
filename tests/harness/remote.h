/*
 * A server in a process of its own, for clients that wait for it.
 */
#ifndef HARNESS_REMOTE_H
#define HARNESS_REMOTE_H

#include "odd_pool.h"
#include "surfaces.h"
#include <lido/limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct wl_display;

enum remote_shm {
	REMOTE_SHM_LIDO,  // wl_shm and lido_shm_v1
	REMOTE_SHM_STOCK, // libwayland's wl_shm alone
	REMOTE_SHM_ODD,   // libwayland's wl_shm, and a lido_shm_v1 of odd_pool.h
	REMOTE_SHM_NONE,
};

/* Zeroed: a server as it should be. */
struct remote_options {
	enum remote_shm shm;
	enum odd_pool_manner manner;      // of REMOTE_SHM_ODD
	const struct lido_limits *limits; // NULL: the defaults
	enum surfaces_release release;
	bool reports;          // each commit is told: see remote_receive()
	uint32_t requests_max; // it dies at this request of all that it gets, from 1 on; 0: it lives
};

struct remote {
	pid_t pid;
	int control;
};

/* Starts the server. It has a wl_compositor beside its memory. */
void remote_init(struct remote *remote, const struct remote_options *options);

/*
 * Ends the server, and waits for that; it must not have failed. Displays are to be disconnected before. Returns false
 * if it had died already, by requests_max.
 */
bool remote_finish(struct remote *remote);

/* Connects a client. The display is the caller's. */
struct wl_display *remote_connect(struct remote *remote);

/* Takes the report of the next commit; waits for it. */
void remote_receive(struct remote *remote, struct surfaces_commit *commit);

#endif

/*
 * A server in a process of its own, for clients that block on it.
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
	REMOTE_SHM_STOCK, // only libwayland's wl_shm
	REMOTE_SHM_ODD,   // libwayland's wl_shm, and the lido_shm_v1 of odd_pool.h
	REMOTE_SHM_NONE,
};

/* All zero: a correct server. */
struct remote_options {
	enum remote_shm shm;
	enum odd_pool_manner manner;      // of REMOTE_SHM_ODD
	const struct lido_limits *limits; // NULL: the defaults
	enum surfaces_release release;
	bool reports;          // reports each commit: see remote_receive()
	uint32_t requests_max; // exits at this request, counted from 1; 0: never
};

struct remote {
	pid_t pid;
	int control;
};

/* Starts the server, which also has a wl_compositor. options: NULL for the defaults. */
void remote_init(struct remote *remote, const struct remote_options *options);

/*
 * Stops the server and waits for its exit; fails the test if the server failed. Disconnect all displays before. Returns
 * false if the server had exited because of requests_max.
 */
bool remote_finish(struct remote *remote);

/* Connects a client. The caller disconnects the display. */
struct wl_display *remote_connect(struct remote *remote);

/* Waits for the report of the next commit. */
void remote_receive(struct remote *remote, struct surfaces_commit *commit);

#endif

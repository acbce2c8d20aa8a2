/*
 * Work for the compositor's thread, handed over by others that wait until it is done.
 *
 * The thread that runs the event loop is the only one that touches the compositor; the suite's calls come on another.
 */
#ifndef WLCS_JOBS_H
#define WLCS_JOBS_H

#include <pthread.h>
#include <stdbool.h>
#include <wayland-server-core.h>

struct jobs {
	pthread_mutex_t mutex;
	pthread_cond_t done;
	struct wl_list list; // job.link, guarded by the mutex
	int fd;              // an eventfd that wakes the loop; -1: closed
	struct wl_event_source *source;
};

/* Runs jobs from now on whenever the loop is dispatched. False: out of memory or of fds; nothing is left then. */
bool jobs_init(struct jobs *jobs, struct wl_event_loop *loop);

/* Nobody may be waiting, and the loop may not be running. */
void jobs_finish(struct jobs *jobs);

/* Runs work(data) on the thread of the loop, and returns when that is done. Not to be called on that thread. */
void jobs_run(struct jobs *jobs, void (*work)(void *data), void *data);

#endif

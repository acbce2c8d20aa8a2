/*
 * Jobs that other threads hand to the compositor's thread, waiting until they are done.
 *
 * Only the thread that runs the event loop accesses the compositor; the suite calls from another thread.
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

/* Runs jobs whenever the loop dispatches. Returns false if out of memory or fds, after releasing everything. */
bool jobs_init(struct jobs *jobs, struct wl_event_loop *loop);

/* No thread may be waiting for a job, and the loop must not be running. */
void jobs_finish(struct jobs *jobs);

/* Runs work(data) on the loop's thread and waits until it is done. Must not be called on that thread. */
void jobs_run(struct jobs *jobs, void (*work)(void *data), void *data);

#endif

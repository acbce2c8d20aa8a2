#include "jobs.h"

#include <assert.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

// Lives on the stack of the waiting thread.
struct job {
	struct wl_list link;
	void (*work)(void *data);
	void *data;
	bool done;
};

static struct job *take_job(struct jobs *jobs) {
	struct job *job = NULL;
	pthread_mutex_lock(&jobs->mutex);
	if (!wl_list_empty(&jobs->list)) {
		job = wl_container_of(jobs->list.next, job, link);
		wl_list_remove(&job->link);
	}
	pthread_mutex_unlock(&jobs->mutex);
	return job;
}

static int handle_wake(int fd, uint32_t mask, void *data) {
	struct jobs *jobs = data;
	uint64_t count;
	if (read(fd, &count, sizeof(count)) != sizeof(count)) {
		return 0;
	}
	struct job *job;
	while ((job = take_job(jobs)) != NULL) {
		job->work(job->data);
		pthread_mutex_lock(&jobs->mutex);
		job->done = true;
		pthread_cond_broadcast(&jobs->done);
		pthread_mutex_unlock(&jobs->mutex);
	}
	return 0;
}

bool jobs_init(struct jobs *jobs, struct wl_event_loop *loop) {
	*jobs = (struct jobs){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (jobs->fd < 0) {
		return false;
	}
	jobs->source = wl_event_loop_add_fd(loop, jobs->fd, WL_EVENT_READABLE, handle_wake, jobs);
	if (jobs->source == NULL) {
		close(jobs->fd);
		jobs->fd = -1;
		return false;
	}
	wl_list_init(&jobs->list);
	pthread_mutex_init(&jobs->mutex, NULL);
	pthread_cond_init(&jobs->done, NULL);
	return true;
}

void jobs_finish(struct jobs *jobs) {
	assert(wl_list_empty(&jobs->list));
	wl_event_source_remove(jobs->source);
	close(jobs->fd);
	jobs->fd = -1;
	pthread_cond_destroy(&jobs->done);
	pthread_mutex_destroy(&jobs->mutex);
}

void jobs_run(struct jobs *jobs, void (*work)(void *data), void *data) {
	struct job job = {.work = work, .data = data};
	pthread_mutex_lock(&jobs->mutex);
	wl_list_insert(jobs->list.prev, &job.link);
	uint64_t one = 1;
	ssize_t written = write(jobs->fd, &one, sizeof(one));
	assert(written == sizeof(one));
	while (!job.done) {
		pthread_cond_wait(&jobs->done, &jobs->mutex);
	}
	pthread_mutex_unlock(&jobs->mutex);
}

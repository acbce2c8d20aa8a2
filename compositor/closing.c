#include "closing.h"

#include "descriptors.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

// How long to wait for files whose closing may never end, ms.
#define ENDLESS_MSEC 200

// Fds that wait for a thread. Each fd waits once at most, so the ring cannot be full.
struct queue {
	int *fds; // ring of descriptors_get_max() elements
	size_t start, len;
	size_t busy_len;    // fds that threads are closing
	size_t threads_len; // of these threads some wait for fds
	size_t threads_max;
	pthread_cond_t changed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_active;
static struct queue queues[] = {
	[CLOSING_LONG] = {.threads_max = 1, .changed = PTHREAD_COND_INITIALIZER},
	[CLOSING_ENDLESS] = {.threads_max = CLOSING_ENDLESS_THREADS_MAX, .changed = PTHREAD_COND_INITIALIZER},
};

#define QUEUES_LEN (sizeof(queues) / sizeof(queues[0]))

static int queue_take(struct queue *queue) {
	int fd = queue->fds[queue->start];
	queue->start = (queue->start + 1) % descriptors_get_max();
	queue->len--;
	return fd;
}

// Returns false if the thread is to end. Threads for files whose closing may never end are rarely needed.
static bool wait_for_fds(struct queue *queue) {
	while (is_active && queue == &queues[CLOSING_LONG] && queue->len == 0) {
		pthread_cond_wait(&queue->changed, &lock);
	}
	return queue->len > 0;
}

static void *close_fds(void *data) {
	struct queue *queue = data;
	pthread_mutex_lock(&lock);
	while (queue->len > 0 || wait_for_fds(queue)) {
		int fd = queue_take(queue);
		queue->busy_len++;
		pthread_mutex_unlock(&lock);
		descriptors_close_now(fd);
		pthread_mutex_lock(&lock);
		queue->busy_len--;
		pthread_cond_broadcast(&queue->changed);
	}
	queue->threads_len--;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

// Signals stay with the thread of the event loop.
static bool start_thread(struct queue *queue) {
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, before;
	if (pthread_attr_init(&attributes) != 0) {
		return false;
	}
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&thread, &attributes, close_fds, queue) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (started) {
		pthread_setname_np(thread, "lido-close");
	}
	queue->threads_len += started;
	return started;
}

bool closing_add(int fd, enum closing_time time) {
	struct queue *queue = &queues[time];
	pthread_mutex_lock(&lock);
	bool is_added = is_active;
	if (is_added && queue->threads_len < queue->threads_max && queue->len + queue->busy_len >= queue->threads_len) {
		is_added = start_thread(queue) || queue->threads_len > 0;
	}
	if (is_added) {
		queue->fds[(queue->start + queue->len) % descriptors_get_max()] = fd;
		queue->len++;
		pthread_cond_broadcast(&queue->changed);
	}
	pthread_mutex_unlock(&lock);
	return is_added;
}

// Otherwise a child process could inherit a lock that one of these threads holds.
static void handle_fork(void) {
	pthread_mutex_lock(&lock);
}

static void handle_forked(void) {
	pthread_mutex_unlock(&lock);
}

// A child process has none of the threads, and closes by itself.
static void handle_forked_in_child(void) {
	is_active = false;
	pthread_mutex_unlock(&lock);
}

static bool handle_forks(void) {
	static bool is_handled;
	is_handled = is_handled || pthread_atfork(handle_fork, handle_forked, handle_forked_in_child) == 0;
	return is_handled;
}

bool closing_init(struct compositor *compositor) {
	if (!handle_forks()) {
		return false;
	}
	for (size_t i = 0; i < QUEUES_LEN; i++) {
		if (queues[i].fds == NULL) {
			queues[i].fds = descriptors_reserve(sizeof(int));
		}
		if (queues[i].fds == NULL) {
			return false;
		}
	}
	is_active = true;
	return true;
}

static struct timespec get_time_after(int64_t msec) {
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += msec % 1000 * 1000000;
	time.tv_sec += msec / 1000 + time.tv_nsec / 1000000000;
	time.tv_nsec %= 1000000000;
	return time;
}

// Does not wait for ever for files whose closing may never end.
static void wait_until_zero(struct queue *queue, size_t (*count_left)(const struct queue *queue)) {
	const struct timespec end = get_time_after(ENDLESS_MSEC);
	bool is_endless = queue == &queues[CLOSING_ENDLESS], is_over = false;
	while (count_left(queue) > 0 && !is_over) {
		if (is_endless) {
			is_over = pthread_cond_timedwait(&queue->changed, &lock, &end) != 0;
		} else {
			pthread_cond_wait(&queue->changed, &lock);
		}
	}
}

static size_t count_fds(const struct queue *queue) {
	return queue->len + queue->busy_len;
}

static size_t count_threads(const struct queue *queue) {
	return queue->threads_len;
}

void closing_wait(void) {
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < QUEUES_LEN; i++) {
		wait_until_zero(&queues[i], count_fds);
	}
	pthread_mutex_unlock(&lock);
}

void closing_finish(struct compositor *compositor) {
	pthread_mutex_lock(&lock);
	is_active = false;
	for (size_t i = 0; i < QUEUES_LEN; i++) {
		pthread_cond_broadcast(&queues[i].changed);
		wait_until_zero(&queues[i], count_threads);
	}
	pthread_mutex_unlock(&lock);
}

/*
 * Threads that close fds, and do nothing else. The kernel may take long to close a file of gigabytes, whose memory it
 * frees with the last fd, and forever to close a file whose server (FUSE) does not answer. Meanwhile all clients would
 * wait.
 */
#ifndef CLOSING_H
#define CLOSING_H

#include <stdbool.h>

struct compositor;

/*
 * Limit on the threads for files whose closing may never end. Once all of them wait, further such files stay open, and
 * count on the client that has sent them.
 */
#define CLOSING_ENDLESS_THREADS_MAX 16

/* How long closing may take. */
enum closing_time {
	CLOSING_LONG,    // but it ends
	CLOSING_ENDLESS, // it may wait for somebody
};

/*
 * Lets a thread close the fd, by descriptors_close_now(). Returns false if the caller has to close it: there is no
 * compositor, or no thread can be created.
 */
bool closing_add(int fd, enum closing_time time);

/* Waits until all is closed, but not for files whose closing does not end. */
void closing_wait(void);

/* Returns false when out of memory. */
bool closing_init(struct compositor *compositor);

/* Waits likewise, and ends the threads. */
void closing_finish(struct compositor *compositor);

#endif

/*
 * The fds that clients send, and those that are sent to clients. The program's recvmsg(), fcntl(), write() and close()
 * replace those of libc, also for libwayland and wlroots: so each fd is known from its arrival until it is closed,
 * whichever protocol it belongs to, and counted on the account of the client that has sent it. libwayland duplicates an
 * fd for each event that has one: the duplicate counts on the client that was served then, as does an eventfd() by
 * which wlroots waits for that client.
 *
 * recvmsg() on a client's socket reads no more than the client's turn allows (turn.h). write() into a client's pipe
 * does not fail when it is full or nobody reads. close() lets a thread close what takes long (closing.h).
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct account;
struct compositor;
struct turn;

/* A socket that is read by its own function: like recv(), without waiting. */
struct descriptor_stream {
	ssize_t (*read)(struct descriptor_stream *stream, void *data, size_t size);
};

/* Returns the limit on fds in this process. What lies beyond it is not counted. */
size_t descriptors_get_max(void);

/* Reserves zeroed memory for one element of this size per fd. Returns NULL when out of memory. Never freed. */
void *descriptors_reserve(size_t element_size);

/* The fd is the socket of the client with these turns until it is closed. */
void descriptors_set_turn(int fd, struct turn *turn);

/*
 * recvmsg() on this fd calls the stream's function, until the fd is closed. NULL: it does so no longer. Returns false
 * if the fd is beyond the limit.
 */
bool descriptors_set_stream(int fd, struct descriptor_stream *stream);

/* NULL: the file has none. */
struct descriptor_stream *descriptors_get_stream(int fd);

/* close() in this thread, however long that takes. */
int descriptors_close_now(int fd);

/*
 * Closes the fd so that its number names no file when this returns, even where closing the file takes long: whoever
 * else has the number finds it closed. Where CLOSING_ENDLESS_THREADS_MAX files are never closed, one more stays open.
 */
void descriptors_detach(int fd);

/*
 * fds that are duplicated, and eventfds that are made, from now on count on this account, whichever client is served;
 * NULL: on that of the client that is served.
 */
void descriptors_set_owner(struct account *account);

/* Returns false when out of memory. */
bool descriptors_init(struct compositor *compositor);

#endif

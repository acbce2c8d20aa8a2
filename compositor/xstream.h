/*
 * The connection of wlroots' window manager to the X server, which never makes it wait.
 *
 * libxcb waits until the X server reads what it writes, and until a reply that has begun is there as a whole. An X
 * server that is busy with one program would stop the compositor. So functions of libc are replaced in the program lido
 * for this connection:
 *
 * - writev() takes everything. What the socket does not take is kept here, and written when it does.
 * - recv() and recvmsg() give whole packets only: replies and events.
 * - poll(), with which libxcb waits for a reply that nobody has asked for in advance (xprefetch.h), ends the connection
 *   when that takes too long.
 */
#ifndef XSTREAM_H
#define XSTREAM_H

#include "bucket.h"
#include "descriptors.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

/* The most bytes that wait to be written. An X server for which there are more is disconnected. */
#define XSTREAM_OUT_MAX (4 << 20)

/* The largest packet: a reply with data of a selection (xreplies.c). */
#define XSTREAM_PACKET_MAX ((16 << 20) + 64)

/*
 * How long is waited for answers at once, ms, and then for this share of the time. While the connection begins, also
 * for a machine that is busy: but not for an X server that has used this much of a processor for others meanwhile.
 */
#define XSTREAM_WAIT_MS 100
#define XSTREAM_WAIT_PERCENT 5
#define XSTREAM_START_WAIT_MS 2000

struct xstream_queue {
	char *data; // NULL: nothing was in it yet
	size_t start, len, capacity;
};

struct xstream_listener {
	void (*hangup)(void *data);          // the X server has closed the connection
	void (*written)(void *data);         // nothing waits to be written any more
	int64_t (*get_cpu_msec)(void *data); // processor time that the X server has used
};

struct xstream {
	struct descriptor_stream base;
	int fd;
	struct wl_event_source *socket; // of the fd; NULL: it is gone
	const struct xstream_listener *listener;
	void *data; // of its functions
	struct xstream_queue out, in;
	size_t whole_len;       // bytes of `in` that libxcb may read: whole packets
	bool is_set_up;         // the first packet, which has a form of its own, has come
	bool is_started;        // what is waited for is limited to XSTREAM_WAIT_MS
	bool is_ended;          // nothing more comes
	struct bucket waited;   // ms
	int64_t start_cpu_msec; // processor time of the X server before the first wait; -1: there was none
};

/*
 * The socket is used from now on. Returns false when out of memory or fds; xstream_finish() is due in any case. The
 * listener's functions must not finish the stream.
 */
bool xstream_init(struct xstream *stream, struct wl_event_loop *loop, int fd, const struct xstream_listener *listener,
		void *data);
void xstream_finish(struct xstream *stream);

/* The stream of this fd; NULL: it is another file. */
struct xstream *xstream_find(int fd);

/* Is there more for libxcb to read, without a system call? */
bool xstream_has_packets(const struct xstream *stream);

/* Is there something that the X server has not taken yet? */
bool xstream_is_writing(const struct xstream *stream);

/* Wait for no longer than XSTREAM_WAIT_MS. */
void xstream_set_started(struct xstream *stream);

/* The X server has closed the socket, or closes it soon. */
void xstream_shut_down(struct xstream *stream);

#endif

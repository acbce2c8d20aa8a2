#include "xstream.h"

#include "log.h"
#include "monotonic.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REPLACES_LIBC __attribute__((visibility("default")))

// How much is read at once, bytes, if a packet does not need more. An empty queue keeps a few times as much.
#define READ_SIZE (16 << 10)
#define KEPT_SIZE (64 << 10)

// How long is waited at once, before looking again whether that was too long, ms.
#define STEP_MS 20

// Packets: their first bytes, which have the type and the size, and the size of most.
#define HEADER_SIZE 8
#define PACKET_SIZE 32
#define TYPE_REPLY 1
#define TYPE_GENERIC_EVENT 35

// Makes room for size bytes at the end. Returns false when out of memory.
static bool reserve(struct xstream_queue *queue, size_t size) {
	if (queue->start + queue->len + size <= queue->capacity) {
		return true;
	}
	if (queue->start > 0) {
		memmove(queue->data, queue->data + queue->start, queue->len);
		queue->start = 0;
	}
	if (queue->len + size <= queue->capacity) {
		return true;
	}
	size_t capacity = MAX(queue->len + size, 2 * queue->capacity);
	char *data = realloc(queue->data, capacity);
	if (data == NULL) {
		return false;
	}
	queue->data = data;
	queue->capacity = capacity;
	return true;
}

static void consume(struct xstream_queue *queue, size_t size) {
	queue->start += size;
	queue->len -= size;
	if (queue->len > 0) {
		return;
	}
	queue->start = 0;
	if (queue->capacity > KEPT_SIZE) {
		free(queue->data);
		*queue = (struct xstream_queue){0};
	}
}

struct xstream *xstream_find(int fd) {
	struct descriptor_stream *base = descriptors_get_stream(fd);
	struct xstream *stream;
	return base != NULL ? wl_container_of(base, stream, base) : NULL;
}

void xstream_shut_down(struct xstream *stream) {
	if (xstream_find(stream->fd) == stream) {
		shutdown(stream->fd, SHUT_RDWR);
	}
	stream->is_ended = true;
}

static void flush(struct xstream *stream) {
	struct xstream_queue *out = &stream->out;
	while (out->len > 0) {
		ssize_t n = send(stream->fd, out->data + out->start, out->len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			break;
		}
		consume(out, n >= 0 ? (size_t)n : out->len); // after an error libxcb finds the connection closed
	}
	if (stream->socket != NULL) {
		wl_event_source_fd_update(stream->socket, out->len > 0 ? WL_EVENT_WRITABLE : 0);
	}
}

// Keeps what was not written: all but the first `skip` bytes.
static bool keep(struct xstream *stream, const struct iovec *iov, int iov_len, size_t skip) {
	struct xstream_queue *out = &stream->out;
	for (int i = 0; i < iov_len; i++) {
		size_t skipped = MIN(skip, iov[i].iov_len), size = iov[i].iov_len - skipped;
		skip -= skipped;
		if (size == 0) {
			continue;
		}
		if (size > XSTREAM_OUT_MAX - out->len || !reserve(out, size)) {
			return false;
		}
		memcpy(out->data + out->start + out->len, (const char *)iov[i].iov_base + skipped, size);
		out->len += size;
	}
	return true;
}

static ssize_t write_all(struct xstream *stream, const struct iovec *iov, int iov_len) {
	size_t size = 0;
	for (int i = 0; i < iov_len; i++) {
		size += iov[i].iov_len;
	}
	ssize_t written = 0;
	if (stream->out.len == 0) {
		written = syscall(SYS_writev, stream->fd, iov, iov_len);
		if (written < 0 && errno != EAGAIN) {
			return -1;
		}
		written = MAX(written, 0);
	}
	if ((size_t)written == size) {
		return written;
	}
	if (!keep(stream, iov, iov_len, (size_t)written)) {
		log_error("Xwayland does not read: ending its connection");
		xstream_shut_down(stream);
		errno = EPIPE;
		return -1;
	}
	if (stream->socket != NULL) {
		wl_event_source_fd_update(stream->socket, WL_EVENT_WRITABLE);
	}
	return (ssize_t)size;
}

// Returns the size of the packet that begins here; 0: not enough of it is there to tell.
static size_t get_packet_size(const struct xstream *stream, const char *packet, size_t len) {
	uint8_t type;
	uint16_t units;
	uint32_t further_units;
	if (len < HEADER_SIZE) {
		return 0;
	}
	if (!stream->is_set_up) {
		memcpy(&units, packet + 6, sizeof(units));
		return HEADER_SIZE + units * (size_t)4;
	}
	memcpy(&type, packet, sizeof(type));
	memcpy(&further_units, packet + 4, sizeof(further_units));
	bool is_longer = type == TYPE_REPLY || (type & 0x7f) == TYPE_GENERIC_EVENT;
	return PACKET_SIZE + (is_longer ? further_units * (size_t)4 : 0);
}

// Returns how many bytes the first packet that is not whole lacks, as far as is known.
static size_t find_packets(struct xstream *stream) {
	const struct xstream_queue *in = &stream->in;
	for (;;) {
		size_t len = in->len - stream->whole_len;
		size_t size = get_packet_size(stream, in->data + in->start + stream->whole_len, len);
		if (size == 0 || size > len) {
			return size > len ? size - len : HEADER_SIZE - len;
		}
		stream->is_set_up = true;
		stream->whole_len += size;
	}
}

// Reads until there is a whole packet, or nothing more has come.
static void receive(struct xstream *stream) {
	struct xstream_queue *in = &stream->in;
	size_t missing = READ_SIZE;
	while (stream->whole_len == 0 && !stream->is_ended) {
		if (in->len + missing > XSTREAM_PACKET_MAX || !reserve(in, MAX(missing, READ_SIZE))) {
			log_error("Xwayland sends too much: ending its connection");
			xstream_shut_down(stream);
			return;
		}
		char *end = in->data + in->start + in->len;
		ssize_t n = syscall(SYS_recvfrom, stream->fd, end, MAX(missing, READ_SIZE), MSG_DONTWAIT, NULL, NULL);
		if (n < 0) {
			stream->is_ended = errno != EAGAIN && errno != EINTR;
			return;
		}
		stream->is_ended = n == 0;
		in->len += (size_t)n;
		missing = find_packets(stream);
	}
}

static ssize_t read_packets(struct descriptor_stream *base, void *data, size_t size) {
	struct xstream *stream = wl_container_of(base, stream, base);
	if (stream->whole_len == 0) {
		receive(stream);
	}
	if (stream->whole_len == 0 && !stream->is_ended) {
		errno = EAGAIN;
		return -1;
	}
	size_t len = MIN(size, stream->whole_len);
	if (len > 0) {
		memcpy(data, stream->in.data + stream->in.start, len);
		stream->whole_len -= len;
		consume(&stream->in, len);
	}
	return (ssize_t)len;
}

static int poll_for(struct pollfd *fds, nfds_t len, int timeout) {
	const struct timespec time = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
	return (int)syscall(SYS_ppoll, fds, len, timeout >= 0 ? &time : NULL, NULL, 0);
}

// Has the X server worked for others for too long, while the connection begins?
static bool is_busy(struct xstream *stream) {
	int64_t cpu = stream->listener->get_cpu_msec(stream->data);
	if (stream->start_cpu_msec < 0) {
		stream->start_cpu_msec = cpu;
	}
	return cpu - stream->start_cpu_msec >= XSTREAM_WAIT_MS;
}

// Waits until something has come or can be written, for a while. Returns false if all waits have taken too long.
static bool wait(struct xstream *stream) {
	int64_t start = monotonic_msec();
	int max = stream->is_started ? XSTREAM_WAIT_MS : XSTREAM_START_WAIT_MS;
	int left = max - (int)bucket_drain(&stream->waited, start, XSTREAM_WAIT_PERCENT * UINT64_C(10));
	if (left <= 0 || (!stream->is_started && is_busy(stream))) {
		return false;
	}
	struct pollfd fd = {.fd = stream->fd, .events = (short)(POLLIN | (stream->out.len > 0 ? POLLOUT : 0))};
	int result = poll_for(&fd, 1, MIN(left, STEP_MS));
	stream->waited.level += (uint64_t)(monotonic_msec() - start);
	if (result > 0 && (fd.revents & POLLOUT)) {
		flush(stream);
	}
	return true;
}

// libxcb wants to write, which it can always do, or it waits for an answer.
static short wait_for_server(struct xstream *stream, short events) {
	if (events & POLLOUT) {
		return POLLOUT;
	}
	receive(stream);
	while (stream->whole_len == 0 && !stream->is_ended) {
		if (!wait(stream)) {
			log_error("Xwayland does not answer: ending its connection");
			xstream_shut_down(stream);
			stream->waited.level = 0;
		}
		receive(stream);
	}
	return POLLIN;
}

REPLACES_LIBC int replaced_poll(struct pollfd *fds, nfds_t len, int timeout) __asm__("poll");
int replaced_poll(struct pollfd *fds, nfds_t len, int timeout) {
	struct xstream *stream = len == 1 && timeout < 0 ? xstream_find(fds[0].fd) : NULL;
	if (stream == NULL) {
		return poll_for(fds, len, timeout);
	}
	fds[0].revents = wait_for_server(stream, fds[0].events);
	return 1;
}

REPLACES_LIBC ssize_t replaced_writev(int fd, const struct iovec *iov, int iov_len) __asm__("writev");
ssize_t replaced_writev(int fd, const struct iovec *iov, int iov_len) {
	struct xstream *stream = xstream_find(fd);
	return stream != NULL ? write_all(stream, iov, iov_len) : syscall(SYS_writev, fd, iov, iov_len);
}

REPLACES_LIBC ssize_t replaced_recv(int fd, void *data, size_t size, int flags) __asm__("recv");
ssize_t replaced_recv(int fd, void *data, size_t size, int flags) {
	struct xstream *stream = xstream_find(fd);
	return stream != NULL ? read_packets(&stream->base, data, size)
						  : syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

static int handle_socket(int fd, uint32_t mask, void *data) {
	struct xstream *stream = data;
	if (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) {
		wl_event_source_remove(stream->socket);
		stream->socket = NULL;
		stream->listener->hangup(stream->data);
		return 0;
	}
	flush(stream);
	if (stream->out.len == 0) {
		stream->listener->written(stream->data);
	}
	return 0;
}

bool xstream_init(struct xstream *stream, struct wl_event_loop *loop, int fd, const struct xstream_listener *listener,
		void *data) {
	*stream = (struct xstream){
		.base = {.read = read_packets}, .fd = fd, .listener = listener, .data = data, .start_cpu_msec = -1};
	stream->socket = wl_event_loop_add_fd(loop, fd, 0, handle_socket, stream);
	return descriptors_set_stream(fd, &stream->base) && stream->socket != NULL;
}

void xstream_finish(struct xstream *stream) {
	if (xstream_find(stream->fd) == stream) {
		descriptors_set_stream(stream->fd, NULL);
	}
	if (stream->socket != NULL) {
		wl_event_source_remove(stream->socket);
		stream->socket = NULL;
	}
	free(stream->out.data);
	free(stream->in.data);
	stream->out = stream->in = (struct xstream_queue){0};
}

bool xstream_has_packets(const struct xstream *stream) {
	return stream->whole_len > 0;
}

bool xstream_is_writing(const struct xstream *stream) {
	return stream->out.len > 0;
}

void xstream_set_started(struct xstream *stream) {
	stream->is_started = true;
	stream->waited.level = 0;
}

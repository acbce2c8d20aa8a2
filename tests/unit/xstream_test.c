/*
 * The connection of a window manager to an X server that does not read, or sends half a packet: nobody waits.
 */
#include <compositor/monotonic.h>
#include <compositor/xstream.h>

#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct pipe {
	struct wl_event_loop *loop;
	struct xstream stream;
	int ours, theirs; // theirs: the X server's end
	int hangups, times_written;
	int64_t cpu_msec; // that the X server uses from one look to the next
	int64_t cpu_msec_used;
};

static void count_hangup(void *data) {
	struct pipe *pipe = data;
	pipe->hangups++;
}

static void count_written(void *data) {
	struct pipe *pipe = data;
	pipe->times_written++;
}

static int64_t get_cpu_msec(void *data) {
	struct pipe *pipe = data;
	return pipe->cpu_msec_used += pipe->cpu_msec;
}

static const struct xstream_listener listener = {
	.get_cpu_msec = get_cpu_msec,
	.hangup = count_hangup,
	.written = count_written,
};

static void init(struct pipe *pipe) {
	int fds[2];
	expect(descriptors_init(NULL));
	expect_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
	*pipe = (struct pipe){.loop = wl_event_loop_create(), .ours = fds[0], .theirs = fds[1]};
	expect(xstream_init(&pipe->stream, pipe->loop, pipe->ours, &listener, pipe));
}

static void finish(struct pipe *pipe) {
	xstream_finish(&pipe->stream);
	wl_event_loop_destroy(pipe->loop);
	close(pipe->ours);
	close(pipe->theirs);
}

// The X server's first packet, of 8 bytes and 4 more.
static void set_up(struct pipe *pipe) {
	char packet[12] = {0}, got[16];
	const uint16_t units = 1;
	memcpy(packet + 6, &units, sizeof(units));
	expect_int(write(pipe->theirs, packet, sizeof(packet)), ==, sizeof(packet));
	expect_int(recv(pipe->ours, got, sizeof(got), 0), ==, sizeof(packet));
}

// A reply of 32 bytes and further units of 4 bytes, each the number of its place.
static size_t make_reply(uint32_t *packet, uint32_t units) {
	memset(packet, 0, 32);
	packet[0] = 1; // the type
	packet[1] = units;
	for (uint32_t i = 0; i < units; i++) {
		packet[8 + i] = i;
	}
	return 32 + units * (size_t)4;
}

static void expect_nothing(struct pipe *pipe) {
	char data[64];
	expect_int(recv(pipe->ours, data, sizeof(data), 0), ==, -1);
	expect_int(errno, ==, EAGAIN);
	struct msghdr message = {.msg_iov = &(struct iovec){data, sizeof(data)}, .msg_iovlen = 1};
	expect_int(recvmsg(pipe->ours, &message, 0), ==, -1);
	expect_int(errno, ==, EAGAIN);
}

TEST("xstream@what-the-server-does-not-read-is-written-later-in-order") {
	enum {
		PIECES = 300,
		SIZE = 10000
	};
	struct pipe pipe;
	static char piece[SIZE], got[SIZE];
	init(&pipe);
	for (int i = 0; i < PIECES; i++) {
		memset(piece, i, SIZE);
		struct iovec iov[] = {{piece, 1}, {NULL, 0}, {piece + 1, SIZE - 1}};
		expect_int(writev(pipe.ours, iov, 3), ==, SIZE);
	}
	expect(xstream_is_writing(&pipe.stream));
	struct pollfd fd = {.fd = pipe.ours, .events = POLLIN | POLLOUT};
	expect_int(poll(&fd, 1, -1), ==, 1);
	expect_int(fd.revents, ==, POLLOUT);
	for (int i = 0; i < PIECES; i++) {
		for (size_t len = 0; len < SIZE;) {
			ssize_t n = read(pipe.theirs, got + len, SIZE - len);
			len += n > 0 ? (size_t)n : 0;
			wl_event_loop_dispatch(pipe.loop, 0);
		}
		memset(piece, i, SIZE);
		expect_bytes(got, piece, SIZE);
	}
	expect(!xstream_is_writing(&pipe.stream));
	expect_int(pipe.times_written, ==, 1);
	finish(&pipe);
}

TEST("xstream@a-server-that-never-reads-is-disconnected") {
	struct pipe pipe;
	static char piece[XSTREAM_OUT_MAX / 4];
	init(&pipe);
	struct iovec iov = {piece, sizeof(piece)};
	for (int i = 0; i < 4; i++) {
		expect_int(writev(pipe.ours, &iov, 1), ==, sizeof(piece));
	}
	expect_int(writev(pipe.ours, &iov, 1), ==, -1);
	expect_int(errno, ==, EPIPE);
	wl_event_loop_dispatch(pipe.loop, 0);
	expect_int(pipe.hangups, ==, 1);
	finish(&pipe);
}

TEST("xstream@half-a-packet-is-not-read") {
	enum {
		UNITS = 5000
	};
	static uint32_t packet[8 + UNITS], got[8 + UNITS];
	struct pipe pipe;
	init(&pipe);
	expect_nothing(&pipe);
	set_up(&pipe);
	const char *bytes = (const char *)packet;
	size_t size = make_reply(packet, UNITS);
	const size_t ends[] = {1, 7, 8, 31, 32, 33, size - 1};
	size_t start = 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		expect_int(write(pipe.theirs, bytes + start, ends[i] - start), ==, ends[i] - start);
		start = ends[i];
		expect_nothing(&pipe);
	}
	expect_int(write(pipe.theirs, bytes + start, 1), ==, 1);
	expect_int(recv(pipe.ours, got, 32, 0), ==, 32);
	expect(xstream_has_packets(&pipe.stream));
	expect_int(recv(pipe.ours, (char *)got + 32, sizeof(got) - 32, 0), ==, size - 32);
	expect_bytes(got, packet, size);
	expect_nothing(&pipe);
	finish(&pipe);
}

TEST("xstream@an-event-before-half-a-reply-is-read") {
	uint32_t packets[16] = {2}, got[16]; // an event is 32 bytes, whatever is in it
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	packets[1] = UINT32_MAX;
	make_reply(packets + 8, 0);
	packets[9] = 1000;
	expect_int(write(pipe.theirs, packets, sizeof(packets)), ==, sizeof(packets));
	expect_int(recv(pipe.ours, got, sizeof(got), 0), ==, 32);
	expect_bytes(got, packets, 32);
	expect_nothing(&pipe);
	finish(&pipe);
}

TEST("xstream@a-reply-beyond-the-limit-ends-the-connection") {
	uint32_t packet[8];
	char got[64];
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	make_reply(packet, 0);
	packet[1] = UINT32_MAX;
	expect_int(write(pipe.theirs, packet, sizeof(packet)), ==, sizeof(packet));
	expect_int(recv(pipe.ours, got, sizeof(got), 0), ==, 0);
	finish(&pipe);
}

TEST("xstream@waiting-for-an-answer-writes-what-is-left-and-ends") {
	struct pipe pipe;
	static char piece[XSTREAM_OUT_MAX / 2];
	init(&pipe);
	set_up(&pipe);
	xstream_set_started(&pipe.stream);
	struct iovec iov = {piece, sizeof(piece)};
	expect_int(writev(pipe.ours, &iov, 1), ==, sizeof(piece));
	expect(xstream_is_writing(&pipe.stream));
	struct pollfd fd = {.fd = pipe.ours, .events = POLLIN};
	expect_int(poll(&fd, 1, -1), ==, 1); // nobody answers
	expect_int(recv(pipe.ours, piece, sizeof(piece), 0), ==, 0);
	finish(&pipe);
}

// Returns how long that takes, ms.
static int64_t wait_for_nothing(struct pipe *pipe) {
	struct pollfd fd = {.fd = pipe->ours, .events = POLLIN};
	char byte;
	int64_t start = monotonic_msec();
	expect_int(poll(&fd, 1, -1), ==, 1);
	expect_int(recv(pipe->ours, &byte, 1, 0), ==, 0);
	return monotonic_msec() - start;
}

TEST("xstream@server-that-works-for-others-at-the-start-is-not-waited-for") {
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	pipe.cpu_msec = XSTREAM_WAIT_MS / 5;
	expect_int(wait_for_nothing(&pipe), <, XSTREAM_START_WAIT_MS / 2);
	finish(&pipe);
}

TEST("xstream@server-that-does-not-run-at-the-start-is-waited-for") {
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	expect_int(wait_for_nothing(&pipe), >=, XSTREAM_START_WAIT_MS);
	finish(&pipe);
}

TEST("xstream@an-answer-that-is-there-is-not-waited-for") {
	uint32_t packets[16];
	char got[64];
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	make_reply(packets, 0);
	make_reply(packets + 8, 0);
	expect_int(write(pipe.theirs, packets, sizeof(packets)), ==, sizeof(packets));
	expect_int(recv(pipe.ours, got, 32, 0), ==, 32);
	struct pollfd fd = {.fd = pipe.ours, .events = POLLIN};
	expect_int(poll(&fd, 1, -1), ==, 1); // the other packet is not in the socket any more
	expect_int(fd.revents, ==, POLLIN);
	expect_int(recv(pipe.ours, got, 64, 0), ==, 32);
	finish(&pipe);
}

TEST("xstream@what-has-come-is-read-after-the-server-has-gone") {
	uint32_t packets[8 + 4];
	char got[64];
	struct pipe pipe;
	init(&pipe);
	set_up(&pipe);
	make_reply(packets, 0);
	packets[8] = 1; // a second one begins
	expect_int(write(pipe.theirs, packets, sizeof(packets)), ==, sizeof(packets));
	shutdown(pipe.theirs, SHUT_RDWR);
	expect_int(recv(pipe.ours, got, sizeof(got), 0), ==, 32);
	expect_int(recv(pipe.ours, got, sizeof(got), 0), ==, 0);
	wl_event_loop_dispatch(pipe.loop, 0);
	expect_int(pipe.hangups, ==, 1);
	finish(&pipe);
}

TEST("xstream@another-file-of-the-same-number-is-none-of-it") {
	struct pipe pipe;
	char got[8];
	init(&pipe);
	close(pipe.ours);
	int file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	expect_int(dup3(file, pipe.ours, O_CLOEXEC) != -1 || file == pipe.ours, ==, true);
	expect(xstream_find(pipe.ours) == NULL);
	struct iovec iov = {got, sizeof(got)};
	expect_int(writev(pipe.ours, &iov, 1), ==, -1);
	expect_int(errno, ==, EBADF); // it is open for reading
	if (file != pipe.ours) {
		close(file);
	}
	finish(&pipe);
}

#include "descriptors.h"

#include "account.h"
#include "clients.h"
#include "closing.h"
#include "turn.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Files without a limit on their number are counted up to this one.
#define FDS_MAX (1 << 20)

// A file in memory of this size takes the kernel less than a millisecond to free, bytes.
#define SMALL_SIZE (1 << 20)

// A socket's buffer has less than this many pieces of 4 KiB of unread requests.
#define DRAIN_LEN 256

// How often to look whether a thread has begun to close an fd, with other threads running in between.
#define DETACH_TRIES_MAX 100000

// The system call for files of any size.
#ifdef SYS_fcntl64
#define SYSTEM_FCNTL SYS_fcntl64
#else
#define SYSTEM_FCNTL SYS_fcntl
#endif

#define REPLACES_LIBC __attribute__((visibility("default")))

struct descriptor {
	struct account *owner;            // of the client that has sent it, or that it was made for; NULL: the server's own
	bool is_sent;                     // by the owner
	struct turn *turn;                // of the client whose socket it is; NULL: another file
	bool is_socket;                   // of a client, which may be gone
	struct descriptor_stream *stream; // that reads it; NULL: the kernel
};

static struct descriptor *table; // by fd; NULL before the first compositor
static size_t table_len;

// Other threads serve no client.
static _Thread_local bool is_serving;

static struct account *forced_owner; // see descriptors_set_owner()

static struct descriptor *find(int fd) {
	return table != NULL && fd >= 0 && (size_t)fd < table_len ? &table[fd] : NULL;
}

size_t descriptors_get_max(void) {
	return table_len;
}

void *descriptors_reserve(size_t element_size) {
	void *data = mmap(
			NULL, table_len * element_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return data != MAP_FAILED ? data : NULL;
}

void descriptors_set_turn(int fd, struct turn *turn) {
	struct descriptor *descriptor = find(fd);
	if (descriptor != NULL) {
		descriptor->turn = turn;
		descriptor->is_socket = true;
	}
}

bool descriptors_set_stream(int fd, struct descriptor_stream *stream) {
	struct descriptor *descriptor = find(fd);
	if (descriptor != NULL) {
		descriptor->stream = stream;
	}
	return descriptor != NULL;
}

struct descriptor_stream *descriptors_get_stream(int fd) {
	const struct descriptor *descriptor = find(fd);
	return descriptor != NULL ? descriptor->stream : NULL;
}

static void discount(struct account *owner) {
	if (owner != NULL) {
		atomic_fetch_sub(&account_fds_total, 1);
		atomic_fetch_sub(&owner->fds_len, 1);
	}
}

static struct account *disown(struct descriptor *descriptor) {
	struct account *owner = descriptor->owner;
	descriptor->owner = NULL;
	descriptor->is_sent = false;
	return owner;
}

// If unread requests are left when a socket is closed, the client's next request fails with ECONNRESET, and the client
// does not read why it was disconnected.
static void drain(int fd) {
	char data[4096];
	for (int i = 0; i < DRAIN_LEN && recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0; i++) {
	}
}

int descriptors_close_now(int fd) {
	struct descriptor *descriptor = find(fd);
	if (descriptor != NULL && descriptor->is_socket) {
		descriptor->is_socket = false;
		drain(fd);
	}
	// Another file may have this number as soon as it is closed.
	struct account *owner = descriptor != NULL ? disown(descriptor) : NULL;
	int result = (int)syscall(SYS_close, fd);
	discount(owner);
	return result;
}

// Returns whether a thread is to close the fd, and how long that may take. Waits for nobody.
static bool takes_long(int fd, enum closing_time *time) {
	struct statx stat;
	if (fcntl(fd, F_GET_SEALS) != -1) { // a file in memory: the kernel answers by itself
		*time = CLOSING_LONG;
		struct stat status;
		return fstat(fd, &status) == 0 && status.st_blocks * INT64_C(512) > SMALL_SIZE;
	}
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &stat) != 0) {
		return false;
	}
	// Messages that wait in a socket may hold the last fds of large files.
	*time = S_ISSOCK(stat.stx_mode) ? CLOSING_LONG : CLOSING_ENDLESS;
	return S_ISSOCK(stat.stx_mode) || S_ISREG(stat.stx_mode) || S_ISDIR(stat.stx_mode);
}

REPLACES_LIBC int close(int fd) {
	int saved = errno;
	enum closing_time time;
	struct descriptor *descriptor = find(fd);
	if (descriptor == NULL) {
		return (int)syscall(SYS_close, fd);
	}
	descriptor->turn = NULL;
	descriptor->stream = NULL;
	bool is_added = takes_long(fd, &time) && closing_add(fd, time);
	errno = saved;
	return is_added ? 0 : descriptors_close_now(fd);
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) != -1;
}

// The kernel forgets the number before it waits for anybody. A socket has no such wait, but what is in it may take long
// to free: its copy keeps that.
void descriptors_detach(int fd) {
	enum closing_time time;
	if (takes_long(fd, &time) && time == CLOSING_ENDLESS) {
		close(fd);
		for (int i = 0; i < DETACH_TRIES_MAX && is_open(fd); i++) {
			sched_yield();
		}
		return;
	}
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	descriptors_close_now(fd);
	if (copy != -1) {
		close(copy);
	}
}

static void own(struct account *account, int fd) {
	struct descriptor *descriptor = find(fd);
	if (descriptor != NULL) {
		discount(disown(descriptor)); // if it was closed by other means
		descriptor->owner = account;
		atomic_fetch_add(&account_fds_total, 1);
		atomic_fetch_add(&account->fds_len, 1);
	}
}

static void own_all(struct account *account, struct msghdr *message) {
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg != NULL; cmsg = CMSG_NXTHDR(message, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
			for (size_t offset = 0; offset < cmsg->cmsg_len - CMSG_LEN(0); offset += sizeof(int)) {
				int fd;
				memcpy(&fd, CMSG_DATA(cmsg) + offset, sizeof(fd));
				own(account, fd);
				if (find(fd) != NULL) {
					find(fd)->is_sent = true;
				}
			}
		}
	}
}

// Reads at most size bytes.
static ssize_t receive(int fd, struct msghdr *message, int flags, size_t size) {
	struct iovec iov[2];
	struct iovec *before = message->msg_iov;
	size_t before_len = message->msg_iovlen;
	message->msg_iovlen = 0;
	for (size_t i = 0; i < before_len && i < sizeof(iov) / sizeof(iov[0]) && size > 0; i++) {
		iov[i] = before[i];
		iov[i].iov_len = before[i].iov_len < size ? before[i].iov_len : size;
		size -= iov[i].iov_len;
		message->msg_iovlen++;
	}
	message->msg_iov = iov;
	ssize_t n = syscall(SYS_recvmsg, fd, message, flags);
	message->msg_iov = before;
	message->msg_iovlen = before_len;
	return n;
}

// Reads into the first buffer only. Such a socket sends no fds.
static ssize_t receive_from_stream(struct descriptor_stream *stream, struct msghdr *message) {
	message->msg_controllen = 0;
	message->msg_flags = 0;
	return message->msg_iovlen > 0 ? stream->read(stream, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len)
								   : 0;
}

REPLACES_LIBC ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
	struct descriptor *descriptor = find(fd);
	if (descriptor != NULL && descriptor->stream != NULL) {
		return receive_from_stream(descriptor->stream, message);
	}
	struct turn *turn = descriptor != NULL ? descriptor->turn : NULL;
	if (turn == NULL) {
		return syscall(SYS_recvmsg, fd, message, flags);
	}
	size_t size = turn_begin(turn);
	if (size == 0 || !clients_enforce_limits(turn)) {
		errno = EAGAIN;
		return -1;
	}
	ssize_t n = receive(fd, message, flags, size);
	if (n > 0) {
		turn_spend((size_t)n);
		own_all(turn->account, message);
	}
	return n;
}

// The server is about to write into this file of a client. Its flags are shared with the client, which could make the
// server wait by clearing O_NONBLOCK; so the server opens the pipe itself. It writes into no other files.
static void reopen(int fd) {
	char path[32];
	struct stat stat;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bool is_pipe = fstat(fd, &stat) == 0 && S_ISFIFO(stat.st_mode);
	int own = is_pipe ? open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) : -1;
	if (own < 0) {
		own = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	if (own >= 0) {
		dup3(own, fd, O_CLOEXEC);
		syscall(SYS_close, own);
	}
}

// The window manager of Xwayland writes data of X11 programs into pipes of clients. It would end the transfer when a
// pipe is full: it waits if some bytes are left, so none were written. It would also end the transfer when nobody
// reads, and the program would wait for it forever: so the rest is thrown away.
REPLACES_LIBC ssize_t replaced_write(int fd, const void *data, size_t size) __asm__("write");
ssize_t replaced_write(int fd, const void *data, size_t size) {
	ssize_t written = syscall(SYS_write, fd, data, size);
	const struct descriptor *descriptor = written < 0 && is_serving ? find(fd) : NULL;
	if (descriptor == NULL || !descriptor->is_sent) {
		return written;
	}
	return errno == EAGAIN ? 0 : errno == EPIPE ? (ssize_t)size : written;
}

// Returns the account that new fds count on; NULL: they are the server's own.
static struct account *get_owner(void) {
	struct turn *turn = is_serving ? turn_get_current() : NULL;
	if (is_serving && forced_owner != NULL) {
		return forced_owner;
	}
	return turn != NULL ? turn->account : NULL;
}

static int control(int fd, int command, va_list arguments) {
	// Commands without an argument ignore it, as in libc.
	void *argument = va_arg(arguments, void *);
	struct descriptor *descriptor = command == F_SETFL && is_serving ? find(fd) : NULL;
	if (descriptor != NULL && descriptor->is_sent) {
		reopen(fd);
	}
	int result = (int)syscall(SYSTEM_FCNTL, fd, command, argument);
	struct account *owner = get_owner();
	if (command == F_DUPFD_CLOEXEC && result != -1 && owner != NULL) {
		own(owner, result);
	}
	return result;
}

// libwayland sends a copy of each fd, and keeps that while the client does not read. It may call either name.
REPLACES_LIBC int replaced_fcntl(int fd, int command, ...) __asm__("fcntl");
int replaced_fcntl(int fd, int command, ...) {
	va_list arguments;
	va_start(arguments, command);
	int result = control(fd, command, arguments);
	va_end(arguments);
	return result;
}

REPLACES_LIBC int replaced_fcntl64(int fd, int command, ...) __asm__("fcntl64");
int replaced_fcntl64(int fd, int command, ...) {
	va_list arguments;
	va_start(arguments, command);
	int result = control(fd, command, arguments);
	va_end(arguments);
	return result;
}

// The window manager of Xwayland makes pipes for X11 programs that ask for selections.
REPLACES_LIBC int replaced_pipe(int fds[2]) __asm__("pipe");
int replaced_pipe(int fds[2]) {
	int result = (int)syscall(SYS_pipe2, fds, 0);
	struct turn *turn = is_serving ? turn_get_current() : NULL;
	if (result == 0 && turn != NULL) {
		own(turn->account, fds[0]);
		own(turn->account, fds[1]);
	}
	return result;
}

// wlroots makes one for each queued commit that waits for a point of a timeline (explicit_sync.h).
REPLACES_LIBC int replaced_eventfd(unsigned int value, int flags) __asm__("eventfd");
int replaced_eventfd(unsigned int value, int flags) {
	int fd = (int)syscall(SYS_eventfd2, value, flags);
	struct account *owner = get_owner();
	if (fd != -1 && owner != NULL) {
		own(owner, fd);
	}
	return fd;
}

// A new connection belongs to no client that was served before.
REPLACES_LIBC int replaced_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) __asm__("accept4");
int replaced_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags) {
	turn_end();
	return (int)syscall(SYS_accept4, fd, address, size, flags);
}

void descriptors_set_owner(struct account *account) {
	forced_owner = account;
}

bool descriptors_init(struct compositor *compositor) {
	struct rlimit limit = {.rlim_cur = FDS_MAX};
	getrlimit(RLIMIT_NOFILE, &limit);
	is_serving = true;
	if (table == NULL) {
		table_len = limit.rlim_cur < FDS_MAX ? limit.rlim_cur : FDS_MAX;
		table = descriptors_reserve(sizeof(*table));
	}
	return table != NULL;
}

#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Each try needs another process that has deleted the file in the meantime.
#define LOCK_TRIES_MAX 8

static int stat_cached(int fd, struct statx *stat) {
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, stat);
}

static int get_flags(int fd) {
	return fcntl(fd, F_GETFL);
}

static int get_seals(int fd) {
	return fcntl(fd, F_GET_SEALS);
}

static int add_seals(int fd, int seals) {
	return fcntl(fd, F_ADD_SEALS, seals);
}

static int punch_hole(int fd, off_t offset, off_t size) {
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
}

static bool is_writable(int fd) {
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLOUT) != 0;
}

static int open_pressure(const char *trigger) {
	int fd = open("/proc/pressure/memory", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1 && write(fd, trigger, strlen(trigger) + 1) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int watch_priority(int fd) {
	struct epoll_event event = {.events = EPOLLPRI};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd != -1 && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		close(epoll_fd);
		return -1;
	}
	return epoll_fd;
}

static ssize_t get_peer_name(int socket, char name[LIDO_PEER_NAME_MAX]) {
	struct sockaddr_un address = {0};
	socklen_t size = sizeof(address);
	const size_t start = offsetof(struct sockaddr_un, sun_path);
	_Static_assert(sizeof(address.sun_path) == LIDO_PEER_NAME_MAX, "every name fits");
	if (getpeername(socket, (struct sockaddr *)&address, &size) != 0) {
		return -1;
	}
	if (address.sun_family != AF_UNIX || size <= start || size > sizeof(address)) {
		return 0;
	}
	memcpy(name, address.sun_path, size - start);
	return (ssize_t)(size - start);
}

static int open_ready(void) {
	return eventfd(1, EFD_CLOEXEC);
}

static int close_with_error(int fd, int error) {
	close(fd);
	errno = error;
	return -1;
}

static bool is_at(int fd, const char *path) {
	struct stat by_fd, by_path;
	return fstat(fd, &by_fd) == 0 && stat(path, &by_path) == 0 && by_fd.st_dev == by_path.st_dev &&
		   by_fd.st_ino == by_path.st_ino;
}

// Its holder deletes the file before it unlocks it. A lock on a deleted file would not exclude the next process, which
// creates another one.
static int lock_file(const char *path) {
	for (int i = 0; i < LOCK_TRIES_MAX; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
		if (fd == -1) {
			return -1;
		}
		if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
			return close_with_error(fd, errno);
		}
		if (is_at(fd, path)) {
			return fd;
		}
		close(fd);
	}
	errno = EWOULDBLOCK;
	return -1;
}

static int unlink_socket(const char *path) {
	struct stat stat;
	if (lstat(path, &stat) != 0) {
		return errno == ENOENT ? 0 : -1;
	}
	if (!S_ISSOCK(stat.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	return unlink(path);
}

// Sets the mode before the socket has a name, so that nobody can connect in between.
static int listen_at(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path) + 1;
	if (size > sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, size);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && (fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
							bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0)) {
		return close_with_error(fd, errno);
	}
	return fd;
}

static int open_udmabuf(void) {
	return open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
}

static int create_udmabuf(int device_fd, int fd, off_t offset, off_t size) {
	struct udmabuf_create create = {
		.memfd = (uint32_t)fd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = (uint64_t)offset,
		.size = (uint64_t)size,
	};
	return ioctl(device_fd, UDMABUF_CREATE, &create);
}

static int sync_dmabuf(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags};
	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
}

static int call_accept(int socket) {
	return accept4(socket, NULL, NULL, SOCK_CLOEXEC);
}

static int call_fstat(int fd, struct stat *stat) {
	return fstat(fd, stat);
}

struct lido_os lido_os = {
	.calloc = calloc,
	.memfd_create = memfd_create,
	.ftruncate = ftruncate,
	.fstat = call_fstat, // fstat is a macro in some libcs
	.fstatfs = fstatfs,
	.stat_cached = stat_cached,
	.get_flags = get_flags,
	.get_seals = get_seals,
	.add_seals = add_seals,
	.punch_hole = punch_hole,
	.is_writable = is_writable,
	.open_pressure = open_pressure,
	.watch_priority = watch_priority,
	.open_ready = open_ready,
	.lock_file = lock_file,
	.listen_at = listen_at,
	.accept = call_accept,
	.get_peer_name = get_peer_name,
	.unlink = unlink,
	.unlink_socket = unlink_socket,
	.close = close,
	.pread = pread,
	.preadv = preadv,
	.pwrite = pwrite,
	.mmap = mmap,
	.munmap = munmap,
	.madvise = madvise,
	.mincore = mincore,
	.clock_gettime = clock_gettime,
	.open_udmabuf = open_udmabuf,
	.create_udmabuf = create_udmabuf,
	.sync_dmabuf = sync_dmabuf,
};

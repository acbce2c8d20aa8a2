/*
 * All system calls and allocations of the core, so that tests can make the n-th fail.
 */
#ifndef LIDO_OS_H
#define LIDO_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>

/* Bytes of the longest name of a Unix socket. */
#define LIDO_PEER_NAME_MAX 108

/* Each behaves like the libc function of the same name, unless a comment says otherwise. */
struct lido_os {
	void *(*calloc)(size_t count, size_t size);
	int (*memfd_create)(const char *name, unsigned flags);
	int (*ftruncate)(int fd, off_t size);
	int (*fstat)(int fd, struct stat *stat);
	int (*fstatfs)(int fd, struct statfs *statfs);
	int (*stat_cached)(int fd, struct statx *stat);      // statx(): what the kernel has cached; never waits
	int (*get_flags)(int fd);                            // fcntl(F_GETFL)
	int (*get_seals)(int fd);                            // fcntl(F_GET_SEALS)
	int (*add_seals)(int fd, int seals);                 // fcntl(F_ADD_SEALS)
	int (*punch_hole)(int fd, off_t offset, off_t size); // fallocate(); the file keeps its size
	bool (*is_writable)(int fd);                         // poll(): a send would not wait, a DMA-BUF has no fences
	int (*open_pressure)(const char *trigger);           // /proc/pressure/memory with that trigger
	int (*watch_priority)(int fd);                       // an epoll fd that is readable while fd has POLLPRI
	int (*open_ready)(void);                             // an fd that is always readable: an eventfd
	int (*lock_file)(const char *path);                  // creates and locks the file; EWOULDBLOCK if it is locked
	int (*listen_at)(const char *path);                  // a socket with mode 0600
	int (*accept)(int socket);                           // accept4(), close-on-exec
	// getpeername() of a Unix socket: sun_path. Returns its bytes, 0 if the peer has no name.
	ssize_t (*get_peer_name)(int socket, char name[LIDO_PEER_NAME_MAX]);
	int (*unlink)(const char *path);
	int (*unlink_socket)(const char *path); // 0 without a file, too; EEXIST if it is not a socket: then it stays
	int (*close)(int fd);
	ssize_t (*pread)(int fd, void *data, size_t size, off_t offset);
	ssize_t (*preadv)(int fd, const struct iovec *iov, int iov_len, off_t offset);
	ssize_t (*pwrite)(int fd, const void *data, size_t size, off_t offset);
	void *(*mmap)(void *address, size_t size, int protection, int flags, int fd, off_t offset);
	int (*munmap)(void *address, size_t size);
	int (*madvise)(void *address, size_t size, int advice);
	int (*mincore)(void *address, size_t size, unsigned char *pages);
	int (*clock_gettime)(clockid_t clock, struct timespec *time);
	int (*open_udmabuf)(void);                                              // /dev/udmabuf
	int (*create_udmabuf)(int device_fd, int fd, off_t offset, off_t size); // ioctl(UDMABUF_CREATE): a DMA-BUF's fd
	int (*sync_dmabuf)(int fd, uint64_t flags);                             // ioctl(DMA_BUF_IOCTL_SYNC)
};

/* The real functions; tests replace members. */
extern struct lido_os lido_os;

#endif

#include "odd_file.h"
#include "file.h"
#include "runner.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// Creates a file with an fd that allows only what the flags allow.
static int create_with(int flags, int64_t size) {
	int fd = file_create(FILE_SEALABLE, size), other = file_reopen(fd, flags);
	close(fd);
	return other;
}

static int create_end(int (*create)(int fds[2])) {
	int fds[2];
	expect(create(fds) == 0);
	close(fds[1]);
	return fds[0];
}

static int create_sockets(int fds[2]) {
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int create_filled(int64_t size) {
	int fd = file_create(FILE_SEALABLE, size);
	file_fill(fd, 0, (size_t)(size < 65536 ? size : 65536), 3);
	return fd;
}

// A file of huge pages, or a plain memfd where the kernel has none.
static int create_huge(int64_t size) {
	int fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	return fd != -1 ? fd : file_create(FILE_SEALABLE, size);
}

int odd_file_create(uint32_t kind, int64_t size) {
	int fd;
	switch (kind % 20) {
	case 6:
		return create_with(O_RDONLY, size);
	case 7:
		return create_with(O_WRONLY, size);
	case 8:
		return create_with(O_PATH, size);
	case 9:
		return create_end(pipe);
	case 10:
		return create_end(create_sockets);
	case 11:
		fd = open("/", O_RDONLY | O_DIRECTORY);
		break;
	case 12:
		fd = open("/dev/null", O_RDWR);
		break;
	case 13:
		fd = open("/proc/self/maps", O_RDONLY);
		break;
	case 14:
		fd = eventfd(0, 0);
		break;
	case 15:
		fd = epoll_create1(0);
		break;
	case 16:
		return file_create_sealed(size, F_SEAL_WRITE);
	case 17:
		return create_huge(size);
	case 18:
	case 19:
		return create_filled(size);
	default:
		return file_create((enum file_kind)(kind % 20), size);
	}
	expect(fd != -1);
	return fd;
}

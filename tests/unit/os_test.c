/*
 * The calls in struct lido_os that do more than one libc function.
 */
#include "base/os.h"
#include "file.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <unistd.h>

TEST("os@every-call-is-set") {
	expect(lido_os.calloc && lido_os.fstat && lido_os.fstatfs && lido_os.get_flags && lido_os.get_seals);
	expect(lido_os.add_seals && lido_os.seek_hole && lido_os.reopen && lido_os.close && lido_os.pread);
	expect(lido_os.preadv && lido_os.pwrite && lido_os.mmap && lido_os.munmap && lido_os.madvise);
}

TEST("os@reopened-fd-has-a-position-of-its-own-and-closes-on-exec") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 4096), other = lido_os.reopen(fd, O_RDONLY);
		expect(other >= 0);
		expect_int(file_count_fds(fd), ==, 2);
		expect_int(lseek(other, 100, SEEK_SET), ==, 100);
		expect_int(lseek(fd, 0, SEEK_CUR), ==, 0);
		expect_int(fcntl(other, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
		expect_int(lido_os.get_flags(other) & O_ACCMODE, ==, O_RDONLY);
		expect_int(lido_os.get_flags(fd) & O_ACCMODE, ==, O_RDWR);
		lido_os.close(other);
		close(fd);
	}
}

TEST("os@seek_hole-finds-the-first-hole-or-the-end") {
	int fd = file_create(FILE_SEALABLE, 16384);
	expect_int(lido_os.seek_hole(fd, 0), ==, 0);
	file_fill(fd, 0, 8192, 1);
	expect_int(lido_os.seek_hole(fd, 0), ==, 8192);
	expect_int(lido_os.seek_hole(fd, 12000), ==, 12000);
	file_fill(fd, 8192, 8192, 1);
	expect_int(lido_os.seek_hole(fd, 0), ==, 16384);
	expect_int(lido_os.seek_hole(fd, 16384), ==, -1);
	close(fd);
}

TEST("os@seals-are-added-and-read") {
	int fd = file_create(FILE_SEALABLE, 4096), unsealable = file_create(FILE_UNSEALABLE, 4096);
	expect_int(lido_os.add_seals(fd, F_SEAL_SHRINK), ==, 0);
	expect_int(lido_os.get_seals(fd), ==, F_SEAL_SHRINK);
	expect_int(lido_os.add_seals(unsealable, F_SEAL_SHRINK), ==, -1);
	expect_int(errno, ==, EPERM);
	close(fd);
	close(unsealable);
}

TEST("os@memfds-are-on-tmpfs") {
	int fd = file_create(FILE_SEALABLE, 4096);
	struct statfs statfs;
	expect_int(lido_os.fstatfs(fd, &statfs), ==, 0);
	expect_int((uint32_t)statfs.f_type, ==, TMPFS_MAGIC);
	close(fd);
}

TEST("os@refused-pressure-trigger-leaves-no-fd-open") {
	expect_int(lido_os.open_pressure("nonsense"), ==, -1); // the runner verifies the fds
}

TEST("os@unwatchable-file-leaves-no-fd-open") {
	int fd = file_create(FILE_SEALABLE, 4096);
	expect_int(lido_os.watch_priority(fd), ==, -1);
	expect_int(errno, ==, EPERM);
	close(fd);
}

TEST("os@full-socket-and-broken-pipe-are-not-writable") {
	int fds[2];
	char byte = 0;
	expect_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), ==, 0);
	expect(lido_os.is_writable(fds[0]));
	while (write(fds[0], &byte, 1) == 1) {
		// until it is full
	}
	expect(!lido_os.is_writable(fds[0]));
	close(fds[0]);
	close(fds[1]);
	expect_int(pipe(fds), ==, 0);
	close(fds[1]);
	expect(!lido_os.is_writable(fds[0])); // poll() reports another event
	close(fds[0]);
}

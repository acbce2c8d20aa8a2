/*
 * The calls in struct lido_os that do more than one libc function.
 */
#include "base/os.h"
#include "file.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

TEST("os@every-call-is-set") {
	expect(lido_os.calloc && lido_os.fstat && lido_os.fstatfs && lido_os.get_flags && lido_os.get_seals);
	expect(lido_os.add_seals && lido_os.close && lido_os.pread && lido_os.mincore);
	expect(lido_os.preadv && lido_os.pwrite && lido_os.mmap && lido_os.munmap && lido_os.madvise);
	expect(lido_os.open_udmabuf && lido_os.create_udmabuf && lido_os.sync_dmabuf);
}

TEST("os@mincore-finds-each-hole-and-fills-none") {
	int fd = file_create(FILE_SEALABLE, 16384);
	void *data = lido_os.mmap(NULL, 16384, PROT_READ, MAP_SHARED, fd, 0);
	unsigned char pages[4];
	expect(data != MAP_FAILED);
	file_fill(fd, 4096, 4096, 1);
	file_fill(fd, 12288, 4096, 1);
	expect_int(lido_os.mincore(data, 16384, pages), ==, 0);
	expect(pages[0] == 0 && pages[1] == 1 && pages[2] == 0 && pages[3] == 1);
	expect_int(file_get_allocated(fd), ==, 8192);
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096), ==, 0);
	expect_int(lido_os.mincore(data, 16384, pages), ==, 0);
	expect(pages[0] == 0 && pages[1] == 0 && pages[2] == 0 && pages[3] == 1);
	expect_int(lido_os.munmap(data, 16384), ==, 0);
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

TEST("os@name-of-the-peer-is-that-of-its-socket") {
	int ends[2], other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[LIDO_PEER_NAME_MAX];
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0lido-os-test"};
	expect_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	expect_int(lido_os.get_peer_name(ends[0], name), ==, 0);
	expect_int(bind(ends[1], (struct sockaddr *)&address, sizeof(address)), ==, 0);
	expect_int(lido_os.get_peer_name(ends[0], name), ==, LIDO_PEER_NAME_MAX);
	expect(memcmp(name, address.sun_path, sizeof(name)) == 0);
	expect_int(lido_os.get_peer_name(ends[1], name), ==, 0);
	expect_int(lido_os.get_peer_name(other, name), ==, -1); // not connected
	close(ends[0]);
	close(ends[1]);
	close(other);
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

static void get_path(char *path, size_t size, const char *name) {
	snprintf(path, size, "%s/%s", getenv("XDG_RUNTIME_DIR"), name);
}

TEST("os@locked-file-is-EWOULDBLOCK-until-it-is-closed") {
	char path[256];
	get_path(path, sizeof(path), "lock");
	int fd = lido_os.lock_file(path);
	expect(fd >= 0);
	for (int i = 0; i < 2; i++) {
		expect_int(lido_os.lock_file(path), ==, -1);
		expect_int(errno, ==, EWOULDBLOCK);
	}
	close(fd);
	fd = lido_os.lock_file(path); // the file itself is still there
	expect(fd >= 0);
	close(fd);
	expect_int(unlink(path), ==, 0);
}

// Locks, unlinks and unlocks like a server. The counter is correct only if no two have the lock at a time.
static void lock_often(const char *path, int counter) {
	for (int done = 0; done < 300;) {
		int fd = lido_os.lock_file(path), count = 0;
		if (fd == -1) {
			expect_int(errno, ==, EWOULDBLOCK);
			continue;
		}
		expect_int(pread(counter, &count, sizeof(count), 0), ==, sizeof(count));
		count++;
		expect_int(pwrite(counter, &count, sizeof(count), 0), ==, sizeof(count));
		expect_int(unlink(path), ==, 0);
		close(fd);
		done++;
	}
}

TEST("os@lock-of-a-file-that-is-deleted-excludes-all-others") {
	enum {
		PROCESSES = 4
	};
	char path[256];
	int counter = file_create(FILE_SEALABLE, sizeof(int)), count, status;
	pid_t pids[PROCESSES];
	get_path(path, sizeof(path), "lock");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			lock_often(path, counter);
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		expect_int(waitpid(pids[i], &status, 0), ==, pids[i]);
		expect_int(status, ==, 0);
	}
	expect_int(pread(counter, &count, sizeof(count), 0), ==, sizeof(count));
	expect_int(count, ==, PROCESSES * 300);
	close(counter);
}

TEST("os@unlink_socket-removes-sockets-only") {
	char path[256];
	get_path(path, sizeof(path), "socket");
	expect_int(lido_os.unlink_socket(path), ==, 0); // there is none
	int fd = lido_os.listen_at(path);
	expect(fd >= 0);
	expect_int(lido_os.unlink_socket(path), ==, 0);
	expect(access(path, F_OK) != 0 && errno == ENOENT);
	close(fd);
	expect_int(mknod(path, S_IFREG | 0600, 0), ==, 0);
	expect_int(lido_os.unlink_socket(path), ==, -1);
	expect_int(errno, ==, EEXIST);
	expect_int(unlink(path), ==, 0);
}

TEST("os@listen_at-replaces-no-file") {
	char path[256];
	get_path(path, sizeof(path), "socket");
	expect_int(mknod(path, S_IFREG | 0600, 0), ==, 0);
	expect_int(lido_os.listen_at(path), ==, -1);
	expect_int(errno, ==, EADDRINUSE);
	expect_int(unlink(path), ==, 0);
}

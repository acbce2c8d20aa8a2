/*
 * Which client fds the server accepts for reading: lido_file_probe().
 */
#include "base/os.h"
#include "faults.h"
#include "file.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <lido/shm.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#define REASON_SIZE 128
#define FUSE_SUPER_MAGIC_VALUE 0x65735546

static void expect_refused(int fd, const char *text) {
	char reason[REASON_SIZE] = "";
	expect(!lido_file_probe(fd, reason, sizeof(reason)));
	expect_contains(reason, text);
	expect_int(strlen(reason), <, REASON_SIZE - 1);
}

TEST("file@each-kind-that-clients-use-is-accepted-and-not-changed") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		char reason[REASON_SIZE] = "";
		int fd = file_create((enum file_kind)kind, 4096), seals = file_get_seals(fd);
		expect(lseek(fd, 17, SEEK_SET) == 17);
		expect(lido_file_probe(fd, reason, sizeof(reason)));
		expect_string(reason, "");
		expect_int(lseek(fd, 0, SEEK_CUR), ==, 17);
		expect_int(file_get_seals(fd), ==, seals);
		close(fd);
	}
}

TEST("file@empty-file-is-accepted") {
	char reason[REASON_SIZE];
	int fd = file_create(FILE_UNSEALABLE, 0);
	expect(lido_file_probe(fd, reason, sizeof(reason)));
	close(fd);
}

TEST("file@non-regular-file-is-refused") {
	int fds[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), folder = open("/", O_RDONLY | O_CLOEXEC);
	expect(pipe2(fds, O_CLOEXEC) == 0 && null >= 0 && folder >= 0);
	expect_refused(fds[0], "not a regular file");
	expect_refused(null, "not a regular file");
	expect_refused(folder, "not a regular file");
	close(fds[0]);
	close(fds[1]);
	close(null);
	close(folder);
}

TEST("file@write-only-fd-is-refused") {
	int fd = file_create(FILE_SEALABLE, 4096), other = file_reopen(fd, O_WRONLY);
	expect_refused(other, "cannot be read");
	close(other);
	close(fd);
}

TEST("file@closed-fd-is-refused") {
	int fd = file_create(FILE_SEALABLE, 4096);
	close(fd);
	expect_refused(fd, strerror(EBADF));
}

static int fstatfs_fuse(int fd, struct statfs *statfs) {
	*statfs = (struct statfs){.f_type = FUSE_SUPER_MAGIC_VALUE};
	return 0;
}

static int fstatfs_overlay(int fd, struct statfs *statfs) {
	*statfs = (struct statfs){.f_type = OVERLAYFS_SUPER_MAGIC};
	return 0;
}

static ssize_t pread_never(int fd, void *data, size_t size, off_t offset) {
	fail("read a file on a file system that may block");
}

TEST("file@file-system-that-may-block-is-refused-without-reading") {
	int (*const types[])(int fd, struct statfs *statfs) = {fstatfs_fuse, fstatfs_overlay};
	int fd = file_create(FILE_SEALABLE, 4096);
	const struct lido_os real = lido_os;
	for (size_t i = 0; i < 2; i++) {
		lido_os.fstatfs = types[i];
		lido_os.pread = pread_never;
		expect_refused(fd, "might block");
		lido_os = real;
	}
	close(fd);
}

static int get_seals_of_no_memory(int fd) {
	errno = EINVAL;
	return -1;
}

static int stat_cached_of_no_device(int fd, struct statx *stat) {
	*stat = (struct statx){.stx_mode = S_IFREG | 0600, .stx_dev_minor = 51};
	return 0;
}

static int fstat_never(int fd, struct stat *stat) {
	fail("called fstat() on a file system that may not answer");
}

static int fstatfs_never(int fd, struct statfs *statfs) {
	fail("called fstatfs() on a file system that may not answer");
}

TEST("file@file-without-seals-or-block-device-is-refused-without-a-query") {
	int fd = file_create(FILE_SEALABLE, 4096);
	const struct lido_os real = lido_os;
	lido_os.get_seals = get_seals_of_no_memory;
	lido_os.stat_cached = stat_cached_of_no_device;
	lido_os.fstat = fstat_never;
	lido_os.fstatfs = fstatfs_never;
	lido_os.pread = pread_never;
	expect_refused(fd, "device 0:51 might block");
	lido_os = real;
	close(fd);
}

TEST("file@any-failed-call-refuses-the-file") {
	static const enum fault faults[] = {FAULT_FSTAT, FAULT_FSTATFS, FAULT_PREAD};
	int fd = file_create(FILE_SEALABLE, 4096);
	for (size_t i = 0; i < 3; i++) {
		faults_start_all_of(faults[i], 0);
		expect_refused(fd, "invalid fd");
		faults_stop();
	}
	close(fd);
}

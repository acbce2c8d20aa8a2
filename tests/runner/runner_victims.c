/*
 * Tests for runner_test.c, which runs them one by one. Most must fail, each for a different reason.
 */
#include "runner.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void handle_signal(int number) {
}

TEST("victim@passes") {
	printf("a word from the test\n");
}

TEST("victim@fails") {
	printf("a word from the test\n");
	int two = 2;
	expect_int(two + two, ==, 5);
}

TEST("victim@fails-a-string") {
	expect_string("one", "two");
}

TEST("victim@fails-bytes") {
	expect_bytes("one", "onE", 3);
}

TEST("victim@fails-contains") {
	expect_contains("haystack", "needle");
}

TEST("victim@skips") {
	skip("there is no %s here", "moon");
}

TEST("victim@leaks-fd") {
	static int fd; // never closed; static, because analyzers report a lost fd
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	expect(fd >= 0);
}

TEST("victim@closes-foreign-fd") {
	close(STDIN_FILENO);
}

TEST("victim@leaks-mapping") {
	int fd = memfd_create("leaked", MFD_CLOEXEC);
	expect_int(ftruncate(fd, 4096), ==, 0);
	expect(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	close(fd);
}

TEST("victim@leaks-private-mapping-of-memfd") {
	int fd = memfd_create("leaked", MFD_CLOEXEC);
	expect_int(ftruncate(fd, 4096), ==, 0);
	expect(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	close(fd);
}

TEST("victim@leaks-memory") {
	void *block = NULL;
	expect_int(posix_memalign(&block, 64, 128), ==, 0);
	// Clear the last pointer to it.
	memset(&block, 0, sizeof(block));
}

TEST("victim@leaks-process") {
	if (fork() == 0) {
		pause();
	}
}

TEST("victim@crashes") {
	abort();
}

TEST("victim@is-killed") {
	printf("said before\n");
	raise(SIGKILL);
}

TEST("victim@meets-sigbus") {
	int fd = memfd_create("short", MFD_CLOEXEC);
	volatile char *data = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	(void)data[0];
}

TEST("victim@hangs") {
	for (;;) {
		pause();
	}
}

TEST("victim@exits") {
	exit(0);
}

TEST("victim@handles-sigbus") {
	signal(SIGBUS, handle_signal);
}

TEST("victim@ignores-sigbus") {
	signal(SIGBUS, SIG_IGN);
}

TEST("victim@fills-its-directory") {
	const char *directory = getenv("XDG_RUNTIME_DIR");
	expect(directory != NULL);
	struct stat info;
	expect_int(stat(directory, &info), ==, 0);
	expect_int(info.st_mode & 07777, ==, 0700);
	expect_int(chdir(directory), ==, 0);
	expect_int(mkdir("sub", 0700), ==, 0);
	int fd = open("sub/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	expect(fd >= 0);
	close(fd);
	printf("directory=%s\n", directory);
}

/*
 * Files without users are closed in pieces, at most one piece in each dispatch.
 */
#include "faults.h"
#include "file.h"
#include "memory/disposal.h"
#include "runner.h"
#include <fcntl.h>
#include <unistd.h>

#define MIB (1 << 20)
#define PIECE (16 * MIB) // bytes freed in one dispatch

struct fixture {
	struct wl_event_loop *loop;
	struct lido_disposal disposal;
};

static void fixture_init(struct fixture *fixture) {
	fixture->loop = wl_event_loop_create();
	lido_disposal_init(&fixture->disposal, fixture->loop, NULL);
}

static void fixture_finish(struct fixture *fixture) {
	lido_disposal_finish(&fixture->disposal);
	wl_event_loop_destroy(fixture->loop);
}

// A file with all its pages, which the client has open too.
static int create_file(int64_t size, int *client_fd) {
	int fd = file_create(FILE_SEALED, size);
	expect(fallocate(fd, 0, 0, size) == 0);
	*client_fd = file_reopen(fd, O_RDWR);
	return fd;
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) != -1;
}

// Ends the current dispatch and runs the next one, without waiting.
static void dispatch(struct fixture *fixture) {
	wl_event_loop_dispatch(fixture->loop, 0);
}

TEST("disposal@small-file-is-closed-at-once") {
	struct fixture fixture;
	int client_fd;
	fixture_init(&fixture);
	for (int i = 0; i < 2; i++) {
		int fd = create_file(MIB, &client_fd);
		lido_disposal_close(&fixture.disposal, fd, i == 0);
		expect(!is_open(fd));
		close(client_fd);
	}
	fixture_finish(&fixture);
}

TEST("disposal@large-exported-file-is-freed-in-pieces") {
	struct fixture fixture;
	int client_fd, dispatches = 0;
	int64_t size = 3 * PIECE + MIB;
	fixture_init(&fixture);
	int fd = create_file(size, &client_fd);
	lido_disposal_close(&fixture.disposal, fd, true);
	while (is_open(fd)) {
		expect_int(size - file_get_allocated(client_fd), ==, (int64_t)dispatches * PIECE);
		dispatches++;
		dispatch(&fixture);
	}
	expect_int(dispatches, ==, 4);
	expect_int(wl_list_length(&fixture.disposal.files), ==, 0);
	close(client_fd);
	fixture_finish(&fixture);
}

TEST("disposal@client-file-is-closed-with-its-contents") {
	struct fixture fixture;
	int client_fd;
	fixture_init(&fixture);
	int fd = create_file(2 * PIECE, &client_fd);
	lido_disposal_close(&fixture.disposal, fd, false);
	while (is_open(fd)) {
		dispatch(&fixture);
	}
	expect_int(file_get_allocated(client_fd), ==, 2 * PIECE);
	close(client_fd);
	fixture_finish(&fixture);
}

TEST("disposal@many-files-are-closed-256-per-dispatch") {
	struct fixture fixture;
	enum {
		FILES = 600
	};
	static int fds[FILES];
	uint32_t left = FILES;
	int dispatches = 0;
	fixture_init(&fixture);
	for (int i = 0; i < FILES; i++) {
		fds[i] = file_create(FILE_SEALED, 4096);
	}
	for (int i = 0; i < FILES; i++) {
		lido_disposal_close(&fixture.disposal, fds[i], i % 2 == 0);
	}
	for (; wl_list_length(&fixture.disposal.files) > 0; dispatches++) {
		expect_int(left - wl_list_length(&fixture.disposal.files), ==, 256);
		left = wl_list_length(&fixture.disposal.files);
		expect(is_open(fds[FILES - 1]));
		dispatch(&fixture);
	}
	expect_int(dispatches, ==, 2);
	fixture_finish(&fixture);
}

TEST("disposal@finish-closes-all-files-that-wait") {
	struct fixture fixture;
	int client_fds[2], fds[2];
	fixture_init(&fixture);
	for (int i = 0; i < 2; i++) {
		fds[i] = create_file(2 * PIECE, &client_fds[i]);
		lido_disposal_close(&fixture.disposal, fds[i], true);
		expect(is_open(fds[i]));
	}
	fixture_finish(&fixture);
	for (int i = 0; i < 2; i++) {
		expect(!is_open(fds[i]));
		close(client_fds[i]);
	}
}

TEST("disposal@without-memory-a-file-is-closed-at-once") {
	static const enum fault faults[] = {FAULT_CALLOC, FAULT_FSTAT, FAULT_OPEN_READY};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct fixture fixture;
		int client_fd;
		fixture_init(&fixture);
		int fd = create_file(2 * PIECE, &client_fd);
		faults_start_all_of(faults[i], 0);
		lido_disposal_close(&fixture.disposal, fd, true);
		expect(!is_open(fd));
		expect_int(wl_list_length(&fixture.disposal.files), ==, 0);
		faults_stop();
		close(client_fd);
		fixture_finish(&fixture);
	}
}

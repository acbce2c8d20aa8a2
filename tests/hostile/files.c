// Attacks with many files, and with files that change while the server reads them.
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <lido/limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Large enough to be mapped after some commits.
#define WIDTH 160
#define HEIGHT 120
#define COMMITS_UNTIL_MAPPED 3

#define GREEDY_CLIENTS 24

// Returns whether the server accepts this many.
static bool create_pools(struct attacker *attacker, int count) {
	for (int i = 0; i < count; i++) {
		int fd = file_create(4096, 0);
		wl_shm_create_pool(attacker->shm, fd, 4096);
		close(fd);
		if (i % 64 == 63 && !attacker_try_roundtrip(attacker)) {
			return false;
		}
	}
	return attacker_try_roundtrip(attacker);
}

ATTACK("pools-just-below-the-limit") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (!create_pools(&attacker, LIDO_FILES_MAX_DEFAULT)) {
		fail("the server has disconnected this client below its limit");
	}
	hold();
	expect_alive(&attacker);
}

ATTACK("pools-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (create_pools(&attacker, LIDO_FILES_MAX_DEFAULT + 1)) {
		fail("the server has no limit");
	}
	expect_no_memory(&attacker);
}

// Commits each file three times, after which the server maps it.
static bool map_pools(struct attacker *attacker, int count) {
	struct window window;
	window_init(&window, attacker);
	for (int i = 0; i < count; i++) {
		struct picture picture;
		picture_init(&picture, attacker, 0, true, 128, 128);
		for (int j = 0; j < 3; j++) {
			window_commit(&window, picture.buffer);
		}
		picture_finish(&picture, NULL);
		if (i % 16 == 15 && !attacker_try_roundtrip(attacker)) {
			return false;
		}
	}
	return attacker_try_roundtrip(attacker);
}

ATTACK("mappings-just-below-the-limit") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (!map_pools(&attacker, attack_count(LIDO_FILES_MAX_DEFAULT))) {
		fail("the server has disconnected this client below its limit");
	}
	hold();
	expect_alive(&attacker);
}

struct greedy {
	int ready_fd;
	int count;
	bool (*take)(struct attacker *attacker, int count);
};

// Takes and holds count objects. When disconnected, reconnects and tries half as many.
static void take_and_keep(void *data) {
	const struct greedy *greedy = data;
	struct attacker attacker;
	for (int count = greedy->count; count > 0; count /= 2) {
		if (attacker_try_connect(&attacker) && greedy->take(&attacker, count)) {
			break;
		}
		if (attacker.display != NULL) {
			attacker_disconnect(&attacker);
		}
	}
	if (write(greedy->ready_fd, "", 1) == 1) {
		pause();
	}
}

// Many greedy clients take everything they can get. The server must still serve a new client.
static void take_all(bool (*take)(struct attacker *attacker, int count), int count) {
	int fds[2];
	pid_t children[GREEDY_CLIENTS];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		fail("cannot create a pipe: %s", strerror(errno));
	}
	struct greedy greedy = {.ready_fd = fds[1], .count = count, .take = take};
	for (int i = 0; i < GREEDY_CLIENTS; i++) {
		children[i] = start_child(take_and_keep, &greedy);
	}
	for (int i = 0; i < GREEDY_CLIENTS; i++) {
		char byte;
		if (read(fds[0], &byte, 1) != 1) {
			fail("a greedy client has exited");
		}
	}
	struct attacker newcomer;
	attacker_connect(&newcomer);
	if (!create_pools(&newcomer, 8)) {
		fail("the server cannot serve a new client with eight files");
	}
	hold();
	// Kill them one after the other: the server frees a client's files at once, in up to 50 ms.
	for (int i = 0; i < GREEDY_CLIENTS; i++) {
		stop_child(children[i]);
		sleep_ms(20);
	}
}

ATTACK("pools-of-many-clients") {
	take_all(create_pools, LIDO_FILES_MAX_DEFAULT);
}

ATTACK("mappings-of-many-clients") {
	take_all(map_pools, attack_count(200));
}

ATTACK("file-truncated") {
	for (int i = 0; i < attack_count(40); i++) {
		struct attacker attacker;
		struct window window;
		struct picture picture;
		attacker_connect(&attacker);
		window_init(&window, &attacker);
		picture_init(&picture, &attacker, -1, true, WIDTH, HEIGHT);
		for (int j = 0; j < i % 5; j++) {
			window_commit(&window, picture.buffer);
		}
		expect_alive(&attacker);
		if (ftruncate(picture.fd, random_below((uint32_t)picture.size)) != 0) {
			fail("cannot truncate: %s", strerror(errno));
		}
		window_commit(&window, picture.buffer);
		expect_error(&attacker, &wl_buffer_interface, WL_SHM_ERROR_INVALID_FD);
		picture_finish(&picture, NULL);
		attacker_disconnect(&attacker);
	}
}

ATTACK("file-truncated-after-the-server-has-sealed-it") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, WIDTH, HEIGHT);
	expect_alive(&attacker);
	if (ftruncate(picture.fd, 0) == 0) {
		fail("the server has not sealed the file, which can be truncated");
	}
}

static void truncate_and_grow(void *data) {
	const struct picture *picture = data;
	for (;;) {
		if (ftruncate(picture->fd, random_below((uint32_t)picture->size)) != 0 ||
				ftruncate(picture->fd, (off_t)picture->size) != 0) {
			fail("cannot change the file");
		}
	}
}

static void punch_and_write(void *data) {
	const struct picture *picture = data;
	for (;;) {
		off_t offset = random_below((uint32_t)picture->size);
		if (fallocate(picture->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, 65536) != 0) {
			fail("cannot punch");
		}
		picture->data[offset] = 1;
	}
}

static void write_all(void *data) {
	const struct picture *picture = data;
	for (int byte = 0;; byte++) {
		memset(picture->data, byte, picture->size);
	}
}

static void grow_for_ever(void *data) {
	const struct picture *picture = data;
	for (off_t size = (off_t)picture->size;; size += 4096) {
		if (ftruncate(picture->fd, size) != 0) {
			fail("cannot grow");
		}
	}
}

// Commits while another process changes the file. If the server disconnects the client for that, reconnects.
static void commit_meanwhile(void (*change)(void *data), int seals) {
	for (int i = 0; i < attack_count(400);) {
		struct attacker attacker;
		struct window window;
		struct picture picture;
		attacker_connect(&attacker);
		window_init(&window, &attacker);
		picture_init(&picture, &attacker, seals, true, WIDTH, HEIGHT);
		for (int j = 0; j < COMMITS_UNTIL_MAPPED; j++) {
			window_commit(&window, picture.buffer);
		}
		expect_alive(&attacker);
		pid_t child = start_child(change, &picture);
		for (bool alive = true; alive && i < attack_count(400); i++) {
			window_commit(&window, picture.buffer);
			alive = attacker_try_roundtrip(&attacker);
		}
		stop_child(child);
		picture_finish(&picture, NULL);
		attacker_disconnect(&attacker);
	}
}

ATTACK("file-truncated-while-read") {
	commit_meanwhile(truncate_and_grow, -1);
}

// Truncates only once, and keeps all pages until then: the server never maps a file with holes.
static void truncate_some_time(void *data) {
	const struct picture *picture = data;
	sleep_ms((int)random_below(4));
	if (ftruncate(picture->fd, 0) != 0) {
		fail("cannot truncate");
	}
	pause();
}

ATTACK("file-truncated-at-any-moment") {
	for (int i = 0; i < attack_count(60); i++) {
		struct attacker attacker;
		struct picture picture;
		attacker_connect(&attacker);
		struct window window = {.surface = wl_compositor_create_surface(attacker.compositor)};
		picture_init(&picture, &attacker, -1, true, 1024, 1024);
		for (int j = 0; j < COMMITS_UNTIL_MAPPED; j++) {
			window_commit(&window, picture.buffer);
		}
		expect_alive(&attacker);
		(void)random_below(1); // the child copies the generator's state: advance it, so that each delay differs
		pid_t child = start_child(truncate_some_time, &picture);
		do {
			window_commit(&window, picture.buffer);
		} while (attacker_try_roundtrip(&attacker));
		expect_error(&attacker, &wl_buffer_interface, WL_SHM_ERROR_INVALID_FD);
		stop_child(child);
		picture_finish(&picture, NULL);
		attacker_disconnect(&attacker);
	}
}

ATTACK("file-punched-while-read") {
	commit_meanwhile(punch_and_write, -1);
	commit_meanwhile(punch_and_write, 0);
}

ATTACK("file-written-while-read") {
	commit_meanwhile(write_all, 0);
}

ATTACK("file-grown-while-read") {
	commit_meanwhile(grow_for_ever, 0);
}

ATTACK("file-sealed-while-used") {
	const int seals[] = {F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL};
	for (unsigned set = 0; set < 16; set++) {
		struct attacker attacker;
		struct window window;
		struct picture picture;
		attacker_connect(&attacker);
		window_init(&window, &attacker);
		picture_init(&picture, &attacker, 0, true, WIDTH, HEIGHT);
		for (unsigned i = 0; i < 4; i++) {
			window_commit(&window, picture.buffer);
			expect_alive(&attacker);
			if ((set >> i & 1) != 0 && fcntl(picture.fd, F_ADD_SEALS, seals[i]) != 0) {
				fail("cannot seal: %s", strerror(errno));
			}
			wl_shm_pool_resize(picture.pool, (int32_t)picture.size);
		}
		window_commit(&window, picture.buffer);
		expect_alive(&attacker);
		attacker_disconnect(&attacker);
		picture_finish(&picture, NULL);
	}
}

// tmpfs reuses the inode number of a deleted file: what the server knows of the old file does not apply to the new one.
ATTACK("file-swapped-for-another") {
	struct attacker attacker;
	struct window window;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	for (int i = 0; i < attack_count(300); i++) {
		struct picture large, small;
		picture_init(&large, &attacker, -1, true, WIDTH, HEIGHT);
		window_commit(&window, large.buffer);
		// Another file takes the client's fd number, which the server must not notice.
		int other = file_create(1, -1);
		if (dup2(other, large.fd) == -1) {
			fail("cannot swap: %s", strerror(errno));
		}
		close(other);
		window_commit(&window, large.buffer);
		picture_finish(&large, &attacker);
		picture_init(&small, &attacker, -1, true, 1 + i % 32, 1);
		window_commit(&window, small.buffer);
		picture_finish(&small, &attacker);
		expect_alive(&attacker);
	}
}

static const char *mount_tmpfs(void) {
	static char path[] = "/tmp/lido-attack-XXXXXX";
	if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
		skip("cannot create a mount namespace: %s", strerror(errno));
	}
	if (mkdtemp(path) == NULL) {
		skip("cannot create a directory: %s", strerror(errno));
	}
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	int failed = mount("attack", path, "tmpfs", 0, "size=256k");
	int error = errno;
	if (failed != 0) {
		rmdir(path);
		skip("cannot mount a tmpfs: %s", strerror(error));
	}
	return path;
}

ATTACK("file-on-a-full-tmpfs") {
	struct attacker attacker;
	struct window window;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	const char *path = mount_tmpfs();
	char name[128];
	snprintf(name, sizeof(name), "%s/file", path);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	// The mount disappears with its last open file.
	if (fd == -1 || ftruncate(fd, 4 << 20) != 0 || umount2(path, MNT_DETACH) != 0) {
		fail("cannot create a file: %s", strerror(errno));
	}
	rmdir(path);
	// Fill the file system: the start of the file has pages, the rest is a hole that no pages are left for.
	while (write(fd, name, sizeof(name)) > 0) {
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, fd, 4 << 20);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 1024, 1024, 4096, WL_SHM_FORMAT_ARGB8888);
	for (int i = 0; i < 16; i++) {
		window_commit(&window, buffer);
		expect_alive(&attacker);
	}
}

// The server must know whether the range that it reads from its mapping has a hole. The first hole of the file is far
// behind it.
ATTACK("holes-at-the-end-of-large-files") {
	struct attacker attacker;
	struct window window;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	const size_t size = (size_t)attack_count(512) << 20;
	int fd = file_create((int64_t)size, 0);
	uint8_t *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED) {
		fail("cannot map the file: %s", strerror(errno));
	}
	// Each page is written: space that is only reserved counts as a hole.
	memset(data, 0x5a, size - 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, fd, (int32_t)size);
	struct wl_buffer *buffers[2];
	for (int i = 0; i < 2; i++) {
		buffers[i] = wl_shm_pool_create_buffer(pool, i << 20, 256, 64, 1024, WL_SHM_FORMAT_ARGB8888);
	}
	for (int i = 0; i < 2 * 1260; i++) {
		wl_surface_attach(window.surface, buffers[i % 2], 0, 0);
		wl_surface_damage_buffer(window.surface, 0, 0, 1, 1);
		wl_surface_commit(window.surface);
		attacker_flush(&attacker);
	}
	expect_alive(&attacker);
}

// Each commit is of a new buffer as large as an 8K screen, which is read in place: the server fills its page table.
ATTACK("new-large-buffers-without-end") {
	const int32_t width = 7680, height = 4320, stride = width * 4;
	const size_t size = (size_t)stride * (size_t)height;
	struct attacker attacker;
	struct window window;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	int fd = file_create((int64_t)(2 * size), 0);
	if (fallocate(fd, 0, 0, (off_t)(2 * size)) != 0) {
		skip("not enough memory: %s", strerror(errno));
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, fd, (int32_t)(2 * size));
	for (int i = 0; i < attack_count(700); i++) {
		// Two parts of the file in turn, so that neither is the one that the server remembers.
		struct wl_buffer *buffer =
				wl_shm_pool_create_buffer(pool, i % 2 * (int32_t)size, width, height, stride, WL_SHM_FORMAT_ARGB8888);
		window_commit(&window, buffer);
		attacker_flush(&attacker);
		if (i < 16) {
			expect_alive(&attacker); // the first few are copied
		}
	}
	expect_alive(&attacker);
}

// The server holds the last fds of the files, so the kernel frees their pages in the server's time.
ATTACK("files-of-512-MiB-dropped") {
	struct attacker attacker;
	attacker_connect(&attacker);
	for (int i = 0; i < 64; i++) {
		struct picture picture;
		picture_init(&picture, &attacker, 0, false, 2048, 1024);
		if (fallocate(picture.fd, 0, 0, (off_t)picture.size) != 0) {
			skip("not enough memory: %s", strerror(errno));
		}
		munmap(picture.data, picture.size);
		close(picture.fd);
		expect_alive(&attacker);
	}
	hold();
}

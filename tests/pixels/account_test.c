/*
 * What one client costs the compositor: heap memory, fds and time.
 */
#include "runner.h"
#include "stage.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include <compositor/account.h>
#include <compositor/clients.h>
#include <compositor/heap.h>
#include <compositor/rectangles.h>
#include <compositor/server.h>
#include <compositor/turn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS_PER_MESSAGE 28 // libwayland's limit

static struct client_pair {
	struct server server;
	struct screen greedy;
	struct client other;
} pair;

static void begin(void) {
	server_init_compositor(&pair.server, 64, 64, NULL);
	screen_init(&pair.greedy, &pair.server);
	client_init(&pair.other, &pair.server);
}

static void end(void) {
	expect_alive(&pair.other);
	client_finish(&pair.other);
	screen_finish(&pair.greedy);
	server_finish(&pair.server);
}

static void add_rectangles(struct wl_region *region, int count) {
	for (int i = 0; i < count; i++) {
		wl_region_add(region, i % 100 * 2, i / 100 * 2, 1, 1);
	}
}

// The copies of a region in a surface are nothing that shm/ or the number of objects bounds.
TEST("account@heap-of-one-client-is-limited-whatever-it-is-for") {
	if (!heap_is_counted()) {
		skip("heap memory is not counted in sanitized builds; gcc-release runs this test");
	}
	begin();
	struct wl_region *region = wl_compositor_create_region(pair.greedy.compositor);
	add_rectangles(region, RECTANGLES_REGION_MAX);
	expect_alive(&pair.greedy.client);
	bool alive = true;
	for (int i = 0; alive && i < CLIENTS_SURFACES_MAX; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(pair.greedy.compositor);
		wl_surface_set_input_region(surface, region);
		wl_surface_set_opaque_region(surface, region);
		wl_surface_commit(surface);
		alive = client_try_roundtrip(&pair.greedy.client);
	}
	expect(!alive);
	expect_contains(pair.greedy.client.error, "too much server memory: ");
	end();
}

static bool send_fds(int socket_fd, int fd) {
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(FDS_PER_MESSAGE * sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(FDS_PER_MESSAGE * sizeof(int));
	for (size_t i = 0; i < FDS_PER_MESSAGE; i++) {
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(int));
	}
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == 1;
}

// Returns how much of what was sent is not read yet. If something is left when the server ends the client, the kernel
// tells the client of that (ECONNRESET) before it can read the error.
static int get_unread(int socket_fd) {
	int size = 0;
	expect(ioctl(socket_fd, SIOCOUTQ, &size) == 0);
	return size;
}

// A message whose rest never comes, with fds that no request takes.
TEST("account@fds-of-one-client-are-limited-also-if-no-request-takes-them") {
	begin();
	const uint32_t header[] = {1, 4096U << 16 | 1};
	int fd = wl_display_get_fd(pair.greedy.client.display), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	expect_int(write(fd, header, sizeof(header)), ==, sizeof(header));
	for (int i = 0; i < 100 && client_get_peer(&pair.greedy.client) != NULL; i++) {
		send_fds(fd, null);
		do {
			server_dispatch(&pair.server, 0);
		} while (client_get_peer(&pair.greedy.client) != NULL && get_unread(fd) > 0);
	}
	expect(client_get_peer(&pair.greedy.client) == NULL);
	expect(!client_try_roundtrip(&pair.greedy.client));
	expect_contains(pair.greedy.client.error, "too many fds: ");
	close(null);
	end();
}

// Each keyboard receives a keymap, whose fd the server keeps until the client reads.
TEST("account@fds-of-unread-events-are-limited") {
	begin();
	struct zwp_virtual_keyboard_manager_v1 *manager =
			client_bind(&pair.other, &zwp_virtual_keyboard_manager_v1_interface, 1);
	struct wl_seat *other_seat = client_bind(&pair.other, &wl_seat_interface, 1),
				   *seat = client_bind(&pair.greedy.client, &wl_seat_interface, 5);
	struct zwp_virtual_keyboard_v1 *keyboard =
			zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, other_seat);
	client_roundtrip(&pair.other);
	client_roundtrip(&pair.greedy.client);
	for (int i = 0; i < 10000 && client_get_peer(&pair.greedy.client) != NULL; i++) {
		wl_keyboard_release(wl_seat_get_keyboard(seat));
		wl_display_flush(pair.greedy.client.display);
		server_dispatch(&pair.server, 0);
	}
	expect(client_get_peer(&pair.greedy.client) == NULL);
	expect(!client_try_roundtrip(&pair.greedy.client));
	zwp_virtual_keyboard_v1_destroy(keyboard);
	zwp_virtual_keyboard_manager_v1_destroy(manager);
	wl_seat_destroy(other_seat);
	wl_seat_destroy(seat);
	end();
}

// Returns the number of this process's threads with this name.
static int count_threads(const char *name) {
	char path[300], comm[32];
	int count = 0;
	DIR *tasks = opendir("/proc/self/task");
	expect(tasks != NULL);
	struct dirent *task;
	while ((task = readdir(tasks)) != NULL) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
		FILE *file = fopen(path, "re");
		if (file != NULL) {
			count += fgets(comm, sizeof(comm), file) != NULL && strncmp(comm, name, strlen(name)) == 0;
			fclose(file);
		}
	}
	closedir(tasks);
	return count;
}

static void send_and_drop_file(off_t size) {
	int fd = memfd_create("large", MFD_CLOEXEC);
	expect_int(fd, >=, 0);
	expect_int(posix_fallocate(fd, 0, size), ==, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(pair.greedy.client.shm, fd, 4096);
	close(fd);
	wl_shm_pool_destroy(pool);
	expect_alive(&pair.greedy.client);
}

TEST("account@large-file-of-a-client-is-closed-by-a-thread") {
	begin();
	int before = count_threads("lido-close");
	send_and_drop_file(8192);
	expect_int(count_threads("lido-close"), ==, before);
	send_and_drop_file(8 << 20);
	expect_int(count_threads("lido-close"), ==, before + 1);
	end();
}

TEST("turn@is-smaller-the-longer-requests-take") {
	const int64_t ms = 1000000;
	// Short turns that were used up double, up to the limit.
	expect_int(turn_get_next_size(4096, 4096, 0), ==, 8192);
	expect_int(turn_get_next_size(TURN_SIZE_MAX, TURN_SIZE_MAX, 0), ==, TURN_SIZE_MAX);
	// A client that has not sent as much needs no larger one.
	expect_int(turn_get_next_size(4096, 100, 0), ==, 4096);
	expect_int(turn_get_next_size(4096, 4096, TURN_NSEC_MAX), ==, 4096);
	// Ten times too long: a tenth of what was read.
	expect_int(turn_get_next_size(4096, 4096, 10 * TURN_NSEC_MAX), ==, 409);
	expect_int(turn_get_next_size(4096, 1000, 10 * TURN_NSEC_MAX), ==, 100);
	expect_int(turn_get_next_size(TURN_SIZE_MAX, TURN_SIZE_MAX, 60 * 1000 * ms), ==, TURN_SIZE_MIN);
}

static int count_unread(struct client *client) {
	int unread = -1;
	expect_int(ioctl(wl_client_get_fd(client_get_peer(client)), FIONREAD, &unread), ==, 0);
	return unread;
}

TEST("turn@leaves-in-the-socket-what-is-beyond-it") {
	begin();
	int count = 2 * TURN_SIZE_MAX / 12;
	for (int i = 0; i < count; i++) {
		wl_display_sync(pair.greedy.client.display);
	}
	wl_display_flush(pair.greedy.client.display);
	int sent = count_unread(&pair.greedy.client);
	expect_int(sent, >, TURN_SIZE_MAX);
	server_dispatch(&pair.server, 0);
	expect_int(count_unread(&pair.greedy.client), >=, sent - TURN_SIZE_MAX);
	expect_int(count_unread(&pair.greedy.client), <, sent);
	expect_alive(&pair.greedy.client); // and all of it is served in the end
	expect_int(count_unread(&pair.greedy.client), ==, 0);
	end();
}

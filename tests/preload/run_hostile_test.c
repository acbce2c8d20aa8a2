/*
 * lido-run with servers that lie about their memory. A server can end the connection, but the program must not crash,
 * and must read what it has drawn.
 */
#include "lido-shm-v1-protocol.h"
#include "runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#define PAGE 4096
#define POOL_SIZE (64 << 10)
#define AREA_SIZE (1 << 20)
#define STATUS_USED 7 // of the server: there were buffers in its blocks

enum manner {
	MANNER_PLAIN,         // behaves correctly, for comparison
	MANNER_GROWS,         // behaves correctly, and grows the file for the block
	MANNER_UNSEALED,      // shrinks the file once there is a buffer
	MANNER_SHORT,         // announces a larger size than the file has
	MANNER_GROWS_IN_WORD, // announces that the file has grown, which it has not
	MANNER_PIPE,          // announces a pipe
	MANNER_READ_ONLY,     // announces a file that cannot be written
	MANNER_SMALL_BLOCK,   // places the block with fewer bytes than requested, at the end of the file
	MANNER_EMPTY_BLOCK,   // places the block without any bytes
	MANNER_ANSWERS_TWICE, // answers once more when there is a buffer: the block is in an area that does not exist
	MANNER_OTHER_PEER,    // tells that its peer has the name of another socket
	MANNER_FAILS_LATE,    // answers once more when there is a buffer: the block has no memory
};

struct host {
	enum manner manner;
	struct wl_display *display;
	struct wl_resource *pool;
	int fd;        // of the area; -1: none yet
	bool has_used; // there was a buffer in a block
	struct wl_listener client_destroy;
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static int create_area(enum manner manner) {
	int ends[2];
	if (manner == MANNER_PIPE) {
		expect(pipe(ends) == 0);
		return ends[0];
	}
	bool is_small = manner == MANNER_SHORT || manner == MANNER_GROWS_IN_WORD || manner == MANNER_GROWS;
	int fd = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	expect(fd >= 0 && ftruncate(fd, is_small ? PAGE : AREA_SIZE) == 0);
	expect(manner == MANNER_UNSEALED || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	if (manner == MANNER_READ_ONLY) {
		expect(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	}
	return fd;
}

static void announce(struct host *host) {
	bool is_growing = host->manner == MANNER_GROWS || host->manner == MANNER_GROWS_IN_WORD;
	host->fd = create_area(host->manner);
	lido_shm_pool_v1_send_area(host->pool, 1, host->fd, is_growing ? PAGE : AREA_SIZE, AREA_SIZE);
	if (host->manner == MANNER_GROWS) {
		expect(ftruncate(host->fd, AREA_SIZE) == 0);
	}
	if (is_growing) {
		lido_shm_pool_v1_send_area_size(host->pool, 1, AREA_SIZE);
	}
}

static void handle_create_buffer(struct wl_client *client, struct wl_resource *block, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t format) {
	static const struct wl_buffer_interface impl = {.destroy = handle_destroy};
	struct host *host = wl_resource_get_user_data(block);
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	expect(resource != NULL);
	wl_resource_set_implementation(resource, &impl, NULL, NULL);
	host->has_used = true;
	switch (host->manner) {
	case MANNER_UNSEALED:
		expect(ftruncate(host->fd, 0) == 0);
		break;
	case MANNER_ANSWERS_TWICE:
		lido_shm_block_v1_send_placed(block, 77, 0, POOL_SIZE);
		break;
	case MANNER_FAILS_LATE:
		lido_shm_block_v1_send_failed(block, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
		break;
	default:
		break;
	}
}

static void handle_resize(struct wl_client *client, struct wl_resource *block, uint32_t size) {
	lido_shm_block_v1_send_failed(block, LIDO_SHM_BLOCK_V1_REASON_MEMORY);
}

static void handle_create_block(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t size) {
	static const struct lido_shm_block_v1_interface impl = {
		.destroy = handle_destroy,
		.create_buffer = handle_create_buffer,
		.resize = handle_resize,
	};
	struct host *host = wl_resource_get_user_data(resource);
	expect(host->manner != MANNER_OTHER_PEER);
	struct wl_resource *block = wl_resource_create(client, &lido_shm_block_v1_interface, 1, id);
	expect(block != NULL);
	wl_resource_set_implementation(block, &impl, host, NULL);
	if (host->fd == -1) {
		announce(host);
	}
	if (host->manner == MANNER_SMALL_BLOCK) {
		lido_shm_block_v1_send_placed(block, 1, AREA_SIZE - PAGE, PAGE);
	} else {
		lido_shm_block_v1_send_placed(block, 1, 0, host->manner == MANNER_EMPTY_BLOCK ? 0 : size);
	}
}

static void handle_get_pool(struct wl_client *client, struct wl_resource *manager, uint32_t id, uint32_t reserve_max) {
	static const struct lido_shm_pool_v1_interface impl = {
		.destroy = handle_destroy,
		.create_block = handle_create_block,
	};
	struct host *host = wl_resource_get_user_data(manager);
	host->pool = wl_resource_create(client, &lido_shm_pool_v1_interface, 1, id);
	expect(host->pool != NULL);
	wl_resource_set_implementation(host->pool, &impl, host, NULL);
	lido_shm_pool_v1_send_limits(host->pool, 0, AREA_SIZE, 1, 1);
}

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	static const struct lido_shm_manager_v1_interface impl = {
		.destroy = handle_destroy,
		.get_pool = handle_get_pool,
	};
	struct wl_resource *resource = wl_resource_create(client, &lido_shm_manager_v1_interface, (int)version, id);
	expect(resource != NULL);
	wl_resource_set_implementation(resource, &impl, data, NULL);
	struct sockaddr_un peer = {0};
	socklen_t size = sizeof(peer);
	expect(getpeername(wl_client_get_fd(client), (struct sockaddr *)&peer, &size) == 0 && size > sizeof(sa_family_t));
	peer.sun_path[1] ^= ((const struct host *)data)->manner == MANNER_OTHER_PEER;
	struct wl_array name = {.size = size - offsetof(struct sockaddr_un, sun_path), .data = peer.sun_path};
	lido_shm_manager_v1_send_peer(resource, &name);
}

static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct host *host = wl_container_of(listener, host, client_destroy);
	_exit(host->has_used ? STATUS_USED : 0);
}

_Noreturn static void host_run(enum manner manner, int socket) {
	struct host host = {.manner = manner, .display = wl_display_create(), .fd = -1};
	expect(host.display != NULL && wl_display_init_shm(host.display) == 0);
	expect(wl_global_create(host.display, &lido_shm_manager_v1_interface, 1, &host, bind_manager) != NULL);
	struct wl_client *client = wl_client_create(host.display, socket);
	expect(client != NULL);
	host.client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &host.client_destroy);
	wl_display_run(host.display);
	_exit(1);
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct wl_shm **shm = data;
	if (strcmp(interface, wl_shm_interface.name) == 0) {
		*shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static struct wl_shm *bind_shm(struct wl_display *display) {
	static const struct wl_registry_listener listener = {
		.global = handle_global,
		.global_remove = handle_global_remove,
	};
	struct wl_shm *shm = NULL;
	struct wl_registry *registry = wl_display_get_registry(display);
	wl_registry_add_listener(registry, &listener, &shm);
	expect(wl_display_roundtrip(display) >= 0);
	wl_registry_destroy(registry);
	expect(shm != NULL);
	return shm;
}

static void expect_drawn(const uint8_t *data, uint8_t byte) {
	for (size_t i = 0; i < POOL_SIZE; i++) {
		expect_int(data[i], ==, byte);
	}
}

static void draw(struct wl_display *display, struct wl_shm *shm) {
	int fd = memfd_create("client", MFD_CLOEXEC);
	expect(fd >= 0 && ftruncate(fd, POOL_SIZE) == 0);
	uint8_t *data = mmap(NULL, POOL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect(data != MAP_FAILED);
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, POOL_SIZE);
	memset(data, 1, POOL_SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 128, 128, 512, WL_SHM_FORMAT_XRGB8888);
	expect(wl_display_roundtrip(display) >= 0);
	expect_drawn(data, 1);
	memset(data, 2, POOL_SIZE);
	uint8_t *other = mmap(NULL, POOL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	expect(other != MAP_FAILED);
	expect_drawn(other, 2);
	expect(munmap(other, POOL_SIZE) == 0);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	expect(munmap(data, POOL_SIZE) == 0 && close(fd) == 0);
	expect(wl_display_roundtrip(display) >= 0);
}

static void draw_with(enum manner manner, int expected_status) {
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	pid_t pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		host_run(manner, fds[1]);
	}
	close(fds[1]);
	struct wl_display *display = wl_display_connect_to_fd(fds[0]);
	expect(display != NULL);
	struct wl_shm *shm = bind_shm(display);
	for (int i = 0; i < 3; i++) {
		draw(display, shm);
	}
	wl_shm_destroy(shm);
	wl_display_disconnect(display);
	int status;
	expect(waitpid(pid, &status, 0) == pid);
	expect(WIFEXITED(status));
	expect_int(WEXITSTATUS(status), ==, expected_status);
}

TEST("run_hostile@well-behaved-server-gives-memory") {
	draw_with(MANNER_PLAIN, STATUS_USED);
}

TEST("run_hostile@server-behind-a-proxy-is-not-asked-for-memory") {
	draw_with(MANNER_OTHER_PEER, 0);
}

TEST("run_hostile@server-is-not-asked-for-memory-that-the-user-refuses") {
	setenv("LIDO_POOL", "0", true);
	draw_with(MANNER_PLAIN, 0);
}

TEST("run_hostile@file-that-has-grown-is-used") {
	draw_with(MANNER_GROWS, STATUS_USED);
}

TEST("run_hostile@file-that-can-shrink-is-not-used") {
	draw_with(MANNER_UNSEALED, 0);
}

TEST("run_hostile@file-shorter-than-announced-is-not-used") {
	draw_with(MANNER_SHORT, 0);
}

TEST("run_hostile@file-that-has-not-grown-is-not-used-beyond-its-end") {
	draw_with(MANNER_GROWS_IN_WORD, 0);
}

TEST("run_hostile@pipe-is-not-used") {
	draw_with(MANNER_PIPE, 0);
}

TEST("run_hostile@file-that-cannot-be-written-is-not-used") {
	draw_with(MANNER_READ_ONLY, 0);
}

TEST("run_hostile@block-smaller-than-requested-is-not-used") {
	draw_with(MANNER_SMALL_BLOCK, 0);
}

TEST("run_hostile@block-without-bytes-is-not-used") {
	draw_with(MANNER_EMPTY_BLOCK, 0);
}

TEST("run_hostile@second-place-of-a-block-is-ignored") {
	draw_with(MANNER_ANSWERS_TWICE, STATUS_USED);
}

TEST("run_hostile@failure-of-a-block-in-use-is-ignored") {
	draw_with(MANNER_FAILS_LATE, STATUS_USED);
}

#include "fuzz_client.h"
#include "file.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-server-core.h>

#define PAGE 4096

static void handle_peer_destroy(struct wl_listener *listener, void *data) {
	struct attacker *attacker = wl_container_of(listener, attacker, peer_destroy);
	wl_list_remove(&attacker->peer_destroy.link);
	attacker->peer = NULL;
}

void attacker_send_raw(struct attacker *attacker, const void *data, size_t size, const int *fds, size_t fds_len) {
	char control[CMSG_SPACE(ATTACKER_FDS_MAX * sizeof(int))] = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	expect_int(fds_len, <=, ATTACKER_FDS_MAX);
	if (fds_len > 0) {
		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		expect(header != NULL);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(header), fds, fds_len * sizeof(int));
	}
	// The server may have closed the connection. If the socket is full, a part of the message is lost.
	if (attacker->socket != -1) {
		sendmsg(attacker->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

void attacker_send(
		struct attacker *attacker, uint32_t id, uint32_t opcode, const uint32_t *words, size_t words_len, int fd) {
	uint32_t message[64] = {id, (uint32_t)(2 + words_len) * 4 << 16 | opcode};
	expect_int(words_len, <=, 62);
	for (size_t i = 0; i < words_len; i++) {
		message[2 + i] = words[i];
	}
	attacker_send_raw(attacker, message, (2 + words_len) * 4, &fd, fd != -1);
}

uint32_t attacker_add(struct attacker *attacker, enum attacker_kind kind) {
	if (attacker->last_id + 1 >= ATTACKER_OBJECTS_MAX) {
		return 0;
	}
	attacker->objects[++attacker->last_id] = (struct attacker_object){.kind = kind};
	return attacker->last_id;
}

uint32_t attacker_choose(const struct attacker *attacker, enum attacker_kind kind, uint32_t lot) {
	uint32_t len = 0;
	for (uint32_t id = 1; id <= attacker->last_id; id++) {
		len += attacker->objects[id].kind == kind && !attacker->objects[id].is_destroyed;
	}
	for (uint32_t id = 1; id <= attacker->last_id && len > 0; id++) {
		if (attacker->objects[id].kind == kind && !attacker->objects[id].is_destroyed && lot-- % len == 0) {
			return id;
		}
	}
	return 0;
}

static void bind_global(
		struct attacker *attacker, uint32_t name, const char *interface, uint32_t version, enum attacker_kind kind) {
	uint32_t words[16] = {name, (uint32_t)strlen(interface) + 1};
	size_t len = 2 + (strlen(interface) + 4) / 4;
	memcpy(words + 2, interface, strlen(interface));
	words[len++] = version;
	words[len++] = attacker_add(attacker, kind);
	attacker_send(attacker, 2, 0, words, len, -1);
}

void attacker_init(struct attacker *attacker, struct server *server) {
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*attacker = (struct attacker){.server = server, .socket = fds[1], .last_id = 1};
	attacker->objects[1].kind = ATTACKER_DISPLAY;
	attacker->peer = server_add_client(server, fds[0]);
	attacker->peer_destroy.notify = handle_peer_destroy;
	wl_client_add_destroy_late_listener(attacker->peer, &attacker->peer_destroy);
	uint32_t registry = attacker_add(attacker, ATTACKER_REGISTRY);
	attacker_send(attacker, 1, 1, &registry, 1, -1);
	bind_global(attacker, 1, "wl_shm", 2, ATTACKER_SHM);
	bind_global(attacker, 2, "lido_shm_manager_v1", 4, ATTACKER_MANAGER);
}

void attacker_hang_up(struct attacker *attacker) {
	if (attacker->socket != -1) {
		// The client may have sent an fd of its own socket with half a message: libwayland keeps it, and without
		// shutdown() would not see the end of the connection.
		shutdown(attacker->socket, SHUT_RDWR);
		close(attacker->socket);
		attacker->socket = -1;
	}
}

static void drop_fds(struct attacker *attacker) {
	while (attacker->fds_len > 0) {
		close(attacker->fds[--attacker->fds_len]);
	}
}

void attacker_finish(struct attacker *attacker) {
	attacker_hang_up(attacker);
	while (attacker->peer != NULL) {
		server_dispatch(attacker->server, 10);
	}
	drop_fds(attacker);
	for (int i = 0; i < ATTACKER_AREAS_MAX; i++) {
		if (attacker->areas[i].id != 0) {
			close(attacker->areas[i].fd);
		}
	}
}

static struct attacker_area *find_area(struct attacker *attacker, uint32_t id) {
	for (int i = 0; i < ATTACKER_AREAS_MAX; i++) {
		if (attacker->areas[i].id == id) {
			return &attacker->areas[i];
		}
	}
	return NULL;
}

static int take_fd(struct attacker *attacker) {
	expect_int(attacker->fds_len, >, 0);
	int fd = attacker->fds[0];
	memmove(attacker->fds, attacker->fds + 1, --attacker->fds_len * sizeof(fd));
	return fd;
}

static void expect_file(int fd, uint32_t size, uint32_t reserve) {
	expect_int(size % PAGE, ==, 0);
	expect_int(reserve % PAGE, ==, 0);
	expect_int(size, <=, reserve);
	expect_int(file_get_size(fd), >=, size);
	expect_int(file_get_seals(fd) & (F_SEAL_SHRINK | F_SEAL_SEAL), ==, F_SEAL_SHRINK | F_SEAL_SEAL);
}

static void handle_area(struct attacker *attacker, struct attacker_object *pool, const uint32_t *words) {
	uint32_t id = words[0], size = words[1], reserve = words[2];
	int fd = take_fd(attacker);
	struct attacker_area *area = find_area(attacker, id);
	expect_int(id, !=, 0);
	expect_file(fd, size, reserve);
	pool->reserve += reserve;
	expect(pool->reserve_max == 0 || pool->reserve <= pool->reserve_max);
	if (area == NULL) {
		area = find_area(attacker, 0);
		if (area == NULL) {
			attacker->is_wild = true; // too many areas to track
			close(fd);
			return;
		}
		*area = (struct attacker_area){.id = id, .fd = fd, .size = size, .reserve = reserve};
		return;
	}
	// The same file was announced with the same id on another pool object.
	struct stat known, other;
	expect(fstat(area->fd, &known) == 0 && fstat(fd, &other) == 0);
	expect(known.st_ino == other.st_ino && area->reserve == reserve);
	area->size = size > area->size ? size : area->size;
	close(fd);
}

static void handle_area_removed(struct attacker *attacker, struct attacker_object *pool, uint32_t id) {
	const struct attacker_area *area = find_area(attacker, id);
	expect(area != NULL);
	pool->reserve -= area->reserve;
	for (uint32_t i = 1; i <= attacker->last_id; i++) {
		const struct attacker_object *object = &attacker->objects[i];
		expect(object->kind != ATTACKER_BLOCK || object->is_destroyed || object->size == 0 || object->area != id);
	}
}

static void handle_pool_event(
		struct attacker *attacker, struct attacker_object *pool, uint32_t opcode, const uint32_t *words) {
	struct attacker_area *area;
	switch (opcode) {
	case 0: // limits
		expect_int(words[2], >, 0);
		break;
	case 1:
		handle_area(attacker, pool, words);
		break;
	case 2: // area_size
		area = find_area(attacker, words[0]);
		expect(area != NULL);
		expect_int(words[1], <=, area->reserve);
		expect_int(file_get_size(area->fd), >=, words[1]);
		area->size = words[1] > area->size ? words[1] : area->size;
		break;
	case 3:
		handle_area_removed(attacker, pool, words[0]);
		break;
	}
}

static void expect_alone(const struct attacker *attacker, const struct attacker_object *block) {
	for (uint32_t id = 1; id <= attacker->last_id; id++) {
		const struct attacker_object *other = &attacker->objects[id];
		if (other != block && other->kind == ATTACKER_BLOCK && !other->is_destroyed && other->size > 0 &&
				other->area == block->area) {
			expect(other->offset + (uint64_t)other->size <= block->offset ||
					block->offset + (uint64_t)block->size <= other->offset);
		}
	}
}

static void handle_block_event(
		struct attacker *attacker, struct attacker_object *block, uint32_t opcode, const uint32_t *words) {
	expect_int(block->pending, >, 0);
	block->pending--;
	if (opcode == 1) { // failed
		expect_int(words[0], <=, 4);
		return;
	}
	const struct attacker_area *area = find_area(attacker, words[0]);
	expect(area != NULL);
	block->area = words[0];
	block->offset = words[1];
	block->size = words[2];
	expect_int(block->size, >, 0);
	expect(block->pending > 0 || block->size >= block->wanted);
	expect_int(block->offset % (block->size < PAGE ? 64 : PAGE), ==, 0);
	expect_int((int64_t)block->offset + block->size, <=, area->size);
	if (!block->is_destroyed) {
		expect_alone(attacker, block);
	}
}

// Errors have a known object, a code of its interface, and a text that is not truncated.
static void handle_error(struct attacker *attacker, const uint32_t *words) {
	static const uint32_t codes_max[ATTACKER_KINDS_LEN] = {[ATTACKER_DISPLAY] = 3,
		[ATTACKER_SHM] = 2,
		[ATTACKER_SHM_POOL] = 2,
		[ATTACKER_BUFFER] = 3,
		[ATTACKER_POOL] = 4,
		[ATTACKER_BLOCK] = 5};
	const char *text = (const char *)(words + 3);
	expect(!attacker->has_error);
	attacker->has_error = true;
	expect_int(words[2], >, 1);
	expect_int(strnlen(text, words[2]), ==, words[2] - 1);
	if (attacker->is_wild) {
		return;
	}
	expect_int(words[0], <=, attacker->last_id);
	const struct attacker_object *object = &attacker->objects[words[0]];
	if (words[1] > codes_max[object->kind]) {
		fail("error %u of object %u of kind %d: %s", words[1], words[0], object->kind, text);
	}
}

static void handle_event(struct attacker *attacker, const uint32_t *words) {
	uint32_t id = words[0], opcode = words[1] & 0xffff;
	if (id == 1 && opcode == 0) {
		handle_error(attacker, words + 2);
	}
	if (attacker->is_wild) {
		drop_fds(attacker);
		return;
	}
	expect_int(id, <=, attacker->last_id);
	struct attacker_object *object = &attacker->objects[id];
	if (object->kind == ATTACKER_POOL) {
		handle_pool_event(attacker, object, opcode, words + 2);
	} else if (object->kind == ATTACKER_BLOCK) {
		handle_block_event(attacker, object, opcode, words + 2);
	}
}

static void take_fds(struct attacker *attacker, struct msghdr *message) {
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
		size_t len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		expect_int(attacker->fds_len + len, <=, sizeof(attacker->fds) / sizeof(int));
		memcpy(attacker->fds + attacker->fds_len, CMSG_DATA(header), len * sizeof(int));
		attacker->fds_len += len;
	}
}

static size_t read_some(struct attacker *attacker) {
	char control[CMSG_SPACE(28 * sizeof(int))];
	struct iovec iov = {.iov_base = attacker->events + attacker->events_size,
		.iov_len = sizeof(attacker->events) - attacker->events_size};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t size = recvmsg(attacker->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (size <= 0) {
		return 0;
	}
	take_fds(attacker, &message);
	attacker->events_size += (size_t)size;
	return (size_t)size;
}

void attacker_read(struct attacker *attacker) {
	while (attacker->socket != -1 && read_some(attacker) > 0) {
		size_t done = 0;
		while (attacker->events_size - done >= 8) {
			uint32_t words[1024];
			memcpy(words, attacker->events + done, 8);
			size_t size = words[1] >> 16;
			expect(size >= 8 && size % 4 == 0 && size <= sizeof(words));
			if (attacker->events_size - done < size) {
				break;
			}
			memcpy(words, attacker->events + done, size);
			handle_event(attacker, words);
			done += size;
		}
		memmove(attacker->events, attacker->events + done, attacker->events_size - done);
		attacker->events_size -= done;
	}
}

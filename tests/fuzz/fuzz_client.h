/*
 * A client without a library: it writes anything to its socket, and compares the server's answers with the protocol and
 * its own requests. Once it has sent something whose effect it does not track (wild), it only verifies that the answers
 * are well formed.
 */
#ifndef FUZZ_ATTACKER_H
#define FUZZ_ATTACKER_H

#include "server.h"
#include <stddef.h>

#define ATTACKER_OBJECTS_MAX 256
#define ATTACKER_AREAS_MAX 16
#define ATTACKER_FDS_MAX 8 // in one message

enum attacker_kind {
	ATTACKER_DISPLAY = 1, // 0: no object
	ATTACKER_REGISTRY,
	ATTACKER_CALLBACK,
	ATTACKER_SHM,
	ATTACKER_SHM_POOL,
	ATTACKER_BUFFER,
	ATTACKER_MANAGER,
	ATTACKER_POOL,
	ATTACKER_BLOCK,
	ATTACKER_KINDS_LEN,
};

struct attacker_object {
	enum attacker_kind kind;
	bool is_destroyed;
	int64_t reserve_max, reserve; // of a pool: bytes that its areas may reserve (0: no limit), and do
	uint32_t pending;             // of a block: unanswered requests
	uint32_t wanted;              // of a block: bytes, as last requested
	uint32_t area, offset, size;  // of a block: its place; size 0: none
};

/* An announced area. */
struct attacker_area {
	uint32_t id; // 0: none
	int fd;
	uint32_t size; // bytes, as last announced
	uint32_t reserve;
};

struct attacker {
	struct server *server;
	struct wl_client *peer; // the server's object; NULL: destroyed
	struct wl_listener peer_destroy;
	int socket; // -1: closed
	bool is_wild;
	bool has_error; // received a protocol error
	uint32_t last_id;
	struct attacker_object objects[ATTACKER_OBJECTS_MAX]; // by id
	struct attacker_area areas[ATTACKER_AREAS_MAX];
	uint8_t events[8192];
	size_t events_size; // bytes of an incomplete event
	int fds[64];        // received, for later events
	size_t fds_len;
};

/* Connects, gets the registry, and binds wl_shm and lido_shm_manager_v1. */
void attacker_init(struct attacker *attacker, struct server *server);

/* Closes the connection and waits until the server has noticed. */
void attacker_finish(struct attacker *attacker);

/* Closes the connection. */
void attacker_hang_up(struct attacker *attacker);

/* Returns the id for a new object; 0: too many objects. */
uint32_t attacker_add(struct attacker *attacker, enum attacker_kind kind);

/* Returns the id of an object of that kind that it has not destroyed, or 0. lot: any number, which chooses. */
uint32_t attacker_choose(const struct attacker *attacker, enum attacker_kind kind, uint32_t lot);

/* Sends a request, with the fd unless it is -1. The caller keeps the fd. */
void attacker_send(
		struct attacker *attacker, uint32_t id, uint32_t opcode, const uint32_t *words, size_t words_len, int fd);

/* Sends any bytes, with any fds. */
void attacker_send_raw(struct attacker *attacker, const void *data, size_t size, const int *fds, size_t fds_len);

/* Reads and verifies the events that the server has sent. */
void attacker_read(struct attacker *attacker);

#endif

/*
 * A client without a library: it writes to its socket whatever it likes, and holds the server's answers against the
 * protocol. It believes what it has asked for; once it has sent something that it does not understand itself (wild), it
 * only looks whether the answers are well formed.
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
	int64_t reserve_max, reserve; // of a pool: bytes that its areas may take (0: no bound), and do
	uint32_t pending;             // of a block: answers to come
	uint32_t wanted;              // of a block: bytes, as last asked for
	uint32_t area, offset, size;  // of a block: its place; size is 0 if it has none
};

/* An area that was announced, by its id. */
struct attacker_area {
	uint32_t id; // 0: none
	int fd;
	uint32_t size; // bytes, as told last
	uint32_t reserve;
};

struct attacker {
	struct server *server;
	struct wl_client *peer; // the server's side; NULL: it is gone
	struct wl_listener peer_destroy;
	int socket; // -1: it has hung up
	bool is_wild;
	bool has_error; // it was told why it is ended
	uint32_t last_id;
	struct attacker_object objects[ATTACKER_OBJECTS_MAX]; // by id
	struct attacker_area areas[ATTACKER_AREAS_MAX];
	uint8_t events[8192];
	size_t events_size; // bytes that wait for the rest of an event
	int fds[64];        // that came, for events to come
	size_t fds_len;
};

/* Connects; with a registry, wl_shm and a lido_shm_manager_v1 already asked for. */
void attacker_init(struct attacker *attacker, struct server *server);

/* Hangs up, and waits until the server has noticed. */
void attacker_finish(struct attacker *attacker);

/* Closes the connection. */
void attacker_hang_up(struct attacker *attacker);

/* The id for a new object. 0: there are too many. */
uint32_t attacker_add(struct attacker *attacker, enum attacker_kind kind);

/* One of the objects of a kind that it has not destroyed, or 0. */
uint32_t attacker_choose(const struct attacker *attacker, enum attacker_kind kind, uint32_t lot);

/* A request, with an fd if it is not -1 (which stays the caller's). */
void attacker_send(
		struct attacker *attacker, uint32_t id, uint32_t opcode, const uint32_t *words, size_t words_len, int fd);

/* Any bytes, with any fds. */
void attacker_send_raw(struct attacker *attacker, const void *data, size_t size, const int *fds, size_t fds_len);

/* Reads what the server has sent. */
void attacker_read(struct attacker *attacker);

#endif

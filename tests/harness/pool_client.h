/*
 * The client's side of lido_shm_v1: gets a pool, maps its areas, records its events.
 *
 * The handlers assert what the protocol promises of each event, so every test verifies it: limits come first and once,
 * an area before the blocks in it, its size before the blocks that need it, answers in the order of the requests.
 *
 * The server's side is shm/memory/pool.h.
 */
#ifndef HARNESS_POOL_CLIENT_H
#define HARNESS_POOL_CLIENT_H

#include "client.h"
#include "lido-shm-v1-client-protocol.h"

enum pool_event_kind {
	POOL_EVENT_LIMITS,
	POOL_EVENT_AREA,
	POOL_EVENT_AREA_SIZE,
	POOL_EVENT_AREA_REMOVED,
	POOL_EVENT_PLACED,
	POOL_EVENT_FAILED,
	POOL_EVENT_KINDS_LEN,
};

/* The received events, in order. Fields that an event does not have are 0. */
struct pool_event {
	enum pool_event_kind kind;
	const struct pool_block *block;
	uint32_t area, offset, size, reserve, reason;
};

/* An announced area, mapped. */
struct pool_area {
	struct wl_list link; // pool_client.areas
	uint32_t id;
	int fd;                 // stays open so that tests can inspect the file; real clients close it
	uint32_t size, reserve; // bytes, as announced
	uint8_t *data;          // mapping of the whole reserve
};

struct pool_request {
	struct pool_block *block; // NULL: destroyed since, so its answer will not be received
	uint32_t size;
};

struct pool_client {
	struct client *client;
	struct lido_shm_manager_v1 *manager;
	struct lido_shm_pool_v1 *pool;
	int64_t reserve_max; // as requested
	bool is_private;     // its areas are its own
	int64_t bytes_max;   // of the limits event
	uint32_t blocks_max, buffers_max;
	struct wl_list areas;     // pool_area.link, in the order of the area events
	struct wl_list blocks;    // pool_block.link
	struct wl_array events;   // struct pool_event
	struct wl_array requests; // struct pool_request
	size_t answers;           // number of answered requests
};

enum pool_answer {
	POOL_ANSWER_NONE,
	POOL_ANSWER_PLACED,
	POOL_ANSWER_FAILED,
};

struct pool_block {
	struct wl_list link; // pool_client.blocks
	struct pool_client *pool;
	struct lido_shm_block_v1 *block;
	uint32_t requested;      // size of the last request
	size_t pending;          // requests that have not been answered
	enum pool_answer answer; // the last one
	uint32_t reason;         // of the last failed event
	struct pool_area *area;  // NULL: never placed
	uint32_t offset, size;   // of its place
};

/*
 * Binds the manager, in the newest version that both sides know, and creates a pool object. Does not wait. reserve_max:
 * 0: no limit.
 */
void pool_client_init(struct pool_client *pool, struct client *client, uint32_t reserve_max);

/* The same by get_private_pool. The server must have version 4. */
void pool_client_init_private(struct pool_client *pool, struct client *client, uint32_t reserve_max);

/* Destroys the remaining blocks, the pool object and the manager, and unmaps all areas. Does not wait. */
void pool_client_finish(struct pool_client *pool);

/* Number of events of a kind so far. */
size_t pool_client_count(const struct pool_client *pool, enum pool_event_kind kind);

/* Number of all events so far, and the one with this index. */
size_t pool_client_get_events_len(const struct pool_client *pool);
const struct pool_event *pool_client_get_event(const struct pool_client *pool, size_t index);

/* The announced area with this id, or NULL. */
struct pool_area *pool_client_find_area(const struct pool_client *pool, uint32_t id);

/* The oldest of the current areas. */
struct pool_area *pool_client_get_first_area(const struct pool_client *pool);

/* create_block, resize and destroy. They do not wait. The struct must not move. */
void pool_block_init(struct pool_block *block, struct pool_client *pool, uint32_t size);
void pool_block_resize(struct pool_block *block, uint32_t size);
void pool_block_finish(struct pool_block *block);

/* discard. The server must have version 3. Draw there only after a round trip. */
void pool_block_discard(struct pool_block *block, uint32_t offset, uint32_t size);

/* Bytes in which the protocol lets the client create buffers: by its requests, and by the events that it has read. */
uint32_t pool_block_get_size(const struct pool_block *block);

/* Creates an XRGB8888 buffer without padding. The caller destroys it. */
struct wl_buffer *pool_block_create_buffer(struct pool_block *block, int32_t offset, int32_t width, int32_t height);

/* Address of the block in the client's mapping. It must have been placed. */
uint8_t *pool_block_get_data(const struct pool_block *block);

/* After a round trip, the last answer must be placed, or failed with this reason. */
#define expect_place(block) pool_block_expect_place_at(__FILE__, __LINE__, block)
#define expect_reason(block, reason) \
	pool_block_expect_reason_at(__FILE__, __LINE__, block, LIDO_SHM_BLOCK_V1_REASON_##reason)

void pool_block_expect_place_at(const char *file, int line, struct pool_block *block);
void pool_block_expect_reason_at(const char *file, int line, struct pool_block *block, uint32_t reason);

#endif

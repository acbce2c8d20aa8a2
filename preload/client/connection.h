/*
 * A connection: what this library has on one wl_display of the program, on an event queue of its own.
 */
#ifndef LIDO_RUN_CONNECTION_H
#define LIDO_RUN_CONNECTION_H

#include "area.h"
#include "owned_fd.h"
#include "wayland.h"
#include <pthread.h>
#include <sys/types.h>

struct connection {
	struct connection *next;
	struct wl_display *display;
	ino_t socket;         // tells the display from a later one at the same address
	bool is_direct;       // the server itself is at the other end of the socket, so fds arrive
	bool is_behind_proxy; // otherwise, if the server offers pools
	bool is_dead;         // the display is disconnected: no proxy and no queue of it may be touched
	uint32_t users;       // the display until it is dead, blocks, and functions that need it without the state lock
	struct area *areas;   // area.next
	struct block *blocks; // block.sibling; with the state lock held

	// Constant from creation until the display is disconnected:
	struct wl_event_queue *queue; // of all objects below, and of blocks
	struct wl_display *wrapper;   // creates objects on the queue
	struct wl_proxy *registry;
	struct wl_proxy *shm;
	struct wl_proxy *manager;
	struct wl_proxy *pool; // NULL: the server has no lido_shm_manager_v1, or it is not used

	// Held while the queue is dispatched, from the creation of a proxy until it has its listener, and while the objects
	// above are destroyed.
	pthread_mutex_t dispatch_mutex;
};

/* The server's answer to create_block. */
enum block_state {
	BLOCK_WAITING, // none yet
	BLOCK_PLACED,
	BLOCK_FAILED,
};

/*
 * A block; or a wl_shm_pool or wl_buffer of this library, which stays BLOCK_WAITING: its destruction is deferred in the
 * same way.
 */
struct block {
	struct block *next;             // of those whose destruction is deferred
	struct block *sibling, **place; // of those that the connection has
	struct connection *connection;
	struct wl_proxy *proxy;  // NULL once the display is disconnected
	uint32_t destroy_opcode; // of the request that destroys it
	enum block_state state;
	struct area *area; // BLOCK_PLACED: the block is one of its users
	uint32_t offset;
	uint32_t size; // bytes: BLOCK_PLACED: that it has, and otherwise that were requested
};

/*
 * Finds the connection of a display, or creates it, which takes a round trip. Valid until the program disconnects the
 * display. NULL: the server has no lido_shm_manager_v1, or there is no memory.
 */
struct connection *connection_get(struct wl_display *display);

/* Requests a block and waits for the answer. It reads as zeros. NULL: no memory, here or on the server. */
struct block *connection_create_block(struct connection *connection, uint32_t size);

/*
 * Creates a wl_shm_pool of a file, on the queue of the connection. The connection may be one of another thread. NULL:
 * no memory, the fd is lost, or the connection is dead.
 */
struct block *connection_create_shm_pool(struct connection *connection, const struct owned_fd *fd, size_t size);

/*
 * Creates a wl_buffer on the queue of the connection, by a request of a block or wl_shm_pool. args: of that request.
 * NULL: no memory, or the connection is dead.
 */
struct block *connection_create_buffer(
		struct connection *connection, struct wl_proxy *factory, uint32_t opcode, union wl_argument *args);

/*
 * Creates a placeholder: a proxy that the program takes for a wl_shm_pool, and that has no object on the server. It may
 * be used after the next connection_wait(), and must then be put on the program's queue. NULL: no memory.
 */
struct wl_proxy *connection_create_placeholder(struct connection *connection, uint32_t version);

/* Waits until the server has answered all earlier requests. False: the display has an error. */
bool connection_wait(struct connection *connection);

/*
 * With the state lock held: gives up a block, a wl_shm_pool or a wl_buffer of this library. The next
 * connection_flush_destroyed() destroys it.
 */
void block_defer_destroy(struct block *block);

/* Destroys the blocks of this display whose destruction is deferred. Cheap if there are none. */
void connection_flush_destroyed(struct wl_display *display);

/* With the state lock held: finds the connection of a display, if it is alive and has a pool. NULL: there is none. */
struct connection *connection_find(const struct wl_display *display);

/* Is this process the one that last found or created a connection, not a fork of it? */
bool connection_is_of_this_process(void);

/* With the state lock held: has any server given this process a pool? */
bool connection_has_any_pool(void);

/* Is it the socket of a connection? Then libwayland is what uses it, and holds its locks. */
bool connection_has_socket(int fd);

/* With the state lock held: adds a user. */
void connection_ref(struct connection *connection);

/* With the state lock held: removes a user. The last one of a dead connection frees it, and unmaps its areas. */
void connection_unref(struct connection *connection);

/* The program is about to disconnect the display: the connection is dead from then on. */
void connection_handle_disconnect(struct wl_display *display);

#endif

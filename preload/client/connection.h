/*
 * A connection: one wl_display of the program, and what this library has there, on an event queue of its own.
 */
#ifndef LIDO_RUN_CONNECTION_H
#define LIDO_RUN_CONNECTION_H

#include "area.h"
#include "wayland.h"
#include <pthread.h>
#include <sys/types.h>

struct connection {
	struct connection *next;
	struct wl_display *display;
	ino_t socket;       // of the display, which may have the address of one that is gone
	bool is_dead;       // that one
	uint32_t users;     // stores and creators; the last one of a dead connection ends it
	struct area *areas; // area.next

	// Set when it is created:
	struct wl_event_queue *queue; // of all objects below
	struct wl_display *wrapper;   // makes objects on the queue
	struct wl_proxy *registry;
	struct wl_proxy *shm;
	struct wl_proxy *manager;
	struct wl_proxy *pool;          // NULL: there is no Lido on the other side
	pthread_mutex_t dispatch_mutex; // held while the queue is dispatched, and until a new object has its listener
};

/* What became of a block. */
enum block_state {
	BLOCK_WAITING,
	BLOCK_PLACED,
	BLOCK_FAILED,
};

struct block {
	struct block *next; // of those that are destroyed
	struct connection *connection;
	struct wl_proxy *proxy;
	uint32_t destroy_opcode; // opcode of the request that ends it
	enum block_state state;
	struct area *area; // which it uses while it is placed
	uint32_t offset, size;
};

/* The connection of a display; made if need be, which takes a round trip. NULL: there is no Lido on the other side. */
struct connection *connection_get(struct wl_display *display);

/* Asks the server for a block, and waits. NULL: it could not be had. Its memory reads as zeros. */
struct block *connection_create_block(struct connection *connection, uint32_t size);

/* An ordinary pool of the whole file, on the queue of the connection; it has no place. NULL: no memory. */
struct block *connection_create_shm_pool(struct connection *connection, int fd, size_t size);

/*
 * A proxy that looks like a wl_shm_pool to its owner and has no object on the server. It is fit for use once the server
 * has been waited for, and then has to be put on its owner's queue. NULL: no memory.
 */
struct wl_proxy *connection_create_placeholder(struct connection *connection, uint32_t version);

/* Waits until the server has answered all that was asked for. False: the connection is broken. */
bool connection_wait(struct connection *connection);

/* With the state lock held: has no use for a block, or such a pool, any more; it goes with the next
 * connection_flush_destroyed().
 */
void block_defer_destroy(struct block *block);

/* Gives destroyed blocks of this display back to the server. Cheap if there are none. */
void connection_flush_destroyed(struct wl_display *display);

/* With the state lock held: the connection has one user more, or less. */
void connection_ref(struct connection *connection);
void connection_unref(struct connection *connection);

/* The display is about to be disconnected. */
void connection_handle_disconnect(struct wl_display *display);

/*
 * Reading that this thread has prepared for, and that nobody else could do meanwhile: given up, and taken up again.
 * What suspend returns is for resume.
 */
int reading_suspend(struct wl_display *display);
void reading_resume(struct wl_display *display, int number);

#endif

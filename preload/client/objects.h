/*
 * The tables of the program's wl_shm_pools and wl_buffers whose bytes are in stores, by display and object id.
 *
 * Buffers stay in the store in which they were created, since the server knows them there. When the file moves, they
 * become stale: at each commit that attaches one, it receives the bytes of the file's present store. Where the server
 * writes into a buffer, a stale one has a twin, in the present store.
 *
 * A shm_pool exists from create_pool until the program destroys the placeholder, a buffer from create_buffer until
 * wl_buffer.destroy, and both at most until the display is disconnected. The entry is removed before libwayland
 * destroys the proxy, because the program may reuse the id afterwards. All functions are called without the state lock,
 * but for those that say otherwise.
 */
#ifndef LIDO_RUN_OBJECTS_H
#define LIDO_RUN_OBJECTS_H

#include "file.h"

struct buffer {
	struct buffer *next; // of its bucket
	struct wl_display *display;
	uint32_t id;
	struct file *file;
	struct store *store;       // that it was created in
	size_t offset, size;       // bytes
	union wl_argument args[6]; // of create_buffer
	struct store *twin_store;  // in which its twin is; NULL: it has none
	struct block *twin;        // a wl_buffer: see connection_create_buffer()
	uint32_t surface;          // to which it was last attached while stale, until the commit; 0: none
};

/* Adds a wl_shm_pool of the file. id: of the placeholder. Returns false if there is no memory. */
bool objects_add_pool(struct wl_display *display, uint32_t id, struct file *file);

/* The program destroys the wl_shm_pool. The caller must be a user of its file. */
void objects_remove_pool(struct wl_display *display, uint32_t id);

/* With the state lock held: the file of a wl_shm_pool. NULL: it is not tracked. */
struct file *objects_find_file(struct wl_display *display, uint32_t id);

/*
 * With the state lock held: lists the connections that have pools of the file, and one more, which may be NULL. The
 * caller receives a reference to each, and frees the list. NULL: no memory.
 */
struct connection **objects_list_connections(const struct file *file, struct connection *more, size_t *len);

/* Adds a copy of this buffer. */
void objects_add_buffer(const struct buffer *buffer);

/* With the state lock held: finds the buffer if it is stale. Valid as long as the lock is held. NULL: it is not. */
struct buffer *objects_find_stale_buffer(struct wl_display *display, uint32_t id);

/* With the state lock held: gives up the twin of a buffer, if it has one. */
void objects_remove_twin(struct buffer *buffer);

/* The program destroys a wl_buffer, which need not be tracked. */
void objects_remove_buffer(struct wl_display *display, uint32_t id);

/* With the state lock held: a file has moved. */
void objects_count_stale_buffers(void);

/* Are there stale buffers? Cheap, and needs no lock. */
bool objects_has_stale_buffers(void);

/* The program attaches the buffer with this id to a surface; 0: none. Needed only while there are stale buffers. */
void objects_attach(struct wl_display *display, uint32_t surface, uint32_t id);

/* The program commits a surface: the stale buffer attached to it, if any, receives the present bytes of its file. */
void objects_commit(struct wl_display *display, uint32_t surface);

/* The program is about to disconnect the display: forgets all of its pools and buffers. */
void objects_handle_disconnect(struct wl_display *display);

#endif

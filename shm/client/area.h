/*
 * Areas: the files of the server's pool that it has announced to this client's lido_shm_pool_v1. Each is mapped once.
 * The server is not trusted: only a memfd that is sealed against shrinking and has the announced size becomes an area.
 */
#ifndef LIDO_CLIENT_AREA_H
#define LIDO_CLIENT_AREA_H

#include "client_private.h"

struct lido_client_area {
	struct wl_list link; // lido_client.areas
	struct lido_client *client;
	uint32_t id;
	uint32_t file_id; // for the program
	uint32_t size;    // bytes of the file, as last announced by the server; the file has at least as many
	uint32_t reserve; // bytes of the mapping
	int fd;           // shows whether the file has the size of the next area_size
	uint8_t *data;    // NULL: the file could not be mapped yet
	uint32_t refs;    // storages that have a place in it
	bool is_removed;  // the server has sent area_removed
};

/* Creates the client's lido_shm_pool_v1, whose events create areas. Returns false if out of memory; recorded. */
bool lido_client_create_pool(struct lido_client *client);

/* Destroys the pool, the manager and all areas, which must have no references. Does nothing without a pool. */
void lido_client_destroy_pool(struct lido_client *client);

/*
 * Adds a reference to the area with this id, and sets *area. offset, size: a range, bytes. Returns the address of the
 * range; NULL if the area is unknown, cannot be mapped, or does not hold the range: then nothing is set.
 */
uint8_t *lido_client_area_ref(
		struct lido_client *client, uint32_t id, uint32_t offset, uint32_t size, struct lido_client_area **area);

/* Removes a reference. Destroys a removed area with the last one. NULL is fine. */
void lido_client_area_unref(struct lido_client_area *area);

#endif

/*
 * Areas: files of the server's pool, each mapped once, by this client's lido_shm_pool_v1.
 */
#ifndef LIDO_CLIENT_AREA_H
#define LIDO_CLIENT_AREA_H

#include "client_private.h"

struct lido_client_area {
	struct wl_list link; // lido_client.areas
	struct lido_client *client;
	uint32_t id;
	uint32_t size;    // bytes of the file, as the server told
	uint32_t reserve; // bytes of the mapping
	int fd;           // -1 once it is mapped
	uint8_t *data;    // NULL: it could not be mapped yet
	uint32_t refs;    // memories that have a place in it
	bool is_removed;  // the server has no use for it
};

/* Makes the client's lido_shm_pool_v1, whose events make areas. False: no memory; noted in the client. */
bool lido_client_create_pool(struct lido_client *client);

/* Destroys it, its manager and the areas, which must have no users. Fine if there is none. */
void lido_client_destroy_pool(struct lido_client *client);

/*
 * Adds a user to the area with this id, which must hold that range. Returns where the range is; NULL: the area
 * could not be mapped, or the range is not there.
 */
uint8_t *lido_client_area_ref(
		struct lido_client *client, uint32_t id, uint32_t offset, uint32_t size, struct lido_client_area **area);

/* Takes a user away. NULL is fine. */
void lido_client_area_unref(struct lido_client_area *area);

#endif

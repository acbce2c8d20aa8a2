/*
 * A client: what it has bound, and its books.
 */
#ifndef LIDO_CLIENT_PRIVATE_H
#define LIDO_CLIENT_PRIVATE_H

#include <lido/client.h>

struct lido_client {
	struct wl_display *display;
	struct wl_event_queue *queue;       // of all objects below
	struct wl_display *display_wrapper; // makes objects on the queue
	struct wl_registry *registry;
	struct wl_shm *shm;                  // for its formats alone, where there is a pool
	struct lido_shm_manager_v1 *manager; // NULL: the backend is wl_shm
	struct lido_shm_pool_v1 *pool;       // the same

	struct lido_client_options options;
	int64_t reserve_max; // bytes
	uint64_t formats;    // set of those that the server takes, by lido_client_format_to_bit()
	uint32_t blocks_max, buffers_max;
	bool is_registry_over; // later globals do not count
	bool populates;        // the kernel knows MADV_POPULATE_WRITE, as far as we know

	struct wl_list areas;      // lido_client_area.link
	struct wl_list images;     // lido_image.link
	struct wl_list swapchains; // lido_swapchain.link
	uint32_t storages_len, buffers_len;
	enum lido_client_error error;
	struct lido_client_stats stats;
};

/* Notes why a function fails. Returns false. */
bool lido_client_fail(struct lido_client *client, enum lido_client_error error);

/* Waits until the server has answered all that was asked for. False: the connection is broken; noted. */
bool lido_client_round_trip(struct lido_client *client);

/* Maps a file shared, readable and writable, within the client's reserve. NULL: it could not be. */
void *lido_client_map(struct lido_client *client, int fd, uint32_t size);

/* NULL is fine. */
void lido_client_unmap(struct lido_client *client, void *data, uint32_t size);

/* Bytes of address space that may still be mapped. */
int64_t lido_client_get_reserve_left(const struct lido_client *client);

#endif

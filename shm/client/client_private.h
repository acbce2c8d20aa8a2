/*
 * A client: the globals that it has bound, and its bookkeeping.
 */
#ifndef LIDO_CLIENT_PRIVATE_H
#define LIDO_CLIENT_PRIVATE_H

#include <lido/client.h>

struct lido_client {
	struct wl_display *display;
	struct wl_event_queue *queue;       // of all objects below
	struct wl_display *display_wrapper; // creates objects on the queue
	struct wl_registry *registry;
	struct wl_shm *shm;                  // if there is a pool, for its formats, and for what the pool refuses
	struct lido_shm_manager_v1 *manager; // NULL: the backend is wl_shm
	struct lido_shm_pool_v1 *pool;       // NULL: likewise

	struct lido_client_options options;
	int64_t reserve_max;              // bytes
	uint64_t formats;                 // set of bits of lido_client_format_to_bit(): those that the server offers
	uint32_t blocks_max, buffers_max; // limits of the server; UINT32_MAX on wl_shm
	uint32_t last_file_id;            // of areas and of files of wl_shm
	uint32_t row_align;               // bytes of which the rows of wide images are a multiple
	bool is_registry_over;            // later globals are ignored
	bool is_direct;                   // the server itself is at the other end of the socket, so fds arrive
	bool populates;                   // false once the kernel has rejected MADV_POPULATE_WRITE
	bool is_read_prepared;            // by the program, in this thread
	struct wl_callback *wake;         // makes the socket readable after a round trip; NULL: none is pending

	struct wl_list areas;             // lido_client_area.link
	struct wl_list blocks;            // lido_client_block.link
	struct wl_list images;            // lido_image.link
	struct wl_list swapchains;        // lido_swapchain.link
	uint32_t blocks_len, buffers_len; // those that the server counts
	enum lido_client_error error;     // of the last failure
	struct lido_client_stats stats;
};

/* Records why a function fails. Returns false. */
bool lido_client_fail(struct lido_client *client, enum lido_client_error error);

/* Waits until the server has answered all requests. On failure returns false and records the error. */
bool lido_client_round_trip(struct lido_client *client);

/*
 * Maps a file shared, readable and writable. size: bytes. Returns NULL if that would exceed lido_client.reserve_max, or
 * mmap() fails; records no error.
 */
void *lido_client_map(struct lido_client *client, int fd, uint32_t size);

/* Unmaps what lido_client_map() returned. NULL is fine. */
void lido_client_unmap(struct lido_client *client, void *data, uint32_t size);

/* Returns the bytes of address space that may still be mapped. */
int64_t lido_client_get_reserve_left(const struct lido_client *client);

#endif

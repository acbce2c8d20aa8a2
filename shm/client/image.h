/*
 * An image: a storage, which images of one block share, the layout of the pixels in it, and the wl_buffer that
 * describes both to the server.
 */
#ifndef LIDO_CLIENT_IMAGE_H
#define LIDO_CLIENT_IMAGE_H

#include "storage.h"

struct lido_image {
	struct wl_list link; // lido_client.images, or lido_swapchain.images
	struct lido_client *client;
	struct lido_swapchain *swapchain;    // NULL: the program created the image
	struct lido_client_storage *storage; // a reference
	struct lido_client_layout layout;
	struct wl_buffer *buffer;                                 // owned; NULL until lido_image_get_buffer()
	bool is_busy;                                             // the server has not released the buffer
	bool is_in_block;                                         // other images may have the same storage
	bool is_populated;                                        // for images in a block: needs no page faults
	void (*release_fn)(struct lido_image *image, void *data); // NULL: none
	void *release_data;

	// Only for images of a swapchain:
	uint64_t frame;   // number of the last frame that showed it; for a new image, of the last frame before
	uint32_t age;     // see lido_image_get_age()
	bool is_acquired; // since its buffer was last requested
	bool is_known;    // its pixels are those of the frame
};

/*
 * Computes what lido_client_layout_compute() does, of a layout for this client. On failure returns false and records
 * the error.
 */
bool lido_client_image_init_layout(struct lido_client *client, struct lido_client_layout *layout);

/*
 * Creates an image in a storage, whose reference it takes, also on failure. storage: NULL if it could not be created,
 * which is recorded. Does not wait. Returns NULL on failure; recorded.
 */
struct lido_image *lido_client_image_create(
		const struct lido_client_layout *layout, struct lido_client_storage *storage);

/*
 * Changes the layout of an image that is in no block; layout->size must not exceed the storage. The image must not be
 * busy. Its pixels are unknown.
 */
void lido_client_image_reshape(struct lido_image *image, const struct lido_client_layout *layout);

/*
 * Enlarges the storage to size bytes, and waits. The image must be in no block and not be busy; it loses its buffer,
 * and its pixels are unknown. On failure returns false and records the error; the storage is as before.
 */
bool lido_client_image_grow(struct lido_image *image, uint32_t size);

/* Destroys an image, with or without a swapchain. */
void lido_client_image_destroy(struct lido_image *image);

/* Tells the swapchain that the buffer of its image was requested. */
void lido_client_swapchain_show(struct lido_swapchain *swapchain, struct lido_image *image);

#endif

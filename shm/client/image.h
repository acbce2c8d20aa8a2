/*
 * An image: memory, how pixels lie in it, and the wl_buffer that says so to the server.
 */
#ifndef LIDO_CLIENT_IMAGE_H
#define LIDO_CLIENT_IMAGE_H

#include "storage.h"

struct lido_image {
	struct wl_list link; // lido_client.images, or lido_swapchain.images
	struct lido_client *client;
	struct lido_swapchain *swapchain; // NULL: it is the program's own
	struct lido_client_storage *storage;
	struct lido_client_layout layout;
	struct wl_buffer *buffer; // NULL until it is asked for
	bool is_busy;

	// Of images of a swapchain:
	uint64_t frame;   // the last one that it was shown in; 0: none
	uint32_t age;     // as lido_image_get_age() tells it
	bool is_acquired; // since its buffer was last asked for
	bool is_known;    // its pixels are those of the frame
};

/* Asks for memory of that many bytes for it, which is at least what the layout says. */
struct lido_image *lido_client_image_create(
		struct lido_client *client, const struct lido_client_layout *layout, uint32_t size, bool growable);

/* Gives it another layout, which its memory must have room for. It must not be busy. */
void lido_client_image_reshape(struct lido_image *image, const struct lido_client_layout *layout);

/* Asks for more memory, and waits. It must not be busy. False: noted in the client; all is as it was. */
bool lido_client_image_grow(struct lido_image *image, uint32_t size);

/* Of any kind. */
void lido_client_image_destroy(struct lido_image *image);

/* The swapchain's part: the buffer of its image was asked for. */
void lido_client_swapchain_show(struct lido_swapchain *swapchain, struct lido_image *image);

#endif

#include "swapchain.h"

#include "base/number.h"

#include <stdlib.h>
#include <wayland-client-protocol.h>

// A window needs two images: one that is shown, and one to draw in. If it has that many, ask the server for releases
// before adding another: one may be on its way.
#define IMAGES_EXPECTED 2

// A server that holds more images of one surface than this would hold any number.
#define IMAGES_MAX 16

// An image that was not used for this many frames is destroyed.
#define FRAMES_IDLE_MAX 256

struct lido_swapchain *lido_swapchain_create(struct lido_client *client) {
	struct lido_swapchain *swapchain = calloc(1, sizeof(*swapchain));
	if (swapchain == NULL) {
		lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
		return NULL;
	}
	swapchain->client = client;
	wl_list_init(&swapchain->images);
	wl_list_insert(&client->swapchains, &swapchain->link);
	return swapchain;
}

static void remove_image(struct lido_swapchain *swapchain, struct lido_image *image) {
	swapchain->images_len--;
	lido_client_image_destroy(image);
}

void lido_swapchain_destroy(struct lido_swapchain *swapchain) {
	if (swapchain == NULL) {
		return;
	}
	struct lido_image *image, *next;
	wl_list_for_each_safe(image, next, &swapchain->images, link) {
		remove_image(swapchain, image);
	}
	wl_list_remove(&swapchain->link);
	free(swapchain);
}

void lido_swapchain_discard(struct lido_swapchain *swapchain) {
	struct lido_image *image;
	wl_list_for_each(image, &swapchain->images, link) {
		lido_image_discard(image);
	}
}

static bool has_layout(const struct lido_image *image, const struct lido_client_layout *layout) {
	return image->layout.width == layout->width && image->layout.height == layout->height &&
		   image->layout.stride == layout->stride && image->layout.format == layout->format;
}

// Rates how little work an image needs. 2: it has the layout; 1: its storage is large enough; 0: its storage must grow.
static int rate(const struct lido_image *image, const struct lido_client_layout *layout) {
	return has_layout(image, layout) ? 2 : image->storage->size >= layout->size ? 1 : 0;
}

// Among equals, chooses the image of the latest frame: it needs the least drawing, and is warm in the caches.
static struct lido_image *find_free(struct lido_swapchain *swapchain, const struct lido_client_layout *layout) {
	struct lido_image *image, *best = NULL;
	wl_list_for_each(image, &swapchain->images, link) {
		if (image->is_busy) {
			continue;
		}
		int difference = best == NULL ? 1 : rate(image, layout) - rate(best, layout);
		if (difference > 0 || (difference == 0 && image->frame > best->frame)) {
			best = image;
		}
	}
	return best;
}

static void remove_idle(struct lido_swapchain *swapchain) {
	struct lido_image *image, *next;
	wl_list_for_each_safe(image, next, &swapchain->images, link) {
		if (!image->is_busy && swapchain->images_len > IMAGES_EXPECTED &&
				swapchain->frames - image->frame > FRAMES_IDLE_MAX) {
			remove_image(swapchain, image);
		}
	}
}

// Adds an image with this storage, which may have more bytes than the layout needs. NULL: there is none.
static struct lido_image *try_add_image(struct lido_swapchain *swapchain, const struct lido_client_layout *layout,
		struct lido_client_storage *storage) {
	struct lido_image *image = lido_client_image_create(layout, storage);
	if (image == NULL) {
		return NULL;
	}
	if (!lido_image_wait(image)) {
		lido_client_image_destroy(image);
		return NULL;
	}
	image->swapchain = swapchain;
	image->frame = swapchain->frames;
	wl_list_remove(&image->link);
	wl_list_insert(&swapchain->images, &image->link);
	swapchain->images_len++;
	return image;
}

static bool should_retry_smaller(const struct lido_client *client, uint32_t size, uint32_t size_min) {
	return size > size_min && client->error != LIDO_CLIENT_ERROR_CONNECTION;
}

static struct lido_image *add_image(struct lido_swapchain *swapchain, const struct lido_client_layout *layout) {
	if (swapchain->images_len >= IMAGES_MAX) {
		lido_client_fail(swapchain->client, LIDO_CLIENT_ERROR_LIMIT);
		return NULL;
	}
	struct lido_client *client = swapchain->client;
	uint32_t size = (uint32_t)lido_max(layout->size, swapchain->size);
	struct lido_image *image = try_add_image(swapchain, layout, lido_client_storage_create_growable(client, size));
	if (image == NULL && should_retry_smaller(client, size, layout->size)) {
		image = try_add_image(swapchain, layout, lido_client_storage_create_growable(client, layout->size));
	}
	if (image == NULL) {
		image = try_add_image(swapchain, layout, lido_client_storage_create_fallback(client, layout->size, true));
	}
	return image;
}

static bool grow_image(struct lido_swapchain *swapchain, struct lido_image *image, uint32_t size_min) {
	uint32_t size = swapchain->size;
	if (size_min > size) {
		size = size_min > INT32_MAX / 3 * 2 ? INT32_MAX : size_min / 2 * 3;
	}
	return lido_client_image_grow(image, size) ||
		   (should_retry_smaller(swapchain->client, size, size_min) && lido_client_image_grow(image, size_min));
}

// The pool has refused to enlarge the image: takes one of a file instead, where the options allow that.
static struct lido_image *replace_image(
		struct lido_swapchain *swapchain, struct lido_image *image, const struct lido_client_layout *layout) {
	struct lido_client_storage *storage = lido_client_storage_create_fallback(swapchain->client, layout->size, true);
	struct lido_image *added = try_add_image(swapchain, layout, storage);
	if (added != NULL) {
		remove_image(swapchain, image);
	}
	return added;
}

static struct lido_image *find_image(struct lido_swapchain *swapchain, const struct lido_client_layout *layout) {
	struct lido_image *image = find_free(swapchain, layout);
	if (image == NULL && swapchain->images_len >= IMAGES_EXPECTED) {
		if (!lido_client_round_trip(swapchain->client)) {
			return NULL;
		}
		image = find_free(swapchain, layout);
	}
	if (image == NULL) {
		return add_image(swapchain, layout);
	}
	if (image->storage->size >= layout->size || grow_image(swapchain, image, layout->size)) {
		return image;
	}
	return replace_image(swapchain, image, layout);
}

struct lido_image *lido_swapchain_acquire_with_stride(
		struct lido_swapchain *swapchain, int32_t width, int32_t height, int32_t stride, uint32_t format) {
	struct lido_client *client = swapchain->client;
	struct lido_client_layout layout = {.width = width, .height = height, .stride = stride, .format = format};
	if (!lido_client_image_init_layout(client, &layout) || !lido_client_dispatch(client)) {
		return NULL;
	}
	struct lido_image *image = find_image(swapchain, &layout);
	if (image == NULL) {
		return NULL;
	}
	if (!has_layout(image, &layout)) {
		lido_client_image_reshape(image, &layout);
	}
	swapchain->size = (uint32_t)lido_max(image->storage->size, swapchain->size);
	image->age = image->is_known ? (uint32_t)(swapchain->frames - image->frame + 1) : 0;
	// The program may draw from here on, so the pixels are unknown until the next frame.
	image->is_known = false;
	image->is_acquired = true;
	remove_idle(swapchain);
	return image;
}

struct lido_image *lido_swapchain_acquire(
		struct lido_swapchain *swapchain, int32_t width, int32_t height, uint32_t format) {
	return lido_swapchain_acquire_with_stride(swapchain, width, height, 0, format);
}

void lido_client_swapchain_show(struct lido_swapchain *swapchain, struct lido_image *image) {
	if (image->is_acquired) {
		image->frame = ++swapchain->frames;
		image->is_acquired = false;
		image->is_known = true;
	}
}

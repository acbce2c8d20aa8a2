/*
 * A swapchain: the images of one surface.
 */
#ifndef LIDO_CLIENT_SWAPCHAIN_H
#define LIDO_CLIENT_SWAPCHAIN_H

#include "image.h"

struct lido_swapchain {
	struct wl_list link; // lido_client.swapchains
	struct lido_client *client;
	struct wl_list images; // lido_image.link
	uint32_t images_len;
	uint64_t frames; // frames so far: acquired images whose buffer was requested
	uint32_t size;   // bytes of the largest storage so far
};

#endif

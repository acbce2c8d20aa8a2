/*
 * A DMA-BUF of a client's own: a udmabuf, which needs no GPU. And wl_buffers of DMA-BUFs, as hostile clients make them.
 */
#ifndef GPU_UDMABUF_H
#define GPU_UDMABUF_H

#include "client.h"
#include <stddef.h>
#include <stdint.h>

struct zwp_linux_dmabuf_v1;

struct udmabuf {
	int memfd, fd;
	uint8_t *data; // mapping of the memfd
	size_t size;   // bytes, whole pages
};

/* Makes one of a new memfd that can be made longer, but not shorter. Skips the test if there is no /dev/udmabuf. */
void udmabuf_init(struct udmabuf *dmabuf, size_t size);
void udmabuf_finish(struct udmabuf *dmabuf);

/* A plane of a wl_buffer. */
struct udmabuf_plane {
	int fd;
	uint32_t offset, stride;
};

/* Asks for a wl_buffer with these planes. Nothing is verified. */
struct wl_buffer *udmabuf_create_buffer(struct zwp_linux_dmabuf_v1 *dmabufs, const struct udmabuf_plane *planes,
		size_t planes_len, uint64_t modifier, uint32_t format, int32_t width, int32_t height);

/* The same, but a wl_buffer that cannot be made is no error. Returns NULL then, or if the client was ended. */
struct wl_buffer *udmabuf_try_buffer(struct client *client, struct zwp_linux_dmabuf_v1 *dmabufs,
		const struct udmabuf_plane *planes, size_t planes_len, uint64_t modifier, uint32_t format, int32_t width,
		int32_t height);

#endif

/*
 * udmabufs: DMA-BUFs that the kernel makes of the pages of a memfd, so that a GPU reads them in place.
 *
 * A udmabuf pins its pages: they stay, and are what its readers see, whatever happens to the file. So none may exist
 * for a range whose pages the server punches out; buffers have one, and a buffer's block is never punched.
 */
#ifndef LIDO_UDMABUF_H
#define LIDO_UDMABUF_H

#include "memory/area.h"

/* /dev/udmabuf, for all clients. */
struct lido_udmabuf_device {
	int fd;          // -1: not open
	int error;       // errno of the only try to open it; 0: not tried, or open
	bool needs_sync; // some devices do not see what is in the CPU's caches
};

/* Opens nothing. */
void lido_udmabuf_device_init(struct lido_udmabuf_device *device);

/* Tries once. Returns false, with errno, if it cannot be opened. */
bool lido_udmabuf_device_open(struct lido_udmabuf_device *device);

void lido_udmabuf_device_finish(struct lido_udmabuf_device *device);

struct lido_udmabuf {
	int fd;
	int64_t size; // bytes of whole pages
	bool needs_sync;
	struct lido_quota *quota; // charged with an fd and the pinned bytes
};

/*
 * Makes one of a range of the area, which begins at a page, and is rounded up to the end of its last one; the file has
 * all these pages. Returns false if a limit or the kernel does not allow it; the reason is in the quota. If the kernel
 * refused it, errno is its error, otherwise 0.
 */
bool lido_udmabuf_init(struct lido_udmabuf *udmabuf, const struct lido_udmabuf_device *device, struct lido_area *area,
		int64_t offset, int64_t size);

/* Unpins the pages, as far as no reader is left. */
void lido_udmabuf_finish(struct lido_udmabuf *udmabuf);

/* Writes the CPU's caches back, where devices do not see them. */
void lido_udmabuf_flush(const struct lido_udmabuf *udmabuf);

#endif

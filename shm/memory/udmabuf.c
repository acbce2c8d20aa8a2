#include "memory/udmabuf.h"

#include "base/os.h"
#include "base/page.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/dma-buf.h>
#include <string.h>

// PCI devices of these processors snoop the CPU's caches.
#if defined(__x86_64__) || defined(__i386__)
#define IS_COHERENT true
#else
#define IS_COHERENT false
#endif

void lido_udmabuf_device_init(struct lido_udmabuf_device *device) {
	*device = (struct lido_udmabuf_device){.fd = -1, .needs_sync = !IS_COHERENT};
}

bool lido_udmabuf_device_open(struct lido_udmabuf_device *device) {
	if (device->fd == -1 && device->error == 0) {
		device->fd = lido_os.open_udmabuf();
		device->error = device->fd == -1 ? errno : 0;
	}
	errno = device->error;
	return device->fd != -1;
}

void lido_udmabuf_device_finish(struct lido_udmabuf_device *device) {
	if (device->fd != -1) {
		lido_os.close(device->fd);
		device->fd = -1;
	}
}

// Pinning looks up each page: the same work as filling the page table.
static bool is_allowed(struct lido_quota *quota, int64_t size) {
	return lido_quota_allows_or_tells(quota, LIDO_QUOTA_PINNED_BYTES, size) &&
		   lido_quota_allows_or_tells(quota, LIDO_QUOTA_FILES, 1) &&
		   lido_quota_spend(quota, LIDO_QUOTA_POPULATED_BYTES, size);
}

bool lido_udmabuf_init(struct lido_udmabuf *udmabuf, const struct lido_udmabuf_device *device, struct lido_area *area,
		int64_t offset, int64_t size) {
	assert(area->sealed && device->fd != -1 && offset == lido_page_round_down(offset));
	size = lido_page_round_up(size);
	errno = 0;
	if (!is_allowed(area->quota, size)) {
		errno = 0;
		return false;
	}
	int fd = lido_os.create_udmabuf(device->fd, area->fd, offset, size);
	if (fd == -1) {
		int error = errno;
		lido_quota_fail(area->quota, "cannot pin %" PRId64 " bytes: %s", size, strerror(error));
		errno = error;
		return false;
	}
	*udmabuf = (struct lido_udmabuf){.fd = fd, .size = size, .needs_sync = device->needs_sync, .quota = area->quota};
	lido_quota_add(area->quota, LIDO_QUOTA_PINNED_BYTES, size);
	lido_quota_add(area->quota, LIDO_QUOTA_FILES, 1);
	lido_quota_add(area->quota, LIDO_QUOTA_UDMABUFS, 1);
	if (device->needs_sync) {
		// The kernel prepares the write-backs at the first start. It would wait for readers, but there are none yet.
		lido_os.sync_dmabuf(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
		lido_udmabuf_flush(udmabuf);
	}
	return true;
}

void lido_udmabuf_finish(struct lido_udmabuf *udmabuf) {
	lido_quota_subtract(udmabuf->quota, LIDO_QUOTA_PINNED_BYTES, udmabuf->size);
	lido_quota_subtract(udmabuf->quota, LIDO_QUOTA_FILES, 1);
	lido_quota_subtract(udmabuf->quota, LIDO_QUOTA_UDMABUFS, 1);
	lido_os.close(udmabuf->fd);
}

// An end without a start is allowed, and does not wait for readers, which a start would do.
void lido_udmabuf_flush(const struct lido_udmabuf *udmabuf) {
	if (udmabuf->needs_sync) {
		lido_os.sync_dmabuf(udmabuf->fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	}
}

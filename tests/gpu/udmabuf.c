#include "udmabuf.h"
#include "file.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

void udmabuf_init(struct udmabuf *dmabuf, size_t size) {
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device == -1) {
		skip("/dev/udmabuf: %s", strerror(errno));
	}
	dmabuf->size = size;
	dmabuf->memfd = file_create_sealed((int64_t)size, F_SEAL_SHRINK);
	dmabuf->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf->memfd, 0);
	expect(dmabuf->data != MAP_FAILED);
	struct udmabuf_create create = {.memfd = (uint32_t)dmabuf->memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = size};
	dmabuf->fd = ioctl(device, UDMABUF_CREATE, &create);
	expect(dmabuf->fd != -1);
	close(device);
}

void udmabuf_finish(struct udmabuf *dmabuf) {
	munmap(dmabuf->data, dmabuf->size);
	close(dmabuf->memfd);
	close(dmabuf->fd);
}

static struct zwp_linux_buffer_params_v1 *create_params(
		struct zwp_linux_dmabuf_v1 *dmabufs, const struct udmabuf_plane *planes, size_t planes_len, uint64_t modifier) {
	struct zwp_linux_buffer_params_v1 *params = zwp_linux_dmabuf_v1_create_params(dmabufs);
	for (uint32_t i = 0; i < planes_len; i++) {
		zwp_linux_buffer_params_v1_add(params, planes[i].fd, i, planes[i].offset, planes[i].stride,
				(uint32_t)(modifier >> 32), (uint32_t)modifier);
	}
	return params;
}

struct wl_buffer *udmabuf_create_buffer(struct zwp_linux_dmabuf_v1 *dmabufs, const struct udmabuf_plane *planes,
		size_t planes_len, uint64_t modifier, uint32_t format, int32_t width, int32_t height) {
	struct zwp_linux_buffer_params_v1 *params = create_params(dmabufs, planes, planes_len, modifier);
	struct wl_buffer *buffer = zwp_linux_buffer_params_v1_create_immed(params, width, height, format, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

struct answer {
	struct wl_buffer *buffer;
	bool came;
};

static void handle_created(void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *buffer) {
	struct answer *answer = data;
	answer->buffer = buffer;
	answer->came = true;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct answer *answer = data;
	answer->came = true;
}

static const struct zwp_linux_buffer_params_v1_listener listener = {
	.created = handle_created,
	.failed = handle_failed,
};

struct wl_buffer *udmabuf_try_buffer(struct client *client, struct zwp_linux_dmabuf_v1 *dmabufs,
		const struct udmabuf_plane *planes, size_t planes_len, uint64_t modifier, uint32_t format, int32_t width,
		int32_t height) {
	struct answer answer = {0};
	struct zwp_linux_buffer_params_v1 *params = create_params(dmabufs, planes, planes_len, modifier);
	zwp_linux_buffer_params_v1_add_listener(params, &listener, &answer);
	zwp_linux_buffer_params_v1_create(params, width, height, format, 0);
	client_wait(client, &answer.came);
	zwp_linux_buffer_params_v1_destroy(params);
	return answer.buffer;
}

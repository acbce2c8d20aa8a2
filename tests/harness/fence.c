#include "fence.h"

#include "runner.h"
#include <drm.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// As in drm/vgem_drm.h, which is not installed everywhere.
#define VGEM_FENCE_ATTACH 1
#define VGEM_FENCE_SIGNAL 2

struct vgem_fence_attach {
	uint32_t handle, flags, out_fence, pad;
};

struct vgem_fence_signal {
	uint32_t fence, flags;
};

static int open_vgem(void) {
	glob_t nodes;
	expect_int(glob("/dev/dri/card*", 0, NULL, &nodes), ==, 0);
	for (size_t i = 0; i < nodes.gl_pathc; i++) {
		char name[8] = "";
		struct drm_version version = {.name = name, .name_len = sizeof(name) - 1};
		int fd = open(nodes.gl_pathv[i], O_RDWR | O_CLOEXEC);
		if (fd != -1 && ioctl(fd, DRM_IOCTL_VERSION, &version) == 0 && strcmp(name, "vgem") == 0) {
			globfree(&nodes);
			return fd;
		}
		close(fd);
	}
	globfree(&nodes);
	skip("there is no vgem device");
}

int fence_init_file(struct fence *fence) {
	fence->device_fd = open_vgem();
	struct drm_mode_create_dumb dumb = {.width = 64, .height = 64, .bpp = 32};
	expect_int(ioctl(fence->device_fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb), ==, 0);
	struct vgem_fence_attach attach = {.handle = dumb.handle};
	expect_int(
			ioctl(fence->device_fd, DRM_IOWR(DRM_COMMAND_BASE + VGEM_FENCE_ATTACH, struct vgem_fence_attach), &attach),
			==, 0);
	fence->fence = attach.out_fence;
	struct drm_prime_handle prime = {.handle = dumb.handle, .flags = DRM_CLOEXEC};
	expect_int(ioctl(fence->device_fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime), ==, 0);
	struct dma_buf_export_sync_file exported = {.flags = DMA_BUF_SYNC_RW};
	expect_int(ioctl(prime.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &exported), ==, 0);
	close(prime.fd);
	return exported.fd;
}

static void init(struct fence *fence, int dmabuf_fd, uint32_t flags) {
	struct dma_buf_import_sync_file imported = {.flags = flags, .fd = fence_init_file(fence)};
	expect_int(ioctl(dmabuf_fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &imported), ==, 0);
	close(imported.fd);
}

void fence_init(struct fence *fence, int dmabuf_fd) {
	init(fence, dmabuf_fd, DMA_BUF_SYNC_READ);
}

void fence_init_write(struct fence *fence, int dmabuf_fd) {
	init(fence, dmabuf_fd, DMA_BUF_SYNC_WRITE);
}

void fence_finish(struct fence *fence) {
	struct vgem_fence_signal signal = {.fence = fence->fence};
	expect_int(
			ioctl(fence->device_fd, DRM_IOW(DRM_COMMAND_BASE + VGEM_FENCE_SIGNAL, struct vgem_fence_signal), &signal),
			==, 0);
	close(fence->device_fd);
}

/*
 * Lets Mesa's software renderer read imported DMA-BUFs, as GPUs do. Link it into a program with export_dynamic, or
 * preload it.
 *
 * kms_swrast maps a buffer by DRM_IOCTL_MODE_MAP_DUMB, which the kernel refuses for imported ones; Mesa reads a null
 * pointer then. Here the DMA-BUF itself is mapped instead.
 */
#include <dlfcn.h>
#include <drm.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

// Beyond every offset that the kernel gives: stands for an imported buffer, with its handle times a page.
#define OFFSET (UINT64_C(1) << 60)
#define PAGE 4096

#define REPLACE(result, name, ...) \
	__attribute__((visibility("default"))) result name(__VA_ARGS__); \
	__attribute__((visibility("default"))) result name(__VA_ARGS__)

// function: address of a pointer to a function.
static void find_real(const char *name, void *function) {
	void *address = dlsym(RTLD_NEXT, name);
	memcpy(function, &address, sizeof(address));
}

REPLACE(int, ioctl, int fd, unsigned long request, ...) {
	int (*real)(int, unsigned long, ...);
	find_real("ioctl", &real);
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	int result = real(fd, request, argument);
	if (request != DRM_IOCTL_MODE_MAP_DUMB || result == 0) {
		return result;
	}
	struct drm_mode_map_dumb *dumb = argument;
	dumb->offset = OFFSET + (uint64_t)dumb->handle * PAGE;
	return 0;
}

static void *map(const char *name, void *address, size_t size, int protection, int flags, int fd, off_t offset) {
	void *(*real)(void *, size_t, int, int, int, off_t);
	find_real(name, &real);
	if (fd == -1 || (uint64_t)offset < OFFSET) {
		return real(address, size, protection, flags, fd, offset);
	}
	struct drm_prime_handle prime = {
		.handle = (uint32_t)(((uint64_t)offset - OFFSET) / PAGE), .flags = DRM_CLOEXEC | DRM_RDWR};
	if (ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime) != 0) {
		return MAP_FAILED;
	}
	void *data = real(address, size, protection, flags, prime.fd, 0);
	close(prime.fd);
	return data;
}

// Libraries call either name, which sys/mman.h does not let us define both.
#define REPLACE_MMAP(function, name) \
	__attribute__((visibility("default"))) void *function( \
			void *address, size_t size, int protection, int flags, int fd, off_t offset) __asm__(name); \
	void *function(void *address, size_t size, int protection, int flags, int fd, off_t offset) { \
		return map(name, address, size, protection, flags, fd, offset); \
	}

REPLACE_MMAP(replaced_mmap, "mmap")
REPLACE_MMAP(replaced_mmap64, "mmap64")

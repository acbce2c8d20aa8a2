/*
 * Preloaded by scripts/gpu-init, so that programs render in software on a GPU that only has memory.
 *
 * Mesa's software renderer allocates dumb buffers, which the kernel allows on primary nodes alone; wlroots and clients
 * ask for render nodes. Where a device has both, this opens the primary node instead, and calls it a render node.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define DRM_MAJOR 226
#define NODE_RENDER 2 // DRM_NODE_RENDER

// Returns whether a path matches the pattern, and copies what follows its last / to name.
static bool find_name(const char *pattern, char *name, size_t name_size) {
	glob_t found;
	bool has_one = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;
	if (has_one) {
		snprintf(name, name_size, "%s", strrchr(found.gl_pathv[0], '/') + 1);
	}
	globfree(&found);
	return has_one;
}

// Returns the path to open: that of the primary node, in buffer, if path is a render node of a device that has one.
static const char *choose_node(const char *path, char *buffer, size_t buffer_size) {
	static const char prefix[] = "/dev/dri/renderD";
	if (strncmp(path, prefix, sizeof(prefix) - 1) != 0) {
		return path;
	}
	char pattern[128], name[64];
	snprintf(pattern, sizeof(pattern), "/sys/class/drm/%.32s/device/drm/card*", strrchr(path, '/') + 1);
	if (!find_name(pattern, name, sizeof(name))) {
		return path;
	}
	snprintf(buffer, buffer_size, "/dev/dri/%s", name);
	return buffer;
}

#define WRAP_OPEN(name) \
	int name(const char *path, int flags, ...) { \
		int (*original)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
		mode_t mode = 0; \
		if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) { \
			va_list args; \
			va_start(args, flags); \
			mode = va_arg(args, mode_t); \
			va_end(args); \
		} \
		char buffer[96]; \
		return original(choose_node(path, buffer, sizeof(buffer)), flags, mode); \
	}
WRAP_OPEN(open)
WRAP_OPEN(open64)

int drmGetNodeTypeFromFd(int fd) {
	struct stat status;
	char pattern[128], name[64];
	if (fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) == DRM_MAJOR) {
		snprintf(pattern, sizeof(pattern), "/sys/dev/char/%u:%u/device/drm/renderD*", DRM_MAJOR, minor(status.st_rdev));
		if (find_name(pattern, name, sizeof(name))) {
			return NODE_RENDER;
		}
	}
	int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "drmGetNodeTypeFromFd");
	return original != NULL ? original(fd) : -1;
}

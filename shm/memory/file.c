#include "memory/file.h"

#include "base/os.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static bool refuse(char *reason, size_t reason_size, const char *format, ...) {
	va_list args;
	va_start(args, format);
	vsnprintf(reason, reason_size, format, args);
	va_end(args);
	return false;
}

// On a file system that another process serves (FUSE, network), a read can wait forever, and all clients with it. These
// types need nobody else. Overlays are not among them, since they can rest on any file system, nor are those without a
// device of which seals say nothing: see is_safe_to_ask().
static bool file_system_answers(const struct statfs *statfs) {
	static const uint32_t types[] = {TMPFS_MAGIC, HUGETLBFS_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, F2FS_SUPER_MAGIC};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((uint32_t)statfs->f_type == types[i]) {
			return true;
		}
	}
	return false;
}

// Even fstat() and fstatfs() can wait for whoever serves the file system. Two things are known without asking: only
// files in memory have seals, and the kernel has a part of the status cached. A served file system has no block device
// (except "fuseblk", which only root can mount).
static bool is_safe_to_ask(int fd, char *reason, size_t reason_size) {
	struct statx stat;
	if (lido_os.get_seals(fd) != -1) {
		return true;
	}
	if (lido_os.stat_cached(fd, &stat) != 0) {
		return refuse(reason, reason_size, "invalid fd: %s", strerror(errno));
	}
	if (!S_ISREG(stat.stx_mode)) {
		return refuse(reason, reason_size, "invalid fd: not a regular file (mode 0%o)", stat.stx_mode & S_IFMT);
	}
	if (stat.stx_dev_major == 0) {
		return refuse(reason, reason_size,
				"invalid fd: file system of device 0:%" PRIu32
				" might block the server's reads; use a memfd, or a file on tmpfs",
				(uint32_t)stat.stx_dev_minor);
	}
	return true;
}

bool lido_file_inspect(int fd, struct lido_file_info *info, char *reason, size_t reason_size) {
	char byte;
	*info = (struct lido_file_info){0};
	if (!is_safe_to_ask(fd, reason, reason_size)) {
		return false;
	}
	if (lido_os.fstat(fd, &info->stat) != 0) {
		return refuse(reason, reason_size, "invalid fd: %s", strerror(errno));
	}
	if (!S_ISREG(info->stat.st_mode)) {
		return refuse(reason, reason_size, "invalid fd: not a regular file (mode 0%o)", info->stat.st_mode & S_IFMT);
	}
	if (lido_os.fstatfs(fd, &info->statfs) != 0) {
		return refuse(reason, reason_size, "invalid fd: cannot tell its file system: %s", strerror(errno));
	}
	if (!file_system_answers(&info->statfs)) {
		return refuse(reason, reason_size,
				"invalid fd: file system type 0x%" PRIx32
				" might block the server's reads; use a memfd, or a file on tmpfs",
				(uint32_t)info->statfs.f_type);
	}
	if (lido_os.pread(fd, &byte, 1, 0) < 0) {
		return refuse(reason, reason_size, "invalid fd: cannot be read: %s", strerror(errno));
	}
	return true;
}

bool lido_file_probe(int fd, char *reason, size_t reason_size) {
	struct lido_file_info info;
	return lido_file_inspect(fd, &info, reason, reason_size);
}

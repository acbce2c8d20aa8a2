#include "file.h"
#include "runner.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *const file_kind_names[FILE_KINDS_LEN] = {
	[FILE_SEALABLE] = "sealable memfd",
	[FILE_SEALED] = "sealed memfd",
	[FILE_SEALED_FAST] = "memfd with every size seal",
	[FILE_UNSEALABLE] = "unsealable memfd",
	[FILE_RUNTIME_DIR] = "file in XDG_RUNTIME_DIR",
	[FILE_SHM_OPEN] = "shm_open() object",
};

static int create_runtime_file(void) {
	char path[512];
	snprintf(path, sizeof(path), "%s/pixels-XXXXXX", getenv("XDG_RUNTIME_DIR"));
	int fd = mkostemp(path, O_CLOEXEC);
	unlink(path);
	return fd;
}

static int create_shm_object(void) {
	static int counter;
	char name[64];
	snprintf(name, sizeof(name), "/lido-test-%d-%d", (int)getpid(), counter++);
	int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	shm_unlink(name);
	return fd;
}

static int create_empty(enum file_kind kind) {
	switch (kind) {
	case FILE_RUNTIME_DIR:
		return create_runtime_file();
	case FILE_SHM_OPEN:
		return create_shm_object();
	case FILE_UNSEALABLE:
		return memfd_create("unsealable", MFD_CLOEXEC);
	default:
		return memfd_create("sealable", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
}

int file_create(enum file_kind kind, int64_t size) {
	int fd = create_empty(kind);
	if (fd < 0) {
		fail("cannot make a %s: %s", file_kind_names[kind], strerror(errno));
	}
	file_set_size(fd, size);
	int seals = kind == FILE_SEALED        ? F_SEAL_SHRINK
				: kind == FILE_SEALED_FAST ? F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL
										   : 0;
	expect(seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

int file_create_sealed(int64_t size, int seals) {
	int fd = file_create(FILE_SEALABLE, size);
	expect_int(fcntl(fd, F_ADD_SEALS, seals), ==, 0);
	return fd;
}

int file_reopen(int fd, int flags) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int other = open(path, flags | O_CLOEXEC);
	expect(other >= 0);
	return other;
}

void file_write(int fd, int64_t offset, const void *data, size_t size) {
	expect_int(pwrite(fd, data, size, offset), ==, size);
}

void file_read(int fd, int64_t offset, void *data, size_t size) {
	expect_int(pread(fd, data, size, offset), ==, size);
}

void file_fill_memory(uint8_t *data, int64_t offset, size_t size, uint32_t seed) {
	for (size_t i = 0; i < size; i++) {
		uint32_t hash = ((uint32_t)offset + (uint32_t)i + seed * 7919) * 2654435761u;
		data[i] = (uint8_t)(hash >> 24);
	}
}

void file_fill(int fd, int64_t offset, size_t size, uint32_t seed) {
	uint8_t *data = malloc(size);
	expect(data != NULL);
	file_fill_memory(data, offset, size, seed);
	file_write(fd, offset, data, size);
	free(data);
}

void file_set_size(int fd, int64_t size) {
	if (ftruncate(fd, size) != 0) {
		fail("cannot set the size of a file to %" PRId64 ": %s", size, strerror(errno));
	}
}

int64_t file_get_size(int fd) {
	struct stat info;
	expect_int(fstat(fd, &info), ==, 0);
	return info.st_size;
}

int64_t file_get_allocated(int fd) {
	struct stat info;
	expect_int(fstat(fd, &info), ==, 0);
	return (int64_t)info.st_blocks * 512;
}

int file_get_seals(int fd) {
	return fcntl(fd, F_GET_SEALS);
}

size_t file_count_mappings(int fd, int64_t *size) {
	struct stat info;
	expect_int(fstat(fd, &info), ==, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	expect(maps != NULL);
	char line[1024];
	size_t count = 0;
	int64_t sum = 0;
	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long start, end, inode;
		unsigned major_number, minor_number;
		if (sscanf(line, "%lx-%lx %*s %*s %x:%x %lu", &start, &end, &major_number, &minor_number, &inode) == 5 &&
				inode == info.st_ino && makedev(major_number, minor_number) == info.st_dev) {
			count++;
			sum += (int64_t)(end - start);
		}
	}
	fclose(maps);
	if (size != NULL) {
		*size = sum;
	}
	return count;
}

size_t file_count_fds(int fd) {
	struct stat info, other;
	expect_int(fstat(fd, &info), ==, 0);
	DIR *dir = opendir("/proc/self/fd");
	expect(dir != NULL);
	size_t count = 0;
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		count += fstat(atoi(entry->d_name), &other) == 0 && other.st_dev == info.st_dev && other.st_ino == info.st_ino;
	}
	closedir(dir);
	return count;
}

/*
 * Inspects a client's fd before anything is read from it.
 */
#ifndef LIDO_FILE_H
#define LIDO_FILE_H

#include <lido/shm.h>
#include <sys/stat.h>
#include <sys/vfs.h>

struct lido_file_info {
	struct stat stat;
	struct statfs statfs;
};

/* As lido_file_probe(), and fills *info. */
bool lido_file_inspect(int fd, struct lido_file_info *info, char *reason, size_t reason_size);

#endif

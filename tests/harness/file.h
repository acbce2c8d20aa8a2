/*
 * Files of every kind that clients put their pixels in. The fds are the caller's to close; all are close-on-exec.
 */
#ifndef HARNESS_FILE_H
#define HARNESS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum file_kind {
	FILE_SEALABLE,    // a memfd without seals, as of Mesa
	FILE_SEALED,      // a memfd with F_SEAL_SHRINK, as of GTK 4
	FILE_SEALED_FAST, // a memfd with F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_SEAL, as of foot
	FILE_UNSEALABLE,  // a memfd made without MFD_ALLOW_SEALING, as of GTK 3
	FILE_RUNTIME_DIR, // an unlinked file in XDG_RUNTIME_DIR, as of EFL
	FILE_SHM_OPEN,    // an unlinked object of shm_open(), as of swaybg
	FILE_KINDS_LEN,
};

/* For messages. */
extern const char *const file_kind_names[FILE_KINDS_LEN];

/* May the file be mapped by the server: is it sealed, or sealable? */
#define FILE_KIND_IS_SEALABLE(kind) ((int)(kind) <= FILE_SEALED_FAST)

/* A new file of that size, all of it a hole. */
int file_create(enum file_kind kind, int64_t size);

/* A memfd with just these seals; F_SEAL_SHRINK need not be among them. */
int file_create_sealed(int64_t size, int seals);

/* Another fd on the same file, opened with these flags (O_RDONLY, O_WRONLY, O_RDWR). */
int file_reopen(int fd, int flags);

/* Writes or reads so many bytes; the test fails if it cannot. */
void file_write(int fd, int64_t offset, const void *data, size_t size);
void file_read(int fd, int64_t offset, void *data, size_t size);

/* Fills bytes with a pattern that depends on their place and the seed. */
void file_fill(int fd, int64_t offset, size_t size, uint32_t seed);

/* The same pattern in memory. */
void file_fill_memory(uint8_t *data, int64_t offset, size_t size, uint32_t seed);

/* Changes the size; the test fails if it cannot. */
void file_set_size(int fd, int64_t size);

/* What the kernel says of the file. */
int64_t file_get_size(int fd);
int64_t file_get_allocated(int fd); // bytes of pages that exist
int file_get_seals(int fd);         // -1: cannot be sealed

/* How many mappings of the file this process has, and their bytes (may be NULL). */
size_t file_count_mappings(int fd, int64_t *size);

/* How many fds of this process name the file. */
size_t file_count_fds(int fd);

#endif

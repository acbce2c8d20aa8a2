/*
 * Files of every kind that clients use for pixels. The caller closes the fds; all are close-on-exec.
 */
#ifndef HARNESS_FILE_H
#define HARNESS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum file_kind {
	FILE_SEALABLE,    // a memfd without seals, as in Mesa
	FILE_SEALED,      // a memfd with F_SEAL_SHRINK, as in GTK 4
	FILE_SEALED_FAST, // a memfd with F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_SEAL, as in foot
	FILE_UNSEALABLE,  // a memfd made without MFD_ALLOW_SEALING, as in GTK 3
	FILE_RUNTIME_DIR, // an unlinked file in XDG_RUNTIME_DIR, as in EFL
	FILE_SHM_OPEN,    // an unlinked object of shm_open(), as in swaybg
	FILE_KINDS_LEN,
};

/* For messages. */
extern const char *const file_kind_names[FILE_KINDS_LEN];

/* May the server map the file: is it sealed or sealable? */
#define FILE_KIND_IS_SEALABLE(kind) ((int)(kind) <= FILE_SEALED_FAST)

/* Creates a file of that size, all of it a hole. */
int file_create(enum file_kind kind, int64_t size);

/* Creates a memfd with exactly these seals; F_SEAL_SHRINK need not be among them. */
int file_create_sealed(int64_t size, int seals);

/* Opens the same file again, with these flags (O_RDONLY, O_WRONLY, O_RDWR). */
int file_reopen(int fd, int flags);

/* Writes or reads size bytes; the test fails if it cannot. */
void file_write(int fd, int64_t offset, const void *data, size_t size);
void file_read(int fd, int64_t offset, void *data, size_t size);

/* Fills bytes with a pattern that depends on their offset and the seed. */
void file_fill(int fd, int64_t offset, size_t size, uint32_t seed);

/* The same pattern in memory. */
void file_fill_memory(uint8_t *data, int64_t offset, size_t size, uint32_t seed);

/* Changes the size; the test fails if it cannot. */
void file_set_size(int fd, int64_t size);

/* The kernel's values for the file. */
int64_t file_get_size(int fd);
int64_t file_get_allocated(int fd); // bytes of allocated pages
int file_get_seals(int fd);         // -1: the file cannot be sealed

/* Number of mappings of the file in this process. size receives their bytes; may be NULL. */
size_t file_count_mappings(int fd, int64_t *size);

/* Number of fds of the file in this process. */
size_t file_count_fds(int fd);

#endif

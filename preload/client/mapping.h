/*
 * Where this process has files mapped. All of this with the state lock held.
 */
#ifndef LIDO_RUN_MAPPING_H
#define LIDO_RUN_MAPPING_H

#include "file.h"

struct mapping {
	uintptr_t start;
	size_t size;  // bytes, whole pages
	off_t offset; // of the file
	int prot;
	bool is_private;
	struct file *file;
};

/* Adds one that was just made. False: no memory; then the file is strange. */
bool mapping_add(const struct mapping *mapping);

/* Takes out what lies in the range, which is not mapped any more. Files that lose their last one may go. */
void mapping_remove(uintptr_t start, size_t size);

/* The one that has this address. NULL: none. Valid until the next change. */
const struct mapping *mapping_find(uintptr_t address);

/* Notes that a range has this protection now. */
void mapping_protect(uintptr_t start, size_t size, int prot);

/* End of the last mapping of the file, as an offset of it. */
size_t mapping_get_end(const struct file *file);

/* Maps the store wherever the file is mapped. fd: of the file. False: that was not possible; all is as it was. */
bool mapping_move_all(const struct file *file, struct store *store, int fd);

#endif

/*
 * The table of this process's mappings of tracked files. All functions need the state lock.
 */
#ifndef LIDO_RUN_MAPPING_H
#define LIDO_RUN_MAPPING_H

#include "file.h"

struct mapping {
	uintptr_t start;
	size_t size;  // bytes; whole pages
	off_t offset; // in the file
	int prot;
	bool is_private;
	struct file *file;
};

/* Adds a new mapping. Returns false if there is no memory: then the file is unsupported. */
bool mapping_add(const struct mapping *mapping);

/*
 * Removes the range, which is no longer mapped, from all mappings. May destroy files that have lost their last mapping:
 * the caller must be a user of files that it needs (file.users).
 */
void mapping_remove(uintptr_t start, size_t size);

/* The mapping that includes this address, valid until the table changes. NULL: there is none. */
const struct mapping *mapping_find(uintptr_t address);

/* Notes the new protection of a range. A file of which only part of a mapping has it is unsupported from then on. */
void mapping_protect(uintptr_t start, size_t size, int prot);

/* The largest offset in the file at which a mapping ends; 0 if the file is not mapped. */
size_t mapping_get_end(const struct file *file);

/* Calls fn for each mapping of the file until it returns false. Returns false if one of the calls does. */
bool mapping_for_each(const struct file *file, bool (*fn)(const struct mapping *mapping, void *data), void *data);

/*
 * Maps the store at all addresses where the file has shared mappings. Returns false if one of them cannot be mapped:
 * then all show the present store again.
 */
bool mapping_move_all(const struct file *file, struct store *store);

#endif

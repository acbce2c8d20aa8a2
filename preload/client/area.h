/*
 * Areas: files of the server's pool, each mapped once by this library. All of this with the state lock held.
 */
#ifndef LIDO_RUN_AREA_H
#define LIDO_RUN_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct area {
	struct area *next; // of its connection
	uint32_t id;
	uint32_t size;    // bytes of the file, as the server told
	uint32_t reserve; // bytes of the mapping
	int fd;
	uint8_t *data;
	uint32_t high_water; // bytes from the start, any of which may have been used: what is beyond holds zeros
	uint8_t *populated;  // a bit for each part of the mapping: are its pages in the page table?
	uint32_t users;      // stores
	bool is_removed;     // the server has no use for it
};

/* Maps it, and has the fd from then on. NULL: that was not possible; the fd is closed. */
struct area *area_create(uint32_t id, int fd, uint32_t size, uint32_t reserve);

/* It must have no users. */
void area_destroy(struct area *area);

/* A new user of a range in whole pages, which will read as zeros. False: that is not possible. */
bool area_use(struct area *area, uint32_t offset, uint32_t size);

/* Moves part of the mapping to another address, with its pages if they are there, in the place of what is mapped there.
 */
bool area_remap_to(struct area *area, size_t offset, size_t size, int prot, void *address);

/* Takes it back from there. Nothing is mapped there any more. False: that was not possible, nothing has changed. */
bool area_remap_from(struct area *area, size_t offset, size_t size, void *address);

#endif

/*
 * Areas: files of the server's pool. This library maps each of them once, at area.data, and keeps no fd: all further
 * mappings are duplicates of that one. All functions need the state lock.
 *
 * Where the program maps a file whose bytes are in a block, that part of the area's mapping moves to the program's
 * address with its page table entries, and back on munmap(): so recycled memory causes no page faults.
 */
#ifndef LIDO_RUN_AREA_H
#define LIDO_RUN_AREA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct area {
	struct area *next; // connection.areas
	uint32_t id;
	uint32_t size;    // bytes of the file, as the server announced them
	uint32_t present; // bytes of the file that are known to exist, whatever the server announces
	uint32_t reserve; // bytes of the mapping
	uint8_t *data;
	uint32_t high_water; // bytes from the start that blocks may have used; all beyond read as zeros
	uint64_t *populated; // one bit for each page: is it probably in the page table, at data or where it was moved to?
	uint32_t users;      // placed blocks
	bool is_removed;     // the server has announced its removal: goes with its last user
};

/*
 * Maps the file and closes its fd, number. NULL: no memory or address space; or the file has fewer bytes than size, is
 * not in memory, or could shrink, so that access to it could raise SIGBUS.
 */
struct area *area_create(uint32_t id, int number, uint32_t size, uint32_t reserve);

/* The area must have no users. */
void area_destroy(struct area *area);

/*
 * Adds a user of a range of whole pages, and clears the range. Returns false if the range is empty, does not lie in the
 * file and its mapping (access beyond the end of the file raises SIGBUS), or does not begin at a page.
 */
bool area_use(struct area *area, uint32_t offset, uint32_t size);

/*
 * Maps a range at address, replacing what is mapped there. If prot is read and write, its page table entries move
 * along. Returns false if it cannot be mapped.
 */
bool area_remap_to(struct area *area, size_t offset, size_t size, int prot, void *address);

/*
 * Moves a mapping of a range, which must be readable and writable, from address back to area.data. Afterwards nothing
 * is mapped at address. Returns false if that is impossible: then nothing has changed.
 */
bool area_remap_from(struct area *area, size_t offset, size_t size, void *address);

/*
 * The pages of a range, of which area_remap_from() has moved a mapping, are probably in the page table. If they are
 * not, only time is lost.
 */
void area_note_populated(struct area *area, size_t offset, size_t size);

#endif

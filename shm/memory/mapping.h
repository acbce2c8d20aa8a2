/*
 * Mappings of the server, each charged to one client, and their unmapping.
 *
 * munmap() can fail: the kernel merges adjacent anonymous mappings, and unmapping a part of what it merged takes one
 * more of the vm.max_map_count mappings that a process may have. A mapping that could not be unmapped is kept, and
 * counted for all clients together, until a later try works. Mappings of files never merge: each begins at the start of
 * its file.
 */
#ifndef LIDO_MAPPING_H
#define LIDO_MAPPING_H

#include "memory/quota.h"

struct lido_mapping {
	uint8_t *data; // never moves
	size_t size;   // bytes of address space, whole pages

	// Private.
	struct wl_list link; // lido_unmapping.mappings, after munmap() has failed
	bool is_anonymous;
};

/*
 * Maps anonymous, writable memory, all zeros. Returns NULL if memory is short or the limit does not allow it; the
 * reason is in the quota.
 */
struct lido_mapping *lido_mapping_create_anonymous(struct lido_quota *quota, size_t size);

/*
 * Maps a file from its start, read-only and shared: that much of it or, where address space is scarce, less, but at
 * least size_min. The file may be shorter. Returns NULL as above. Sizes: bytes; a mapping has whole pages.
 */
struct lido_mapping *lido_mapping_create_of_file(struct lido_quota *quota, int fd, int64_t size, int64_t size_min);

/* Mappings that could not be unmapped. */
struct lido_unmapping {
	struct lido_quota_total *total; // counts them; may be NULL
	struct wl_list mappings;        // lido_mapping.link; those tried longest ago come first
};

/* total must outlive the unmapping. */
void lido_unmapping_init(struct lido_unmapping *unmapping, struct lido_quota_total *total);

/* Tries all of them once more. */
void lido_unmapping_finish(struct lido_unmapping *unmapping);

/*
 * Unmaps a mapping, for which the client is not charged any more. Returns false if that has failed: the mapping waits
 * for lido_unmapping_retry(), and if it is anonymous, its memory is given back. unmapping: NULL if nobody will retry.
 */
bool lido_unmapping_unmap(struct lido_unmapping *unmapping, struct lido_quota *quota, struct lido_mapping *mapping);

/* Tries those that wait; makes at most *calls_left tries, and takes them off. Returns whether some are left. */
bool lido_unmapping_retry(struct lido_unmapping *unmapping, uint32_t *calls_left);

#endif

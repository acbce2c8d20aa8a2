#include "mapping.h"
#include "own_heap.h"

#include <string.h>

static struct mapping *mappings; // sorted by address, disjoint
static size_t mappings_len, mappings_max;

// Index of the first mapping that ends beyond the address.
static size_t find_index(uintptr_t address) {
	size_t low = 0, high = mappings_len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (mappings[middle].start + mappings[middle].size <= address) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static void count(const struct mapping *mapping, int number) {
	uint32_t *counter = mapping->is_private ? &mapping->file->private_mappings : &mapping->file->shared_mappings;
	*counter += (uint32_t)number;
}

bool mapping_add(const struct mapping *mapping) {
	if (mappings_len == mappings_max) {
		size_t max = mappings_max * 2 + 64;
		struct mapping *longer = own_realloc(mappings, max * sizeof(*longer));
		if (longer == NULL) {
			mapping->file->unsupported_reason = "there was no memory to track one of its mappings";
			return false;
		}
		mappings = longer;
		mappings_max = max;
	}
	size_t i = find_index(mapping->start);
	memmove(&mappings[i + 1], &mappings[i], (mappings_len - i) * sizeof(*mappings));
	mappings[i] = *mapping;
	mappings_len++;
	count(mapping, 1);
	return true;
}

static void remove_index(size_t i) {
	struct mapping mapping = mappings[i];
	mappings_len--;
	memmove(&mappings[i], &mappings[i + 1], (mappings_len - i) * sizeof(*mappings));
	count(&mapping, -1);
	file_consider_destroy(mapping.file);
}

// How one mapping can overlap the removed range:
//
//                       start              end
//                         [ removed range  )
//     1  tail     [=======:-------)        :            cut at start: keeps its head
//     2  middle   [=======:----------------:=======)    cut at start; the rest becomes a new mapping
//     3  whole            :  [--------)    :            removed; its file may be destroyed
//     4  head             :        [-------:=======)    starts at end: start, size and offset move up
//                                                       (= stays, - goes)
//
// Only the first mapping can be 1 or 2, only the last one 2 or 4, and then 2 is the only one: 2 and 4 end the loop. 3
// removes the entry at i, so the next mapping takes its place; 1 steps over its entry.
void mapping_remove(uintptr_t start, size_t size) {
	uintptr_t end = start + size;
	size_t i = find_index(start);
	while (i < mappings_len && mappings[i].start < end) {
		struct mapping *mapping = &mappings[i], whole = *mapping;
		uintptr_t mapping_end = whole.start + whole.size;
		if (whole.start < start) {
			mapping->size = start - whole.start;
			i++;
		}
		if (mapping_end > end) {
			struct mapping rest = whole;
			rest.start = end;
			rest.size = mapping_end - end;
			rest.offset += (off_t)(end - whole.start);
			if (whole.start >= start) {
				*mapping = rest;
			} else {
				mapping_add(&rest);
			}
			return;
		}
		if (whole.start >= start) {
			remove_index(i);
		}
	}
}

const struct mapping *mapping_find(uintptr_t address) {
	size_t i = find_index(address);
	return i < mappings_len && mappings[i].start <= address ? &mappings[i] : NULL;
}

void mapping_protect(uintptr_t start, size_t size, int prot) {
	for (size_t i = find_index(start); i < mappings_len && mappings[i].start < start + size; i++) {
		if (mappings[i].start >= start && mappings[i].start + mappings[i].size <= start + size) {
			mappings[i].prot = prot;
		} else {
			mappings[i].file->unsupported_reason = "the protection of a part of a mapping was changed";
		}
	}
}

size_t mapping_get_end(const struct file *file) {
	size_t end = 0;
	for (size_t i = 0; i < mappings_len; i++) {
		if (mappings[i].file == file && (size_t)mappings[i].offset + mappings[i].size > end) {
			end = (size_t)mappings[i].offset + mappings[i].size;
		}
	}
	return end;
}

bool mapping_for_each(const struct file *file, bool (*fn)(const struct mapping *mapping, void *data), void *data) {
	for (size_t i = 0; i < mappings_len; i++) {
		if (mappings[i].file == file && !fn(&mappings[i], data)) {
			return false;
		}
	}
	return true;
}

static bool map_again(const struct mapping *mapping, struct store *store) {
	return store_map(store, (size_t)mapping->offset, mapping->size, mapping->prot, (void *)mapping->start);
}

bool mapping_move_all(const struct file *file, struct store *store) {
	for (size_t i = 0; i < mappings_len; i++) {
		if (mappings[i].file != file || mappings[i].is_private || map_again(&mappings[i], store)) {
			continue;
		}
		// The one that failed may be mapped otherwise, too.
		for (size_t k = 0; k <= i; k++) {
			if (mappings[k].file == file && !mappings[k].is_private) {
				map_again(&mappings[k], file_get_store(file));
			}
		}
		return false;
	}
	return true;
}

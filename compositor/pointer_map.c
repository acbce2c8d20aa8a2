#include "pointer_map.h"

#include <stdint.h>
#include <stdlib.h>

#define ENTRIES_FIRST 256

struct pointer_map_entry {
	const void *key; // NULL: the entry is free
	const void *value;
};

// Linear probing from a multiplicative hash (Knuth, The Art of Computer Programming 3, 6.4). Constants have alignments,
// so the low bits are mixed by the multiplication and the high bits are taken.
static struct pointer_map_entry *find_entry(struct pointer_map_entry *entries, size_t entries_len, const void *key) {
	size_t i = (size_t)((uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (entries_len - 1);
	while (entries[i].key != NULL && entries[i].key != key) {
		i = (i + 1) & (entries_len - 1);
	}
	return &entries[i];
}

static bool grow(struct pointer_map *map) {
	size_t entries_len = map->entries_len > 0 ? map->entries_len * 2 : ENTRIES_FIRST;
	struct pointer_map_entry *entries = calloc(entries_len, sizeof(*entries));
	if (entries == NULL) {
		return false;
	}
	for (size_t i = 0; i < map->entries_len; i++) {
		if (map->entries[i].key != NULL) {
			*find_entry(entries, entries_len, map->entries[i].key) = map->entries[i];
		}
	}
	free(map->entries);
	map->entries = entries;
	map->entries_len = entries_len;
	return true;
}

void pointer_map_finish(struct pointer_map *map) {
	free(map->entries);
	*map = (struct pointer_map){0};
}

bool pointer_map_find(const struct pointer_map *map, const void *key, const void **value) {
	if (map->entries_len == 0) {
		return false;
	}
	const struct pointer_map_entry *entry = find_entry(map->entries, map->entries_len, key);
	*value = entry->value;
	return entry->key != NULL;
}

void pointer_map_add(struct pointer_map *map, const void *key, const void *value) {
	if ((map->used_len + 1) * 2 > map->entries_len && !grow(map)) {
		return;
	}
	*find_entry(map->entries, map->entries_len, key) = (struct pointer_map_entry){.key = key, .value = value};
	map->used_len++;
}

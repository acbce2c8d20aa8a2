/*
 * A map from addresses of constants to pointers. It only grows: it is for keys whose number is bounded by the program,
 * such as the interfaces and requests of the protocols.
 */
#ifndef POINTER_MAP_H
#define POINTER_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct pointer_map {
	struct pointer_map_entry *entries; // NULL while empty
	size_t entries_len;                // power of two; 0 while empty
	size_t used_len;                   // at most half of entries_len
};

/* An all-zero map is empty. */
void pointer_map_finish(struct pointer_map *map);

/* Returns whether the map has the key, and then sets *value. The key must not be NULL. */
bool pointer_map_find(const struct pointer_map *map, const void *key, const void **value);

/* Adds a key that the map does not have. Does nothing when out of memory. The value may be NULL. */
void pointer_map_add(struct pointer_map *map, const void *key, const void *value);

#endif

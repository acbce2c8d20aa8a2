/*
 * The free ranges of an allocator: a balanced tree by address that knows where how much room is. Each call takes
 * O(log n) steps. For allocator.c alone.
 */
#ifndef LIDO_RANGE_TREE_H
#define LIDO_RANGE_TREE_H

#include "allocator.h"

/* What counts as room, for which size. */
enum lido_room {
	LIDO_ROOM_BYTES, // below a page: all bytes
	LIDO_ROOM_PAGES, // from one page up: bytes of whole pages
};

/* Where a range ends. Bytes. */
int64_t lido_range_get_end(const struct lido_range *range);

/* How much room is in a range. Bytes. */
int64_t lido_range_get_room(const struct lido_range *range, enum lido_room room);

/* Adds a range, or removes it. The root is NULL if the tree is empty; returns the new one. */
struct lido_range *lido_range_tree_insert(struct lido_range *root, struct lido_range *range);
struct lido_range *lido_range_tree_remove(struct lido_range *root, const struct lido_range *range);

/* To be called when bounds of a range of the tree have changed, but not its place among the others. */
void lido_range_tree_refresh(struct lido_range *root, const struct lido_range *range);

/* The lowest range with so much room, or NULL. size: bytes. */
struct lido_range *lido_range_tree_find(struct lido_range *root, int64_t size, enum lido_room room);

/* The lowest range that ends beyond the offset, or NULL. */
const struct lido_range *lido_range_tree_find_end(const struct lido_range *root, int64_t offset);

/*
 * Does the tree hold all free ranges up to this one, which is the highest (NULL if there is none), in order, in
 * balance, and knows their room? Asserts that it does.
 */
void lido_range_tree_validate(const struct lido_range *root, const struct lido_range *highest);

#endif

/*
 * All ranges of an allocator in the order of their addresses: a tree that knows where how much room is. It holds the
 * allocated ones, too, so that to free one changes a number, and needs no memory. For allocator.c alone.
 */
#ifndef LIDO_RANGE_TREE_H
#define LIDO_RANGE_TREE_H

#include "allocator.h"

/* What counts as room in a free range, for which size. There is none in an allocated one. */
enum lido_room {
	LIDO_ROOM_BYTES, // below a page: all bytes
	LIDO_ROOM_PAGES, // from one page up: bytes of whole pages
};

#define LIDO_ROOMS_LEN 2

struct lido_range_tree {
	struct lido_range_node *root;
	struct lido_range_node *spare; // of a list; what reserve() made and insert() takes
	int spares_len;
};

/* Where a range ends. Bytes. */
int64_t lido_range_get_end(const struct lido_range *range);

/* How much room would be in a range, were it free. Bytes. */
int64_t lido_range_get_room(const struct lido_range *range, enum lido_room room);

/* With one range, the first. False: no memory. */
bool lido_range_tree_init(struct lido_range_tree *tree, struct lido_range *range);

/* Frees the ranges as well. */
void lido_range_tree_finish(struct lido_range_tree *tree);

/* Makes sure that so many (1 or 2) can be inserted on that side of a range. False: no memory. */
bool lido_range_tree_reserve(struct lido_range_tree *tree, const struct lido_range *beside, int side, int len);

/* Adds an allocated range right beside another: before it (side 0) or after it (side 1). It was reserved. */
void lido_range_tree_insert(
		struct lido_range_tree *tree, struct lido_range *range, struct lido_range *beside, int side);

/* Takes a range out, which is not the only one. Never needs memory; nor does it to put it back right away. */
void lido_range_tree_remove(struct lido_range_tree *tree, struct lido_range *range);

/* To be called when a range has become free, or allocated, or its bounds have changed. */
void lido_range_tree_refresh(struct lido_range *range);

/* The lowest free range with so much room, or NULL. size: bytes. */
struct lido_range *lido_range_tree_find(const struct lido_range_tree *tree, int64_t size, enum lido_room room);

/* The lowest free range that ends beyond the offset, or NULL. O(log(n)^2). */
const struct lido_range *lido_range_tree_find_end(const struct lido_range_tree *tree, int64_t offset);

/* The neighbour on that side (0: lower) if it is free; or NULL. */
struct lido_range *lido_range_tree_get_free(const struct lido_range *range, int side);

/* The one with the highest address. */
struct lido_range *lido_range_tree_get_last(const struct lido_range_tree *tree);

/* Is the tree as range_tree.c says, and does it know the room? Asserts that it is and does. */
void lido_range_tree_validate(const struct lido_range_tree *tree);

#endif

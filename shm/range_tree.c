/*
 * An AVL tree: the heights of two siblings differ by one at most. So n ranges are less than 1.45 log2(n + 2) levels: 34
 * for the 2^24 that may be free in 2 GiB, which is also how deep the recursion goes.
 */
#include "range_tree.h"

#include <assert.h>

int64_t lido_range_get_end(const struct lido_range *range) {
	return range->offset + range->size;
}

int64_t lido_range_get_room(const struct lido_range *range, enum lido_room room) {
	if (room == LIDO_ROOM_BYTES) {
		return range->size;
	}
	int64_t start = (range->offset + LIDO_RANGE_PAGE - 1) & -LIDO_RANGE_PAGE;
	int64_t end = lido_range_get_end(range) & -LIDO_RANGE_PAGE;
	return end > start ? end - start : 0;
}

static int get_height(const struct lido_range *root) {
	return root != NULL ? root->height : 0;
}

static int64_t get_largest(const struct lido_range *root, enum lido_room room) {
	return root != NULL ? root->largest[room] : 0;
}

// How the three are made of a node and its children.

static int compute_lean(const struct lido_range *node) {
	return get_height(node->child[1]) - get_height(node->child[0]);
}

static int compute_height(const struct lido_range *node) {
	int lower = get_height(node->child[0]), higher = get_height(node->child[1]);
	return 1 + (lower > higher ? lower : higher);
}

static int64_t compute_largest(const struct lido_range *node, enum lido_room room) {
	int64_t largest = lido_range_get_room(node, room);
	for (int side = 0; side < 2; side++) {
		int64_t other = get_largest(node->child[side], room);
		largest = other > largest ? other : largest;
	}
	return largest;
}

static struct lido_range *update(struct lido_range *node) {
	node->height = compute_height(node);
	node->largest[LIDO_ROOM_BYTES] = compute_largest(node, LIDO_ROOM_BYTES);
	node->largest[LIDO_ROOM_PAGES] = compute_largest(node, LIDO_ROOM_PAGES);
	return node;
}

// Lifts the child of that side above its parent, and returns it.
static struct lido_range *rotate(struct lido_range *node, int side) {
	struct lido_range *top = node->child[side];
	assert(top != NULL);
	node->child[side] = top->child[!side];
	top->child[!side] = update(node);
	return update(top);
}

// Of a tree whose subtrees are in balance, but differ by up to two. Returns its new root.
static struct lido_range *balance(struct lido_range *root) {
	int lean = compute_lean(root), side = lean > 0;
	if (lean >= -1 && lean <= 1) {
		return update(root);
	}
	int child_lean = compute_lean(root->child[side]);
	if (side == 1 ? child_lean < 0 : child_lean > 0) {
		root->child[side] = rotate(root->child[side], !side);
	}
	return rotate(root, side);
}

struct lido_range *lido_range_tree_insert(struct lido_range *root, struct lido_range *range) {
	if (root == NULL) {
		range->child[0] = range->child[1] = NULL;
		return update(range);
	}
	int side = range->offset > root->offset;
	root->child[side] = lido_range_tree_insert(root->child[side], range);
	return balance(root);
}

// Takes the lowest out of a tree that is not empty. Returns the new root.
static struct lido_range *remove_lowest(struct lido_range *root, struct lido_range **lowest_out) {
	if (root->child[0] == NULL) {
		*lowest_out = root;
		return root->child[1];
	}
	root->child[0] = remove_lowest(root->child[0], lowest_out);
	return balance(root);
}

struct lido_range *lido_range_tree_remove(struct lido_range *root, const struct lido_range *range) {
	if (root != range) {
		int side = range->offset > root->offset;
		root->child[side] = lido_range_tree_remove(root->child[side], range);
		return balance(root);
	}
	if (root->child[1] == NULL) {
		return root->child[0];
	}
	struct lido_range *next, *higher = remove_lowest(root->child[1], &next);
	next->child[0] = root->child[0];
	next->child[1] = higher;
	return balance(next);
}

void lido_range_tree_refresh(struct lido_range *root, const struct lido_range *range) {
	if (root != range) {
		lido_range_tree_refresh(root->child[range->offset > root->offset], range);
	}
	update(root);
}

struct lido_range *lido_range_tree_find(struct lido_range *root, int64_t size, enum lido_room room) {
	if (get_largest(root, room) < size) {
		return NULL;
	}
	struct lido_range *node = root;
	while (true) {
		if (get_largest(node->child[0], room) >= size) {
			node = node->child[0];
		} else if (lido_range_get_room(node, room) >= size) {
			return node;
		} else {
			node = node->child[1];
		}
	}
}

const struct lido_range *lido_range_tree_find_end(const struct lido_range *root, int64_t offset) {
	const struct lido_range *lowest = NULL;
	while (root != NULL) {
		bool is_beyond = lido_range_get_end(root) > offset;
		lowest = is_beyond ? root : lowest;
		root = root->child[!is_beyond];
	}
	return lowest;
}

// Walks down in address; *highest is the highest free range that was not met yet.
static void validate(const struct lido_range *root, const struct lido_range **highest) {
	if (root == NULL) {
		return;
	}
	validate(root->child[1], highest);
	assert(root == *highest);
	do {
		*highest = (*highest)->before;
	} while (*highest != NULL && !(*highest)->is_free);
	validate(root->child[0], highest);
	int lean = compute_lean(root);
	assert(lean >= -1 && lean <= 1 && root->height == compute_height(root));
	assert(root->largest[LIDO_ROOM_BYTES] == compute_largest(root, LIDO_ROOM_BYTES));
	assert(root->largest[LIDO_ROOM_PAGES] == compute_largest(root, LIDO_ROOM_PAGES));
}

void lido_range_tree_validate(const struct lido_range *root, const struct lido_range *highest) {
	validate(root, &highest);
	assert(highest == NULL);
}

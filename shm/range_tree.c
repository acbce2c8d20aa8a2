/*
 * A B-tree without keys: what is in it has its place beside others. A node has up to sixteen children, and at hand the
 * most room below each, so that a cache line tells which way to go. All nodes but the root have at least a quarter of
 * that, half when they are new: n ranges are at most log4(n) + 1 levels, 13 for the 2^25 that fit into 2 GiB, and 6 are
 * usual for a million.
 *
 * What changes at a range is told upwards only as far as it changes what is the most: seldom further than a node or
 * two.
 */
#include "range_tree.h"

#include "os.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHILDREN_MAX 16
#define CHILDREN_MIN 4

// Two nodes become one when it has room left then: so what was taken out can be put back.
#define CHILDREN_MERGED_MAX 12

#define SPARES_MAX 4

// Room is counted in units of LIDO_RANGE_ALIGN.
struct lido_range_node {
	int32_t most[LIDO_ROOMS_LEN][CHILDREN_MAX]; // in, or below, each child; 0 where there is none
	void *child[CHILDREN_MAX];                  // by address: ranges at height 0, nodes above
	struct lido_range_node *parent;             // or the next spare one; NULL: none
	int32_t most_of_all[LIDO_ROOMS_LEN];
	int height, len;
};

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

// One node.

static int32_t get_units(const struct lido_range *range, enum lido_room room) {
	return range->is_free ? (int32_t)(lido_range_get_room(range, room) / LIDO_RANGE_ALIGN) : 0;
}

static int get_slot(const struct lido_range_node *node, const void *child) {
	int slot = 0;
	while (node->child[slot] != child) {
		++slot;
	}
	return slot;
}

// The first child with so much room, which is there.
static int find_slot(const struct lido_range_node *node, int32_t units, enum lido_room room) {
	int slot = 0;
	while (node->most[room][slot] < units) {
		++slot;
	}
	return slot;
}

static int32_t compute_most(const struct lido_range_node *node, enum lido_room room) {
	int32_t most = 0;
	for (int i = 0; i < CHILDREN_MAX; i++) {
		most = node->most[room][i] > most ? node->most[room][i] : most;
	}
	return most;
}

static void sum_up(struct lido_range_node *node) {
	for (int room = 0; room < LIDO_ROOMS_LEN; room++) {
		node->most_of_all[room] = compute_most(node, (enum lido_room)room);
	}
}

// Returns whether that changes the most of all.
static bool set_most(struct lido_range_node *node, int slot, enum lido_room room, int32_t units) {
	int32_t before = node->most[room][slot], before_of_all = node->most_of_all[room];
	node->most[room][slot] = units;
	if (units >= before_of_all) {
		node->most_of_all[room] = units;
	} else if (before == before_of_all) {
		node->most_of_all[room] = compute_most(node, room);
	}
	return node->most_of_all[room] != before_of_all;
}

// Room has changed there: as many units of bytes, and of whole pages. Whatever lies above learns of it.
static void tell(struct lido_range_node *node, int slot, int32_t bytes, int32_t pages) {
	bool bytes_changed = set_most(node, slot, LIDO_ROOM_BYTES, bytes);
	bool pages_changed = set_most(node, slot, LIDO_ROOM_PAGES, pages);
	struct lido_range_node *parent = node->parent;
	if ((bytes_changed || pages_changed) && parent != NULL) {
		tell(parent, get_slot(parent, node), node->most_of_all[LIDO_ROOM_BYTES], node->most_of_all[LIDO_ROOM_PAGES]);
	}
}

// What a node is told of its child, and nobody else.
static void note(struct lido_range_node *node, int slot) {
	const struct lido_range_node *child = node->child[slot];
	node->most[LIDO_ROOM_BYTES][slot] = child->most_of_all[LIDO_ROOM_BYTES];
	node->most[LIDO_ROOM_PAGES][slot] = child->most_of_all[LIDO_ROOM_PAGES];
}

static void adopt(struct lido_range_node *node, int slot) {
	if (node->height == 0) {
		((struct lido_range *)node->child[slot])->leaf = node;
	} else {
		((struct lido_range_node *)node->child[slot])->parent = node;
	}
}

// Moves slots, also within a node.
static void move(struct lido_range_node *from, int from_slot, struct lido_range_node *to, int to_slot, int len) {
	for (int room = 0; room < LIDO_ROOMS_LEN; room++) {
		memmove(&to->most[room][to_slot], &from->most[room][from_slot], (size_t)len * sizeof(to->most[room][0]));
	}
	memmove(&to->child[to_slot], &from->child[from_slot], (size_t)len * sizeof(from->child[0]));
	for (int slot = to_slot; to != from && slot < to_slot + len; slot++) {
		adopt(to, slot);
	}
}

static void set_len(struct lido_range_node *node, int len) {
	for (int slot = len; slot < node->len; slot++) {
		node->most[LIDO_ROOM_BYTES][slot] = node->most[LIDO_ROOM_PAGES][slot] = 0;
	}
	node->len = len;
}

// There is no room in it, as long as nobody tells.
static void add_slot(struct lido_range_node *node, int slot, void *child) {
	assert(node->len < CHILDREN_MAX);
	move(node, slot, node, slot + 1, node->len - slot);
	++node->len;
	node->child[slot] = child;
	adopt(node, slot);
	node->most[LIDO_ROOM_BYTES][slot] = node->most[LIDO_ROOM_PAGES][slot] = 0;
}

static void remove_slot(struct lido_range_node *node, int slot) {
	move(node, slot + 1, node, slot, node->len - slot - 1);
	set_len(node, node->len - 1);
}

// Spare nodes.

static bool reserve(struct lido_range_tree *tree, int len) {
	while (tree->spares_len < len) {
		struct lido_range_node *node = lido_os.calloc(1, sizeof(*node));
		if (node == NULL) {
			errno = ENOMEM;
			return false;
		}
		node->parent = tree->spare;
		tree->spare = node;
		++tree->spares_len;
	}
	return true;
}

static struct lido_range_node *take_spare(struct lido_range_tree *tree, int height) {
	struct lido_range_node *node = tree->spare;
	assert(node != NULL);
	tree->spare = node->parent;
	--tree->spares_len;
	*node = (struct lido_range_node){.height = height};
	return node;
}

static void release(struct lido_range_tree *tree, struct lido_range_node *node) {
	if (tree->spares_len == SPARES_MAX) {
		free(node);
		return;
	}
	node->parent = tree->spare;
	tree->spare = node;
	++tree->spares_len;
}

// The tree.

bool lido_range_tree_init(struct lido_range_tree *tree, struct lido_range *range) {
	*tree = (struct lido_range_tree){0};
	if (!reserve(tree, 1)) {
		return false;
	}
	tree->root = take_spare(tree, 0);
	add_slot(tree->root, 0, range);
	lido_range_tree_refresh(range);
	return true;
}

static void node_destroy(struct lido_range_node *node) {
	for (int slot = 0; slot < node->len; slot++) {
		if (node->height > 0) {
			node_destroy(node->child[slot]);
		} else {
			free(node->child[slot]);
		}
	}
	free(node);
}

void lido_range_tree_finish(struct lido_range_tree *tree) {
	node_destroy(tree->root);
	while (tree->spares_len > 0) {
		free(take_spare(tree, 0));
	}
}

void lido_range_tree_refresh(struct lido_range *range) {
	int32_t bytes = get_units(range, LIDO_ROOM_BYTES), pages = get_units(range, LIDO_ROOM_PAGES);
	tell(range->leaf, get_slot(range->leaf, range), bytes, pages);
}

// Moves the upper half of a full node to a new one behind it.
static void split(struct lido_range_tree *tree, struct lido_range_node *node) {
	if (node->parent == NULL) {
		tree->root = take_spare(tree, node->height + 1);
		add_slot(tree->root, 0, node);
		tell(tree->root, 0, node->most_of_all[LIDO_ROOM_BYTES], node->most_of_all[LIDO_ROOM_PAGES]);
	} else if (node->parent->len == CHILDREN_MAX) {
		split(tree, node->parent);
	}
	struct lido_range_node *upper = take_spare(tree, node->height);
	move(node, CHILDREN_MAX / 2, upper, 0, CHILDREN_MAX / 2);
	upper->len = CHILDREN_MAX / 2;
	set_len(node, CHILDREN_MAX / 2);
	sum_up(node);
	sum_up(upper);
	int slot = get_slot(node->parent, node);
	note(node->parent, slot);
	add_slot(node->parent, slot + 1, upper);
	note(node->parent, slot + 1);
}

// The child's neighbour at the same height, or NULL.
static void *get_beside(const struct lido_range_node *node, const void *child, int side) {
	if (node == NULL) {
		return NULL;
	}
	int slot = get_slot(node, child) + (side != 0 ? 1 : -1);
	if (slot >= 0 && slot < node->len) {
		return node->child[slot];
	}
	const struct lido_range_node *beside = get_beside(node->parent, node, side);
	return beside == NULL ? NULL : beside->child[side != 0 ? 0 : beside->len - 1];
}

// Where so many go beside a range: to its leaf, or to the next one if that lies as near and has room. So what was taken
// out of either finds room again. The leaf that is returned may be full.
static struct lido_range_node *choose_leaf(const struct lido_range *beside, int side, int len) {
	struct lido_range_node *leaf = beside->leaf;
	if (leaf->len + len <= CHILDREN_MAX || leaf->child[side != 0 ? leaf->len - 1 : 0] != beside) {
		return leaf;
	}
	struct lido_range_node *next = get_beside(leaf->parent, leaf, side);
	return next != NULL && next->len + len <= CHILDREN_MAX ? next : leaf;
}

// At worst there is a new node on each level, and a new root. For two it is not worse: after the first, there is room.
bool lido_range_tree_reserve(struct lido_range_tree *tree, const struct lido_range *beside, int side, int len) {
	return choose_leaf(beside, side, len)->len + len <= CHILDREN_MAX || reserve(tree, tree->root->height + 2);
}

void lido_range_tree_insert(
		struct lido_range_tree *tree, struct lido_range *range, struct lido_range *beside, int side) {
	struct lido_range_node *leaf = choose_leaf(beside, side, 1);
	if (leaf->len == CHILDREN_MAX) {
		split(tree, leaf);
		leaf = beside->leaf;
	}
	add_slot(leaf, leaf == beside->leaf ? get_slot(leaf, beside) + side : side != 0 ? 0 : leaf->len, range);
}

// Moves children between two neighbours so that the first one has so many.
static void even_out(struct lido_range_node *lower, struct lido_range_node *upper, int lower_len) {
	int more = lower_len - lower->len, upper_len = upper->len - more;
	if (more > 0) {
		move(upper, 0, lower, lower->len, more);
		move(upper, more, upper, 0, upper_len);
	} else {
		move(upper, 0, upper, -more, upper->len);
		move(lower, lower_len, upper, 0, -more);
	}
	set_len(lower, lower_len);
	set_len(upper, upper_len);
	sum_up(lower);
	sum_up(upper);
}

// A node that has become small is filled from its neighbour, or taken up by it.
static void mend(struct lido_range_tree *tree, struct lido_range_node *node) {
	struct lido_range_node *parent = node->parent;
	if (parent == NULL) {
		if (node->len == 1 && node->height > 0) {
			tree->root = node->child[0];
			tree->root->parent = NULL;
			release(tree, node);
		}
		return;
	}
	if (node->len >= CHILDREN_MIN) {
		return;
	}
	int slot = get_slot(parent, node);
	slot -= slot > 0;
	struct lido_range_node *lower = parent->child[slot], *upper = parent->child[slot + 1];
	int len = lower->len + upper->len;
	bool is_one = len <= CHILDREN_MERGED_MAX;
	even_out(lower, upper, is_one ? len : len / 2);
	note(parent, slot);
	note(parent, slot + 1);
	if (is_one) {
		remove_slot(parent, slot + 1);
		release(tree, upper);
		mend(tree, parent);
	}
}

void lido_range_tree_remove(struct lido_range_tree *tree, struct lido_range *range) {
	struct lido_range_node *leaf = range->leaf;
	int slot = get_slot(leaf, range);
	tell(leaf, slot, 0, 0);
	remove_slot(leaf, slot);
	mend(tree, leaf);
}

struct lido_range *lido_range_tree_find(const struct lido_range_tree *tree, int64_t size, enum lido_room room) {
	const struct lido_range_node *node = tree->root;
	if ((int64_t)node->most_of_all[room] * LIDO_RANGE_ALIGN < size) {
		return NULL;
	}
	int32_t units = (int32_t)(size / LIDO_RANGE_ALIGN);
	int slot = find_slot(node, units, room);
	for (; node->height > 0; slot = find_slot(node, units, room)) {
		node = node->child[slot];
	}
	return node->child[slot];
}

struct lido_range *lido_range_get_before(const struct lido_range *range) {
	return get_beside(range->leaf, range, 0);
}

struct lido_range *lido_range_get_after(const struct lido_range *range) {
	return get_beside(range->leaf, range, 1);
}

// Most neighbours lie in the same leaf, which tells without a look at them.
struct lido_range *lido_range_tree_get_free(const struct lido_range *range, int side) {
	const struct lido_range_node *leaf = range->leaf;
	int slot = get_slot(leaf, range) + (side != 0 ? 1 : -1);
	if (slot >= 0 && slot < leaf->len) {
		return leaf->most[LIDO_ROOM_BYTES][slot] > 0 ? leaf->child[slot] : NULL;
	}
	struct lido_range *beside = get_beside(leaf, range, side);
	return beside != NULL && beside->is_free ? beside : NULL;
}

static const struct lido_range *get_first(const struct lido_range_node *node) {
	while (node->height > 0) {
		node = node->child[0];
	}
	return node->child[0];
}

// Of children with room, the first one that does not end before: if there is nothing beyond the offset in it, the next
// one has it.
static const struct lido_range *find_end(const struct lido_range_node *node, int64_t offset) {
	const struct lido_range *found = NULL;
	for (int slot = 0; slot < node->len && found == NULL; slot++) {
		if (node->most[LIDO_ROOM_BYTES][slot] == 0) {
			continue;
		}
		if (node->height == 0) {
			found = lido_range_get_end(node->child[slot]) > offset ? node->child[slot] : NULL;
		} else if (slot + 1 == node->len || get_first(node->child[slot + 1])->offset > offset) {
			found = find_end(node->child[slot], offset);
		}
	}
	return found;
}

const struct lido_range *lido_range_tree_find_end(const struct lido_range_tree *tree, int64_t offset) {
	return find_end(tree->root, offset);
}

struct lido_range *lido_range_tree_get_last(const struct lido_range_tree *tree) {
	const struct lido_range_node *node = tree->root;
	while (node->height > 0) {
		node = node->child[node->len - 1];
	}
	return node->child[node->len - 1];
}

static void validate_child(const struct lido_range_node *node, int slot) {
	if (node->height == 0) {
		const struct lido_range *range = node->child[slot];
		assert(range->leaf == node);
		assert(node->most[LIDO_ROOM_BYTES][slot] == get_units(range, LIDO_ROOM_BYTES));
		assert(node->most[LIDO_ROOM_PAGES][slot] == get_units(range, LIDO_ROOM_PAGES));
		return;
	}
	const struct lido_range_node *child = node->child[slot];
	assert(child->parent == node && child->height == node->height - 1 && child->len >= CHILDREN_MIN);
	assert(node->most[LIDO_ROOM_BYTES][slot] == child->most_of_all[LIDO_ROOM_BYTES]);
	assert(node->most[LIDO_ROOM_PAGES][slot] == child->most_of_all[LIDO_ROOM_PAGES]);
}

static void validate(const struct lido_range_node *node) {
	assert(node->len > 0 && node->len <= CHILDREN_MAX);
	for (int slot = 0; slot < node->len; slot++) {
		validate_child(node, slot);
		if (node->height > 0) {
			validate(node->child[slot]);
		}
	}
	for (int slot = node->len; slot < CHILDREN_MAX; slot++) {
		assert(node->most[LIDO_ROOM_BYTES][slot] == 0 && node->most[LIDO_ROOM_PAGES][slot] == 0);
	}
	assert(node->most_of_all[LIDO_ROOM_BYTES] == compute_most(node, LIDO_ROOM_BYTES));
	assert(node->most_of_all[LIDO_ROOM_PAGES] == compute_most(node, LIDO_ROOM_PAGES));
}

void lido_range_tree_validate(const struct lido_range_tree *tree) {
	assert(tree->root->parent == NULL && (tree->root->height == 0 || tree->root->len > 1));
	validate(tree->root);
}

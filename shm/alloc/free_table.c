/*
 * Free ranges have ranks by what fits in them: without a whole page, the number of 64-byte units, which is less than
 * two pages; otherwise RANK_PAGES plus the number of whole pages. Whatever fits in a range of some rank fits in all of
 * higher ranks.
 *
 * Each zone has a bin, a list, for each rank below RANK_TREE, and a bit for each bin that is not empty. So the first
 * bin that is large enough is found with a few instructions. All larger ranges, of more than half a megabyte, are in a
 * tree by the binary digits of their ranks (a digital search tree): from the highest bit on, each digit chooses a side,
 * until a range finds an empty place, or a node of its own rank, whose list it joins. The tree is never deeper than a
 * rank has bits, and is never balanced. With ranks of four bits, added in the order 1001, 1100, 0110, 1010, 1001:
 *
 *     bit 1000                1001 ─ 1001          a node, and a list of its rank
 *                            0/    1\
 *     bit 0100            0110      1100           all below the right side have the first bit
 *                                  0/
 *     bit 0010                  1010               all here begin with 10
 *
 * Freeing must not fail, so nothing here allocates memory except a zone, once, when the first range starts in it.
 */
#include "alloc/free_table.h"

#include "base/os.h"

#include <assert.h>
#include <stdlib.h>

#define RANK_PAGES 126
#define RANK_TREE 255
#define RANK_BIT_MAX (1 << 19) // of the rank of 2 GiB

static_assert(RANK_PAGES + LIDO_RANGE_SPAN_MAX / LIDO_RANGE_PAGE < 2 * RANK_BIT_MAX, "ranks have 20 bits");

#define WORD_BITS 64

struct lido_free_zone {
	uint64_t used[(RANK_TREE + 1) / WORD_BITS]; // one bit per bin: it is not empty
	struct lido_range *bins[RANK_TREE + 1];     // by rank; the last is the root of the tree
};

static int32_t get_rank_of(int64_t units, int64_t pages) {
	return (int32_t)(pages == 0 ? units : RANK_PAGES + pages);
}

static int32_t get_rank(const struct lido_range *range) {
	return get_rank_of(range->size / LIDO_RANGE_ALIGN, lido_range_get_pages(range));
}

static int get_bin(int32_t rank) {
	return rank < RANK_TREE ? rank : RANK_TREE;
}

// Points a place, in a list or in the tree, to that range.
static void put(struct lido_range **place, struct lido_range *range) {
	*place = range;
	if (range != NULL) {
		range->place = place;
	}
}

static void put_first(struct lido_range **list, struct lido_range *range) {
	put(&range->next, *list);
	put(list, range);
}

// The tree.

static int get_side(int32_t rank, int32_t bit) {
	return (rank & bit) != 0;
}

static void tree_add(struct lido_range **root, struct lido_range *range, int32_t rank) {
	struct lido_range **place = root;
	for (int32_t bit = RANK_BIT_MAX; *place != NULL; bit /= 2) {
		if (get_rank(*place) == rank) {
			range->is_node = false;
			put_first(&(*place)->next, range);
			return;
		}
		place = &(*place)->child[get_side(rank, bit)];
	}
	range->is_node = true;
	range->child[0] = range->child[1] = range->next = NULL;
	put(place, range);
}

// The child on the way to the largest (side 1) or smallest (side 0) rank below a node; NULL at a leaf.
static struct lido_range *get_child(const struct lido_range *node, int side) {
	return node->child[side] != NULL ? node->child[side] : node->child[!side];
}

// Takes some leaf below a node out of the tree; returns NULL if there is none.
//
// Invariant: all ranks below a node agree with each other in the bits that lead to the node. Nothing else orders a node
// and what is below it. So a leaf may take the place of any node above it: it agrees in fewer bits there, and what is
// below still agrees. That is why the tree never has to be rebuilt.
static struct lido_range *tree_take_leaf(struct lido_range *node) {
	struct lido_range *leaf = node;
	for (struct lido_range *child = node; child != NULL; child = get_child(child, 1)) {
		leaf = child;
	}
	if (leaf == node) {
		return NULL;
	}
	*leaf->place = NULL;
	return leaf;
}

static void tree_remove(struct lido_range *range) {
	if (!range->is_node) {
		put(range->place, range->next);
		return;
	}
	struct lido_range *heir = range->next != NULL ? range->next : tree_take_leaf(range);
	if (heir != NULL) {
		heir->is_node = true;
		put(&heir->child[0], range->child[0]);
		put(&heir->child[1], range->child[1]);
	}
	put(range->place, heir);
}

// Returns a range of the smallest rank that is at least that, or NULL.
//
// Walks down the digits of the rank. A node on the way can have any rank with the same first digits, so each is
// compared. Where the way turns left, all ranks below the right child are larger; the last such child is the smallest
// subtree of them, and its own smallest rank is on the way that goes left wherever it can.
static struct lido_range *tree_find(struct lido_range *root, int32_t rank) {
	struct lido_range *found = NULL, *larger = NULL;
	int32_t found_rank = INT32_MAX, bit = RANK_BIT_MAX;
	for (struct lido_range *node = root; node != NULL; bit /= 2) {
		int32_t node_rank = get_rank(node);
		if (node_rank >= rank && node_rank < found_rank) {
			found = node;
			found_rank = node_rank;
		}
		int side = get_side(rank, bit);
		if (side == 0 && node->child[1] != NULL) {
			larger = node->child[1];
		}
		node = node->child[side];
	}
	// All below this child have a higher rank, and the smallest of them is on this way.
	for (struct lido_range *node = larger; node != NULL; node = get_child(node, 0)) {
		int32_t node_rank = get_rank(node);
		if (node_rank < found_rank) {
			found = node;
			found_rank = node_rank;
		}
	}
	return found != NULL && found->next != NULL ? found->next : found;
}

static int32_t tree_get_most(const struct lido_range *root) {
	int32_t most = 0;
	for (const struct lido_range *node = root; node != NULL; node = get_child(node, 1)) {
		int32_t rank = get_rank(node);
		most = rank > most ? rank : most;
	}
	return most;
}

// Zones.

static void zone_add(struct lido_free_zone *zone, struct lido_range *range, int32_t rank) {
	int bin = get_bin(rank);
	zone->used[bin / WORD_BITS] |= UINT64_C(1) << bin % WORD_BITS;
	if (bin == RANK_TREE) {
		tree_add(&zone->bins[bin], range, rank);
	} else {
		put_first(&zone->bins[bin], range);
	}
}

static void zone_remove(struct lido_free_zone *zone, struct lido_range *range, int32_t rank) {
	int bin = get_bin(rank);
	if (bin == RANK_TREE) {
		tree_remove(range);
	} else {
		put(range->place, range->next);
	}
	if (zone->bins[bin] == NULL) {
		zone->used[bin / WORD_BITS] &= ~(UINT64_C(1) << bin % WORD_BITS);
	}
}

// The zone must have a range of at least that rank.
static struct lido_range *zone_find(const struct lido_free_zone *zone, int32_t rank) {
	int bin = get_bin(rank), i = bin / WORD_BITS;
	uint64_t bits = zone->used[i] & UINT64_MAX << bin % WORD_BITS;
	while (bits == 0) {
		bits = zone->used[++i];
	}
	bin = WORD_BITS * i + __builtin_ctzll(bits);
	return bin == RANK_TREE ? tree_find(zone->bins[bin], rank) : zone->bins[bin];
}

static int32_t zone_get_most(const struct lido_free_zone *zone) {
	if (zone->bins[RANK_TREE] != NULL) {
		return tree_get_most(zone->bins[RANK_TREE]);
	}
	int i = RANK_TREE / WORD_BITS;
	while (i > 0 && zone->used[i] == 0) {
		i--;
	}
	return zone->used[i] != 0 ? WORD_BITS * i + WORD_BITS - 1 - __builtin_clzll(zone->used[i]) : 0;
}

void lido_free_table_init(struct lido_free_table *table, int64_t size) {
	*table = (struct lido_free_table){.size = size, .zone_shift = LIDO_ZONE_SHIFT_MIN};
	while (lido_free_table_get_zone_size(table) < size / LIDO_ZONES_MAX) {
		table->zone_shift++;
	}
}

void lido_free_table_finish(struct lido_free_table *table) {
	for (int i = 0; i < table->zones_len; i++) {
		free(table->zones[i]);
	}
}

int64_t lido_free_table_get_zone_size(const struct lido_free_table *table) {
	return INT64_C(1) << table->zone_shift;
}

static int get_zone(const struct lido_free_table *table, int64_t offset) {
	return (int)(offset >> table->zone_shift);
}

bool lido_free_table_reserve(struct lido_free_table *table, int64_t offset) {
	int i = get_zone(table, offset);
	if (offset == table->size || table->zones[i] != NULL) {
		return true;
	}
	table->zones[i] = lido_os.calloc(1, sizeof(*table->zones[i]));
	if (table->zones[i] == NULL) {
		return false;
	}
	table->zones_len = i >= table->zones_len ? i + 1 : table->zones_len;
	return true;
}

void lido_free_table_add(struct lido_free_table *table, struct lido_range *range) {
	int i = get_zone(table, range->offset);
	int32_t rank = get_rank(range);
	zone_add(table->zones[i], range, rank);
	table->most[i] = rank > table->most[i] ? rank : table->most[i];
}

void lido_free_table_remove(struct lido_free_table *table, struct lido_range *range) {
	int i = get_zone(table, range->offset);
	int32_t rank = get_rank(range);
	zone_remove(table->zones[i], range, rank);
	if (rank == table->most[i]) {
		table->most[i] = zone_get_most(table->zones[i]);
	}
}

struct lido_range *lido_free_table_find(const struct lido_free_table *table, int64_t size) {
	if (size > table->size) {
		return NULL;
	}
	int32_t rank = get_rank_of(size / LIDO_RANGE_ALIGN, size / LIDO_RANGE_PAGE);
	for (int i = 0; i < table->zones_len; i++) {
		if (table->most[i] >= rank) {
			return zone_find(table->zones[i], rank);
		}
	}
	return NULL;
}

static uint32_t audit_list(const struct lido_range *range, int32_t rank, bool is_node) {
	uint32_t len = 0;
	for (; range != NULL; range = range->next, is_node = false, len++) {
		assert(range->is_free && get_rank(range) == rank && *range->place == range);
		assert(rank < RANK_TREE || range->is_node == is_node);
	}
	return len;
}

// All ranks below a node have the bits of prefix above that bit.
static uint32_t audit_tree(const struct lido_range *node, int32_t prefix, int32_t bit) {
	if (node == NULL) {
		return 0;
	}
	int32_t rank = get_rank(node);
	assert(bit > 0 || (node->child[0] == NULL && node->child[1] == NULL));
	assert(rank >= RANK_TREE && (rank & -(2 * bit > 0 ? 2 * bit : 1)) == prefix);
	return audit_list(node, rank, true) + audit_tree(node->child[0], prefix, bit / 2) +
		   audit_tree(node->child[1], prefix | bit, bit / 2);
}

static uint32_t audit_zone(const struct lido_free_zone *zone, int32_t most) {
	uint32_t len = audit_tree(zone->bins[RANK_TREE], 0, RANK_BIT_MAX);
	for (int bin = 0; bin <= RANK_TREE; bin++) {
		bool is_used = zone->used[bin / WORD_BITS] >> bin % WORD_BITS & 1;
		assert(is_used == (zone->bins[bin] != NULL));
		len += bin < RANK_TREE ? audit_list(zone->bins[bin], bin, false) : 0;
	}
	assert(zone_get_most(zone) == most);
	return len;
}

uint32_t lido_free_table_audit(const struct lido_free_table *table) {
	uint32_t len = 0;
	for (int i = 0; i < LIDO_ZONES_MAX; i++) {
		assert(table->zones[i] == NULL || i < table->zones_len);
		len += table->zones[i] != NULL ? audit_zone(table->zones[i], table->most[i]) : 0;
	}
	return len;
}

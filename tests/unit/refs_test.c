/*
 * The reference count: calls its owner once, when the last user leaves.
 */
#include "base/refs.h"
#include "runner.h"

static int unused_count;

static void handle_unused(struct lido_refs *refs) {
	expect_int(refs->count, ==, 0);
	unused_count++;
}

TEST("refs@owner-is-called-once-when-the-last-user-leaves") {
	struct lido_refs refs;
	lido_refs_init(&refs, handle_unused);
	lido_refs_ref(&refs);
	lido_refs_ref(&refs);
	lido_refs_unref(&refs);
	lido_refs_unref(&refs);
	expect_int(unused_count, ==, 0);
	lido_refs_unref(&refs);
	expect_int(unused_count, ==, 1);
}

TEST("refs@users-may-return-after-the-last-one-left") {
	struct lido_refs refs;
	lido_refs_init(&refs, handle_unused);
	lido_refs_unref(&refs);
	lido_refs_ref(&refs);
	lido_refs_unref(&refs);
	expect_int(unused_count, ==, 2);
}

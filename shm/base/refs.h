/*
 * A reference count that calls its owner when the last user leaves. It lets a lower layer keep something of a higher
 * one alive without knowing what it is.
 */
#ifndef LIDO_REFS_H
#define LIDO_REFS_H

#include <assert.h>
#include <stdint.h>

struct lido_refs {
	uint32_t count;
	void (*unused)(struct lido_refs *refs); // the last user has left; may free what holds the count
};

/* One user: the caller. */
static inline void lido_refs_init(struct lido_refs *refs, void (*unused)(struct lido_refs *refs)) {
	*refs = (struct lido_refs){.count = 1, .unused = unused};
}

static inline void lido_refs_ref(struct lido_refs *refs) {
	assert(refs->count < UINT32_MAX);
	refs->count++;
}

/* What holds the count may be gone afterwards. */
static inline void lido_refs_unref(struct lido_refs *refs) {
	assert(refs->count > 0);
	if (--refs->count == 0) {
		refs->unused(refs);
	}
}

#endif

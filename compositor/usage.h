/*
 * What each client uses of what other parts limit: objects, and work per time. All connections of a process share what
 * one may use.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct account;
struct compositor;

/* Kinds of work that a client may cause at a limited rate; see the table in usage.c. */
enum budget {
	BUDGET_RECEIVES,        // requests that ask another client for the data of its selection
	BUDGET_SELECTION_BYTES, // MIME types sent to others because a selection was set
	BUDGET_TEXT_INPUTS,     // text inputs enabled and disabled, which the input method is told
	BUDGET_KEYMAP_BYTES,    // text of keymaps that were compiled
	BUDGETS_LEN,
};

struct usage {
	struct compositor *compositor;
	struct wl_client *wl;
	struct account *account; // see usage_get_account()

	// See keymaps.c.
	size_t keymaps_unread; // sent since it had read all
	bool lacks_keymap;

	struct {
		struct wl_listener resource_created, destroy_early, destroy;
	} listeners;
};

struct usages {
	struct compositor *compositor;
	struct wl_listener client_created;
};

/* Always returns true. */
bool usages_init(struct compositor *compositor);

/* All clients must be destroyed before this call. */
void usages_finish(struct compositor *compositor);

/* The record of a client, which lives as long as its last object. NULL: there was no memory for it. */
struct usage *usage_from_client(struct wl_client *wl);

/* The account of the client's process. NULL: there was no memory for it. */
struct account *usage_get_account(struct wl_client *wl);

/* Ends the client: "too many WHAT: COUNT, the limit is LIMIT". */
void usage_post_too_many(struct wl_client *wl, const char *what, uint64_t count, uint64_t limit);

/* Adds an amount to what the client has spent. Ends the client, and returns false, if it exceeds the budget. */
bool usage_spend(struct wl_client *wl, enum budget budget, uint64_t amount);

#endif

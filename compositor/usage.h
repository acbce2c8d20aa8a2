/*
 * Limits on the work that a process may cause in a time, by all of its connections.
 */
#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

/* Kinds of work that a client may cause at a limited rate; see the table in usage.c. */
enum budget {
	BUDGET_RECEIVES,        // requests that ask another client for the data of its selection
	BUDGET_SELECTION_BYTES, // MIME types sent to others because a selection was set
	BUDGET_TEXT_INPUTS,     // text inputs enabled and disabled, which the input method is told
	BUDGET_KEYMAP_BYTES,    // text of keymaps that were compiled
	BUDGETS_LEN,
};

/* Ends the client: "too many WHAT: COUNT, the limit is LIMIT". */
void usage_post_too_many(struct wl_client *wl, const char *what, uint64_t count, uint64_t limit);

/* Adds an amount to what the client has spent. Ends the client, and returns false, if it exceeds the budget. */
bool usage_spend(struct wl_client *wl, enum budget budget, uint64_t amount);

#endif

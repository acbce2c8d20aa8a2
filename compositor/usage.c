#include "usage.h"

#include "account.h"
#include "clients.h"
#include "monotonic.h"
#include <assert.h>
#include <inttypes.h>
#include <wayland-server-protocol.h>

// An empty bucket takes burst at once.
static const struct {
	const char *what;
	uint64_t burst, per_second;
} budgets[BUDGETS_LEN] = {
	// A clipboard manager asks for each type of a selection at once (SELECTION_TYPES_MAX), and keeps two selections.
	[BUDGET_RECEIVES] = {"requests for data of selections", 512, 512},
	// A text view sets the primary selection at each motion of the pointer: some hundred bytes, a thousand times.
	[BUDGET_SELECTION_BYTES] = {"bytes of MIME types in a second", 1 << 20, 1 << 20},
	// A window that is clicked disables one and enables another.
	[BUDGET_TEXT_INPUTS] = {"text inputs enabled and disabled in a second", 512, 256},
	// Compiling takes up to 10 ms for VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX, and 3 ms for each file that the keymap
	// includes. Tools send one keymap, and then type.
	[BUDGET_KEYMAP_BYTES] = {"bytes of keymaps in a second", 512 << 10, 512 << 10},
};

static_assert(BUDGETS_LEN <= ACCOUNT_BUDGETS_MAX, "raise ACCOUNT_BUDGETS_MAX");

void usage_post_too_many(struct wl_client *wl, const char *what, uint64_t count, uint64_t limit) {
	wl_resource_post_error(client_get_display(wl), WL_DISPLAY_ERROR_NO_MEMORY,
			"too many %s: %" PRIu64 ", the limit is %" PRIu64, what, count, limit);
}

bool usage_spend(struct wl_client *wl, enum budget budget, uint64_t amount) {
	struct account *account = client_get_account(wl);
	if (account == NULL) {
		return false; // the client is being disconnected
	}
	struct bucket *bucket = &account->budgets[budget];
	bucket_drain(bucket, monotonic_msec(), budgets[budget].per_second);
	bucket->level += amount;
	if (bucket->level > budgets[budget].burst) {
		usage_post_too_many(wl, budgets[budget].what, bucket->level, budgets[budget].burst);
		return false;
	}
	return true;
}

#include "usage.h"

#include "account.h"
#include "batch.h"
#include "clients.h"
#include "listener.h"
#include "monotonic.h"
#include "object_limits.h"
#include "parts.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

// A budget is a bucket that drains at a constant rate. An empty one takes burst at once.
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
	// Compiling takes up to 10 ms for VIRTUAL_KEYBOARD_KEYMAP_SIZE_MAX. Tools send one keymap, and then type.
	[BUDGET_KEYMAP_BYTES] = {"bytes of keymaps in a second", 512 << 10, 512 << 10},
};

static_assert(BUDGETS_LEN <= ACCOUNT_BUDGETS_MAX, "raise ACCOUNT_BUDGETS_MAX");

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct usage *usage = wl_container_of(listener, usage, listeners.destroy);
	listener_remove(&usage->listeners.resource_created);
	listener_remove(&usage->listeners.destroy);
	free(usage);
}

// Its objects are destroyed next.
static void handle_destroy_early(struct wl_listener *listener, void *data) {
	struct usage *usage = wl_container_of(listener, usage, listeners.destroy_early);
	listener_remove(&usage->listeners.destroy_early);
	const struct account *account = usage_get_account(usage->wl);
	if (account != NULL) {
		batch_expect(usage->compositor, account->surfaces_len + account->queued_len);
	}
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct usage *usage = wl_container_of(listener, usage, listeners.resource_created);
	object_limits_count(usage, data);
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct usages *usages = wl_container_of(listener, usages, client_created);
	struct wl_client *wl = data;
	struct usage *usage = calloc(1, sizeof(*usage));
	if (usage == NULL) {
		wl_client_post_no_memory(wl);
		return;
	}
	usage->compositor = usages->compositor;
	usage->wl = wl;
	usage->listeners.resource_created.notify = handle_resource_created;
	wl_client_add_resource_created_listener(wl, &usage->listeners.resource_created);
	usage->listeners.destroy_early.notify = handle_destroy_early;
	wl_client_add_destroy_listener(wl, &usage->listeners.destroy_early);
	// Late: after its objects are destroyed.
	usage->listeners.destroy.notify = handle_destroy;
	wl_client_add_destroy_late_listener(wl, &usage->listeners.destroy);
}

struct usage *usage_from_client(struct wl_client *wl) {
	struct wl_listener *listener = wl_client_get_destroy_late_listener(wl, handle_destroy);
	struct usage *usage = NULL;
	return listener != NULL ? wl_container_of(listener, usage, listeners.destroy) : NULL;
}

// Not when the client is created: libwayland calls the listeners for that in any order.
struct account *usage_get_account(struct wl_client *wl) {
	struct usage *usage = usage_from_client(wl);
	if (usage == NULL) {
		return NULL;
	}
	if (usage->account == NULL) {
		usage->account = clients_get_account(wl);
	}
	return usage->account;
}

void usage_post_too_many(struct wl_client *wl, const char *what, uint64_t count, uint64_t limit) {
	wl_resource_post_error(client_get_display(wl), WL_DISPLAY_ERROR_NO_MEMORY,
			"too many %s: %" PRIu64 ", the limit is %" PRIu64, what, count, limit);
}

bool usage_spend(struct wl_client *wl, enum budget budget, uint64_t amount) {
	struct account *account = usage_get_account(wl);
	if (account == NULL) {
		return false; // the client is being disconnected
	}
	uint64_t *level = &account->budgets[budget].level;
	int64_t now = monotonic_msec();
	uint64_t drained = (uint64_t)(now - account->budgets[budget].time) * budgets[budget].per_second / 1000;
	*level = (drained < *level ? *level - drained : 0) + amount;
	account->budgets[budget].time = now;
	if (*level > budgets[budget].burst) {
		usage_post_too_many(wl, budgets[budget].what, *level, budgets[budget].burst);
		return false;
	}
	return true;
}

bool usages_init(struct compositor *compositor) {
	struct usages *usages = compositor->usages;
	usages->compositor = compositor;
	usages->client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(compositor->display, &usages->client_created);
	return true;
}

void usages_finish(struct compositor *compositor) {
	listener_remove(&compositor->usages->client_created);
}

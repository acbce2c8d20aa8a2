#include "account.h"

#include <stdlib.h>

// Number of closed accounts to inspect whenever another one is closed: more than one, so that they become fewer.
#define SWEEP_LEN 8

struct account_totals account_totals;

static struct wl_list closed = {&closed, &closed};

struct account *account_create(void) {
	struct account *account = calloc(1, sizeof(*account));
	if (account != NULL) {
		wl_list_init(&account->link);
	}
	return account;
}

static bool is_empty(struct account *account) {
	return atomic_load(&account->heap_size) == 0 && atomic_load(&account->fds_len) == 0;
}

// Nothing is added to a closed account, so one that is empty stays so.
static void sweep(void) {
	struct account *account, *next;
	int inspected = 0;
	wl_list_for_each_safe(account, next, &closed, link) {
		if (inspected++ == SWEEP_LEN) {
			break;
		}
		wl_list_remove(&account->link);
		if (is_empty(account)) {
			free(account);
		} else {
			wl_list_insert(closed.prev, &account->link);
		}
	}
}

void account_close(struct account *account) {
	wl_list_insert(&closed, &account->link);
	sweep();
}

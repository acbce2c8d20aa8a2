#include "account.h"

#include <stdlib.h>
#include <unistd.h>

atomic_size_t account_fds_total;

static struct wl_list accounts = {&accounts, &accounts};

// Nothing is added to an account without connections, so one that is empty stays so.
static bool is_over(struct account *account) {
	return account->users_len == 0 && atomic_load(&account->heap_size) == 0 && atomic_load(&account->fds_len) == 0;
}

static struct account *create(pid_t pid) {
	struct account *account = calloc(1, sizeof(*account));
	if (account != NULL) {
		account->pid = pid;
		wl_list_insert(&accounts, &account->link);
	}
	return account;
}

struct account *account_open(pid_t pid) {
	struct account *account, *next, *found = NULL;
	wl_list_for_each_safe(account, next, &accounts, link) {
		if (account->pid == pid && pid != getpid()) {
			found = account;
		} else if (is_over(account)) {
			wl_list_remove(&account->link);
			free(account);
		}
	}
	found = found != NULL ? found : create(pid);
	if (found != NULL) {
		found->users_len++;
	}
	return found;
}

void account_close(struct account *account) {
	if (--account->users_len == 0 && is_over(account)) {
		wl_list_remove(&account->link);
		free(account);
	}
}

#include "turn.h"

#include "account.h"
#include "heap.h"
#include "monotonic.h"
#include "parts.h"
#include <assert.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
	struct turn *turn; // NULL: no client is served
	size_t left;       // bytes
	int64_t start;     // ns
} current;

static uint64_t dispatch; // number of this iteration of the event loop

void turn_init(struct turn *turn, struct account *account) {
	*turn = (struct turn){.account = account, .size = TURN_SIZE_INITIAL};
}

static void set_waiting(struct turn *turn, bool is_waiting) {
	turn->account->waiting_len += is_waiting;
	turn->account->waiting_len -= turn->is_waiting;
	turn->is_waiting = is_waiting;
}

void turn_finish(struct turn *turn) {
	if (current.turn == turn) {
		turn_end();
	}
	set_waiting(turn, false);
}

static size_t clamp(size_t size) {
	return size < TURN_SIZE_MIN ? TURN_SIZE_MIN : size > TURN_SIZE_MAX ? TURN_SIZE_MAX : size;
}

size_t turn_get_next_size(size_t size, size_t read, int64_t nsec) {
	if (nsec > TURN_NSEC_MAX) {
		return clamp((size_t)((int64_t)read * TURN_NSEC_MAX / nsec));
	}
	// Twice as much takes at most as long as a turn may.
	return read == size && nsec <= TURN_NSEC_MAX / 2 ? clamp(size * 2) : size;
}

// Whether the time of its process is used up, or belongs to connections that have waited for it.
static bool has_to_wait(const struct turn *turn) {
	const struct account *account = turn->account;
	bool is_used_up = account->dispatch == dispatch && account->nsec >= TURN_NSEC_MAX;
	return is_used_up || (account->waiting_len > 0 && !turn->is_waiting);
}

size_t turn_begin(struct turn *turn) {
	if (current.turn != turn) {
		turn_end();
		set_waiting(turn, has_to_wait(turn));
		if (turn->is_waiting) {
			return 0;
		}
		current.turn = turn;
		current.left = turn->size;
		current.start = monotonic_nsec();
		heap_set_account(turn->account);
	}
	return current.left;
}

void turn_spend(size_t size) {
	assert(current.turn != NULL && size <= current.left);
	current.left -= size;
}

struct turn *turn_get_current(void) {
	return current.turn;
}

int64_t turn_get_nsec(void) {
	return current.turn != NULL ? monotonic_nsec() - current.start : 0;
}

void turn_end(void) {
	struct turn *turn = current.turn;
	if (turn != NULL) {
		int64_t nsec = monotonic_nsec() - current.start;
		turn->size = turn_get_next_size(turn->size, turn->size - current.left, nsec);
		turn->account->nsec = nsec + (turn->account->dispatch == dispatch ? turn->account->nsec : 0);
		turn->account->dispatch = dispatch;
		current.turn = NULL;
		heap_set_account(NULL);
	}
}

static int handle_dispatch(int fd, uint32_t mask, void *data) {
	turn_end();
	dispatch++;
	return 0;
}

bool turns_init(struct compositor *compositor) {
	struct turns *turns = compositor->turns;
	turns->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (turns->fd < 0) {
		return false;
	}
	turns->source = wl_event_loop_add_fd(compositor->loop, turns->fd, WL_EVENT_READABLE, handle_dispatch, NULL);
	if (turns->source == NULL) {
		return false;
	}
	wl_event_source_check(turns->source);
	return true;
}

void turns_finish(struct compositor *compositor) {
	struct turns *turns = compositor->turns;
	if (turns->source != NULL) {
		wl_event_source_remove(turns->source);
	}
	if (turns->fd >= 0) {
		close(turns->fd);
	}
}

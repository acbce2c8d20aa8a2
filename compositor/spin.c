#include "spin.h"

#include "clients.h"
#include "server.h"
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

/* After each turn of the loop. */
static int handle_turn(int fd, uint32_t mask, void *data) {
	struct compositor *compositor = data;
	struct spin *spin = &compositor->spin;
	if (++spin->turns < SPIN_TURNS) {
		return 0;
	}
	int64_t time = now();
	if (time - spin->period_start < SPIN_PERIOD) {
		clients_end_stuck(compositor);
	}
	spin->turns = 0;
	spin->period_start = time;
	return 0;
}

bool spin_init(struct compositor *compositor) {
	struct spin *spin = &compositor->spin;
	spin->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (spin->fd < 0) {
		return false;
	}
	spin->turn = wl_event_loop_add_fd(compositor->loop, spin->fd, WL_EVENT_READABLE, handle_turn, compositor);
	if (spin->turn == NULL) {
		return false;
	}
	wl_event_source_check(spin->turn);
	return true;
}

void spin_finish(struct compositor *compositor) {
	struct spin *spin = &compositor->spin;
	if (spin->turn != NULL) {
		wl_event_source_remove(spin->turn);
	}
	if (spin->fd >= 0) {
		close(spin->fd);
	}
}

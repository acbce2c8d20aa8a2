#include "spin.h"

#include "clients.h"
#include "monotonic.h"
#include "parts.h"
#include <sys/eventfd.h>
#include <unistd.h>

// Runs once in each iteration of the event loop.
static int handle_dispatch(int fd, uint32_t mask, void *data) {
	struct compositor *compositor = data;
	struct spin *spin = compositor->spin;
	if (++spin->dispatches < SPIN_DISPATCHES) {
		return 0;
	}
	int64_t time = monotonic_msec();
	if (time - spin->period_start < SPIN_PERIOD) {
		clients_end_stuck(compositor);
	}
	spin->dispatches = 0;
	spin->period_start = time;
	return 0;
}

bool spin_init(struct compositor *compositor) {
	struct spin *spin = compositor->spin;
	spin->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (spin->fd < 0) {
		return false;
	}
	spin->source = wl_event_loop_add_fd(compositor->loop, spin->fd, WL_EVENT_READABLE, handle_dispatch, compositor);
	if (spin->source == NULL) {
		return false;
	}
	wl_event_source_check(spin->source);
	return true;
}

void spin_finish(struct compositor *compositor) {
	struct spin *spin = compositor->spin;
	if (spin->source != NULL) {
		wl_event_source_remove(spin->source);
	}
	if (spin->fd >= 0) {
		close(spin->fd);
	}
}

#include "memory/pressure.h"

#include "base/os.h"

static int handle_pressure(int fd, uint32_t mask, void *data) {
	struct lido_pressure *pressure = data;
	pressure->notify(pressure->data);
	return 0;
}

// The kernel raises POLLPRI, for which event loops do not listen. An epoll fd around the trigger becomes readable
// instead.
void lido_pressure_init(
		struct lido_pressure *pressure, struct wl_event_loop *loop, void (*notify)(void *data), void *data) {
	*pressure = (struct lido_pressure){.epoll_fd = -1, .notify = notify, .data = data};
	pressure->trigger_fd = lido_os.open_pressure(LIDO_PRESSURE_TRIGGER);
	if (pressure->trigger_fd != -1) {
		pressure->epoll_fd = lido_os.watch_priority(pressure->trigger_fd);
	}
	if (pressure->epoll_fd != -1) {
		pressure->source = wl_event_loop_add_fd(loop, pressure->epoll_fd, WL_EVENT_READABLE, handle_pressure, pressure);
	}
}

void lido_pressure_finish(struct lido_pressure *pressure) {
	if (pressure->source != NULL) {
		wl_event_source_remove(pressure->source);
	}
	if (pressure->epoll_fd != -1) {
		lido_os.close(pressure->epoll_fd);
	}
	if (pressure->trigger_fd != -1) {
		lido_os.close(pressure->trigger_fd);
	}
}

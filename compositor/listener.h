/*
 * Helpers for listeners and signals.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <assert.h>
#include <wayland-server-core.h>

/* Calls notify with the data of each emission, until listener_remove(). */
static inline void listener_add(struct wl_listener *listener, struct wl_signal *signal, wl_notify_func_t notify) {
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

/* Ends that. Does nothing if the listener is zeroed or already removed. */
static inline void listener_remove(struct wl_listener *listener) {
	if (listener->notify != NULL) {
		wl_list_remove(&listener->link);
		listener->notify = NULL;
	}
}

/* Asserts that the signal has no listener left. */
static inline void signal_finish(struct wl_signal *signal) {
	assert(wl_list_empty(&signal->listener_list));
}

#endif

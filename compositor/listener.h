/*
 * Listeners of Wayland signals, added and removed in one way.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <assert.h>
#include <wayland-server-core.h>

/* Calls notify with the signal's data whenever it is emitted, until listener_remove(). */
static inline void listener_add(struct wl_listener *listener, struct wl_signal *signal, wl_notify_func_t notify) {
	listener->notify = notify;
	wl_signal_add(signal, listener);
}

/* Ends that. May be called again, and on a listener that is zeroed. */
static inline void listener_remove(struct wl_listener *listener) {
	if (listener->notify != NULL) {
		wl_list_remove(&listener->link);
		listener->notify = NULL;
	}
}

/* Asserts that no listener is left. */
static inline void signal_finish(struct wl_signal *signal) {
	assert(wl_list_empty(&signal->listener_list));
}

#endif

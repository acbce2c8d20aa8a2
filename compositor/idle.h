/*
 * Idle: who wants to know that nobody is there, and who keeps that from happening.
 */
#ifndef IDLE_H
#define IDLE_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_idle_notifier_v1;

struct idle {
	struct compositor *compositor;
	struct wlr_idle_notifier_v1 *notifier;
	int visible_len; // inhibitors on surfaces that are mapped
	struct wl_listener new_inhibitor;
};

/* False: out of memory. */
bool idle_init(struct compositor *compositor);
void idle_finish(struct compositor *compositor);

/* Somebody is here: to be called for each event of a device. */
void idle_notify_activity(struct compositor *compositor);

#endif

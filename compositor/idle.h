/*
 * Idle notification, and the surfaces that inhibit it.
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
	int visible_len; // number of inhibitors on mapped surfaces
	struct wl_listener new_inhibitor;
};

/* Returns false when out of memory. */
bool idle_init(struct compositor *compositor);
void idle_finish(struct compositor *compositor);

/* Call it when the session was locked or unlocked: no inhibitor counts while it is locked. */
void idle_update(struct compositor *compositor);

/* Reports that the user is active. Call it for each event of a device. */
void idle_notify_activity(struct compositor *compositor);

#endif

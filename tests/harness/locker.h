/*
 * A client that locks the session (ext-session-lock-v1), with a lock surface on one output.
 */
#ifndef HARNESS_LOCKER_H
#define HARNESS_LOCKER_H

#include "picture.h"
#include "screen.h"

struct locker {
	struct screen screen;
	struct ext_session_lock_manager_v1 *manager;
	struct ext_session_lock_v1 *lock;
	bool locked, finished; // the events

	struct wl_surface *surface; // NULL: there is none
	struct ext_session_lock_surface_v1 *lock_surface;
	struct picture picture; // valid if shown
	int32_t width, height;  // of the last configure event
	uint32_t serial;        // of the last configure event
	int configures;
	bool configured, shown;
};

/* Connects and requests the lock, which takes one round trip. */
void locker_init(struct locker *locker, struct server *server);

/* Waits until the session is locked. */
void locker_wait(struct locker *locker);

/* Creates the lock surface on the output, and waits for its first configure event. */
void locker_create_surface(struct locker *locker, struct wl_output *output);

/* Acknowledges the last configure event, and commits a picture of that size. */
void locker_draw(struct locker *locker, uint32_t seed);

/* All of these: a lock surface on the only output with a picture, once the session is locked. */
void locker_show(struct locker *locker, uint32_t seed);

/* Destroys the lock surface. */
void locker_hide(struct locker *locker);

/* Unlocks the session, after it was locked. */
void locker_unlock(struct locker *locker);

/* Disconnects. If it has not unlocked, this is what the crash of a locker looks like. */
void locker_finish(struct locker *locker);

#endif

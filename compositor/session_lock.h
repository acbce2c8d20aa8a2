/*
 * The session lock (ext-session-lock-v1). From the request of a locker on until it unlocks, every output is black
 * except for the locker's surfaces, and only these receive input. If the locker exits or crashes, the session stays
 * locked, and another locker may take over.
 *
 * Other parts ask session_lock_is_locked() or session_lock_allows().
 */
#ifndef SESSION_LOCK_H
#define SESSION_LOCK_H

#include "desktop.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_scene_rect;
struct wlr_scene_tree;
struct wlr_session_lock_manager_v1;
struct wlr_session_lock_surface_v1;
struct wlr_session_lock_v1;
struct wlr_surface;

/*
 * How long a session stays unlocked at least before the next unlock, ms. Each change hides or shows all windows, and
 * their clients are told; a client may lock and unlock in turn. Locking never waits.
 */
#define SESSION_LOCK_UNLOCK_MS 200

/* Limit on the sizes that a lock surface has been sent and has not acknowledged. It receives the last one later. */
#define SESSION_LOCK_CONFIGURES_MAX 8

struct lock_surface {
	struct owner owner;
	struct compositor *compositor;
	struct wlr_session_lock_surface_v1 *wlr;
	struct wlr_scene_tree *tree;
	int32_t width, height; // last sent to the client; 0: not yet
	struct wl_list link;   // session_lock.surfaces

	struct {
		struct wl_listener map, commit, destroy;
	} listeners;
};

struct session_lock {
	struct compositor *compositor;
	struct wlr_session_lock_manager_v1 *manager;
	struct wlr_session_lock_v1 *wlr; // of the locker; NULL: it has ended, or there is none
	bool locked;
	bool told;                    // the locker was told that the session is locked
	bool unlocking;               // the locker has unlocked; its surfaces are being destroyed
	struct wlr_scene_rect *black; // over all outputs, below the lock surfaces
	struct wl_list surfaces;      // lock_surface.link
	struct lock_surface *focused; // has the keyboard if it is mapped; may be NULL
	int64_t unlocked;             // when the session was last unlocked, ms
	struct wl_event_source *unlock;

	struct {
		struct wl_listener new_lock, layout_changed, output_destroy, session_active;
		struct wl_listener new_surface, unlock, destroy; // of the locker
	} listeners;
};

/* Returns false when out of memory. */
bool session_lock_init(struct compositor *compositor);
void session_lock_finish(struct compositor *compositor);

/* Is the session locked? Then bindings do nothing to windows, and new windows do not get the focus. */
bool session_lock_is_locked(const struct compositor *compositor);

/* May the surface be shown and receive input? True for each surface while the session is not locked. */
bool session_lock_allows(const struct compositor *compositor, struct wlr_surface *surface);

/* The surface that has the keyboard while the session is locked; NULL if there is none. */
struct wlr_surface *session_lock_focused_surface(const struct compositor *compositor);

/* Gives the keyboard to a lock surface that was clicked or touched. Returns false if the owner (may be NULL) is none.
 */
bool session_lock_focus_owner(struct compositor *compositor, struct owner *owner);

#endif

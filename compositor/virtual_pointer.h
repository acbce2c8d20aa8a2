/*
 * Pointers of clients (zwlr_virtual_pointer_v1), as remote desktops and test tools have them.
 *
 * wlroots tells what such a pointer does as it comes in. The protocol's frame "indicates the set of events that
 * logically belong together", so all of it is held until there.
 */
#ifndef VIRTUAL_POINTER_H
#define VIRTUAL_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_pointer.h>

struct compositor;

/*
 * Events that one pointer may have without a frame: more than any hand can do at once. The last one counts as a frame,
 * so a client that never sends one is late, and takes no memory by it.
 */
#define VIRTUAL_POINTER_EVENTS_MAX 64

/* Buttons that one pointer can have down, and lets go when it goes itself; presses beyond are none. */
#define VIRTUAL_POINTER_BUTTONS_MAX 16

/* What a pointing device has done. */
struct pointer_event {
	enum {
		POINTER_EVENT_MOTION,
		POINTER_EVENT_MOTION_ABSOLUTE,
		POINTER_EVENT_BUTTON,
		POINTER_EVENT_AXIS,
	} type;
	union {
		struct wlr_pointer_motion_event motion;
		struct wlr_pointer_motion_absolute_event motion_absolute;
		struct wlr_pointer_button_event button;
		struct wlr_pointer_axis_event axis;
	};
};

struct virtual_pointer {
	struct compositor *compositor;
	struct wlr_pointer *wlr;
	struct wl_list link; // virtual_pointers.list
	struct pointer_event held[VIRTUAL_POINTER_EVENTS_MAX];
	size_t held_len;
	uint32_t pressed[VIRTUAL_POINTER_BUTTONS_MAX]; // buttons that are down
	size_t pressed_len;

	struct {
		struct wl_listener frame, destroy;
	} listeners;
};

struct virtual_pointers {
	struct compositor *compositor;
	struct wl_list list; // virtual_pointer.link
	struct wl_listener new_pointer;
};

/* False: out of memory. */
bool virtual_pointers_init(struct compositor *compositor);

/* Virtual pointers may still be there, and end later. */
void virtual_pointers_finish(struct compositor *compositor);

/* Keeps an event of pointer for its frame, which applies it by cursor_apply(). False: that is no virtual pointer. */
bool virtual_pointer_hold(
		struct compositor *compositor, struct wlr_pointer *pointer, const struct pointer_event *event);

#endif

/*
 * Virtual pointers of clients (zwlr_virtual_pointer_v1), such as remote desktops and test tools.
 *
 * wlroots forwards each event of such a pointer immediately. The protocol's frame "indicates the set of events that
 * logically belong together", so the compositor holds all of them until the frame.
 */
#ifndef VIRTUAL_POINTER_H
#define VIRTUAL_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_pointer.h>

struct compositor;
struct wlr_output;

/*
 * Limit on the events of one pointer without a frame: more than a hand makes at once. The last one counts as a frame,
 * so a client that never sends a frame delays its own events, and uses no further memory.
 */
#define VIRTUAL_POINTER_EVENTS_MAX 64

/*
 * Limit on the buttons that one pointer holds down. They are released when the pointer is destroyed; presses beyond the
 * limit are ignored.
 */
#define VIRTUAL_POINTER_BUTTONS_MAX 16

/*
 * Beyond SEAT_VIRTUAL_EVENTS_MAX, clients are told where the pointer is after this time, ms. Presses and scrolling are
 * ignored then.
 */
#define VIRTUAL_POINTER_SETTLE_MS 16

/* An event of a pointing device. */
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
	struct wlr_output *output; // that it moves over; NULL: all
	struct wl_list link;       // virtual_pointers.list
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
	struct wl_list list;            // virtual_pointer.link
	struct wl_event_source *settle; // timer, set while the pointer was moved and clients do not know
	bool is_settling;               // the timer is set
	bool is_frame_empty;            // nothing of the current frame was sent to clients
	struct wl_listener new_pointer, output_destroy;
};

/* Returns false when out of memory. */
bool virtual_pointers_init(struct compositor *compositor);

/*
 * Whether clients received nothing of the frame that is handled now, and no more may be sent: then they need not be
 * told of the frame. Call it once for each frame of any pointer.
 */
bool virtual_pointer_is_frame_empty(struct compositor *compositor);

/* Virtual pointers may outlive this call. */
void virtual_pointers_finish(struct compositor *compositor);

/*
 * Holds an event of pointer until its frame, which applies it by cursor_apply(). Returns false if the pointer is not
 * virtual.
 */
bool virtual_pointer_hold(
		struct compositor *compositor, struct wlr_pointer *pointer, const struct pointer_event *event);

#endif

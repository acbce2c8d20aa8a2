/*
 * wlroots locks the buffer of each zwlr_screencopy_frame_v1.copy. When it refuses the buffer, it forgets to unlock it
 * (types/wlr_screencopy_v1.c, frame_handle_copy(), in 0.18 to 0.20), so a client that connects, is refused, and
 * connects again would make the compositor grow without end.
 */
#include "captures.h"

#include "listener.h"
#include "parts.h"
#include "requests.h"
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_screencopy_v1.h>

struct capture {
	struct wl_list link;       // captures.list
	struct wlr_buffer *buffer; // locked
	struct wl_resource *frame; // NULL: destroyed
	uint64_t request;          // its number, see requests.len
	bool again;                // the frame had a buffer before, so this one is refused
	bool refused;
	struct wl_listener frame_destroy;
};

// The capture of a request that is being handled still uses its buffer. Later, that of a refused one was destroyed with
// its client.
static void handle_idle(void *data) {
	struct captures *captures = data;
	captures->idle = NULL;
	struct capture *capture, *tmp;
	wl_list_for_each_safe(capture, tmp, &captures->list, link) {
		if (capture->refused) {
			wlr_buffer_unlock(capture->buffer); // the lock of wlroots
		}
		wlr_buffer_unlock(capture->buffer);
		listener_remove(&capture->frame_destroy);
		wl_list_remove(&capture->link);
		free(capture);
	}
}

static void handle_frame_destroy(struct wl_listener *listener, void *data) {
	struct capture *capture = wl_container_of(listener, capture, frame_destroy);
	capture->frame = NULL;
	listener_remove(&capture->frame_destroy);
}

static bool has_buffer(struct wl_resource *resource) {
	const struct wlr_screencopy_frame_v1 *frame = wl_resource_get_user_data(resource);
	return frame == NULL || frame->buffer != NULL;
}

static void handle_copy(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct captures *captures = compositor->captures;
	if (wl_resource_get_user_data(resource) == NULL) {
		return; // wlroots ignores the request: the capture is over
	}
	struct capture *capture = calloc(1, sizeof(*capture));
	if (captures->idle == NULL) {
		captures->idle = wl_event_loop_add_idle(compositor->loop, handle_idle, captures);
	}
	struct wlr_buffer *buffer = capture != NULL && captures->idle != NULL
										? wlr_buffer_try_from_resource((struct wl_resource *)arguments[0].o)
										: NULL;
	if (buffer == NULL) {
		free(capture);
		return;
	}
	capture->buffer = buffer;
	capture->frame = resource;
	capture->request = compositor->requests->len;
	capture->again = has_buffer(resource);
	capture->frame_destroy.notify = handle_frame_destroy;
	wl_resource_add_destroy_listener(resource, &capture->frame_destroy);
	wl_list_insert(&captures->list, &capture->link);
}

// The error may also be one that concerns the client, after its last request: then wlroots has accepted the buffer.
static void handle_error(struct wl_listener *listener, void *data) {
	struct captures *captures = wl_container_of(listener, captures, listeners.error);
	if (wl_list_empty(&captures->list)) {
		return;
	}
	struct capture *last = wl_container_of(captures->list.next, last, link);
	last->refused |= last->request == captures->compositor->requests->len && last->frame != NULL &&
					 (last->again || !has_buffer(last->frame));
}

bool captures_init(struct compositor *compositor) {
	struct captures *captures = compositor->captures;
	captures->compositor = compositor;
	wl_list_init(&captures->list);
	listener_add(&captures->listeners.error, &compositor->requests->events.error, handle_error);
	static const char *const names[] = {"copy", "copy_with_damage", NULL};
	return requests_watch_all(compositor, "zwlr_screencopy_frame_v1", names, handle_copy);
}

void captures_finish(struct compositor *compositor) {
	struct captures *captures = compositor->captures;
	listener_remove(&captures->listeners.error);
	if (captures->idle != NULL) {
		wl_event_source_remove(captures->idle);
		handle_idle(captures);
	}
}

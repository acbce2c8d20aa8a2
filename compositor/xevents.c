#include "xevents.h"

#include "clients.h"
#include "compat.h"
#include "listener.h"
#include "log.h"
#include "monotonic.h"
#include "parts.h"
#include "seat.h"
#include "turn.h"
#include "xwayland.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/xwayland.h>
#include <wlr/xwayland/shell.h>
#include <xcb/xcb.h>

#define REPLACES_LIBXCB __attribute__((visibility("default")))

// What an event costs of a turn, bytes.
#define EVENT_SIZE 32

// How long a pause lasts, ms.
#define PAUSE_MS 4

// Answers wake the event loop, unless libxcb has read them while it wrote: then they are found after so long, ms.
#define RECHECK_MS 10

// Events that are read at once.
#define FILL_MAX 256

struct xevents *xevents_find(xcb_connection_t *connection) {
	struct xstream *stream = xstream_find(xcb_get_file_descriptor(connection));
	struct xevents *xevents;
	return stream != NULL ? wl_container_of(stream, xevents, stream) : NULL;
}

void xevents_begin(struct xevents *xevents, xcb_connection_t *connection) {
	xfilter_init(&xevents->filter, connection);
	xprefetch_init(&xevents->prefetch, connection);
	xselections_init(&xevents->selections, connection);
}

// wlroots looks for events after each iteration of the event loop. Newer versions only do if the X server has sent
// something: an answer that nobody reads.
static void look_again(struct xevents *xevents) {
#if WLR_SINCE(19)
	xcb_connection_t *connection = xdrag_connection(&xevents->xwayland->xdrag);
	if (connection != NULL && !xstream_is_writing(&xevents->stream)) {
		xcb_discard_reply(connection, xcb_get_input_focus(connection).sequence);
		xcb_flush(connection);
	}
#endif
}

static int handle_resume(void *data) {
	struct xevents *xevents = data;
	xevents->is_paused = false;
	look_again(xevents);
	return 0;
}

// Wakes the event loop later. is_paused: nothing is handled before.
static void wait_for(struct xevents *xevents, int ms, bool is_paused) {
	xevents->is_paused = is_paused;
	wl_event_source_timer_update(xevents->resume, ms);
}

void xevents_wake(struct xevents *xevents) {
	if (!xevents->is_paused && xevents->resume != NULL) {
		wait_for(xevents, 1, false);
	}
}

// Counts the time since the last event, which wlroots has handled. Returns false if there has been too much.
static bool spend_time(struct xevents *xevents) {
	int64_t now = monotonic_nsec();
	uint64_t level = bucket_drain(&xevents->busy, now / 1000000, XEVENTS_PERCENT * UINT64_C(10000));
	if (xevents->event_nsec != 0) {
		level = xevents->busy.level += (uint64_t)(now - xevents->event_nsec) / 1000;
		xevents->event_nsec = 0;
	}
	return level < XEVENTS_BURST_USEC;
}

static void handle_ended(void *data) {
	struct xevents *xevents = data;
	struct wl_client *client = xevents->client;
	xevents->ended = NULL;
	xevents_detach(xevents);
	if (client != NULL) {
		wl_client_destroy(client);
	}
}

static void end_soon(struct xevents *xevents) {
	if (xevents->ended == NULL) {
		xevents->ended = wl_event_loop_add_idle(xevents->xwayland->compositor->loop, handle_ended, xevents);
	}
}

// Begins or continues the turn of the client. Returns false if that has to wait, or ends because it holds too much.
static bool begin_turn(struct xevents *xevents) {
	struct client_record *record = xevents->client != NULL ? client_get_record(xevents->client) : NULL;
	if (record == NULL) {
		return true; // it is gone, and the connection ends
	}
	bool is_left = turn_begin(&record->turn) >= EVENT_SIZE;
	if (is_left && !clients_enforce_limits(&record->turn)) {
		end_soon(xevents);
		return false;
	}
	return is_left;
}

static size_t get_windows_left(const struct xevents *xevents) {
	size_t len = xevents->xwayland->windows_len;
	return len < XWAYLAND_WINDOWS_MAX ? XWAYLAND_WINDOWS_MAX - len : 0;
}

struct xevent {
	struct xevent *next;
	xcb_generic_event_t *event;
};

typedef xcb_generic_event_t *poll_for_event(xcb_connection_t *connection);

// Does this event make the last one needless? Of a property only its last value matters.
static bool replaces_last(const struct xevents *xevents, const xcb_generic_event_t *event) {
	if (xevents->first == NULL || event->response_type != XCB_PROPERTY_NOTIFY) {
		return false;
	}
	const struct xevent *last = wl_container_of(xevents->last, last, next);
	const xcb_property_notify_event_t *a = (const xcb_property_notify_event_t *)last->event;
	const xcb_property_notify_event_t *b = (const xcb_property_notify_event_t *)event;
	bool is_held = last == xevents->first && xevents->held_msec != 0;
	return !is_held && a->response_type == XCB_PROPERTY_NOTIFY && a->window == b->window && a->atom == b->atom &&
		   a->state == b->state;
}

// Reads what has come: answers, too.
static void fill(struct xevents *xevents, xcb_connection_t *connection, poll_for_event *take) {
	for (int i = 0; i < FILL_MAX; i++) {
		xcb_generic_event_t *event = take(connection);
		if (event == NULL && !xstream_has_packets(&xevents->stream)) {
			break;
		}
		struct xevent *node = event != NULL && !replaces_last(xevents, event) ? malloc(sizeof(*node)) : NULL;
		if (node == NULL) {
			free(event);
			continue;
		}
		*node = (struct xevent){.event = event};
		*xevents->last = node;
		xevents->last = &node->next;
	}
}

static xcb_generic_event_t *pop(struct xevents *xevents) {
	struct xevent *node = xevents->first;
	xcb_generic_event_t *event = node->event;
	xevents->first = node->next;
	if (xevents->first == NULL) {
		xevents->last = &xevents->first;
	}
	free(node);
	xevents->held_msec = 0;
	return event;
}

static const xcb_client_message_event_t *get_serial_message(
		const struct xevents *xevents, const xcb_generic_event_t *event) {
	const xcb_client_message_event_t *message = (const xcb_client_message_event_t *)event;
	bool is_serial = event->response_type == XCB_CLIENT_MESSAGE &&
					 message->type == xevents->filter.atoms[XFILTER_SURFACE_SERIAL];
	return is_serial ? message : NULL;
}

static void ask(struct xevents *xevents, xcb_connection_t *connection, const xcb_generic_event_t *event) {
	struct xprefetch *prefetch = &xevents->prefetch;
	const xcb_client_message_event_t *message = get_serial_message(xevents, event);
	if (xselections_ask(&xevents->selections, prefetch, connection, event)) {
		// That was all.
	} else if (event->response_type == XCB_CREATE_NOTIFY) {
		xprefetch_ask_window(prefetch, connection, ((const xcb_create_notify_event_t *)event)->window);
	} else if (event->response_type == XCB_PROPERTY_NOTIFY) {
		const xcb_property_notify_event_t *notify = (const xcb_property_notify_event_t *)event;
		xprefetch_ask_property(prefetch, connection, notify->window, notify->atom);
	} else if (message != NULL) {
		xprefetch_ask_properties(prefetch, connection, message->window);
	}
	if (prefetch->answers_len > 0) {
		xcb_flush(connection);
	}
}

// If the surface of a window comes after the message about it, wlroots asks for the properties in between, and waits.
static bool has_surface(const struct xevents *xevents, const xcb_generic_event_t *event) {
	const xcb_client_message_event_t *message = get_serial_message(xevents, event);
	struct wlr_xwayland_shell_v1 *shell = xevents->xwayland->wlr->shell_v1;
	if (message == NULL || shell == NULL) {
		return true;
	}
	uint64_t serial = (uint64_t)message->data.data32[1] << 32 | message->data.data32[0];
	return wlr_xwayland_shell_v1_surface_from_serial(shell, serial) != NULL;
}

// Is the first event ready to be handled? Asks what wlroots will ask.
static bool is_ready(struct xevents *xevents, xcb_connection_t *connection) {
	const xcb_generic_event_t *event = xevents->first->event;
	if (xevents->held_msec == 0) {
		xevents->held_msec = monotonic_msec();
		ask(xevents, connection, event);
	}
	bool is_late = monotonic_msec() - xevents->held_msec > XEVENTS_HOLD_MS;
	return xprefetch_is_ready(&xevents->prefetch, connection) &&
		   xselections_are_ready(&xevents->selections, &xevents->prefetch, connection,
				   xevents->xwayland->compositor->seat->wlr, event) &&
		   (is_late || has_surface(xevents, event));
}

// Looks at the first event for the first time. Returns false if it is dropped.
static bool consider(struct xevents *xevents, xcb_connection_t *connection) {
	if (turn_get_current() != NULL) {
		turn_spend(EVENT_SIZE);
	}
	const xcb_generic_event_t *event = xevents->first->event;
	bool is_answer = xfilter_get_type(event) == XCB_SELECTION_NOTIFY;
	bool is_accepted =
			(!is_answer || xselections_expect(&xevents->selections, (const xcb_selection_notify_event_t *)event)) &&
			xfilter_accepts(&xevents->filter, connection, event, get_windows_left(xevents)) &&
			!xdrag_takes(&xevents->xwayland->xdrag, connection, event);
	if (!is_accepted) {
		free(pop(xevents));
	}
	return is_accepted;
}

static xcb_window_t get_focused(const xcb_generic_event_t *event) {
	bool is_focus = event->response_type == XCB_FOCUS_IN;
	return is_focus ? ((const xcb_focus_in_event_t *)event)->event : (xcb_window_t)XCB_WINDOW_NONE;
}

static xcb_generic_event_t *take_event(struct xevents *xevents, xcb_connection_t *connection, poll_for_event *take) {
	xcb_generic_event_t *event = NULL;
	xdrag_poll(&xevents->xwayland->xdrag, connection);
	xevents->focused = XCB_WINDOW_NONE;
	if (xevents->event_nsec != 0) {
		xprefetch_clear(&xevents->prefetch); // the last event has been handled
	}
	while (!xevents->is_paused && event == NULL) {
		if (xstream_is_writing(&xevents->stream)) {
			break; // the X server is busy, and each event may cause more to be written
		}
		if (!spend_time(xevents) || !begin_turn(xevents)) {
			wait_for(xevents, PAUSE_MS, true);
			break;
		}
		// What is not needed yet stays with the X server.
		if (xevents->first == NULL || xevents->held_msec != 0) {
			fill(xevents, connection, take);
		}
		if (xevents->first == NULL) {
			break;
		}
		if (xevents->held_msec == 0 && !consider(xevents, connection)) {
			continue;
		}
		if (!is_ready(xevents, connection)) {
			wait_for(xevents, RECHECK_MS, false);
			break;
		}
		event = pop(xevents);
		xevents->event_nsec = monotonic_nsec();
		xevents->focused = get_focused(event);
	}
	if (event == NULL) {
		turn_end();
	}
	return event;
}

REPLACES_LIBXCB xcb_generic_event_t *xcb_poll_for_event(xcb_connection_t *connection) {
	static poll_for_event *take;
	if (take == NULL) {
		*(void **)&take = dlsym(RTLD_NEXT, "xcb_poll_for_event");
	}
	struct xevents *xevents = xevents_find(connection);
	return xevents != NULL ? take_event(xevents, connection, take) : take(connection);
}

// Without a window manager, Xwayland would go on, but show nothing. wlroots closes the fd in this iteration of the
// event loop, too.
static void handle_hangup(void *data) {
	end_soon(data);
}

static void handle_written(void *data) {
	look_again(data);
}

static int64_t get_cpu_msec(void *data) {
	const struct xevents *xevents = data;
	clockid_t clock;
	struct timespec time;
	if (clock_getcpuclockid(*xevents->xwayland->pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
		return 0; // it is gone
	}
	return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

static const struct xstream_listener stream_listener = {
	.hangup = handle_hangup,
	.written = handle_written,
	.get_cpu_msec = get_cpu_msec,
};

// wlroots ends the window manager when its connection does. If the client fails to start, wlroots would use it later.
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct xevents *xevents = wl_container_of(listener, xevents, client_destroy);
	struct wlr_xwayland_server *server = xevents->xwayland->wlr->server;
	listener_remove(&xevents->client_destroy);
	xevents->client = NULL;
	if (server->pipe_source != NULL) {
		server->client = NULL;
	}
	if (xevents->xwayland->wlr->xwm != NULL) {
		xstream_shut_down(&xevents->stream); // without a window manager, the fd may be another file's
	}
}

bool xevents_attach(struct xevents *xevents, struct xwayland *xwayland, struct wl_client *client, int fd) {
	xevents_detach(xevents);
	*xevents = (struct xevents){.xwayland = xwayland, .client = client, .last = &xevents->first};
	struct wl_event_loop *loop = xwayland->compositor->loop;
	xevents->resume = wl_event_loop_add_timer(loop, handle_resume, xevents);
	bool is_read = xstream_init(&xevents->stream, loop, fd, &stream_listener, xevents);
	xevents->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &xevents->client_destroy);
	return is_read && xevents->resume != NULL;
}

static void remove_source(struct wl_event_source **source) {
	if (*source != NULL) {
		wl_event_source_remove(*source);
		*source = NULL;
	}
}

void xevents_detach(struct xevents *xevents) {
	if (xevents->xwayland == NULL) {
		return;
	}
	listener_remove(&xevents->client_destroy);
	remove_source(&xevents->resume);
	xstream_finish(&xevents->stream);
	remove_source(&xevents->ended);
	while (xevents->first != NULL) {
		free(pop(xevents));
	}
	xprefetch_clear(&xevents->prefetch);
	xselections_finish(&xevents->selections);
	xdrag_end(&xevents->xwayland->xdrag);
	xevents->xwayland = NULL;
}

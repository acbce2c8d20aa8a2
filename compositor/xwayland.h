/*
 * Windows of X11 programs, by Xwayland: an X server that is a client of the compositor, and is started when the first
 * program connects to its socket. wlroots is its window manager, in the compositor's process.
 *
 * It ends with its last X11 program, and whatever ends it, the next program starts it again. Where it fails to start,
 * wlroots closes the display, which is opened again after a while.
 */
#ifndef XWAYLAND_H
#define XWAYLAND_H

#include "xdrag.h"
#include "xevents.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <wayland-server-core.h>

struct compositor;
struct compositor_options;
struct wl_global;
struct wlr_drag;
struct wlr_surface;
struct wlr_xcursor_manager;
struct wlr_xwayland;

/* The most windows that are managed, shown or not. Further ones stay unknown to the window manager, and hidden. */
#define XWAYLAND_WINDOWS_MAX 2048

/* How long after a failure of Xwayland there is a display again, ms. Each program that connects may cause a failure. */
#define XWAYLAND_RETRY_MS 2000

struct xwayland {
	struct compositor *compositor;
	struct wlr_xwayland *wlr; // NULL: there is no X11
	size_t windows_len;       // struct xwindow
	pid_t *pid;               // the X server, which is no child of this process; in memory that its process writes, too
	char *preload;            // LD_PRELOAD of Xwayland; NULL: that of this process
	struct xevents xevents;
	struct xdrag xdrag;

	struct wl_event_source *retry;   // a timer
	struct wl_event_source *started; // an idle source that runs after the fork; NULL: none is pending

	struct {
		struct wl_listener start, ready, new_surface, client_destroy;
	} listeners;
};

/* Creates the display's sockets. Returns false when it cannot, if the options demand it; logs the reason. */
bool xwayland_create(struct compositor *compositor, const struct compositor_options *options);

/* Always returns true: xwayland_create() does the work. */
bool xwayland_init(struct compositor *compositor);
void xwayland_finish(struct compositor *compositor);

/* The value for DISPLAY; NULL: there is no X11. */
const char *xwayland_get_display(const struct compositor *compositor);

/*
 * Are X11 programs to follow the drag that begins next, and selections? wlroots dereferences the source of a drag,
 * which may have none.
 */
void xwayland_follow_drags(struct compositor *compositor, bool follow);

/*
 * Has the X server numbers for the types of this drag, if the surface is an X11 window? wlroots would wait for them.
 * Else asks for them.
 */
bool xwayland_knows_types(struct compositor *compositor, struct wlr_surface *surface, const struct wlr_drag *drag);

/* Has a window of X11 the focus of the keyboard? */
bool xwayland_has_keyboard(const struct compositor *compositor);

/* May this client see this global? Only Xwayland sees what is for it. */
bool xwayland_filter(
		const struct compositor *compositor, const struct wl_client *client, const struct wl_global *global);

#endif

#include "xwayland.h"

#include "clients.h"
#include "compat.h"
#include "compositor.h"
#include "cursor.h"
#include "listener.h"
#include "log.h"
#include "parts.h"
#include "seat.h"
#include "xwindow.h"
#include <fcntl.h>
#include <lido/limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/xcursor.h>
#include <wlr/xwayland.h>
#include <wlr/xwayland/shell.h>

// wlroots is forking to start the X server of this one; NULL: it is not.
static const struct xwayland *starting;

// Xwayland and its compiler of keymaps print warnings about usual keymaps.
static void discard_messages(void) {
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		dup2(fd, STDERR_FILENO);
		close(fd);
	}
}

// Runs in each child: wlroots forks twice, and the second one becomes Xwayland, with the signals and limits of the
// compositor.
static void prepare_child(void) {
	if (starting == NULL) {
		return;
	}
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	lido_limits_restore_nofile();
	if (starting->preload != NULL) {
		setenv("LD_PRELOAD", starting->preload, true);
	}
	*starting->pid = getpid();
	if (wlr_log_get_verbosity() < WLR_DEBUG) {
		discard_messages();
	}
}

static void handle_started(void *data) {
	struct xwayland *xwayland = data;
	xwayland->started = NULL;
	starting = NULL;
}

// Looks soon whether it was started at all.
static void handle_client_destroy(struct wl_listener *listener, void *data) {
	struct xwayland *xwayland = wl_container_of(listener, xwayland, listeners.client_destroy);
	listener_remove(&xwayland->listeners.client_destroy);
	wl_event_source_timer_update(xwayland->retry, XWAYLAND_RETRY_MS);
}

// wlroots forks next.
static void handle_start(struct wl_listener *listener, void *data) {
	struct xwayland *xwayland = wl_container_of(listener, xwayland, listeners.start);
	const struct wlr_xwayland_server *server = xwayland->wlr->server;
	if (!xevents_attach(&xwayland->xevents, xwayland, server->client, server->wm_fd[0])) {
		wl_client_post_no_memory(server->client);
	}
	listener_remove(&xwayland->listeners.client_destroy);
	xwayland->listeners.client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(server->client, &xwayland->listeners.client_destroy);
	starting = xwayland;
	if (xwayland->started == NULL) {
		xwayland->started = wl_event_loop_add_idle(xwayland->compositor->loop, handle_started, xwayland);
	}
}

// What X11 shows where no window has a cursor.
static void set_cursor(struct xwayland *xwayland) {
	struct wlr_xcursor_manager *theme = xwayland->compositor->cursor->theme;
	struct wlr_xcursor *cursor = NULL;
	if (wlr_xcursor_manager_load(theme, 1)) {
		cursor = wlr_xcursor_manager_get_xcursor(theme, "default", 1);
	}
	if (cursor != NULL) {
		xwayland_set_cursor(xwayland->wlr, cursor->images[0]);
	}
}

static void handle_ready(struct wl_listener *listener, void *data) {
	struct xwayland *xwayland = wl_container_of(listener, xwayland, listeners.ready);
	struct wlr_xwayland_server *server = xwayland->wlr->server;
	// The window manager closes it. wlroots would close the fd a second time, which may be somebody else's by then.
	server->wm_fd[0] = -1;
	// However soon it ends, the next program may start it again.
	server->server_start = 0;
	wlr_xwayland_set_seat(xwayland->wlr, xwayland->compositor->seat->wlr);
	xevents_begin(&xwayland->xevents, wlr_xwayland_get_xwm_connection(xwayland->wlr));
	if (!xdrag_begin(&xwayland->xdrag, xwayland->compositor, wlr_xwayland_get_xwm_connection(xwayland->wlr))) {
		wl_client_post_no_memory(server->client);
	}
	set_cursor(xwayland);
	xstream_set_started(&xwayland->xevents.stream);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct xwayland *xwayland = wl_container_of(listener, xwayland, listeners.new_surface);
	xwindow_create(xwayland->compositor, data);
}

static bool is_installed(void) {
	if (getenv("WLR_XWAYLAND") != NULL) {
		return true;
	}
	const char *path = getenv("PATH");
	char *folders = strdup(path != NULL ? path : "/usr/local/bin:/usr/bin:/bin"), *rest = folders, *folder;
	bool found = false;
	while (!found && rest != NULL && (folder = strsep(&rest, ":")) != NULL) {
		char file[4096];
		found = snprintf(file, sizeof(file), "%s/Xwayland", folder) < (int)sizeof(file) && access(file, X_OK) == 0;
	}
	free(folders);
	return found;
}

// Returns false if there can be no display.
static bool open_display(struct xwayland *xwayland) {
	xwayland->wlr = wlr_xwayland_create(xwayland->compositor->display, xwayland->compositor->wlr, true);
	if (xwayland->wlr == NULL) {
		return false;
	}
	listener_add(&xwayland->listeners.start, &xwayland->wlr->server->events.start, handle_start);
	listener_add(&xwayland->listeners.ready, &xwayland->wlr->events.ready, handle_ready);
	listener_add(&xwayland->listeners.new_surface, &xwayland->wlr->events.new_surface, handle_new_surface);
	return true;
}

static void close_display(struct xwayland *xwayland) {
	xevents_detach(&xwayland->xevents);
	listener_remove(&xwayland->listeners.start);
	listener_remove(&xwayland->listeners.ready);
	listener_remove(&xwayland->listeners.new_surface);
	listener_remove(&xwayland->listeners.client_destroy);
	if (xwayland->started != NULL) {
		wl_event_source_remove(xwayland->started);
		handle_started(xwayland);
	}
	wlr_xwayland_destroy(xwayland->wlr);
	xwayland->wlr = NULL;
}

// wlroots has given up if there is neither an X server nor a listener for programs. The number of the display is the
// same, unless somebody has taken it.
static int handle_retry(void *data) {
	struct xwayland *xwayland = data;
	struct wlr_xwayland_server *server = xwayland->wlr->server;
	if (server->client != NULL || server->x_fd_read_event[0] != NULL) {
		return 0;
	}
	close_display(xwayland);
	if (open_display(xwayland)) {
		log_error("Xwayland did not start; X11 programs may try again on DISPLAY=%s", xwayland->wlr->display_name);
	} else {
		log_error("Xwayland did not start, and there can be no display for X11");
	}
	return 0;
}

bool xwayland_create(struct compositor *compositor, const struct compositor_options *options) {
	static bool is_prepared;
	struct xwayland *xwayland = compositor->xwayland;
	bool is_demanded = options->xwayland == COMPOSITOR_XWAYLAND_ON;
	if (options->xwayland == COMPOSITOR_XWAYLAND_OFF || (!is_demanded && !is_installed())) {
		return true;
	}
	if (!is_prepared && pthread_atfork(NULL, NULL, prepare_child) != 0) {
		return !is_demanded;
	}
	is_prepared = true;
	if (options->xwayland_preload != NULL && (xwayland->preload = strdup(options->xwayland_preload)) == NULL) {
		return false;
	}
	xwayland->retry = wl_event_loop_add_timer(compositor->loop, handle_retry, xwayland);
	void *shared = mmap(NULL, sizeof(*xwayland->pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	xwayland->pid = shared != MAP_FAILED ? shared : NULL;
	if (xwayland->retry == NULL || xwayland->pid == NULL || !open_display(xwayland)) {
		log_error("cannot create a display for X11%s", is_demanded ? "; is Xwayland installed?" : "");
		return !is_demanded;
	}
	return true;
}

bool xwayland_init(struct compositor *compositor) {
	compositor->xwayland->compositor = compositor;
	return true;
}

void xwayland_finish(struct compositor *compositor) {
	struct xwayland *xwayland = compositor->xwayland;
	close_display(xwayland);
	if (xwayland->retry != NULL) {
		wl_event_source_remove(xwayland->retry);
		xwayland->retry = NULL;
	}
	if (xwayland->pid != NULL) {
		munmap(xwayland->pid, sizeof(*xwayland->pid));
		xwayland->pid = NULL;
	}
	free(xwayland->preload);
	xwayland->preload = NULL;
}

const char *xwayland_get_display(const struct compositor *compositor) {
	const struct wlr_xwayland *wlr = compositor->xwayland->wlr;
	return wlr != NULL && wlr->display_name[0] != '\0' ? wlr->display_name : NULL;
}

void xwayland_follow_drags(struct compositor *compositor, bool follow) {
	struct wlr_xwayland *wlr = compositor->xwayland->wlr;
	bool follows = wlr != NULL && wlr->seat != NULL;
	if (wlr != NULL && wlr->xwm != NULL && follows != follow) {
		wlr_xwayland_set_seat(wlr, follow ? compositor->seat->wlr : NULL);
	}
}

bool xwayland_knows_types(struct compositor *compositor, struct wlr_surface *surface, const struct wlr_drag *drag) {
	struct wlr_xwayland *wlr = compositor->xwayland->wlr;
	if (wlr == NULL || wlr->xwm == NULL || drag->source == NULL ||
			wlr_xwayland_surface_try_from_wlr_surface(surface) == NULL) {
		return true;
	}
	struct xevents *xevents = &compositor->xwayland->xevents;
	xevents_wake(xevents);
	return xselections_know_types(
			&xevents->selections, wlr_xwayland_get_xwm_connection(wlr), &drag->source->mime_types);
}

bool xwayland_has_keyboard(const struct compositor *compositor) {
	const struct wlr_xwayland *wlr = compositor->xwayland->wlr;
	const struct wlr_seat_client *focused = compositor->seat->wlr->keyboard_state.focused_client;
	return wlr != NULL && focused != NULL && focused->client == wlr->server->client;
}

bool xwayland_filter(
		const struct compositor *compositor, const struct wl_client *client, const struct wl_global *global) {
	const struct wlr_xwayland *wlr = compositor->xwayland->wlr;
	return wlr == NULL || wlr->shell_v1 == NULL || global != wlr->shell_v1->global || client == wlr->server->client;
}

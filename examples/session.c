#include "session.h"

#include "xdg-shell-client-protocol.h"
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <wayland-client.h>

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {
	.ping = handle_ping,
};

// The listeners here implement these versions. Later versions could send events that they do not handle.
static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct session *session = data;
	const struct {
		const struct wl_interface *interface;
		uint32_t version;
		void **place;
	} globals[] = {
		{&wl_compositor_interface, 4, (void **)&session->compositor},
		{&wl_subcompositor_interface, 1, (void **)&session->subcompositor},
		{&xdg_wm_base_interface, 4, (void **)&session->wm_base},
		{&wl_seat_interface, 5, (void **)&session->seat},
	};
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(interface, globals[i].interface->name) == 0 && *globals[i].place == NULL) {
			uint32_t least = version < globals[i].version ? version : globals[i].version;
			*globals[i].place = wl_registry_bind(registry, name, globals[i].interface, least);
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void session_end(struct session *session) {
	session->is_over = true;
}

void session_fail(struct session *session, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	if (!session->is_over) {
		vwarnx(format, arguments);
		session->status = EXIT_FAILURE;
		session->is_over = true;
	}
	va_end(arguments);
}

static bool connect_display(struct session *session) {
	session->display = wl_display_connect(NULL);
	if (session->display != NULL) {
		return true;
	}
	const char *name = getenv("WAYLAND_DISPLAY");
	session_fail(session,
			"no Wayland compositor at \"%s\"; run this program in one, or set WAYLAND_DISPLAY to its socket",
			name != NULL ? name : "wayland-0");
	return false;
}

static bool find_globals(struct session *session) {
	session->registry = wl_display_get_registry(session->display);
	wl_registry_add_listener(session->registry, &registry_listener, session);
	if (wl_display_roundtrip(session->display) == -1) {
		session_fail(session, "the compositor has closed the connection");
		return false;
	}
	if (session->compositor == NULL || session->subcompositor == NULL || session->wm_base == NULL ||
			wl_compositor_get_version(session->compositor) < WL_SURFACE_DAMAGE_BUFFER_SINCE_VERSION) {
		session_fail(session, "this compositor lacks xdg_wm_base, wl_subcompositor or wl_compositor version 4; "
							  "Lido, Weston and sway have them");
		return false;
	}
	xdg_wm_base_add_listener(session->wm_base, &wm_base_listener, session);
	return true;
}

static bool open_signals(struct session *session) {
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	session->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signal_fd == -1) {
		session_fail(session, "cannot create a signalfd: %s", strerror(errno));
	}
	return session->signal_fd != -1;
}

bool session_init(struct session *session, enum lido_client_backend backend) {
	*session = (struct session){.signal_fd = -1};
	if (!open_signals(session) || !connect_display(session) || !find_globals(session)) {
		return false;
	}
	const struct lido_client_options options = {.backend = backend};
	enum lido_client_error error;
	session->client = lido_client_create(session->display, &options, &error);
	if (session->client == NULL) {
		session_fail(session, "cannot use shared memory: %s", lido_client_error_to_string(error));
	}
	return session->client != NULL;
}

static void disconnect(struct session *session) {
	lido_client_destroy(session->client);
	if (session->seat != NULL) {
		wl_seat_destroy(session->seat);
	}
	if (session->wm_base != NULL) {
		xdg_wm_base_destroy(session->wm_base);
	}
	if (session->subcompositor != NULL) {
		wl_subcompositor_destroy(session->subcompositor);
	}
	if (session->compositor != NULL) {
		wl_compositor_destroy(session->compositor);
	}
	wl_registry_destroy(session->registry);
	wl_display_flush(session->display);
	wl_display_disconnect(session->display);
}

int session_finish(struct session *session) {
	if (session->display != NULL) {
		disconnect(session);
	}
	if (session->signal_fd != -1) {
		close(session->signal_fd);
	}
	return session->status;
}

static bool is_interrupted(int error) {
	return error == EINTR || error == EAGAIN;
}

// Sends requests, then waits for events and reads them; the caller dispatches them.
static bool exchange(struct session *session, int timeout) {
	bool is_full = wl_display_flush(session->display) == -1 && errno == EAGAIN;
	struct pollfd fds[] = {
		{.fd = wl_display_get_fd(session->display), .events = (short)(is_full ? POLLIN | POLLOUT : POLLIN)},
		{.fd = session->signal_fd, .events = POLLIN},
	};
	bool is_polled = poll(fds, sizeof(fds) / sizeof(fds[0]), timeout) >= 0;
	if (fds[1].revents != 0) {
		session_end(session);
	}
	if (is_polled && (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
		return wl_display_read_events(session->display) == 0 || is_interrupted(errno);
	}
	wl_display_cancel_read(session->display);
	return is_polled || is_interrupted(errno);
}

bool session_dispatch(struct session *session, int timeout) {
	bool is_connected = true;
	// Dispatch events that were already read. They may be what the caller waits for, so do not wait then.
	while (is_connected && wl_display_prepare_read(session->display) != 0) {
		is_connected = wl_display_dispatch_pending(session->display) != -1;
		timeout = 0;
	}
	is_connected = is_connected && exchange(session, timeout) && lido_client_dispatch(session->client) &&
				   wl_display_dispatch_pending(session->display) != -1;
	if (!is_connected) {
		session_fail(
				session, "the compositor has closed the connection: it has exited, or has disconnected this program");
	}
	return !session->is_over;
}

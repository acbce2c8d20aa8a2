/*
 * A connection to a compositor: the globals that the examples need, a client for pixels, and the signals that end the
 * program.
 *
 *     struct session session;
 *     if (session_init(&session, LIDO_CLIENT_BACKEND_AUTO)) {
 *         // make windows
 *         while (session_dispatch(&session, -1)) {}
 *         // destroy them
 *     }
 *     return session_finish(&session);
 *
 * Errors are printed on stderr, with what to do about them.
 */
#ifndef SESSION_H
#define SESSION_H

#include <lido/client.h>
#include <stdbool.h>
#include <stdint.h>

struct session {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct xdg_wm_base *wm_base;
	struct wl_seat *seat; // the first one; may be NULL
	struct lido_client *client;
	int signal_fd; // a signalfd for SIGINT and SIGTERM
	bool is_over;
	int status; // exit status
};

/* Connects. On failure reports it and returns false; then only session_finish() may follow. */
bool session_init(struct session *session, enum lido_client_backend backend);

/* Disconnects, and returns the exit status. All windows must have been finished. */
int session_finish(struct session *session);

/*
 * Waits for events for at most timeout milliseconds (-1: without limit), and handles them. Returns false when the
 * session is over.
 */
bool session_dispatch(struct session *session, int timeout);

/* Ends the session as the user wants. */
void session_end(struct session *session);

/* Reports an error and ends the session with EXIT_FAILURE. format: a message without a period. */
void session_fail(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

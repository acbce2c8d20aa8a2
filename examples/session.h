/*
 * A connection to a compositor: what an example needs of it, its pixels, and the signals that end it.
 *
 *     struct session session;
 *     if (session_init(&session, LIDO_CLIENT_BACKEND_AUTO)) {
 *         // make windows
 *         while (session_dispatch(&session, -1)) {}
 *         // destroy them
 *     }
 *     return session_finish(&session);
 *
 * Errors are said on stderr, with what to do about them.
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
	int signal_fd; // SIGINT and SIGTERM come here
	bool is_over;
	int status; // to exit with
};

/* Connects. On failure, which it reports, only session_finish() may follow. */
bool session_init(struct session *session, enum lido_client_backend backend);

/* Closes what there is, and returns the status to exit with. Windows must be gone. */
int session_finish(struct session *session);

/* Handles all events, waiting for at most timeout milliseconds; -1: until one comes. False when the session is over. */
bool session_dispatch(struct session *session, int timeout);

/* The session ends as its user wants. */
void session_end(struct session *session);

/* The session ends with an error, which is reported: a sentence without a full stop. */
void session_fail(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

/*
 * The socket of monitors: listens in XDG_RUNTIME_DIR, for this user only.
 */
#ifndef LIDO_MONITOR_SOCKET_H
#define LIDO_MONITOR_SOCKET_H

#include <stdbool.h>
#include <sys/un.h>
#include <wayland-server-core.h>

struct lido_monitor_socket {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd, lock_fd;
	struct wl_event_source *source;
	struct wl_event_source *timer; // runs after accept() failed
	void (*accepted)(int fd, void *data);
	void *data; // for accepted
};

/*
 * Listens at that name. accepted: called with each connection; owns the fd. Returns false with errno as described at
 * lido_monitor_create(); nothing is left then.
 */
bool lido_monitor_socket_init(struct lido_monitor_socket *socket, struct wl_event_loop *loop, const char *name,
		void (*accepted)(int fd, void *data), void *data);

/* Removes the socket and its lock file. */
void lido_monitor_socket_finish(struct lido_monitor_socket *socket);

#endif

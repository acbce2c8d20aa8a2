/*
 * The socket of monitors: listens in XDG_RUNTIME_DIR for this user alone.
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
	struct wl_event_source *timer; // for when a connection could not be taken
	void (*accepted)(int fd, void *data);
	void *data; // for the above
};

/*
 * Listens at that name. accepted: is given each connection, and owns the fd. False: as lido_monitor_create() has it in
 * errno, and nothing is left.
 */
bool lido_monitor_socket_init(struct lido_monitor_socket *socket, struct wl_event_loop *loop, const char *name,
		void (*accepted)(int fd, void *data), void *data);

/* Removes it, and its lock file. */
void lido_monitor_socket_finish(struct lido_monitor_socket *socket);

#endif

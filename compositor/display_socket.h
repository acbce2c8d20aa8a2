/*
 * The socket that clients connect to, in XDG_RUNTIME_DIR. libwayland's own function would delete any file in its place,
 * at the start and at the end, and two starts at once could both get the name.
 */
#ifndef DISPLAY_SOCKET_H
#define DISPLAY_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

struct compositor;

struct display_socket {
	char *name;   // NULL: there is no socket
	char *path;   // absolute
	char *lock;   // path of the lock file
	int lock_fd;  // holds the lock
	dev_t device; // of the socket's file
	ino_t inode;
};

/*
 * Listens with this name, or with the first free one of wayland-1, wayland-2 and so on if it is NULL. Only the user may
 * connect. Deletes no file but a stale socket, whose server does not run. On failure, logs the cause and returns false.
 */
bool display_socket_init(struct compositor *compositor, const char *name);

/* Deletes the socket's file if it is still there. The display must be destroyed. */
void display_socket_finish(struct display_socket *socket);

/* Logs why a socket cannot be created. use: what it is for, appended to its name; may be empty. */
void display_socket_log_error(const char *name, const char *use, int error);

#endif

#include "monitor/monitor_socket.h"

#include "base/os.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK_SUFFIX ".lock"

// How long to wait after accept() failed, in case fds become free. Milliseconds.
#define REST_MS 500

// Bytes of the path with the suffix.
#define LOCK_PATH_SIZE (sizeof(((struct lido_monitor_socket *)0)->path) + sizeof(LOCK_SUFFIX))

static void get_lock_path(const struct lido_monitor_socket *socket, char *path) {
	snprintf(path, LOCK_PATH_SIZE, "%s" LOCK_SUFFIX, socket->path);
}

// A waiting connection would wake the loop again at once, so the socket is not polled for a while.
static void rest(struct lido_monitor_socket *socket) {
	if (wl_event_source_timer_update(socket->timer, REST_MS) == 0) {
		wl_event_source_fd_update(socket->source, 0);
	}
}

static int handle_rest(void *data) {
	struct lido_monitor_socket *socket = data;
	wl_event_source_fd_update(socket->source, WL_EVENT_READABLE);
	return 0;
}

static int handle_connection(int fd, uint32_t mask, void *data) {
	struct lido_monitor_socket *socket = data;
	int connection = lido_os.accept(fd);
	if (connection != -1) {
		socket->accepted(connection, socket->data);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		rest(socket);
	}
	return 0;
}

static bool set_path(struct lido_monitor_socket *socket, const char *name) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	if (folder == NULL || folder[0] != '/') {
		errno = ENOENT;
		return false;
	}
	if ((size_t)snprintf(socket->path, sizeof(socket->path), "%s/%s", folder, name) >= sizeof(socket->path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	return true;
}

bool lido_monitor_socket_init(struct lido_monitor_socket *socket, struct wl_event_loop *loop, const char *name,
		void (*accepted)(int fd, void *data), void *data) {
	char lock_path[LOCK_PATH_SIZE];
	*socket = (struct lido_monitor_socket){.accepted = accepted, .data = data};
	if (!set_path(socket, name)) {
		return false;
	}
	get_lock_path(socket, lock_path);
	socket->lock_fd = lido_os.lock_file(lock_path);
	if (socket->lock_fd == -1) {
		return false;
	}
	// Remove a stale socket left by a crashed server: none that lives, because we have the lock.
	if (lido_os.unlink_socket(socket->path) != 0) {
		goto error_lock;
	}
	socket->fd = lido_os.listen_at(socket->path);
	if (socket->fd == -1) {
		goto error_lock;
	}
	socket->source = wl_event_loop_add_fd(loop, socket->fd, WL_EVENT_READABLE, handle_connection, socket);
	if (socket->source == NULL) {
		errno = ENOMEM;
		goto error_socket;
	}
	socket->timer = wl_event_loop_add_timer(loop, handle_rest, socket);
	if (socket->timer == NULL) {
		errno = ENOMEM;
		goto error_source;
	}
	return true;

error_source:
	wl_event_source_remove(socket->source);
error_socket:
	lido_os.close(socket->fd);
	lido_os.unlink_socket(socket->path);
error_lock:
	lido_os.unlink(lock_path);
	lido_os.close(socket->lock_fd);
	return false;
}

void lido_monitor_socket_finish(struct lido_monitor_socket *socket) {
	char lock_path[LOCK_PATH_SIZE];
	get_lock_path(socket, lock_path);
	wl_event_source_remove(socket->source);
	wl_event_source_remove(socket->timer);
	lido_os.unlink_socket(socket->path);
	lido_os.close(socket->fd);
	lido_os.unlink(lock_path);
	lido_os.close(socket->lock_fd);
}

#include "display_socket.h"

#include "log.h"
#include "parts.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// Names that are tried: wayland-1 and so on.
#define NAMES_MAX 32

// Servers that may come and go while this one tries to get the lock.
#define LOCK_TRIES_MAX 100

#define BACKLOG 128

static char *format_path(const char *folder, const char *name, const char *suffix) {
	size_t size = strlen(folder) + 1 + strlen(name) + strlen(suffix) + 1;
	char *path = malloc(size);
	if (path != NULL) {
		snprintf(path, size, "%s/%s%s", folder, name, suffix);
	}
	return path;
}

static bool set_paths(struct display_socket *socket, const char *name) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	if (folder == NULL || folder[0] != '/') {
		errno = ENOENT;
		return false;
	}
	socket->name = strdup(name);
	socket->path = format_path(folder, name, "");
	socket->lock = format_path(folder, name, ".lock");
	if (socket->name == NULL || socket->path == NULL || socket->lock == NULL) {
		errno = ENOMEM;
		return false;
	}
	if (strlen(socket->path) >= sizeof((struct sockaddr_un){0}.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	return true;
}

static void free_paths(struct display_socket *socket) {
	free(socket->name);
	free(socket->path);
	free(socket->lock);
	socket->name = socket->path = socket->lock = NULL;
}

// A server deletes its lock file before it unlocks it: the lock of a deleted file excludes nobody.
static bool is_named(int fd, const char *path) {
	struct stat by_fd, by_path;
	return fstat(fd, &by_fd) == 0 && lstat(path, &by_path) == 0 && by_fd.st_dev == by_path.st_dev &&
		   by_fd.st_ino == by_path.st_ino;
}

static bool acquire_lock(struct display_socket *socket) {
	for (int i = 0; i < LOCK_TRIES_MAX; i++) {
		socket->lock_fd = open(socket->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
		if (socket->lock_fd == -1) {
			return false;
		}
		if (flock(socket->lock_fd, LOCK_EX | LOCK_NB) == 0 && is_named(socket->lock_fd, socket->lock)) {
			return true;
		}
		int error = errno;
		close(socket->lock_fd);
		if (error == EWOULDBLOCK) {
			errno = error;
			return false;
		}
	}
	errno = EWOULDBLOCK;
	return false;
}

static void release_lock(struct display_socket *socket) {
	int saved = errno;
	unlink(socket->lock);
	close(socket->lock_fd);
	errno = saved;
}

// Only with the lock held, so no server listens at this path.
static bool remove_stale(const char *path) {
	struct stat stat;
	if (lstat(path, &stat) != 0) {
		return errno == ENOENT;
	}
	if (!S_ISSOCK(stat.st_mode)) {
		errno = EEXIST;
		return false;
	}
	return unlink(path) == 0;
}

// Sets the mode before the socket has a name, so that nobody else can connect in between.
static int listen_at(struct display_socket *listening) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat stat;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", listening->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || fchmod(fd, S_IRWXU) != 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		goto error;
	}
	if (listen(fd, BACKLOG) != 0 || lstat(listening->path, &stat) != 0) {
		goto error_name;
	}
	listening->device = stat.st_dev;
	listening->inode = stat.st_ino;
	return fd;

error_name:
	unlink(listening->path);
error:
	if (fd != -1) {
		int saved = errno;
		close(fd);
		errno = saved;
	}
	return -1;
}

static bool try_name(struct compositor *compositor, const char *name) {
	struct display_socket *socket = &compositor->socket;
	if (!set_paths(socket, name)) {
		goto error;
	}
	if (!acquire_lock(socket)) {
		goto error;
	}
	if (!remove_stale(socket->path)) {
		goto error_lock;
	}
	int fd = listen_at(socket);
	if (fd == -1) {
		goto error_lock;
	}
	if (wl_display_add_socket_fd(compositor->display, fd) != 0) {
		close(fd);
		unlink(socket->path);
		errno = ENOMEM;
		goto error_lock;
	}
	return true;

error_lock:
	release_lock(socket);
error:
	free_paths(socket);
	return false;
}

static bool try_names(struct compositor *compositor) {
	char name[32];
	for (int i = 1; i <= NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "wayland-%d", i);
		if (try_name(compositor, name)) {
			return true;
		}
	}
	return false;
}

bool display_socket_init(struct compositor *compositor, const char *name) {
	if (name != NULL ? try_name(compositor, name) : try_names(compositor)) {
		return true;
	}
	display_socket_log_error(name != NULL ? name : "wayland-N", "", errno);
	return false;
}

void display_socket_finish(struct display_socket *socket) {
	struct stat stat;
	if (socket->name == NULL) {
		return;
	}
	if (lstat(socket->path, &stat) == 0 && stat.st_dev == socket->device && stat.st_ino == socket->inode) {
		unlink(socket->path);
	}
	release_lock(socket);
	free_paths(socket);
}

void display_socket_log_error(const char *name, const char *use, int error) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	const char *problem = strerror(error);
	const char *remedy = "XDG_RUNTIME_DIR must be the absolute path of a directory that you own, with space left";
	if (folder == NULL) {
		problem = "XDG_RUNTIME_DIR is not set";
	} else if (error == EEXIST) {
		problem = "a file that is not a socket has this name";
		remedy = "remove the file, or choose another name with --socket";
	} else if (error == EWOULDBLOCK) {
		problem = "already in use by another compositor";
		remedy = "choose another name with --socket";
	} else if (error == ENAMETOOLONG) {
		remedy = "choose a shorter name with --socket";
	}
	log_error("cannot create socket \"%s/%s\"%s: %s; %s", folder != NULL ? folder : "$XDG_RUNTIME_DIR", name, use,
			problem, remedy);
}

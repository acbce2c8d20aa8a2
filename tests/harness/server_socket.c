#include "runner.h"
#include "server.h"
#include "socket.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

// Another process needs time to answer, even where a server in this process would already have answered.
#define WAIT_MIN 20 // milliseconds

static void finish_socket(struct server *server) {
}

void server_init_socket(struct server *server, const char *path) {
	*server = (struct server){.socket = path, .finish = finish_socket};
}

void server_finish(struct server *server) {
	server->finish(server);
	*server = (struct server){0};
}

int server_connect(struct server *server, struct peer **peer) {
	int fd = socket_connect(server->socket);
	if (fd < 0) {
		fail("cannot connect to %s: %s", server->socket, strerror(errno));
	}
	*peer = NULL;
	return fd;
}

void server_disconnected(struct server *server, struct peer *peer) {
}

void server_work(struct server *server, int fd, int timeout) {
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	poll(&poll_fd, 1, timeout > WAIT_MIN ? timeout : WAIT_MIN);
}

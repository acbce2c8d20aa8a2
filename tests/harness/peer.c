/*
 * Connections to a server in the test's own process.
 */
#include "client.h"
#include "runner.h"
#include "server.h"
#include "socket.h"
#include <stdlib.h>
#include <sys/socket.h>
#include <wayland-server-core.h>

struct peer {
	struct wl_client *client; // NULL once it is destroyed
	struct wl_listener destroy;
};

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct peer *peer = wl_container_of(listener, peer, destroy);
	wl_list_remove(&peer->destroy.link);
	peer->client = NULL;
}

int server_connect(struct server *server, struct peer **peer) {
	*peer = NULL;
	if (server->socket != NULL) {
		// The server is in this process too, but accepts the connection from its socket.
		int fd = socket_connect(server->socket);
		expect(fd >= 0);
		return fd;
	}
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*peer = calloc(1, sizeof(**peer));
	expect(*peer != NULL);
	(*peer)->client = server_add_client(server, fds[0]);
	(*peer)->destroy.notify = handle_destroy;
	// Late: by then the server has freed everything of the client.
	wl_client_add_destroy_late_listener((*peer)->client, &(*peer)->destroy);
	return fds[1];
}

void server_disconnected(struct server *server, struct peer *peer) {
	if (peer == NULL) {
		server_dispatch(server, 0);
		return;
	}
	while (peer->client != NULL) {
		server_dispatch(server, 10);
	}
	if (server->settle != NULL) {
		server->settle();
	}
	free(peer);
}

void server_work(struct server *server, int fd, int timeout) {
	server_dispatch(server, timeout);
}

struct wl_client *client_get_peer(const struct client *client) {
	return client->peer->client;
}

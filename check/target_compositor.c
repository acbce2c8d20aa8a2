#include "target.h"

const bool target_has_socket = false;

void target_init(struct server *server, const char *path) {
	server_init_compositor(server, 320, 200, NULL);
}

void target_finish(struct server *server) {
	server_finish(server);
}

#include "target.h"

const bool target_has_socket = true;

void target_init(struct server *server, const char *path) {
	server_init_socket(server, path);
}

void target_finish(struct server *server) {
	server_finish(server);
}

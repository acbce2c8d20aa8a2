#include "surfaces.h"
#include "target.h"
#include <wayland-server-core.h>

const bool target_has_socket = false;

static struct surfaces surfaces = {.release = SURFACES_RELEASE_REPLACED};

void target_init(struct server *server, const char *path) {
	server_init_core(server, NULL);
	surfaces_init(&surfaces, server->display);
}

void target_finish(struct server *server) {
	server_finish(server);
}

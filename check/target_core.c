#include "surfaces.h"
#include "target.h"
#include <wayland-server-core.h>

const bool target_has_socket = false;

static struct surfaces surfaces = {.release = SURFACES_RELEASE_REPLACED};

void target_init(struct server *server, const char *path) {
	server_init_core(server, NULL);
	// Every compositor should do so: the default of libwayland is smaller than its own largest message.
	wl_display_set_default_max_buffer_size(server->display, LIDO_UNREAD_BYTES_MAX);
	surfaces_init(&surfaces, server->display);
}

void target_finish(struct server *server) {
	server_finish(server);
}

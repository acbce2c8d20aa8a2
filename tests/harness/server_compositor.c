#include "runner.h"
#include "server.h"
#include <compositor.h>

static void finish_compositor(struct server *server) {
	compositor_destroy(server->compositor);
}

void server_init_compositor(struct server *server, int32_t width, int32_t height, const struct lido_limits *limits) {
	struct compositor_options options = {
			.backend = COMPOSITOR_BACKEND_HEADLESS,
			.width = width,
			.height = height,
			.renderer = "pixman",
			.without_socket = true,
			.limits = limits,
	};
	*server = (struct server){.finish = finish_compositor, .compositor = compositor_create(&options)};
	expect(server->compositor != NULL);
	server->display = compositor_get_display(server->compositor);
	server->manager = compositor_get_manager(server->compositor);
	expect(compositor_start(server->compositor));
}

#include "server.h"
#include "runner.h"
#include <drm_fourcc.h>

const uint32_t server_core_formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_ABGR8888,
	DRM_FORMAT_RGB565, DRM_FORMAT_RGB888, DRM_FORMAT_XBGR2101010, DRM_FORMAT_R8, DRM_FORMAT_NV12, DRM_FORMAT_YUV420,
	DRM_FORMAT_YUYV};
const size_t server_core_formats_len = sizeof(server_core_formats) / sizeof(server_core_formats[0]);

static void finish_core(struct server *server) {
	wl_display_destroy_clients(server->display);
	wl_display_destroy(server->display);
}

void server_init_core(struct server *server, const struct lido_limits *limits) {
	*server = (struct server){.finish = finish_core, .display = wl_display_create()};
	expect(server->display != NULL);
	server->manager = lido_manager_create(server->display, server_core_formats, server_core_formats_len, limits);
	expect(server->manager != NULL);
}

void server_finish(struct server *server) {
	server->finish(server);
	*server = (struct server){0};
}

struct wl_client *server_add_client(struct server *server, int fd) {
	struct wl_client *client = wl_client_create(server->display, fd);
	expect(client != NULL);
	return client;
}

void server_dispatch(struct server *server, int timeout) {
	if (server->dispatch != NULL) {
		server->dispatch(server, timeout);
		return;
	}
	wl_display_flush_clients(server->display);
	wl_event_loop_dispatch(wl_display_get_event_loop(server->display), timeout);
	wl_display_flush_clients(server->display);
}

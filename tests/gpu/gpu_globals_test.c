/*
 * What a compositor with a GPU offers.
 */
#include "driver.h"
#include "runner.h"
#include "screen.h"
#include "server.h"
#include <stdlib.h>

// vgem has no timelines.
TEST("gpu_globals@explicit-synchronization-needs-timelines") {
	struct server server;
	struct screen screen;
	if (getenv("LIDO_VKMS") == NULL) {
		skip("LIDO_VKMS names no GPU: run it by ./dev test --gpu");
	}
	server_take_dmabufs();
	server_init_compositor(&server, 64, 64, NULL);
	screen_init(&screen, &server);
	expect(client_find_global(&screen.client, "zwp_linux_dmabuf_v1", NULL) != NULL);
	expect(client_find_global(&screen.client, "wp_linux_drm_syncobj_manager_v1", NULL) == NULL);
	screen_finish(&screen);
	server_finish(&server);
}

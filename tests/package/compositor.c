// A compositor on wlroots, without outputs.
#define WLR_USE_UNSTABLE
#include <lido/version.h>
#include <lido/wlroots.h>
#include <stdlib.h>
#include <wayland-server-core.h>
#include <wlr/backend/headless.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>

int main(void) {
	struct wl_display *display = wl_display_create();
	struct wlr_backend *backend = wlr_headless_backend_create(wl_display_get_event_loop(display));
	struct wlr_renderer *renderer = wlr_renderer_autocreate(backend);
	struct wlr_compositor *compositor = wlr_compositor_create(display, 6, renderer);
	bool done = lido_wlroots_create(display, renderer, compositor, NULL) != NULL &&
				lido_shm_get_version() == LIDO_VERSION_NUMBER;
	wl_display_destroy_clients(display);
	wlr_renderer_destroy(renderer);
	wlr_backend_destroy(backend);
	wl_display_destroy(display);
	return done ? 0 : 1;
}

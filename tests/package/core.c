// A compositor without wlroots: creates the globals.
#include <lido/monitor.h>
#include <lido/shm.h>
#include <lido/version.h>
#include <wayland-server-protocol.h>

int main(void) {
	static const uint32_t formats[] = {0x34325241, 0x34325258}; // ARGB8888, XRGB8888
	struct wl_display *display = wl_display_create();
	struct lido_manager *manager = lido_manager_create(display, formats, 2, NULL);
	bool done = manager != NULL && lido_shm_get_version() == LIDO_VERSION_NUMBER;
	wl_display_destroy(display);
	return done ? 0 : 1;
}

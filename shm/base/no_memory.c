#include "base/no_memory.h"

#include <wayland-server-core.h>
#include <wayland-server-protocol.h>

// The wl_display is object 1 of every client.
#define DISPLAY_ID 1

void lido_post_no_memory(struct wl_client *client, const char *text) {
	struct wl_resource *display = wl_client_get_object(client, DISPLAY_ID);
	wl_resource_post_error(display, WL_DISPLAY_ERROR_NO_MEMORY, "%s", text);
}

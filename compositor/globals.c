#include "globals.h"

#include "compat.h"
#include "server.h"
#include <string.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_alpha_modifier_v1.h>
#include <wlr/types/wlr_data_control_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/types/wlr_security_context_v1.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_output_v1.h>

/* What a client in a sandbox must not see: it could read the screen or the clipboard, type, or dress up as a panel. */
static const char *const privileged[] = {
	"ext_data_control_manager_v1",
	"wp_security_context_manager_v1",
	"zwlr_data_control_manager_v1",
	"zwlr_foreign_toplevel_manager_v1",
	"zwlr_layer_shell_v1",
	"zwlr_output_manager_v1",
	"zwlr_screencopy_manager_v1",
	"zwlr_virtual_pointer_manager_v1",
	"zwp_input_method_manager_v2",
	"zwp_virtual_keyboard_manager_v1",
};

static bool filter_global(const struct wl_client *client, const struct wl_global *global, void *data) {
	struct compositor *compositor = data;
	if (wlr_security_context_manager_v1_lookup_client(compositor->globals.security, client) == NULL) {
		return true;
	}
	const char *name = wl_global_get_interface(global)->name;
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++) {
		if (strcmp(name, privileged[i]) == 0) {
			return false;
		}
	}
	return true;
}

/* Only for renderers on a GPU: others could not read the clients' buffers. */
static bool create_dmabuf(struct compositor *compositor) {
	if (wlr_renderer_get_texture_formats(compositor->renderer, WLR_BUFFER_CAP_DMABUF) == NULL ||
			wlr_renderer_get_drm_fd(compositor->renderer) < 0) {
		return true;
	}
	struct wlr_linux_dmabuf_v1 *dmabuf =
			wlr_linux_dmabuf_v1_create_with_renderer(compositor->display, 4, compositor->renderer);
	if (dmabuf == NULL) {
		return false;
	}
	wlr_scene_set_linux_dmabuf_v1(compositor->desktop.scene, dmabuf);
	return true;
}

bool globals_init(struct compositor *compositor) {
	struct wl_display *display = compositor->display;
	compositor->globals.security = wlr_security_context_manager_v1_create(display);
	if (compositor->globals.security == NULL) {
		return false;
	}
	wl_display_set_global_filter(display, filter_global, compositor);
	return create_dmabuf(compositor) && wlr_subcompositor_create(display) != NULL &&
		   wlr_data_device_manager_create(display) != NULL && wlr_data_control_manager_v1_create(display) != NULL &&
		   wlr_primary_selection_v1_device_manager_create(display) != NULL && wlr_viewporter_create(display) != NULL &&
		   wlr_fractional_scale_manager_v1_create(display, 1) != NULL &&
		   presentation_create(display, compositor->backend) != NULL &&
		   wlr_single_pixel_buffer_manager_v1_create(display) != NULL &&
		   wlr_alpha_modifier_v1_create(display) != NULL && wlr_screencopy_manager_v1_create(display) != NULL &&
		   wlr_xdg_output_manager_v1_create(display, compositor->desktop.layout) != NULL;
}

void globals_finish(struct compositor *compositor) {
	wl_display_set_global_filter(compositor->display, NULL, NULL);
}

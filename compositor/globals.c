#include "globals.h"

#include "compat.h"
#include "desktop.h"
#include "parts.h"
#include "xwayland.h"
#include <lido/monitor.h>
#include <string.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_alpha_modifier_v1.h>
#include <wlr/types/wlr_content_type_v1.h>
#include <wlr/types/wlr_data_control_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/types/wlr_security_context_v1.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/types/wlr_xdg_output_v1.h>

// Globals that a sandboxed client may see: those it needs to show windows and receive input. All others are hidden,
// including future ones: with them it could read the screen or the clipboard, watch the user, type, or pose as a panel.
static const char *const for_sandboxes[] = {
	"lido_shm_manager_v1",
	"org_kde_kwin_server_decoration_manager",
	"wl_compositor",
	"wl_data_device_manager",
	"wl_fixes", // destroys registries
	"wl_output",
	"wl_seat",
	"wl_shm",
	"wl_subcompositor",
	"wp_alpha_modifier_v1",
	"wp_content_type_manager_v1",
	"wp_cursor_shape_manager_v1",
	"wp_fractional_scale_manager_v1",
	"wp_linux_drm_syncobj_manager_v1",
	"wp_presentation",
	"wp_single_pixel_buffer_manager_v1",
	"wp_tearing_control_manager_v1",
	"wp_viewporter",
	"xdg_activation_v1",
	"xdg_wm_base",
	"zwp_idle_inhibit_manager_v1",
	"zwp_keyboard_shortcuts_inhibit_manager_v1", // the user can overrule it: see shortcuts.h
	"zwp_linux_dmabuf_v1",
	"zwp_pointer_constraints_v1",
	"zwp_pointer_gestures_v1",
	"zwp_primary_selection_device_manager_v1",
	"zwp_relative_pointer_manager_v1",
	"zwp_tablet_manager_v2",
	"zwp_text_input_manager_v3",
	"zxdg_exporter_v1", // for dialogs of portals; importers are portals
	"zxdg_exporter_v2",
	"zxdg_output_manager_v1",
};

static bool filter_global(const struct wl_client *client, const struct wl_global *global, void *data) {
	struct compositor *compositor = data;
	if (!lido_monitor_filter(client, global, compositor->monitor) || !xwayland_filter(compositor, client, global)) {
		return false;
	}
	if (wlr_security_context_manager_v1_lookup_client(compositor->globals->security, client) == NULL) {
		return true;
	}
	const char *name = wl_global_get_interface(global)->name;
	for (size_t i = 0; i < sizeof(for_sandboxes) / sizeof(for_sandboxes[0]); i++) {
		if (strcmp(name, for_sandboxes[i]) == 0) {
			return true;
		}
	}
	return false;
}

bool globals_init(struct compositor *compositor) {
	struct wl_display *display = compositor->display;
	compositor->globals->security = wlr_security_context_manager_v1_create(display);
	if (compositor->globals->security == NULL) {
		return false;
	}
	wl_display_set_global_filter(display, filter_global, compositor);
	return wlr_subcompositor_create(display) != NULL && wlr_data_device_manager_create(display) != NULL &&
		   wlr_data_control_manager_v1_create(display) != NULL &&
		   wlr_primary_selection_v1_device_manager_create(display) != NULL && wlr_viewporter_create(display) != NULL &&
		   wlr_fractional_scale_manager_v1_create(display, 1) != NULL &&
		   presentation_create(display, compositor->backend) != NULL &&
		   wlr_single_pixel_buffer_manager_v1_create(display) != NULL &&
		   wlr_content_type_manager_v1_create(display, 1) != NULL && wlr_alpha_modifier_v1_create(display) != NULL &&
		   wlr_screencopy_manager_v1_create(display) != NULL &&
		   wlr_xdg_output_manager_v1_create(display, compositor->desktop->layout) != NULL &&
		   create_newer_globals(display);
}

void globals_finish(struct compositor *compositor) {
	wl_display_set_global_filter(compositor->display, NULL, NULL);
}

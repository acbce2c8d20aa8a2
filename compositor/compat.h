/*
 * All differences between wlroots 0.18, 0.19 and 0.20.
 */
#ifndef COMPAT_H
#define COMPAT_H

#include "geometry.h"
#include <stdlib.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_security_context_v1.h>
#include <wlr/types/wlr_tablet_v2.h>
#include <wlr/types/wlr_text_input_v3.h>
#include <wlr/types/wlr_xdg_foreign_registry.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/version.h>
#if WLR_VERSION_MAJOR > 0 || WLR_VERSION_MINOR >= 19
#include <wlr/types/wlr_ext_data_control_v1.h>
#endif
#if WLR_VERSION_MAJOR > 0 || WLR_VERSION_MINOR >= 20
#include <wlr/types/wlr_fixes.h>
#endif

#define WLR_SINCE(minor) (WLR_VERSION_MAJOR > 0 || WLR_VERSION_MINOR >= (minor))

#if WLR_SINCE(20)
#include <wlr/render/color.h>
#endif

/*
 * Can clients synchronize explicitly? The scene waits for no points before 0.19. Before 0.19.3, wlroots uses freed
 * memory if a wp_linux_drm_syncobj_surface_v1 is destroyed while a commit waits.
 */
#define WLR_WAITS_FOR_TIMELINES (WLR_SINCE(20) || (WLR_SINCE(19) && WLR_VERSION_MICRO >= 3))

/* Where a struct has the fields that are private to wlroots. */
#if WLR_SINCE(19)
#define WLR_HIDDEN(pointer) (&(pointer)->WLR_PRIVATE)
#else
#define WLR_HIDDEN(pointer) (pointer)
#endif

static inline struct wlr_presentation *presentation_create(struct wl_display *display, struct wlr_backend *backend) {
#if WLR_SINCE(19)
	return wlr_presentation_create(display, backend, 2);
#else
	return wlr_presentation_create(display, backend);
#endif
}

static inline bool surface_accepts_touch(struct wlr_seat *seat, struct wlr_surface *surface) {
#if WLR_SINCE(19)
	return wlr_surface_accepts_touch(surface, seat);
#else
	return wlr_surface_accepts_touch(seat, surface);
#endif
}

static inline bool surface_accepts_tablet(struct wlr_tablet_v2_tablet *tablet, struct wlr_surface *surface) {
#if WLR_SINCE(19)
	return wlr_surface_accepts_tablet_v2(surface, tablet);
#else
	return wlr_surface_accepts_tablet_v2(tablet, surface);
#endif
}

/* The listener to the end of the tool's surface. Private. */
static inline struct wl_listener *tablet_tool_surface_destroy(struct wlr_tablet_v2_tablet_tool *tool) {
	return &WLR_HIDDEN(tool)->surface_destroy;
}

/*
 * Sets the gamma table: size entries per color, red, green, blue. size is 0: the output's own. Returns false when out
 * of memory.
 */
static inline bool output_state_set_gamma(struct wlr_output_state *state, size_t size, const uint16_t *table) {
	const uint16_t *green = size > 0 ? table + size : NULL, *blue = size > 0 ? table + 2 * size : NULL;
#if WLR_SINCE(20)
	struct wlr_color_transform *transform =
			size > 0 ? wlr_color_transform_init_lut_3x1d(size, table, green, blue) : NULL;
	wlr_output_state_set_color_transform(state, transform);
	bool ok = size == 0 || transform != NULL;
	wlr_color_transform_unref(transform);
	return ok;
#else
	return wlr_output_state_set_gamma_lut(state, size, table, green, blue);
#endif
}

/*
 * The window geometry in surface coordinates: as the client has set it, or else the bounds of its surfaces. Subsurfaces
 * may lie anywhere, so wlroots' sums may have overflowed: the result is clamped.
 */
static inline struct wlr_box xdg_surface_geometry(struct wlr_xdg_surface *surface) {
	struct wlr_box box;
#if WLR_SINCE(19)
	box = surface->geometry;
#else
	wlr_xdg_surface_get_geometry(surface, &box);
#endif
	return geometry_clamp_box(box);
}

/* The wl_buffer that is attached but not committed; NULL if there is none. */
static inline struct wl_resource *surface_attached_buffer(struct wlr_surface *surface) {
	return WLR_HIDDEN(surface)->pending_buffer_resource;
}

/* Does the format of the current buffer have no alpha? Private. */
static inline bool surface_is_opaque(const struct wlr_surface *surface) {
	return WLR_HIDDEN(surface)->opaque;
}

/* Will the commit be queued because others are, or are locked? Call it in a listener of client_commit. */
static inline bool surface_is_queued(struct wlr_surface *surface) {
	return surface->pending.cached_state_locks > 0 || !wl_list_empty(&surface->cached);
}

/* The part of a node that nothing covers, layout coordinates. Private. */
static inline const pixman_region32_t *scene_node_visible(const struct wlr_scene_node *node) {
	return &WLR_HIDDEN(node)->visible;
}

/* Makes the next update of the node emit outputs_update if any output shows it. Private. */
static inline void scene_buffer_forget_outputs(struct wlr_scene_buffer *buffer) {
	WLR_HIDDEN(buffer)->active_outputs = 0;
}

/* Whether opaque nodes reduce what is visible of the nodes below, from the next update of each node on. Private. */
static inline void scene_set_calculate_visibility(struct wlr_scene *scene, bool calculate) {
	WLR_HIDDEN(scene)->calculate_visibility = calculate;
}

/* Would wlr_scene_output_commit() do anything? */
static inline bool scene_output_needs_frame(struct wlr_scene_output *scene_output) {
#if WLR_SINCE(19)
	return wlr_scene_output_needs_frame(scene_output);
#else
	return scene_output->output->needs_frame || pixman_region32_not_empty(&scene_output->pending_commit_damage);
#endif
}

/* The window that a client exported; NULL if it is destroyed. */
static inline struct wlr_xdg_toplevel *xdg_exported_toplevel(const struct wlr_xdg_foreign_exported *exported) {
#if WLR_SINCE(19)
	return exported->toplevel;
#else
	return wlr_xdg_toplevel_try_from_wlr_surface(exported->surface);
#endif
}

/*
 * Where a new pointer constraint applies: newer versions compute that at the next commit of its surface, and until then
 * the region is empty.
 */
static inline void pointer_constraint_init_region(struct wlr_pointer_constraint_v1 *constraint) {
#if WLR_SINCE(19)
	const pixman_region32_t *input = &constraint->surface->input_region, *wanted = &constraint->pending.region;
	if (pixman_region32_empty(wanted)) {
		pixman_region32_copy(&constraint->region, input);
	} else {
		pixman_region32_intersect(&constraint->region, input, wanted);
	}
#endif
}

/* The list of security contexts. */
static inline const struct wl_list *security_contexts(const struct wlr_security_context_manager_v1 *manager) {
	return &WLR_HIDDEN(manager)->contexts;
}

/* Destroys a drag that was not started and has no source; with a source, destroy that. wlroots has no such function. */
static inline void drag_discard(struct wlr_drag *drag) {
	if (drag->icon != NULL) {
		wl_list_remove(&WLR_HIDDEN(drag)->icon_destroy.link);
		wl_list_remove(&WLR_HIDDEN(drag->icon)->surface_destroy.link);
		free(drag->icon);
	}
	free(drag);
}

#if LIDO_XWAYLAND
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/xcursor.h>
#include <wlr/xwayland.h>

static inline void xwayland_surface_set_maximized(struct wlr_xwayland_surface *surface, bool maximized) {
#if WLR_SINCE(19)
	wlr_xwayland_surface_set_maximized(surface, maximized, maximized);
#else
	wlr_xwayland_surface_set_maximized(surface, maximized);
#endif
}

static inline enum wlr_xwayland_icccm_input_model xwayland_surface_input_model(
		const struct wlr_xwayland_surface *surface) {
#if WLR_SINCE(19)
	return wlr_xwayland_surface_icccm_input_model(surface);
#else
	return wlr_xwayland_icccm_input_model(surface);
#endif
}

/* Does an override-redirect window want the keyboard? */
static inline bool xwayland_surface_wants_focus(const struct wlr_xwayland_surface *surface) {
#if WLR_SINCE(19)
	return wlr_xwayland_surface_override_redirect_wants_focus(surface);
#else
	return wlr_xwayland_or_surface_wants_focus(surface);
#endif
}

/* Sends the picture to X11. Call it when that is ready: until then, wlroots would keep a pointer to the pixels. */
static inline void xwayland_set_cursor(struct wlr_xwayland *xwayland, struct wlr_xcursor_image *image) {
	int32_t hotspot_x = (int32_t)image->hotspot_x, hotspot_y = (int32_t)image->hotspot_y;
#if WLR_SINCE(20)
	wlr_xwayland_set_cursor(xwayland, wlr_xcursor_image_get_buffer(image), hotspot_x, hotspot_y);
#else
	wlr_xwayland_set_cursor(
			xwayland, image->buffer, image->width * 4, image->width, image->height, hotspot_x, hotspot_y);
#endif
}
#endif

/* Globals that older versions do not have. Returns false when out of memory. */
static inline bool create_newer_globals(struct wl_display *display) {
#if WLR_SINCE(19)
	if (wlr_ext_data_control_manager_v1_create(display, 1) == NULL) {
		return false;
	}
#endif
#if WLR_SINCE(20)
	if (wlr_fixes_create(display, 1) == NULL) {
		return false;
	}
#endif
	return true;
}

/* The signals that announce new objects. */
#if WLR_SINCE(20)
#define text_input_manager_signal(manager) (&(manager)->events.new_text_input)
#define input_method_manager_signal(manager) (&(manager)->events.new_input_method)
#else
#define text_input_manager_signal(manager) (&(manager)->events.text_input)
#define input_method_manager_signal(manager) (&(manager)->events.input_method)
#endif

#endif

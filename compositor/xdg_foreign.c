#include "xdg_foreign.h"

#include "compat.h"
#include "parts.h"
#include "requests.h"
#include "xdg-foreign-unstable-v2-protocol.h"
#include <assert.h>
#include <stddef.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_foreign_v1.h>
#include <wlr/types/wlr_xdg_foreign_v2.h>
#include <wlr/types/wlr_xdg_shell.h>

// If the child is an ancestor of the exported window, wlroots disconnects the client that exported it: an importer
// could do that to others. Ends the relation to the child, and posts the error to the importer.
static void refuse_loop(
		struct wl_resource *imported, const struct wlr_xdg_foreign_exported *exported, struct wlr_surface *surface) {
	struct wlr_xdg_toplevel *child = wlr_xdg_toplevel_try_from_wlr_surface(surface);
	struct wlr_xdg_toplevel *toplevel = xdg_exported_toplevel(exported);
	if (child == NULL || toplevel == NULL || !toplevel->base->surface->mapped) {
		return;
	}
	bool is_loop = toplevel == child;
	for (; toplevel != NULL && !is_loop; toplevel = toplevel->parent) {
		if (toplevel->parent == child) {
			wlr_xdg_toplevel_set_parent(toplevel, NULL);
			is_loop = true;
		}
	}
	if (is_loop) {
		wl_resource_post_error(imported, ZXDG_IMPORTED_V2_ERROR_INVALID_SURFACE,
				"set_parent_of: the surface is the imported one or an ancestor of it");
	}
}

static void handle_set_parent_of_v1(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct wlr_xdg_imported_v1 *imported = wl_resource_get_user_data(resource);
	if (imported != NULL) {
		refuse_loop(resource, imported->exported, wlr_surface_from_resource((struct wl_resource *)arguments[0].o));
	}
}

static void handle_set_parent_of_v2(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct wlr_xdg_imported_v2 *imported = wl_resource_get_user_data(resource);
	if (imported != NULL) {
		refuse_loop(resource, imported->exported, wlr_surface_from_resource((struct wl_resource *)arguments[0].o));
	}
}

#if WLR_SINCE(19)
// wlroots keeps an exported window until its xdg_surface is destroyed, and would use the xdg_toplevel after it is
// freed. Does what it does then; both versions of the protocol have the same struct.
static void handle_destroy_toplevel(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	const struct wlr_xdg_toplevel *toplevel = wlr_xdg_toplevel_from_resource(resource);
	struct wlr_xdg_foreign_exported *exported, *tmp;
	wl_list_for_each_safe(exported, tmp, &compositor->xdg_foreign_registry->exported_surfaces, link) {
		if (toplevel != NULL && exported->toplevel == toplevel) {
			struct wlr_xdg_exported_v1 *object = wl_container_of(exported, object, base);
			struct wl_listener *destroy = &WLR_HIDDEN(object)->xdg_toplevel_destroy;
			destroy->notify(destroy, NULL);
		}
	}
}

static_assert(offsetof(struct wlr_xdg_exported_v1, WLR_PRIVATE) == offsetof(struct wlr_xdg_exported_v2, WLR_PRIVATE),
		"the versions differ");
#endif

bool xdg_foreign_init(struct compositor *compositor) {
	struct wlr_xdg_foreign_registry *registry = wlr_xdg_foreign_registry_create(compositor->display);
	compositor->xdg_foreign_registry = registry;
#if WLR_SINCE(19)
	if (!requests_watch(compositor, "xdg_toplevel", "destroy", handle_destroy_toplevel)) {
		return false;
	}
#endif
	return registry != NULL && wlr_xdg_foreign_v1_create(compositor->display, registry) != NULL &&
		   wlr_xdg_foreign_v2_create(compositor->display, registry) != NULL &&
		   requests_watch(compositor, "zxdg_imported_v1", "set_parent_of", handle_set_parent_of_v1) &&
		   requests_watch(compositor, "zxdg_imported_v2", "set_parent_of", handle_set_parent_of_v2);
}

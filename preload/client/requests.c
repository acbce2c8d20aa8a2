/*
 * The interposed functions of libwayland-client that send requests. All requests of the program pass
 * wl_proxy_marshal_array_flags(): the others call it through the dynamic linker, also in a libwayland-client that the
 * program has loaded with dlopen().
 */
#include "objects.h"
#include "public.h"
#include "shm_pool.h"

#include <string.h>
#include <wayland-client-protocol.h>

// Of zwlr_screencopy_frame_v1.
#define SCREENCOPY_COPY 0
#define SCREENCOPY_COPY_WITH_DAMAGE 2

enum kind {
	KIND_OTHER,
	KIND_SHM,
	KIND_SHM_POOL,
	KIND_BUFFER,
	KIND_SURFACE,
	KIND_SCREENCOPY_FRAME,
};

static enum kind classify(const char *name) {
	if (strncmp(name, "wl_", 3) != 0) {
		return strcmp(name, "zwlr_screencopy_frame_v1") == 0 ? KIND_SCREENCOPY_FRAME : KIND_OTHER;
	}
	static const struct {
		const char *name;
		enum kind kind;
	} kinds[] = {{"shm", KIND_SHM}, {"shm_pool", KIND_SHM_POOL}, {"buffer", KIND_BUFFER}, {"surface", KIND_SURFACE}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name + 3, kinds[i].name) == 0) {
			return kinds[i].kind;
		}
	}
	return KIND_OTHER;
}

static void handle_surface(struct wl_proxy *surface, uint32_t opcode, const union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	struct wl_display *display = wayland->get_display(surface);
	if (opcode == WL_SURFACE_ATTACH) {
		struct wl_proxy *buffer = (struct wl_proxy *)args[0].o;
		objects_attach(display, wayland->get_id(surface), buffer != NULL ? wayland->get_id(buffer) : 0);
	} else if (opcode == WL_SURFACE_COMMIT) {
		objects_commit(display, wayland->get_id(surface));
	}
}

// The requests "copy" and "copy_with_damage" name a buffer that the server is to write into.
static void handle_screencopy_frame(uint32_t opcode, union wl_argument *args) {
	if (opcode == SCREENCOPY_COPY || opcode == SCREENCOPY_COPY_WITH_DAMAGE) {
		struct wl_proxy *written = shm_pool_get_written((struct wl_proxy *)args[0].o);
		args[0].o = written != NULL ? (struct wl_object *)written : args[0].o;
	}
}

static struct wl_proxy *handle_buffer(struct wl_proxy *buffer, uint32_t opcode, const struct wl_interface *interface,
		uint32_t version, uint32_t flags, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	if (opcode == WL_BUFFER_DESTROY) {
		objects_remove_buffer(wayland->get_display(buffer), wayland->get_id(buffer));
	}
	return wayland->marshal(buffer, opcode, interface, version, flags, args);
}

PUBLIC struct wl_proxy *wl_proxy_marshal_array_flags(struct wl_proxy *proxy, uint32_t opcode,
		const struct wl_interface *interface, uint32_t version, uint32_t flags, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	if (!wayland->is_complete) {
		return wayland->marshal(proxy, opcode, interface, version, flags, args);
	}
	store_flush_deferred();
	connection_flush_destroyed(wayland->get_display(proxy));
	struct wl_proxy *result;
	switch (classify(wayland->get_class(proxy))) {
	case KIND_SHM:
		result = opcode == WL_SHM_CREATE_POOL ? shm_pool_create(proxy, version, args) : NULL;
		if (result != NULL) {
			return result;
		}
		break;
	case KIND_SHM_POOL:
		if (shm_pool_request(proxy, opcode, interface, version, flags, args, &result)) {
			return result;
		}
		break;
	case KIND_BUFFER:
		return handle_buffer(proxy, opcode, interface, version, flags, args);
	case KIND_SURFACE:
		if (objects_has_stale_buffers()) {
			handle_surface(proxy, opcode, args);
		}
		break;
	case KIND_SCREENCOPY_FRAME:
		if (objects_has_stale_buffers()) {
			handle_screencopy_frame(opcode, args);
		}
		break;
	case KIND_OTHER:
		break;
	}
	return wayland->marshal(proxy, opcode, interface, version, flags, args);
}

PUBLIC void wl_display_disconnect(struct wl_display *display) {
	objects_handle_disconnect(display);
	connection_handle_disconnect(display);
	wayland_get()->disconnect(display);
}

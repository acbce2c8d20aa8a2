/*
 * wlroots reads the modes of a connector when it is connected, and never again (0.18.2: backend/drm/drm.c,
 * scan_drm_connectors()). So the kernel is asked here, after each event of the device; wlroots has had it probe the
 * connectors by then.
 */
#include "preferred_mode.h"

#include "output.h"

#include <wlr/config.h>

#if LIDO_DRM && WLR_HAS_DRM_BACKEND

#include "listener.h"
#include "log.h"
#include "parts.h"
#include <wlr/backend.h>
#include <wlr/backend/drm.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_output.h>
#include <xf86drmMode.h>

// The refresh rate does not matter: the kernel's preferred modes differ in size.
static bool get_preferred(const struct output *output, int32_t *width, int32_t *height) {
	int fd = wlr_backend_get_drm_fd(output->wlr->backend);
	drmModeConnector *connector = drmModeGetConnectorCurrent(fd, wlr_drm_connector_get_id(output->wlr));
	if (connector == NULL) {
		return false;
	}
	const drmModeModeInfo *preferred = NULL;
	for (int i = 0; i < connector->count_modes && preferred == NULL; i++) {
		if ((connector->modes[i].type & DRM_MODE_TYPE_PREFERRED) != 0) {
			preferred = &connector->modes[i];
		}
	}
	if (preferred != NULL) {
		*width = preferred->hdisplay;
		*height = preferred->vdisplay;
	}
	drmModeFreeConnector(connector);
	return preferred != NULL;
}

// Sets the first mode of that size that wlroots knows, which is the best one, or a mode of our own.
static bool set_size(struct output *output, int32_t width, int32_t height) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	struct wlr_output_mode *mode, *found = NULL;
	wl_list_for_each(mode, &output->wlr->modes, link) {
		if (found == NULL && mode->width == width && mode->height == height) {
			found = mode;
		}
	}
	if (found != NULL) {
		wlr_output_state_set_mode(&state, found);
	} else {
		wlr_output_state_set_custom_mode(&state, width, height, 0);
	}
	bool ok = wlr_output_commit_state(output->wlr, &state);
	wlr_output_state_finish(&state);
	return ok;
}

// While the output is off, the change waits for the next event.
static void follow(struct output *output) {
	struct preferred_mode *preferred = &output->preferred;
	int32_t width, height;
	if (!output->wlr->enabled || !get_preferred(output, &width, &height) ||
			(width == preferred->width && height == preferred->height)) {
		return;
	}
	bool follows = output->wlr->width == preferred->width && output->wlr->height == preferred->height;
	preferred->width = width;
	preferred->height = height;
	if (follows && !set_size(output, width, height)) {
		log_error("output %s: cannot change to its preferred mode, %dx%d", output->wlr->name, width, height);
	}
}

static void handle_device_change(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, preferred.listeners.device_change);
	const struct wlr_device_change_event *event = data;
	if (event->type == WLR_DEVICE_HOTPLUG && output->compositor->session->active) {
		follow(output);
	}
}

static void handle_session_active(struct wl_listener *listener, void *data) {
	struct output *output = wl_container_of(listener, output, preferred.listeners.session_active);
	if (output->compositor->session->active) {
		follow(output);
	}
}

void preferred_mode_init(struct output *output) {
	struct wlr_session *session = output->compositor->session;
	struct preferred_mode *preferred = &output->preferred;
	if (session == NULL || !wlr_output_is_drm(output->wlr) ||
			!get_preferred(output, &preferred->width, &preferred->height)) {
		return;
	}
	int fd = wlr_backend_get_drm_fd(output->wlr->backend);
	struct wlr_device *device;
	wl_list_for_each(device, &session->devices, link) {
		if (device->fd == fd) {
			listener_add(&preferred->listeners.device_change, &device->events.change, handle_device_change);
			listener_add(&preferred->listeners.session_active, &session->events.active, handle_session_active);
			return;
		}
	}
}

void preferred_mode_finish(struct output *output) {
	listener_remove(&output->preferred.listeners.device_change);
	listener_remove(&output->preferred.listeners.session_active);
}

#else

void preferred_mode_init(struct output *output) {
	// Built without outputs on hardware.
}

void preferred_mode_finish(struct output *output) {
	// Built without outputs on hardware.
}

#endif

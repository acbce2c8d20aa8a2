/*
 * Outputs whose preferred mode changes. The kernels of tests have no such device, so the functions below stand for
 * those of wlroots' DRM backend and libdrm, and say that headless outputs are on hardware.
 */
#include "runner.h"
#include "server.h"
#include <compositor/desktop.h>
#include <compositor/output.h>
#include <compositor/parts.h>
#include <stdlib.h>
#include <wlr/backend/drm.h>
#include <wlr/backend/headless.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_output.h>
#include <xf86drmMode.h>

#define FD 1000 // of the device: never used

static struct {
	int32_t width, height; // of the preferred mode; 0: there is none
} kernel;

// The linker replaces the functions of these names (see tests/meson.build), also where libraries refer to them.
#pragma GCC visibility push(default)
bool __wrap_wlr_output_is_drm(struct wlr_output *output);
int __wrap_wlr_backend_get_drm_fd(struct wlr_backend *backend);
uint32_t __wrap_wlr_drm_connector_get_id(struct wlr_output *output);
drmModeConnectorPtr __wrap_drmModeGetConnectorCurrent(int fd, uint32_t id);
void __wrap_drmModeFreeConnector(drmModeConnectorPtr connector);
#pragma GCC visibility pop

bool __wrap_wlr_output_is_drm(struct wlr_output *output) {
	return true;
}

int __wrap_wlr_backend_get_drm_fd(struct wlr_backend *backend) {
	return FD;
}

uint32_t __wrap_wlr_drm_connector_get_id(struct wlr_output *output) {
	return 7;
}

drmModeConnectorPtr __wrap_drmModeGetConnectorCurrent(int fd, uint32_t id) {
	expect(fd == FD && id == 7);
	drmModeConnector *connector = calloc(1, sizeof(*connector));
	drmModeModeInfo *modes = calloc(2, sizeof(*modes));
	expect(connector != NULL && modes != NULL);
	modes[0] = (drmModeModeInfo){.hdisplay = 1024, .vdisplay = 768};
	modes[1] = (drmModeModeInfo){
		.hdisplay = (uint16_t)kernel.width, .vdisplay = (uint16_t)kernel.height, .type = DRM_MODE_TYPE_PREFERRED};
	connector->modes = modes;
	connector->count_modes = kernel.width != 0 ? 2 : 1;
	return connector;
}

void __wrap_drmModeFreeConnector(drmModeConnectorPtr connector) {
	free(connector->modes);
	free(connector);
}

struct hardware {
	struct server server;
	struct wlr_session session;
	struct wlr_device device;
	struct wlr_output *output;
};

static void hardware_init(struct hardware *hardware, int32_t width, int32_t height) {
	*hardware = (struct hardware){.session.active = true, .device.fd = FD};
	server_init_compositor(&hardware->server, 320, 200, NULL);
	wl_list_init(&hardware->session.devices);
	wl_signal_init(&hardware->session.events.active);
	wl_signal_init(&hardware->device.events.change);
	wl_list_insert(&hardware->session.devices, &hardware->device.link);
	struct compositor *compositor = hardware->server.compositor;
	compositor->session = &hardware->session;
	kernel.width = width;
	kernel.height = height;
	hardware->output = wlr_headless_add_output(compositor->backend, 1024, 768);
	expect(hardware->output != NULL);
}

static void hardware_finish(struct hardware *hardware) {
	if (hardware->output != NULL) {
		wlr_output_destroy(hardware->output);
	}
	expect(wl_list_empty(&hardware->device.events.change.listener_list));
	expect(wl_list_empty(&hardware->session.events.active.listener_list));
	hardware->server.compositor->session = NULL;
	server_finish(&hardware->server);
}

static void send_event(struct hardware *hardware, enum wlr_device_change_type type) {
	struct wlr_device_change_event event = {.type = type};
	wl_signal_emit_mutable(&hardware->device.events.change, &event);
}

static void change_preferred(struct hardware *hardware, int32_t width, int32_t height) {
	kernel.width = width;
	kernel.height = height;
	send_event(hardware, WLR_DEVICE_HOTPLUG);
}

static void set_mode(struct hardware *hardware, bool enabled, int32_t width, int32_t height) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, enabled);
	if (enabled) {
		wlr_output_state_set_custom_mode(&state, width, height, 0);
	}
	expect(wlr_output_commit_state(hardware->output, &state));
	wlr_output_state_finish(&state);
}

static void expect_size(const struct hardware *hardware, int32_t width, int32_t height) {
	expect_int(hardware->output->width, ==, width);
	expect_int(hardware->output->height, ==, height);
	// Windows follow the area.
	const struct output *output = hardware->output->data;
	expect_int(output->area.width, ==, width);
	expect_int(output->area.height, ==, height);
}

TEST("preferred_mode@that-changes-is-followed") {
	struct hardware hardware;
	hardware_init(&hardware, 1024, 768);
	change_preferred(&hardware, 800, 600);
	expect_size(&hardware, 800, 600);
	change_preferred(&hardware, 1920, 1080);
	expect_size(&hardware, 1920, 1080);
	send_event(&hardware, WLR_DEVICE_HOTPLUG);
	expect_size(&hardware, 1920, 1080);
	change_preferred(&hardware, 0, 0);
	expect_size(&hardware, 1920, 1080);
	hardware_finish(&hardware);
}

TEST("preferred_mode@other-events-of-the-device-change-nothing") {
	struct hardware hardware;
	hardware_init(&hardware, 1024, 768);
	kernel.width = 800;
	send_event(&hardware, WLR_DEVICE_LEASE);
	expect_size(&hardware, 1024, 768);
	hardware_finish(&hardware);
}

TEST("preferred_mode@is-not-followed-by-an-output-with-another-one-until-it-is-configured-back") {
	struct hardware hardware;
	hardware_init(&hardware, 1024, 768);
	set_mode(&hardware, true, 640, 480);
	change_preferred(&hardware, 800, 600);
	expect_size(&hardware, 640, 480);
	set_mode(&hardware, true, 800, 600);
	change_preferred(&hardware, 1024, 768);
	expect_size(&hardware, 1024, 768);
	hardware_finish(&hardware);
}

TEST("preferred_mode@that-changes-while-another-session-is-active-is-followed-afterwards") {
	struct hardware hardware;
	hardware_init(&hardware, 1024, 768);
	hardware.session.active = false;
	wl_signal_emit_mutable(&hardware.session.events.active, NULL);
	change_preferred(&hardware, 800, 600);
	expect_size(&hardware, 1024, 768);
	hardware.session.active = true;
	wl_signal_emit_mutable(&hardware.session.events.active, NULL);
	expect_size(&hardware, 800, 600);
	hardware_finish(&hardware);
}

TEST("preferred_mode@of-an-output-that-is-off-is-followed-by-the-next-event") {
	struct hardware hardware;
	hardware_init(&hardware, 1024, 768);
	set_mode(&hardware, false, 0, 0);
	change_preferred(&hardware, 800, 600);
	set_mode(&hardware, true, 1024, 768);
	expect_int(hardware.output->width, ==, 1024);
	send_event(&hardware, WLR_DEVICE_HOTPLUG);
	expect_int(hardware.output->width, ==, 800);
	hardware_finish(&hardware);
}

TEST("preferred_mode@of-an-output-that-has-none-or-is-gone-harms-nobody") {
	struct hardware hardware;
	hardware_init(&hardware, 0, 0);
	change_preferred(&hardware, 800, 600);
	expect_size(&hardware, 1024, 768);
	wlr_output_destroy(hardware.output);
	hardware.output = NULL;
	change_preferred(&hardware, 640, 480);
	hardware_finish(&hardware);
}

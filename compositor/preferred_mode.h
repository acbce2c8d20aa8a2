/*
 * The preferred mode of an output on hardware. It may change while the output is connected: a virtual machine's when
 * the user resizes its window, a monitor's when its input is switched.
 */
#ifndef PREFERRED_MODE_H
#define PREFERRED_MODE_H

#include <stdint.h>
#include <wayland-server-core.h>

struct output;

struct preferred_mode {
	int32_t width, height; // pixels, as last seen; 0: not on hardware

	struct {
		struct wl_listener device_change;
		struct wl_listener session_active;
	} listeners;
};

/*
 * Has the output follow its preferred mode from now on, unless it has been configured to another one. Only outputs on
 * hardware have one that changes. Call it when the output is created.
 */
void preferred_mode_init(struct output *output);
void preferred_mode_finish(struct output *output);

#endif

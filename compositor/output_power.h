/*
 * The power of outputs (wlr-output-power-management): clients such as wlopm switch them off and on again.
 *
 * An output that is off stays where it is in the layout, and output management sends it as enabled. Input turns nothing
 * on; programs such as swayidle do that.
 */
#ifndef OUTPUT_POWER_H
#define OUTPUT_POWER_H

#include "bucket.h"
#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct output;
struct wlr_output_head_v1_state;
struct wlr_output_power_manager_v1;

/*
 * Limit on how often all clients together may switch outputs: this many times at once, and this many times per second.
 * Each allocates and draws a frame, or is a change of a monitor's mode, and all surfaces leave or enter the output.
 * Beyond it, the last state that was asked for follows later.
 */
#define OUTPUT_POWER_CHANGES_MAX 16
#define OUTPUT_POWER_CHANGES_PER_SECOND 4

struct output_power {
	struct compositor *compositor;
	struct wlr_output_power_manager_v1 *manager;
	struct bucket changes;
	struct wl_event_source *timer;
	struct wl_listener set_mode;
};

/* Returns false when out of memory. */
bool output_power_init(struct compositor *compositor);
void output_power_finish(struct compositor *compositor);

/* Call it when output management has enabled or disabled the output: the power no longer matters. */
void output_power_forget(struct output *output);

/* Whether the output is off, and the configuration only moves it: it stays off then. */
bool output_power_keeps_off(const struct output *output, const struct wlr_output_head_v1_state *head);

#endif

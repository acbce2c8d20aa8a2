/*
 * Output management: clients such as kanshi and wlr-randr arrange the outputs.
 */
#ifndef OUTPUT_MANAGEMENT_H
#define OUTPUT_MANAGEMENT_H

#include "bucket.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_output_head_v1_state;
struct wlr_output_manager_v1;

/*
 * Limits on what a client may ask of an output; a configuration beyond them fails. Those on sizes and refresh rates are
 * for custom modes: monitors list what they can. Clients allocate buffers of the logical size, which is that of the
 * mode divided by the scale, and multiply them by the scale.
 */
#define OUTPUT_MANAGEMENT_SIZE_MAX 16384               // width and height
#define OUTPUT_MANAGEMENT_CUSTOM_PIXELS_MAX (1 << 24)  // of a custom mode: 5K is 5120x2880
#define OUTPUT_MANAGEMENT_LOGICAL_PIXELS_MAX (1 << 25) // of the logical size, where the scale is below 1
#define OUTPUT_MANAGEMENT_SCALE_MIN 0.125
#define OUTPUT_MANAGEMENT_SCALE_MAX 8.0
#define OUTPUT_MANAGEMENT_REFRESH_MIN 20000   // mHz; 0 is the backend's choice
#define OUTPUT_MANAGEMENT_REFRESH_MAX 1000000 // mHz
#define OUTPUT_MANAGEMENT_POSITION_MAX (1 << 20)

/*
 * Limit on the pixels of the outputs that all clients together configure and test: so many at once, and so many per
 * second. Beyond it, configurations fail. Each allocates a buffer and draws all of it, and each change is sent to all
 * clients, whatever its size: one of a small output counts as much as one of OUTPUT_MANAGEMENT_PIXELS_MIN.
 */
#define OUTPUT_MANAGEMENT_PIXELS_BURST (1 << 26)
#define OUTPUT_MANAGEMENT_PIXELS_PER_SECOND (1 << 25)
#define OUTPUT_MANAGEMENT_PIXELS_MIN (1 << 20)

struct output_management {
	struct compositor *compositor;
	struct wlr_output_manager_v1 *manager;
	struct bucket pixels; // of configurations

	struct {
		struct wl_listener apply, test, layout_changed;
	} listeners;
};

/* Whether what the client asks of an output is within the limits. Pure. */
bool output_management_allows(const struct wlr_output_head_v1_state *head);

/* Returns false when out of memory. */
bool output_management_init(struct compositor *compositor);
void output_management_finish(struct compositor *compositor);

#endif

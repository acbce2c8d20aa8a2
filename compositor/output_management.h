/*
 * Output management: clients such as kanshi and wlr-randr arrange the outputs.
 */
#ifndef OUTPUT_MANAGEMENT_H
#define OUTPUT_MANAGEMENT_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_output_manager_v1;

struct output_management {
	struct compositor *compositor;
	struct wlr_output_manager_v1 *manager;

	struct {
		struct wl_listener apply, test, layout_changed;
	} listeners;
};

/* Returns false when out of memory. */
bool output_management_init(struct compositor *compositor);
void output_management_finish(struct compositor *compositor);

#endif

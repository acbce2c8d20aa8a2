/*
 * Gamma tables of outputs (wlr-gamma-control): clients such as gammastep make monitors warmer at night. Outputs without
 * such tables, which all headless and nested ones are, answer with failed.
 *
 * wlroots reads the table of whatever file a client passes, and may wait for that file forever. So the compositor
 * serves the protocol itself.
 */
#ifndef GAMMA_H
#define GAMMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct output;

/* Limit on the entries per color of a table: monitors have up to 4096. Those with more answer with failed. */
#define GAMMA_SIZE_MAX 16384

/* What a client has asked for one output. */
struct gamma_control {
	struct gamma *gamma;
	struct output *output;
	struct wl_resource *resource;
	size_t size;         // entries per color
	uint16_t *table;     // 3 * size entries: red, green, blue; NULL: the client has sent none yet
	struct wl_list link; // gamma.controls
};

struct gamma {
	struct compositor *compositor;
	struct wl_global *global;
	struct wl_list controls; // gamma_control.link; at most one for each output
	struct wl_listener output_destroy;
};

/* Returns false when out of memory. */
bool gamma_init(struct compositor *compositor);
void gamma_finish(struct compositor *compositor);

/* Call it when the output was enabled or has another mode: it may have lost its table. */
void gamma_restore(struct output *output);

/* Draws a frame with another gamma table. Returns false if the output needs none, or refuses it. */
bool gamma_commit(struct output *output);

#endif

/*
 * The renderer, and its replacement when it is lost: after a reset of the GPU all that it had in the GPU's memory is
 * gone.
 */
#ifndef RENDERER_H
#define RENDERER_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;
struct wl_event_source;
struct wlr_renderer;

/* How long to wait after a failed attempt to replace a lost renderer. Milliseconds. */
#define RENDERER_RETRY_MS 1000

/* After as many failed attempts pixman takes the place of the lost renderer: it needs no GPU. */
#define RENDERER_ATTEMPTS_MAX 10

struct renderer {
	struct compositor *compositor;
	const char *name;              // that it was chosen by, static; NULL: the default
	int attempts;                  // that have failed since it was lost
	struct wl_event_source *idle;  // set while it is lost and the first attempt is due; else NULL
	struct wl_event_source *timer; // for further attempts; NULL until one is needed

	struct {
		struct wl_listener lost;
	} listeners;
};

/* Creates the renderer and the allocator. name: NULL for the default. On failure logs the reason and returns false. */
bool renderer_init(struct compositor *compositor, const char *name);
void renderer_finish(struct compositor *compositor);

/*
 * Replaces the renderer and the allocator by new ones of the same kind, on all outputs. Surfaces whose pixels still
 * exist are shown as before; of other clients a new frame is requested. Returns false, and changes nothing, if they
 * cannot be created. Not while the renderer draws.
 */
bool renderer_replace(struct compositor *compositor);

#endif

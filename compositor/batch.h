/*
 * Batches of changes to the scene, after which wlr_scene computes once what is visible.
 *
 * wlr_scene visits all nodes for each node that is moved, resized, reordered, shown, hidden or destroyed, and one
 * request of a client may do that to a thousand nodes, several times: that took seconds. While a batch is open, the
 * root of the scene is disabled, so wlr_scene computes nothing. At its end everything is computed, and drawn, anew.
 *
 * A batch is opened before changes that would take long one by one, and ends with the iteration of the event loop, or
 * before the next frame.
 */
#ifndef BATCH_H
#define BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct wlr_surface;

/*
 * The most nodes that wlr_scene may visit for the changes of one request without a batch: 64 changes where there are
 * 128 surfaces. Each takes some 0.2 us. Toolkits change fewer than ten subsurfaces at once.
 */
#define BATCH_VISITS_MAX 8192

/*
 * If the current turn has taken longer than this, ns, and the scene has that many surfaces, a request that may change
 * the scene opens a batch for the rest of the turn.
 */
#define BATCH_TURN_NSEC_MAX INT64_C(1000000)
#define BATCH_SURFACES_MIN 64

struct batch {
	struct wlr_scene_rect *everything; // covers all nodes; disabled
	struct wl_event_source *end;       // idle source that ends the open batch; NULL: none is open
	size_t opened_len;                 // number of batches so far
};

/* Returns false when out of memory. */
bool batch_init(struct compositor *compositor);
void batch_finish(struct compositor *compositor);

/* Call it before so many nodes change, or one with so many others below it. May open a batch. */
void batch_expect(struct compositor *compositor, size_t changes);

/* Call it before a surface moves, with all that belongs to it. */
void batch_expect_surface(struct compositor *compositor, const struct wlr_surface *surface);

/* Ends the batch, if one is open. Call it before something is drawn. */
void batch_end(struct compositor *compositor);

/* Makes wlr_scene compute what is visible of each node, and draw all outputs anew. */
void batch_recompute(struct compositor *compositor);

#endif

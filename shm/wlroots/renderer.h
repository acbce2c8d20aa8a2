/*
 * What kind of renderer there is: one that reads pixels in place whenever it draws (pixman), or one that *uploads* them
 * at the commit (those on a GPU) and does not need the buffer afterwards.
 */
#ifndef LIDO_RENDERER_H
#define LIDO_RENDERER_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct wlr_renderer;

/* The answer of the renderer that was asked last. */
struct lido_renderer {
	struct wlr_renderer *asked; // NULL: none, or it is destroyed
	bool uploads;

	struct wl_listener destroy; // while asked
};

void lido_renderer_init(struct lido_renderer *renderer);
void lido_renderer_finish(struct lido_renderer *renderer);

/* Asks another renderer than before; NULL: none. */
void lido_renderer_ask(struct lido_renderer *renderer, struct wlr_renderer *wlr_renderer);

/*
 * Does that renderer upload? It is asked once: by a texture of one pixel. A renderer that does anything unexpected
 * with it counts as one that reads in place. NULL: no. Inline, as each commit asks.
 */
static inline bool lido_renderer_uploads(struct lido_renderer *renderer, struct wlr_renderer *wlr_renderer) {
	if (wlr_renderer != renderer->asked) {
		lido_renderer_ask(renderer, wlr_renderer);
	}
	return renderer->uploads;
}

#endif

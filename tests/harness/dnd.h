/*
 * Drags of text: how a client starts one, and what it receives of its own and of others.
 */
#ifndef HARNESS_DND_H
#define HARNESS_DND_H

#include "screen.h"

/* data: the field of struct dnd. event: "enter", "leave", "drop" or "cancelled". */
typedef void dnd_handler(void *data, const char *event);

struct dnd {
	struct screen *screen;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct wl_data_source *source; // of the last drag that it has started; NULL: none
	struct wl_data_offer *offer;   // of the drag that is or was dropped on it; NULL: none
	struct wl_surface *entered;    // the last one
	double x, y;                   // there, surface coordinates
	int enters, leaves, drops;     // events so far
	dnd_handler *handler;          // is told of events in their order; may be NULL
	void *data;                    // for the handler
};

/* For the seat of the screen. */
void dnd_init(struct dnd *dnd, struct screen *screen);

/* Destroys the source and the offer as well. */
void dnd_finish(struct dnd *dnd);

/* Starts a drag that has a source, whose text can be copied. serial: of the press, on this surface. */
void dnd_start(struct dnd *dnd, struct wl_surface *origin, uint32_t serial);

/* The same, of a source that offers nothing yet. */
struct wl_data_source *dnd_create_source(struct dnd *dnd);

/* Starts a drag of dnd->source, or of nothing. */
void dnd_drag(struct dnd *dnd, struct wl_surface *origin, struct wl_surface *icon, uint32_t serial);

/* Accepts the text of the drag that has entered. */
void dnd_accept(struct dnd *dnd);

#endif

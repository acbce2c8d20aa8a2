/*
 * A client that knows tablets, with a window, and a log of what its tablet, tool and pad send.
 */
#ifndef HARNESS_PAINTER_H
#define HARNESS_PAINTER_H

#include "picture.h"
#include "screen.h"
#include "window.h"

#define PAINTER_WINDOW 32 // width and height of the window

struct painter {
	struct screen screen;
	struct window window;
	struct picture picture;
	struct zwp_tablet_manager_v2 *manager;
	struct zwp_tablet_seat_v2 *seat;
	struct zwp_tablet_v2 *tablet;
	struct zwp_tablet_tool_v2 *tool;
	struct zwp_tablet_pad_v2 *pad;
	struct zwp_tablet_pad_group_v2 *group;
	struct zwp_tablet_pad_ring_v2 *ring;
	struct zwp_tablet_pad_strip_v2 *strip;
	uint32_t serial; // of the last proximity or down event
	char text[1024]; // events but frames, for example "in move[1,2] down up out "
};

/* Connects, and maps the window. The seat must have a tablet. */
void painter_init(struct painter *painter, struct server *server);
void painter_finish(struct painter *painter);

/* After two round trips, the log must be this text. Empties it. */
#define painter_expect(painter, wanted) painter_expect_at(__FILE__, __LINE__, painter, wanted)

void painter_expect_at(const char *file, int line, struct painter *painter, const char *wanted);

#endif

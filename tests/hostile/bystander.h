/*
 * A client that hostile ones must not harm: it has a window, and is slow to read at times.
 *
 * An attack that judges what happens to others is the bystander itself, and attacks from a child process: the server
 * sees two clients of different processes.
 */
#ifndef HOSTILE_BYSTANDER_H
#define HOSTILE_BYSTANDER_H

#include "attack.h"

struct bystander {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	int32_t width, height; // the largest that the server has asked for
};

/* Maps a window of this size, maximized if so wished. */
void bystander_init(struct bystander *bystander, bool maximized, int32_t width, int32_t height);

/* Reads nothing for this time, as a client that loads a file. It must still be served then. */
void bystander_stall(struct bystander *bystander, int milliseconds);

/* Draws until the time is over, and reads what comes. */
void bystander_draw(struct bystander *bystander, int milliseconds);

#endif

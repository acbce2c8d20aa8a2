/*
 * Looks at what the output shows of an actor's window.
 */
#ifndef CHECK_SIGHT_H
#define CHECK_SIGHT_H

#include "actor.h"

/*
 * Skips the rule if the output cannot be captured. Otherwise the window has arbitrary contents afterwards.
 *
 * Some compositors draw a pointer that no device has ever moved and that no client can hide. So one box of at most
 * SIGHT_POINTER_SIZE pixels in each direction may be covered; it is ignored.
 */
#define SIGHT_POINTER_SIZE 64
void sight_need(struct actor *actor);

/*
 * The last commit must appear on the output within ACTOR_PATIENCE: the picture, from the top left corner, and black
 * next to it. what: describes it in the message.
 */
#define sight_expect_shown(actor, picture, what) sight_expect_shown_at(__FILE__, __LINE__, actor, picture, what)

/* The picture must disappear from the output within ACTOR_PATIENCE. */
#define sight_expect_hidden(actor, picture, what) sight_expect_hidden_at(__FILE__, __LINE__, actor, picture, what)

void sight_expect_shown_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what);
void sight_expect_hidden_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what);

#endif

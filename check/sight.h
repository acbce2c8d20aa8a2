/*
 * What the output shows of an actor's window.
 */
#ifndef CHECK_SIGHT_H
#define CHECK_SIGHT_H

#include "actor.h"

/*
 * Ends the rule as skipped if nobody can see what the output shows. Otherwise the window has a content of no meaning
 * afterwards.
 *
 * Some compositors draw a pointer that no device has ever moved, and no client can hide: one box of at most
 * SIGHT_POINTER_SIZE pixels each way may be covered. What is below is not looked at.
 */
#define SIGHT_POINTER_SIZE 64
void sight_need(struct actor *actor);

/*
 * What was committed last must appear on the output, in reasonable time: the picture, from the top left corner, and
 * black beside it. what: a word on it for the message.
 */
#define sight_expect_shown(actor, picture, what) sight_expect_shown_at(__FILE__, __LINE__, actor, picture, what)

/* The picture must vanish from the output, in reasonable time. */
#define sight_expect_hidden(actor, picture, what) sight_expect_hidden_at(__FILE__, __LINE__, actor, picture, what)

void sight_expect_shown_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what);
void sight_expect_hidden_at(
		const char *file, int line, struct actor *actor, const struct picture *picture, const char *what);

#endif

/*
 * Many connections of one process. What the server does for each object of each connection is a product.
 */
#ifndef HOSTILE_CROWD_H
#define HOSTILE_CROWD_H

#include "attack.h"

#define CROWD_MAX 300

/*
 * Connects as many as the server accepts, CROWD_MAX at most, and lets each ask for its objects. Those that the server
 * ends for it are not counted. Returns the number of the others.
 */
int crowd_gather(struct attacker attackers[CROWD_MAX], void (*ask)(struct attacker *attacker));

#endif

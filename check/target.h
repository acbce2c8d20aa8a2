/*
 * What the rules are put to. Each program has one.
 */
#ifndef CHECK_TARGET_H
#define CHECK_TARGET_H

#include "server.h"

/* Is the target chosen by the name of a socket? Otherwise it is in this process. */
extern const bool target_has_socket;

/* Connects to it, or starts it: in the process of a rule. path: of the socket; NULL if it has none. */
void target_init(struct server *server, const char *path);

/* The opposite. */
void target_finish(struct server *server);

#endif

/*
 * The server that the rules test. Each program links one implementation.
 */
#ifndef CHECK_TARGET_H
#define CHECK_TARGET_H

#include "server.h"

/* Whether the target is a compositor at a socket. Otherwise it is in this process. */
extern const bool target_has_socket;

/* Connects to the target or starts it, in the process of a rule. path: of the socket; NULL without a socket. */
void target_init(struct server *server, const char *path);

/* Disconnects from the target, or stops it. */
void target_finish(struct server *server);

#endif

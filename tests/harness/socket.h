/*
 * Unix sockets by their paths.
 */
#ifndef HARNESS_SOCKET_H
#define HARNESS_SOCKET_H

/* Returns an fd that is connected to who listens there and is the caller's, or -1 with errno set. */
int socket_connect(const char *path);

#endif

/*
 * Unix sockets by path.
 */
#ifndef HARNESS_SOCKET_H
#define HARNESS_SOCKET_H

/* Connects to the listening socket. Returns an fd, which the caller closes, or -1 with errno set. */
int socket_connect(const char *path);

#endif

/*
 * The name of a connection's socket. The server tells a client which name the socket at the other end has
 * (lido_shm_manager_v1.peer): so the client knows whether that is its own or a proxy's, which would lose fds.
 */
#ifndef LIDO_CLIENT_SOCKET_NAME_H
#define LIDO_CLIENT_SOCKET_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Gives the socket a name that no other socket has, unless it has one already. Returns false if it has none. */
bool lido_socket_name_set(int fd);

/* Is this the name of the socket? False if it has none. size: bytes of the name. */
bool lido_socket_name_is(int fd, const void *name, size_t size);

/* Does the user want no memory of the server? If the environment has LIDO_POOL=0. */
bool lido_socket_is_pool_refused(void);

#endif

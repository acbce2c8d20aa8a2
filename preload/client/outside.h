/*
 * Uses of a pool's file otherwise than by mappings of this process: by an fd, or by another process. Before any of them
 * the file returns to its own bytes (moving_return()): so everybody reads and writes what they would without this
 * library. All functions are called without the state lock, keep errno where they succeed, and cost next to nothing
 * while no file has moved.
 *
 * An fd of a file whose bytes have moved is older than the move: what makes another one returns the file first. So
 * what was once no such fd is none until a file moves again.
 */
#ifndef LIDO_RUN_OUTSIDE_H
#define LIDO_RUN_OUTSIDE_H

#include <stdbool.h>

/* The program is about to read, write or duplicate the fd, which may be any. False, with errno: there is no memory. */
bool outside_access(int fd);

/*
 * A system call that accesses memory has failed, with errno; generation: from before the call. True if that may be
 * because a file was moving (freeze.h): then it has moved by now, and the call is to be made again.
 */
bool outside_was_moving(unsigned generation);

/* The program has a new fd of an existing file. Otherwise the same. */
bool outside_access_new(int fd);

/* The program is about to use the file of this path, as linkat() takes it. */
bool outside_access_path(int folder, const char *path, int flags);

/*
 * The file is, or is about to be, in other hands, of which why tells: it never moves again. is_sent: its fd may not
 * come back, so servers are told of the file; libwayland must hold no lock.
 */
void outside_share(int fd, const char *why, bool is_sent);

/* All fds of this process are about to be in other hands. only_inherited: only those that stay open on execve(). */
void outside_share_all(bool only_inherited);

/* The program reads and writes in a way that nobody sees: no file moves from now on, and all that have return. */
void outside_give_up(const char *why);

/* Why no file moves; NULL: files do. */
const char *outside_get_reason(void);

#endif

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

#include "ongoing.h"

struct file;
struct iocb;

/*
 * The program is about to read, write or duplicate the fd, which may be any, by one system call: its file does not move
 * into a block until outside_end(). False, with errno: there is no memory, and the call must not be made.
 */
bool outside_begin(struct ongoing *call, int fd);

/* The system call has ended. */
void outside_end(const struct ongoing *call);

/* The same for a call that uses two fds. */
bool outside_begin_two(struct ongoing calls[2], int fd, int other);
void outside_end_two(const struct ongoing calls[2]);

/* The same for a call that ends later: the file never moves into a block from now on. */
bool outside_begin_for_good(int fd, const char *why);

/*
 * The program is about to close the fd, or to replace it; or those from first to last. Not while libwayland runs: see
 * moving_tell().
 */
void outside_close(int fd);
void outside_close_range(unsigned first, unsigned last);

/*
 * A system call that accesses memory has failed, with errno; generation: from before the call. True if that may be
 * because a file was moving (freeze.h): then it has moved by now, and the call is to be made again.
 */
bool outside_was_moving(unsigned generation);

/* The program has a new fd of an existing file. False, with errno: there is no memory. */
bool outside_access_new(int fd);

/* With the state lock held: returns the file, if its bytes have moved, for good. False: no memory. */
bool outside_return(struct file *file, const char *why);

/* The program is about to use the file of this path, as linkat() takes it. Otherwise the same. */
bool outside_access_path(int folder, const char *path, int flags);

/*
 * The file is, or is about to be, in other hands, of which why tells: it never moves again. is_sent: its fd may not
 * come back, so servers are told of the file; libwayland must hold no lock.
 */
void outside_share(int fd, const char *why, bool is_sent);

/* The program is about to submit requests to the kernel that read and write files. False, with errno: no memory. */
bool outside_share_requests(struct iocb *const *requests, long len);

/* All fds of this process are about to be in other hands. only_inherited: only those that stay open on execve(). */
void outside_share_all(bool only_inherited);

/* The program is about to create a child process otherwise than by fork(). */
void outside_prepare_child(void);

/* The program reads and writes in a way that nobody sees: no file moves from now on, and all that have return. */
void outside_give_up(const char *why);

/* Why no file moves; NULL: files do. Looks for rings of io_uring: if there is one, all files return. */
const char *outside_get_reason(void);

#endif

/*
 * Where the bytes of tracked files are, and how they move. All functions are called without the state lock, but for
 * those that say otherwise.
 */
#ifndef LIDO_RUN_MOVING_H
#define LIDO_RUN_MOVING_H

#include "file.h"

/*
 * With the state lock held: why a pool of the file must be an ordinary one, as far as that is known. NULL: it need not.
 * file: NULL if it is not tracked.
 */
const char *moving_find_reason(const struct file *file);

/*
 * Makes the bytes of a file known to the server of this connection, and at least size of them; if the file has its own
 * bytes, by a block. fd: of the file. The caller must be one of its users. False: *why is the reason.
 */
bool moving_ensure_store(struct file *file, struct connection *connection, int fd, size_t size, const char **why);

/*
 * Makes the place where a file's bytes are known to the server of this connection. The bytes must have moved once, and
 * the caller must be a user of the file. False: *why is the reason.
 */
bool moving_ensure_known(struct file *file, struct connection *connection, size_t size, const char **why);

/*
 * Grows the store of a file to at least size bytes, or moves the file to a larger one. Its bytes must have moved once,
 * and the caller must be one of its users. False: no memory.
 */
bool moving_ensure_room(struct file *file, size_t size);

/*
 * With the state lock held: returns a file to its own bytes, if it has others, for good. False: no memory, then nothing
 * has changed.
 */
bool moving_return(struct file *file, const char *why);

/*
 * The fd is about to be closed or sent: tells the servers that know pools of its file of it, if it was returned. A fork
 * does nothing, since the connection is its parent's. Not while libwayland runs. Cheap if no file was returned. Keeps
 * errno.
 */
void moving_tell(int fd);

/* All fds from first to last are about to be closed. Otherwise the same. */
void moving_tell_range(unsigned first, unsigned last);

#endif

/*
 * Kernel resources of the process and the server, compared before and after each input.
 */
#ifndef FUZZ_BOOKKEEPING_H
#define FUZZ_BOOKKEEPING_H

/* Records the open fds, and from now on the mappings that shm/ makes. Turns memory pressure off. */
void bookkeeping_start(void);

/* Expects that the same fds are open, and that shm/ has unmapped all its mappings. */
void bookkeeping_finish(void);

#endif

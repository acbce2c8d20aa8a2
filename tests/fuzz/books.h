/*
 * What the process and the server hold of the kernel's: looked at before and after each input.
 */
#ifndef FUZZ_BOOKS_H
#define FUZZ_BOOKS_H

/* Notes which fds are open, and counts what shm/ maps from now on. There is no memory pressure meanwhile. */
void books_open(void);

/* Expects that the same fds are open, and that all of it was unmapped. */
void books_close(void);

#endif

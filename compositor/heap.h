/*
 * Counts the heap memory of each client. The program's malloc() and its siblings note on each block which client was
 * served when it was allocated, and free() takes it off again: so all memory is counted that a client causes, also
 * that of libraries, for whichever protocol, and also what outlives the object that it was for.
 *
 * Aligned blocks are not counted: they are the textures of renderers without a GPU.
 *
 * Without glibc, or with a sanitizer (which has a malloc() of its own), nothing is counted.
 */
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>

struct account;

/*
 * From here on, what this thread allocates is counted on this account; NULL: on none. An account must not be closed
 * while it is the current one.
 */
void heap_set_account(struct account *account);

/* Counts a block, which may be NULL, on this account from now on. */
void heap_give(void *data, struct account *account);

/* Is memory counted? Not if this build, or the program that loads it, has another malloc(). */
bool heap_is_counted(void);

#endif

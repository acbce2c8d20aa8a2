/*
 * A freeze: threads of the program that access a file's shared mappings wait, in a page fault, while its bytes move.
 * What they draw is so either before the move or after it. All functions need the state lock.
 *
 * In between, the thread that moves must neither access the mappings nor wait for other threads (malloc() would). It
 * runs no handlers of signals, since it has the state lock.
 */
#ifndef LIDO_RUN_FREEZE_H
#define LIDO_RUN_FREEZE_H

#include "mapping.h"

struct freeze {
	int fd; // of the userfaultfd; -1: nothing is frozen
};

/*
 * Freezes the mappings. Returns false, and freezes nothing, if the kernel cannot: before Linux 5.14, or if the program
 * has restricted its system calls.
 */
bool freeze_begin(struct freeze *freeze, const struct file *file);

/* Lets the threads go on. */
void freeze_end(struct freeze *freeze);

#endif

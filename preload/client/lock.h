/*
 * The lock of this library's state: files, mappings, stores, pools, buffers, areas.
 *
 * Order of locks: libwayland holds locks of its own while it calls functions of the C library that this library
 * interposes, and these take the state lock. So no thread calls libwayland while it holds the state lock, except to
 * read the id or the display of a proxy, which takes no lock.
 *
 * Nor does a thread that holds it call the program's allocator, which may hold a lock while it maps memory: see
 * own_heap.h; nor dlsym(), which waits while another thread loads a library, and so allocates. System calls of this
 * library find that their thread holds the lock already, and go straight to the
 * kernel. Handlers of signals run before or after: the thread that holds the lock receives none.
 */
#ifndef LIDO_RUN_LOCK_H
#define LIDO_RUN_LOCK_H

#include <stdbool.h>

/*
 * Takes the state lock; waits while another thread holds it. Returns false, and takes nothing, if this thread holds it
 * already: then the caller is inside of an allocation or a system call that this library makes, and must neither touch
 * the state nor call state_unlock(). Callers that such a call cannot reach ignore the result.
 */
bool state_lock(void);

/* Does this thread hold the state lock? */
bool state_is_held(void);

/* Releases the state lock. */
void state_unlock(void);

/* Has any file been tracked so far? Needs no lock. */
bool state_is_tracking(void);

/* To be called before the first file is tracked. Never undone. */
void state_start_tracking(void);

#endif

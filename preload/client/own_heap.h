/*
 * Memory for this library's state, from the C library's own allocator. The program may have replaced malloc(), and its
 * allocator may map memory while it holds a lock of its own: then it waits for the state lock. So nothing here may wait
 * for that allocator while it holds the state lock. The C library maps memory without functions that are interposed.
 */
#ifndef LIDO_RUN_OWN_HEAP_H
#define LIDO_RUN_OWN_HEAP_H

#include <stddef.h>

/* As calloc(), realloc() and free(). What comes from these must go to own_free(). */
void *own_calloc(size_t len, size_t size);
void *own_realloc(void *data, size_t size);
void own_free(void *data);

#endif

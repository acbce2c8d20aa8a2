/*
 * Pages of memory.
 */
#ifndef LIDO_RUN_PAGE_H
#define LIDO_RUN_PAGE_H

#include <stddef.h>

/* Bytes of a page. */
size_t page_size(void);

/* Rounds up to whole pages. */
size_t page_round(size_t size);

#endif

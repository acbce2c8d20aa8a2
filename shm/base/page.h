/*
 * The page of this machine, and rounding to it.
 */
#ifndef LIDO_PAGE_H
#define LIDO_PAGE_H

#include <stdint.h>

/* Bytes of a page: a power of two. */
int64_t lido_page_get_size(void);

/* Rounds to whole pages. size: bytes, not negative, at least one page below INT64_MAX. */
int64_t lido_page_round_up(int64_t size);
int64_t lido_page_round_down(int64_t size);

#endif

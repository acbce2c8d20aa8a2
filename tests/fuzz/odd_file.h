/*
 * Fds that a client might send for its pixels, whether they make sense or not.
 */
#ifndef FUZZ_ODD_FILE_H
#define FUZZ_ODD_FILE_H

#include <stdint.h>

/* Any kind is right: it is taken modulo those that there are. size: bytes, of those that have a size. */
int odd_file_create(uint32_t kind, int64_t size);

#endif

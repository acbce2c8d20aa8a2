/*
 * Fds that a client might send for its pixels, sensible or not.
 */
#ifndef FUZZ_ODD_FILE_H
#define FUZZ_ODD_FILE_H

#include <stdint.h>

/* kind: any number, taken modulo the number of kinds. size: bytes, for kinds that have a size. */
int odd_file_create(uint32_t kind, int64_t size);

#endif

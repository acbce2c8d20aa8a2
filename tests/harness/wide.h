/*
 * What depends on the machine's words: numbers for arithmetic in which no size of an image overflows, and how much
 * address space there is.
 */
#ifndef LIDO_TEST_WIDE_H
#define LIDO_TEST_WIDE_H

#include <stdint.h>

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 wide_int;
#else
/* Compilers for 32 bits have no more than 64. These hold an image of three planes, each below 2^62 bytes. */
typedef uint64_t wide_int;
#endif

/* Has this process address space for hundreds of areas? Otherwise 4 GiB, in which a test maps each area twice. */
#define HAS_WIDE_ADDRESSES (UINTPTR_MAX > UINT32_MAX)

#endif

/*
 * The lengths of x86 instructions, so that the bytes of one can be told from the same bytes within another.
 */
#ifndef LIDO_RUN_INSTRUCTION_H
#define LIDO_RUN_INSTRUCTION_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that an instruction has at most. */
#define INSTRUCTION_SIZE_MAX 15

/* Returns the length of the instruction at code, of which size bytes can be read. 0: it is none, or is cut off. */
size_t instruction_get_size(const uint8_t *code, size_t size);

#endif

/*
 * What a fuzzer gives, as numbers. Behind its end there are zeros, so that any input is a whole one.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target: libFuzzer's entry, which replay.c calls as well. Returns 0. A bug ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size; // bytes left
};

/* Is there nothing left? */
bool input_is_empty(const struct input *input);

/* The next byte; four bytes, the lowest first; a byte modulo limit. */
uint8_t input_take_byte(struct input *input);
uint32_t input_take_word(struct input *input);
uint32_t input_take_below(struct input *input, uint32_t limit);

/* A number that is often one at which something changes: of two bytes or more. */
uint32_t input_take_number(struct input *input);

/* A size of blocks and files, of every magnitude up to that power of two alike, and never 0: of three bytes. */
uint32_t input_take_size(struct input *input, unsigned power_max);

#endif

/*
 * The fuzzer's input as numbers. Zeros follow its end, so that every input is complete.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target: libFuzzer's entry point, which replay.c calls too. Returns 0. A bug ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size; // bytes left
};

/* Is there nothing left? */
bool input_is_empty(const struct input *input);

/* Take the next byte; four bytes, the lowest first; a byte modulo limit. */
uint8_t input_take_byte(struct input *input);
uint32_t input_take_word(struct input *input);
uint32_t input_take_below(struct input *input, uint32_t limit);

/* Takes a number that is often near a boundary. Uses two bytes or more. */
uint32_t input_take_number(struct input *input);

/*
 * Takes a size for a block or file, never 0, with about equal odds for each magnitude up to that power of two. Uses
 * three bytes.
 */
uint32_t input_take_size(struct input *input, unsigned power_max);

#endif

#include "input.h"

bool input_is_empty(const struct input *input) {
	return input->size == 0;
}

uint8_t input_take_byte(struct input *input) {
	if (input->size == 0) {
		return 0;
	}
	input->size--;
	return *input->data++;
}

uint32_t input_take_word(struct input *input) {
	uint32_t word = 0;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		word |= (uint32_t)input_take_byte(input) << shift;
	}
	return word;
}

uint32_t input_take_below(struct input *input, uint32_t limit) {
	return input_take_byte(input) % limit;
}

uint32_t input_take_number(struct input *input) {
	static const uint32_t edges[] = {0, 64, 4032, 4096, 8192, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xfffff000};
	uint8_t kind = input_take_byte(input);
	if (kind >= 240) {
		return input_take_word(input);
	}
	if (kind >= 160) {
		return input_take_byte(input);
	}
	// A number near an edge or a power of two.
	uint32_t edge = kind >= 128 ? UINT32_C(1) << kind % 32 : edges[kind % (sizeof(edges) / sizeof(edges[0]))];
	return edge + input_take_byte(input) % 8 - 4;
}

uint32_t input_take_size(struct input *input, unsigned power_max) {
	uint32_t magnitude = UINT32_C(1) << input_take_below(input, power_max);
	uint32_t fraction = input_take_byte(input);
	fraction |= (uint32_t)input_take_byte(input) << 8;
	return magnitude + (uint32_t)((uint64_t)magnitude * fraction >> 16);
}

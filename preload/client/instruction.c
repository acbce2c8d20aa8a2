#include "instruction.h"

#include <stdbool.h>

// What follows an opcode, one character for each:
//   .  nothing                  m  ModRM                                         p  a prefix
//   1  a byte                   b  ModRM and a byte                              r  REX; in 32-bit code nothing
//   2  two bytes                d  ModRM and z                                   e  an opcode of the second table
//   3  three bytes              t  ModRM, and a byte if its field reg is 0 or 1  v  VEX; in 32-bit code it may be m
//   z  four bytes, or two       T  ModRM, and z if its field reg is 0 or 1       V  EVEX; the same
//   4  z; in 64-bit code four   i  z; with REX.W eight bytes                     a  an address
//   f  z and two bytes          x  no instruction
static const char *const one_byte[16] = {
	"mmmm1z..mmmm1z.e",
	"mmmm1z..mmmm1z..",
	"mmmm1zp.mmmm1zp.",
	"mmmm1zp.mmmm1zp.",
	"rrrrrrrrrrrrrrrr",
	"................",
	"..Vmppppzd1b....",
	"1111111111111111",
	"bdbbmmmmmmmmmmmm",
	"..........f.....",
	"aaaa....1z......",
	"11111111iiiiiiii",
	"bb2.vvbd3.2..1..",
	"mmmm11x.mmmmmmmm",
	"1111111144f1....",
	"p.pp..tT......mm",
};

// After 0f.
static const char *const two_bytes[16] = {
	"mmmmx.....x.xm.b",
	"mmmmmmmmmmmmmmmm",
	"mmmmxxxxmmmmmmmm",
	"......x.mxbxxxxx", // 38, 3a: one more byte of opcode
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"bbbbmmm.mmmmmmmm",
	"4444444444444444",
	"mmmmmmmmmmmmmmmm",
	"...mbmmm...mbmmm",
	"mmmmmmmmmmbmmmmm",
	"mmbmbbbm........",
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
	"mmmmmmmmmmmmmmmm",
};

#ifdef __x86_64__
static const bool is_64 = true;
#else
static const bool is_64 = false;
#endif

struct decoder {
	const uint8_t *code;
	size_t size, at;
	bool has_short_operands; // prefix 66
	bool has_short_address;  // prefix 67
	bool has_long_operands;  // REX.W
};

static uint8_t peek(const struct decoder *decoder, size_t ahead) {
	return decoder->at + ahead < decoder->size ? decoder->code[decoder->at + ahead] : 0;
}

static size_t get_z(const struct decoder *decoder) {
	return decoder->has_short_operands ? 2 : 4;
}

// Of ModRM, SIB and the displacement.
static size_t get_operand_size(const struct decoder *decoder) {
	uint8_t mod = peek(decoder, 0) >> 6, rm = peek(decoder, 0) & 7;
	if (mod == 3) {
		return 1;
	}
	if (!is_64 && decoder->has_short_address) {
		return 1 + (mod == 0 ? (rm == 6 ? 2U : 0U) : mod);
	}
	size_t sib = rm == 4;
	bool is_absolute = mod == 0 && (rm == 5 || (sib && (peek(decoder, 1) & 7) == 5));
	return 1 + sib + (mod == 2 || is_absolute ? 4U : mod);
}

static bool is_prefix(struct decoder *decoder, uint8_t byte) {
	switch (byte) {
	case 0x66:
		decoder->has_short_operands = true;
		return true;
	case 0x67:
		decoder->has_short_address = true;
		return true;
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return false;
	}
}

static char look_up(const char *const table[16], uint8_t opcode) {
	return table[opcode >> 4][opcode & 15];
}

// The opcode, and what follows it, of an instruction with VEX (c4, c5) or EVEX (62).
static char read_vector_opcode(struct decoder *decoder, uint8_t first) {
	size_t more = first == 0xc5 ? 1 : first == 0xc4 ? 2 : 3;
	uint8_t map = first == 0xc5 ? 1 : peek(decoder, 0) & (first == 0xc4 ? 31 : 7);
	uint8_t opcode = peek(decoder, more);
	decoder->at += more + 1;
	return map == 1 ? look_up(two_bytes, opcode) : map == 3 ? 'b' : 'm';
}

// Reads prefixes and opcode. Returns what follows: a character of the tables, but none of "revV".
static char read_opcode(struct decoder *decoder) {
	uint8_t byte = peek(decoder, 0);
	while (is_prefix(decoder, byte)) {
		decoder->at++;
		byte = peek(decoder, 0);
	}
	if (is_64 && look_up(one_byte, byte) == 'r') {
		decoder->has_long_operands = (byte & 8) != 0;
		decoder->at++;
		byte = peek(decoder, 0);
	}
	char kind = look_up(one_byte, byte);
	decoder->at++;
	switch (kind) {
	case 'v':
	case 'V':
		return is_64 || peek(decoder, 0) >> 6 == 3 ? read_vector_opcode(decoder, byte) : 'm';
	case 'e':
		byte = peek(decoder, 0);
		decoder->at += byte == 0x38 || byte == 0x3a ? 2 : 1;
		return look_up(two_bytes, byte);
	case 'r':
		return is_64 ? 'x' : '.';
	case 'p':
		return 'x';
	default:
		return kind;
	}
}

// Of what follows the opcode.
static size_t get_rest_size(const struct decoder *decoder, char kind) {
	bool has_immediate = (peek(decoder, 0) >> 3 & 7) < 2;
	switch (kind) {
	case 'm':
		return get_operand_size(decoder);
	case 'b':
		return get_operand_size(decoder) + 1;
	case 'd':
		return get_operand_size(decoder) + get_z(decoder);
	case 't':
		return get_operand_size(decoder) + (has_immediate ? 1 : 0);
	case 'T':
		return get_operand_size(decoder) + (has_immediate ? get_z(decoder) : 0);
	case 'z':
		return get_z(decoder);
	case '4':
		return is_64 ? 4 : get_z(decoder);
	case 'i':
		return decoder->has_long_operands ? 8 : get_z(decoder);
	case 'f':
		return get_z(decoder) + 2;
	case 'a':
		return is_64 != decoder->has_short_address ? (is_64 ? 8 : 2) : 4;
	case '.':
		return 0;
	default:
		return (size_t)(kind - '0');
	}
}

size_t instruction_get_size(const uint8_t *code, size_t size) {
	struct decoder decoder = {.code = code, .size = size < INSTRUCTION_SIZE_MAX ? size : INSTRUCTION_SIZE_MAX};
	char kind = read_opcode(&decoder);
	if (kind == 'x' || decoder.at > decoder.size) {
		return 0;
	}
	size_t length = decoder.at + get_rest_size(&decoder, kind);
	return length <= decoder.size ? length : 0;
}

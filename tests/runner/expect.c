#include "expect.h"
#include "process.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void expect_failed(const char *file, int line, const char *format, ...) {
	char cause[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(cause, sizeof(cause), format, args);
	va_end(args);
	fprintf(stderr, "%s:%d: %s\n", file, line, cause);
	process_end_test(OUTCOME_FAILED, cause);
}

void expect_string_at(const char *file, int line, const char *left, const char *right) {
	if (left == NULL || right == NULL || strcmp(left, right) != 0) {
		expect_failed(file, line, "expected \"%s\", got \"%s\"", right ? right : "(NULL)", left ? left : "(NULL)");
	}
}

void expect_contains_at(const char *file, int line, const char *text, const char *part) {
	if (text == NULL || strstr(text, part) == NULL) {
		expect_failed(file, line, "expected to find \"%s\" in \"%s\"", part, text ? text : "(NULL)");
	}
}

void expect_bytes_at(const char *file, int line, const void *left, const void *right, size_t size) {
	const uint8_t *a = left, *b = right;
	for (size_t i = 0; i < size; i++) {
		if (a[i] != b[i]) {
			expect_failed(file, line, "byte %zu of %zu: expected 0x%02x, got 0x%02x", i, size, b[i], a[i]);
		}
	}
}

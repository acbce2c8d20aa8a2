/*
 * Expectations: a failed one prints the values and ends the test.
 */
#ifndef TEST_EXPECT_H
#define TEST_EXPECT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints the cause and ends the test as failed. */
_Noreturn void expect_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Ends the test as failed, where no expectation fits. */
#define fail(...) expect_failed(__FILE__, __LINE__, __VA_ARGS__)

/* The condition must be true. */
#define expect(condition) ((condition) ? (void)0 : fail("expected: %s", #condition))

/* Compares two integers; prints both on failure. Values above INT64_MAX count as negative. */
#define expect_int(left, op, right) \
	do { \
		int64_t expect_left = (int64_t)(left), expect_right = (int64_t)(right); \
		if (!(expect_left op expect_right)) { \
			fail("expected: %s %s %s, but they are %" PRId64 " and %" PRId64, #left, #op, #right, expect_left, \
					expect_right); \
		} \
	} while (0)

/* Two strings must be equal. */
#define expect_string(left, right) expect_string_at(__FILE__, __LINE__, left, right)

/* One string must contain the other. */
#define expect_contains(text, part) expect_contains_at(__FILE__, __LINE__, text, part)

/* size bytes must be equal; prints the first difference. */
#define expect_bytes(left, right, size) expect_bytes_at(__FILE__, __LINE__, left, right, size)

void expect_string_at(const char *file, int line, const char *left, const char *right);
void expect_contains_at(const char *file, int line, const char *text, const char *part);
void expect_bytes_at(const char *file, int line, const void *left, const void *right, size_t size);

#endif

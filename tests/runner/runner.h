/*
 * The test runner: each test is its own process, with an alarm and a runtime directory, and must leave nothing behind.
 *
 *     TEST("area@free-middle-coalesces-both-sides") {
 *         expect_int(area_count(area), ==, 1);
 *     }
 *
 * Link with test_runner, which has main(). A test fails if an expectation fails; if it dies of a signal, calls exit(),
 * or exceeds its time; if it leaves an fd, a mapping of shared memory, a process or (with ASan) memory behind; or if
 * SIGBUS does not have its default action at the end. Prints TAP. See --help.
 */
#ifndef TEST_RUNNER_H
#define TEST_RUNNER_H

#include "expect.h"

/* A test. Tests register before main(), in the order of their file. */
struct test {
	const char *name; // "file@sentence-with-hyphens"
	void (*run)(void);
	struct test *next; // private
};

/* Adds a test, which must exist until the process exits. */
void test_register(struct test *test);

/* Sets a function that runs in each test's process first; fds and mappings that it leaves behind are no fault. */
void test_set_warm_up(void (*run)(void));

#define TEST_JOIN_(a, b) a##b
#define TEST_JOIN(a, b) TEST_JOIN_(a, b)
#define TEST_NAMED(string, id) \
	static void TEST_JOIN(test_run_, id)(void); \
	__attribute__((constructor)) static void TEST_JOIN(test_register_, id)(void) { \
		static struct test test = {.name = string, .run = TEST_JOIN(test_run_, id)}; \
		test_register(&test); \
	} \
	static void TEST_JOIN(test_run_, id)(void)

/* Defines and registers a test; the body follows. */
#define TEST(string) TEST_NAMED(string, __LINE__)

/* Defined if the tests are built with AddressSanitizer. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_HAS_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define TEST_HAS_ASAN 1
#endif

/* Ends the test as skipped and prints the cause: name what is missing. */
_Noreturn void skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

/*
 * One test in one process.
 */
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include "runner.h"
#include <stdio.h>

enum outcome {
	OUTCOME_NONE, // the process ended before the test
	OUTCOME_PASSED,
	OUTCOME_FAILED,
	OUTCOME_SKIPPED,
};

struct verdict {
	enum outcome outcome; // never OUTCOME_NONE
	char cause[256];      // why it failed or was skipped; "" if it passed
};

/*
 * Forks and runs the test. seconds: its time limit; 0: none. output receives the test's output.
 */
void process_run_test(const struct test *test, unsigned seconds, FILE *output, struct verdict *verdict);

/* Runs the test in this process: for a debugger. A test that fails aborts. */
void process_run_test_here(const struct test *test, struct verdict *verdict);

/* Ends the running test at once, from within it. cause: as in the verdict; truncated if too long. */
_Noreturn void process_end_test(enum outcome outcome, const char *cause);

#endif

#include "runner.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Output and exit status of one call of the runner.
struct call {
	char output[16384];
	int status;
};

// Runs runner_victims, in the directory of this program, with this environment and these arguments as shell words.
static void call_victims(struct call *call, const char *environment, const char *arguments) {
	char path[PATH_MAX] = {0}, command[2 * PATH_MAX];
	expect(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	*strrchr(path, '/') = '\0';
	snprintf(command, sizeof(command), "env -u LIDO_TEST %s '%s/runner_victims' %s 2>&1", environment, path, arguments);
	FILE *pipe = popen(command, "re");
	expect(pipe != NULL);
	size_t size = fread(call->output, 1, sizeof(call->output) - 1, pipe);
	call->output[size] = '\0';
	int status = pclose(pipe);
	expect(WIFEXITED(status));
	call->status = WEXITSTATUS(status);
}

// The victim of this name must fail, and the runner must print this cause.
static void expect_failure(const char *name, const char *cause) {
	struct call call;
	char line[200];
	call_victims(&call, "LIDO_TEST_TIMEOUT=20", name);
	snprintf(line, sizeof(line), "\nnot ok 1 - %s\n", name);
	expect_contains(call.output, line);
	expect_contains(call.output, cause);
	expect_int(call.status, ==, 1);
}

TEST("runner@passing-test-is-ok-and-prints-nothing") {
	struct call call;
	call_victims(&call, "", "victim@passes");
	expect_string(call.output, "1..1\nok 1 - victim@passes\n");
	expect_int(call.status, ==, 0);
}

TEST("runner@verbose-shows-the-output-of-passing-tests") {
	struct call call;
	call_victims(&call, "", "--verbose victim@passes");
	expect_string(call.output, "1..1\n# a word from the test\nok 1 - victim@passes\n");
}

TEST("runner@failing-test-shows-place-values-and-output") {
	expect_failure("victim@fails", "# a word from the test\n");
	expect_failure("victim@fails", "runner_victims.c:");
	expect_failure("victim@fails", "expected: two + two == 5, but they are 4 and 5");
	expect_failure("victim@fails-a-string", "expected \"two\", got \"one\"");
	expect_failure("victim@fails-bytes", "byte 2 of 3: expected 0x45, got 0x65");
	expect_failure("victim@fails-contains", "expected to find \"needle\" in \"haystack\"");
}

TEST("runner@skip-names-its-cause") {
	struct call call;
	call_victims(&call, "", "victim@skips");
	expect_string(call.output, "1..1\nok 1 - victim@skips # SKIP there is no moon here\n");
	expect_int(call.status, ==, 0);
}

TEST("runner@leaked-fd-is-failure") {
	expect_failure("victim@leaks-fd", "left behind: fd 3 /dev/null");
}

TEST("runner@closed-foreign-fd-is-failure") {
	expect_failure("victim@closes-foreign-fd", "gone: fd 0 ");
}

TEST("runner@leaked-mapping-is-failure") {
	expect_failure("victim@leaks-mapping", "/memfd:leaked");
	expect_failure("victim@leaks-private-mapping-of-memfd", "/memfd:leaked");
}

TEST("runner@leaked-memory-is-failure") {
#ifdef TEST_HAS_ASAN
	expect_failure("victim@leaks-memory", "memory left behind?");
#else
	skip("built without AddressSanitizer");
#endif
}

TEST("runner@leaked-process-is-failure-and-killed") {
	expect_failure("victim@leaks-process", "1 processes left behind");
}

TEST("runner@crash-is-failure-with-name-of-signal") {
	expect_failure("victim@crashes", "died of SIGABRT");
	expect_failure("victim@is-killed", "died of SIGKILL");
	expect_failure("victim@is-killed", "# said before");
}

TEST("runner@sigbus-kills") {
	expect_failure("victim@meets-sigbus", "died of SIGBUS");
}

TEST("runner@hanging-test-is-failure") {
	struct call call;
	call_victims(&call, "LIDO_TEST_TIMEOUT=1", "victim@hangs");
	expect_contains(call.output, "# victim@hangs: still running after 1 s\nnot ok 1 - victim@hangs\n");
	expect_int(call.status, ==, 1);
}

TEST("runner@exit-in-test-is-failure") {
	expect_failure("victim@exits", "ended the process, with status 0");
}

TEST("runner@sigbus-handler-is-failure") {
	expect_failure("victim@handles-sigbus", "SIGBUS does not have its default action");
	expect_failure("victim@ignores-sigbus", "SIGBUS does not have its default action");
}

TEST("runner@runtime-directory-is-private-and-removed") {
	struct call call;
	call_victims(&call, "", "--verbose victim@fills-its-directory");
	expect_int(call.status, ==, 0);
	char *directory = strstr(call.output, "directory=");
	expect(directory != NULL);
	directory += strlen("directory=");
	directory[strcspn(directory, "\n")] = '\0';
	expect_int(access(directory, F_OK), ==, -1);
	const char *ours = getenv("XDG_RUNTIME_DIR");
	expect(ours != NULL && strcmp(directory, ours) != 0);
}

TEST("runner@globs-select-tests-and-list-prints-their-names") {
	struct call call;
	call_victims(&call, "", "--list 'victim@leaks-*ing' victim@passes");
	expect_string(call.output, "victim@passes\nvictim@leaks-mapping\n");
	call_victims(&call, "", "'victim@pa*' victim@skips");
	expect_contains(call.output, "1..2\nok 1 - victim@passes\nok 2 - victim@skips");
}

TEST("runner@LIDO_TEST-selects-tests") {
	struct call call;
	call_victims(&call, "LIDO_TEST='other@* victim@p*'", "");
	expect_string(call.output, "1..1\nok 1 - victim@passes\n");
	call_victims(&call, "LIDO_TEST=other@name", "");
	expect_contains(call.output, "1..0 # SKIP");
	expect_int(call.status, ==, 0);
}

TEST("runner@unknown-name-is-an-error") {
	struct call call;
	call_victims(&call, "", "victim@no-such-thing");
	expect_int(call.status, ==, 2);
}

TEST("runner@one-failure-among-many-fails-the-call") {
	struct call call;
	call_victims(&call, "", "victim@passes victim@fails victim@skips");
	expect_contains(call.output, "\nnot ok 2 - victim@fails\nok 3 - victim@skips");
	expect_int(call.status, ==, 1);
}

TEST("runner@no-fork-runs-the-test-in-the-runners-process") {
	struct call call;
	call_victims(&call, "", "--no-fork victim@passes");
	expect_string(call.output, "1..1\na word from the test\nok 1 - victim@passes\n");
	call_victims(&call, "", "--no-fork victim@passes victim@fails");
	expect_int(call.status, ==, 2);
	call_victims(&call, "", "--no-fork victim@leaks-fd");
	expect_int(call.status, ==, 1);
}

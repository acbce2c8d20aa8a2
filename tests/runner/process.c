#include "process.h"
#include "resources.h"
#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define TMPFS_MAGIC 0x01021994

// The child's report to its parent, in a shared page: so a test that calls exit(0) does not pass.
struct report {
	enum outcome outcome;
	char cause[256];
};

// The tests verify that SIGBUS has no handler, so ASan must not install its own.
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *__asan_default_options(void) {
	return "handle_sigbus=0";
}

// Proxies belong to the test's own client, which may end without destroying them.
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_suppressions(void) {
	return "leak:libwayland-client.so\n";
}

const char *__lsan_default_options(void) __attribute__((visibility("default")));
const char *__lsan_default_options(void) {
	return "print_suppressions=0";
}

// LeakSanitizer compares suppressions with the names of functions, for which gcc's runtime reads the symbols of all
// libraries: three quarters of the time of a short test. A process with several tests reads them once, before it forks.
// clang's runtime would start another process for that.
#if defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
void __sanitizer_symbolize_pc(void *pc, const char *format, char *output, size_t output_size);

static void read_symbols(void) {
	char name[64];
	__sanitizer_symbolize_pc((void *)(uintptr_t)read_symbols, "%f", name, sizeof(name));
}
#else
static void read_symbols(void) {
}
#endif

static size_t tests_run;
static struct report *report; // NULL: the test runs in the runner's process

void process_end_test(enum outcome outcome, const char *cause) {
	fflush(NULL);
	if (report == NULL) {
		abort();
	}
	report->outcome = outcome;
	snprintf(report->cause, sizeof(report->cause), "%s", cause);
	_exit(outcome == OUTCOME_FAILED);
}

void skip(const char *format, ...) {
	char cause[sizeof(report->cause)];
	va_list args;
	va_start(args, format);
	vsnprintf(cause, sizeof(cause), format, args);
	va_end(args);
	if (report == NULL) {
		printf("1..0 # SKIP %s\n", cause);
		exit(0);
	}
	process_end_test(OUTCOME_SKIPPED, cause);
}

static void (*warm_up)(void);

void test_set_warm_up(void (*run)(void)) {
	warm_up = run;
}

static bool sigbus_is_default(void) {
	struct sigaction action;
	sigaction(SIGBUS, NULL, &action);
	return !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL;
}

// Runs the test and compares the process's resources before and after. Returns false, with a cause, if they differ or
// SIGBUS has a handler.
static bool run_and_compare(const struct test *test, char *cause, size_t cause_size) {
	struct resources before, after;
	if (warm_up != NULL) {
		warm_up();
	}
	resources_init(&before);
	test->run();
	resources_init(&after);
	size_t differences = resources_print_difference(&before, &after, stderr);
	resources_finish(&before);
	resources_finish(&after);
	if (differences != 0) {
		snprintf(cause, cause_size, "%zu fds or mappings are left behind or gone", differences);
	} else if (!sigbus_is_default()) {
		snprintf(cause, cause_size, "SIGBUS does not have its default action");
	} else {
		return true;
	}
	return false;
}

void process_run_test_here(const struct test *test, struct verdict *verdict) {
	*verdict = (struct verdict){.outcome = OUTCOME_PASSED};
	if (!run_and_compare(test, verdict->cause, sizeof(verdict->cause))) {
		verdict->outcome = OUTCOME_FAILED;
	}
}

static _Noreturn void run_child(const struct test *test, unsigned seconds, int output_fd, const char *directory) {
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	close(output_fd);
	// Unbuffered, so that no output is lost if the test dies of a signal.
	setvbuf(stdout, NULL, _IONBF, 0);
	setenv("XDG_RUNTIME_DIR", directory, true);
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("WAYLAND_SOCKET");
	unsetenv("DISPLAY");
	alarm(seconds);
	bool clean = run_and_compare(test, report->cause, sizeof(report->cause));
	report->outcome = clean ? OUTCOME_PASSED : OUTCOME_FAILED;
	// Not _exit(): LeakSanitizer runs at exit().
	exit(clean ? 0 : 1);
}

// Creates the runtime directory: on a tmpfs if there is one, as real runtime directories.
static void create_directory(char *path, size_t size) {
	struct statfs info;
	bool has_tmpfs = statfs("/dev/shm", &info) == 0 && info.f_type == TMPFS_MAGIC && access("/dev/shm", W_OK) == 0;
	const char *parent = has_tmpfs ? "/dev/shm" : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	snprintf(path, size, "%s/lido-test-XXXXXX", parent);
	if (mkdtemp(path) == NULL) { // makes it with mode 0700
		fprintf(stderr, "cannot create directory %s: %s\n", path, strerror(errno));
		exit(2);
	}
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
	return remove(path);
}

// Kills the processes that the test has left running. Returns their number, including unreaped ones.
static size_t reap_group(pid_t group) {
	size_t count = 0;
	kill(-group, SIGKILL);
	while (waitpid(-group, NULL, 0) > 0) {
		count++;
	}
	return count;
}

static void judge(int status, unsigned seconds, size_t processes, struct verdict *verdict) {
	char *cause = verdict->cause;
	size_t size = sizeof(verdict->cause);
	verdict->outcome = OUTCOME_FAILED;
	snprintf(cause, size, "%s", report->cause);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		snprintf(cause, size, "still running after %u s", seconds);
	} else if (report->outcome == OUTCOME_PASSED && status != 0) {
		snprintf(cause, size, "passed, but failed at exit: memory left behind?");
	} else if (WIFSIGNALED(status)) {
		snprintf(cause, size, "died of SIG%s", sigabbrev_np(WTERMSIG(status)));
	} else if (report->outcome == OUTCOME_NONE) {
		snprintf(cause, size, "ended the process, with status %d", WEXITSTATUS(status));
	} else if (processes != 0 && report->outcome == OUTCOME_PASSED) {
		snprintf(cause, size, "%zu processes left behind", processes);
	} else {
		verdict->outcome = report->outcome;
	}
}

void process_run_test(const struct test *test, unsigned seconds, FILE *output, struct verdict *verdict) {
	char directory[PATH_MAX];
	create_directory(directory, sizeof(directory));
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert(report != MAP_FAILED);
	// The test's orphans become children of the runner, which counts them.
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	*verdict = (struct verdict){0};
	if (tests_run++ == 1) {
		read_symbols();
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		run_child(test, seconds, fileno(output), directory);
	}
	assert(pid > 0);
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		assert(errno == EINTR);
	}
	judge(status, seconds, reap_group(pid), verdict);

	munmap(report, sizeof(*report));
	report = NULL;
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

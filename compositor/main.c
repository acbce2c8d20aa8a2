/*
 * The program lido: options, signals, and one command in the compositor.
 */
#include "compositor.h"
#include "launch.h"
#include "options.h"
#include <errno.h>
#include <inttypes.h>
#include <lido/shm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

// Exit status of a command that was killed, minus the number of the signal, as in shells.
#define EXIT_KILLED 128

#ifndef LIDO_RUN_PRELOAD_PATH
#define LIDO_RUN_PRELOAD_PATH NULL // built without lido-run
#endif

// Minimum of RLIMIT_NOFILE. A headless lido uses some 25 fds, one on hardware more; clients need the rest.
#define NOFILE_MIN 64

struct program {
	struct compositor *compositor;
	pid_t child;         // 0: there is none, or it has exited
	int status;          // exit status of lido
	const char *library; // that the command loads; NULL: none
	char *preload;       // LD_PRELOAD of Xwayland; NULL: as it is

	struct {
		struct wl_event_source *interrupt;
		struct wl_event_source *terminate;
		struct wl_event_source *child;
		struct wl_event_source *report;
	} signals;
};

static int handle_terminate(int number, void *data) {
	struct program *program = data;
	compositor_terminate(program->compositor);
	return 0;
}

static int handle_report(int number, void *data) {
	struct program *program = data;
	struct lido_manager *manager = compositor_get_manager(program->compositor);
	if (manager == NULL) {
		fprintf(stderr, "lido: no statistics: wl_shm is served by wlroots (--shm=wlroots)\n");
		return 0;
	}
	lido_manager_write_json(manager, stdout);
	fflush(stdout);
	lido_manager_write_table(manager, stderr);
	return 0;
}

static int handle_child(int number, void *data) {
	struct program *program = data;
	int status;
	if (program->child == 0 || waitpid(program->child, &status, WNOHANG) != program->child) {
		return 0;
	}
	program->child = 0;
	program->status = WIFSIGNALED(status) ? EXIT_KILLED + WTERMSIG(status) : WEXITSTATUS(status);
	compositor_terminate(program->compositor);
	return 0;
}

static bool add_signals(struct program *program) {
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor_get_display(program->compositor));
	program->signals.interrupt = wl_event_loop_add_signal(loop, SIGINT, handle_terminate, program);
	program->signals.terminate = wl_event_loop_add_signal(loop, SIGTERM, handle_terminate, program);
	program->signals.child = wl_event_loop_add_signal(loop, SIGCHLD, handle_child, program);
	program->signals.report = wl_event_loop_add_signal(loop, SIGUSR1, handle_report, program);
	return program->signals.interrupt != NULL && program->signals.terminate != NULL && program->signals.child != NULL &&
		   program->signals.report != NULL;
}

static void remove_signals(struct program *program) {
	struct wl_event_source *sources[] = {
		program->signals.interrupt, program->signals.terminate, program->signals.child, program->signals.report};
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (sources[i] != NULL) {
			wl_event_source_remove(sources[i]);
		}
	}
}

// Runs in the child. library: to preload, or NULL. Restores what the user's shell would have passed, sets
// WAYLAND_DISPLAY and DISPLAY to our sockets, and removes the parent session from the environment.
_Noreturn static void exec_command(const struct program *program, char **command, const char *library) {
	const char *display = compositor_get_x11_display(program->compositor);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	lido_limits_restore_nofile();
	setenv("WAYLAND_DISPLAY", compositor_get_socket(program->compositor), true);
	unsetenv("WAYLAND_SOCKET");
	if (display != NULL) {
		setenv("DISPLAY", display, true);
	} else {
		unsetenv("DISPLAY");
	}
	launch("lido", library, command);
}

static bool run_command(struct program *program, char **command, const char *library) {
	if (command == NULL) {
		const char *display = compositor_get_x11_display(program->compositor);
		fprintf(stderr, "lido: running; start clients with WAYLAND_DISPLAY=%s%s%s\n",
				compositor_get_socket(program->compositor), display != NULL ? " DISPLAY=" : "",
				display != NULL ? display : "");
		return true;
	}
	pid_t pid = fork();
	if (pid == 0) {
		exec_command(program, command, library);
	}
	if (pid < 0) {
		fprintf(stderr, "lido: cannot run %s: %s\n", command[0], strerror(errno));
		return false;
	}
	program->child = pid;
	return true;
}

static bool raise_nofile(void) {
	uint64_t files = lido_limits_raise_nofile();
	if (files == 0 || files >= NOFILE_MIN) {
		return true; // 0: unknown
	}
	fprintf(stderr,
			"lido: the limit on open files (RLIMIT_NOFILE) is %" PRIu64 ", but lido needs at least %d; "
			"raise its hard limit (\"ulimit -Hn\", limits.conf(5), or LimitNOFILE= of systemd)\n",
			files, NOFILE_MIN);
	return false;
}

static bool start(struct program *program, const struct options *options) {
	if (!add_signals(program)) {
		fprintf(stderr, "lido: cannot watch signals: %s\n", strerror(errno));
		return false;
	}
	return compositor_start(program->compositor) && run_command(program, options->command, program->library);
}

// wlroots' macro puts the file before each message. Does a file of the window manager of X11 print it?
static bool is_about_x11(const char *format, va_list arguments) {
	if (strncmp(format, "[%s:", 4) != 0) {
		return false;
	}
	va_list copy;
	va_copy(copy, arguments);
	const char *file = va_arg(copy, const char *);
	va_end(copy);
	return strstr(file, "xwayland/xwm.c") != NULL || strstr(file, "xwayland/selection/") != NULL;
}

// X11 programs could make wlroots print errors without end.
__attribute__((format(printf, 2, 0))) static void print_error(
		enum wlr_log_importance importance, const char *format, va_list arguments) {
	if (importance == WLR_ERROR && !is_about_x11(format, arguments)) {
		fputs("[ERROR] ", stderr);
		vfprintf(stderr, format, arguments);
		fputs("\n", stderr);
	}
}

// Finds the library that Xwayland and the command load. Returns the exit status.
static int find_library(struct program *program) {
	program->library = launch_find_library("LIDO_RUN_PRELOAD", LIDO_RUN_PRELOAD_PATH);
	if (program->library == NULL) {
		fprintf(stderr, "lido: --managed needs lido-run, without which this lido was built\n");
		return EXIT_FAILURE;
	}
	program->preload = launch_join_preload(program->library);
	if (program->preload == NULL) {
		fprintf(stderr, "lido: cannot preload %s: %s\n", program->library, strerror(errno));
		return EXIT_NOT_EXECUTABLE;
	}
	return EXIT_SUCCESS;
}

static int run(struct program *program, struct options *options) {
	int status = options->managed ? find_library(program) : EXIT_SUCCESS;
	if (status != EXIT_SUCCESS) {
		return status;
	}
	options->compositor.xwayland_preload = program->preload;
	// Only the user may connect, even if others can reach XDG_RUNTIME_DIR.
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	program->compositor = compositor_create(&options->compositor);
	umask(mask);
	if (program->compositor == NULL) {
		return EXIT_FAILURE;
	}
	program->status = EXIT_FAILURE;
	if (start(program, options)) {
		program->status = EXIT_SUCCESS;
		compositor_run(program->compositor);
	}
	remove_signals(program);
	compositor_destroy(program->compositor);
	if (program->child != 0) {
		kill(program->child, SIGTERM);
	}
	return program->status;
}

int main(int argc, char *argv[]) {
	struct options options;
	switch (options_parse(&options, argc, argv, stdout, stderr)) {
	case OPTIONS_DONE:
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		return EXIT_WRONG_USE;
	case OPTIONS_RUN:
		break;
	}
	wlr_log_init(options.verbose ? WLR_DEBUG : WLR_ERROR, options.verbose ? NULL : print_error);
	signal(SIGPIPE, SIG_IGN);
	if (!raise_nofile()) {
		return EXIT_FAILURE;
	}
	struct program program = {0};
	int status = run(&program, &options);
	free(program.preload);
	return status;
}

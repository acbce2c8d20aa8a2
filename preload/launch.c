#include "launch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn static void end_after_wrong_use(const char *help) {
	fputs(help, stderr);
	exit(EXIT_WRONG_USE);
}

int launch_parse_options(int argc, char *argv[], const char *name, const char *help, const struct option *options,
		void (*handle)(int option)) {
	int option;
	while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			printf("%s %s\n", name, LIDO_VERSION);
			exit(0);
		case 'h':
			fputs(help, stdout);
			exit(0);
		case '?':
			end_after_wrong_use(help);
		default:
			handle(option);
		}
	}
	if (optind == argc) {
		end_after_wrong_use(help);
	}
	return optind;
}

const char *launch_find_library(const char *variable, const char *path) {
	const char *library = getenv(variable);
	return library != NULL ? library : path;
}

#ifndef LIDO_LIB
#define LIDO_LIB "" // no library has a path with $LIB
#endif

// Looks for the file that programs of this machine's own word size load.
static bool is_readable(const char *library) {
	static const char token[] = "$LIB";
	const char *place = strstr(library, token);
	if (place == NULL) {
		return access(library, R_OK) == 0;
	}
	char *path;
	if (asprintf(&path, "%.*s" LIDO_LIB "%s", (int)(place - library), library, place + strlen(token)) < 0) {
		return false;
	}
	bool done = access(path, R_OK) == 0;
	int error = errno;
	free(path);
	errno = error;
	return done;
}

char *launch_join_preload(const char *library) {
	const char *others = getenv("LD_PRELOAD");
	char *all;
	if (!is_readable(library) ||
			asprintf(&all, "%s%s%s", library, others != NULL ? ":" : "", others != NULL ? others : "") < 0) {
		return NULL;
	}
	return all;
}

static bool preload(const char *library) {
	char *all = launch_join_preload(library);
	bool done = all != NULL && setenv("LD_PRELOAD", all, true) == 0;
	free(all);
	return done;
}

void launch(const char *name, const char *library, char *command[]) {
	if (library != NULL && !preload(library)) {
		fprintf(stderr, "%s: cannot preload %s: %s\n", name, library, strerror(errno));
		_exit(EXIT_NOT_EXECUTABLE);
	}
	execvp(command[0], command);
	int error = errno;
	fprintf(stderr, "%s: cannot run %s: %s\n", name, command[0], strerror(error));
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

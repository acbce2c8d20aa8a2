#include "launch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *launch_find_library(const char *variable, const char *path) {
	const char *library = getenv(variable);
	return library != NULL ? library : path;
}

static bool preload(const char *library) {
	const char *others = getenv("LD_PRELOAD");
	char *all;
	if (asprintf(&all, "%s%s%s", library, others != NULL ? ":" : "", others != NULL ? others : "") < 0) {
		return false;
	}
	bool done = setenv("LD_PRELOAD", all, true) == 0;
	free(all);
	return done;
}

void launch(const char *name, const char *library, char *command[]) {
	if (access(library, R_OK) != 0) {
		fprintf(stderr, "%s: %s: %s\n", name, library, strerror(errno));
		exit(EXIT_NOT_EXECUTABLE);
	}
	if (!preload(library)) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		exit(EXIT_NOT_EXECUTABLE);
	}
	execvp(command[0], command);
	int error = errno;
	fprintf(stderr, "%s: %s: %s\n", name, command[0], strerror(error));
	exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/*
 * Runs a wlroots compositor with Lido's shm backend preloaded: see lido-wrap.1.
 */
#include "launch.h"

#include <getopt.h>
#include <lido/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
		"Usage: lido-wrap [OPTION]... COMMAND [ARGUMENT]...\n"
		"Runs a wlroots compositor, such as sway, labwc or cage, with its wl_shm replaced by Lido's.\n"
		"\n"
		"  --shm-limit KEY=VALUE  limit the shared memory of each client; \"help\" lists the keys\n"
		"  --version, --help      print the version or this text, and exit\n"
		"\n"
		"The compositor must use libwlroots-" LIDO_WLROOTS_VERSION
		". If it does, \"wl_shm is Lido's\" is printed to stderr.\n";

static const struct option names[] = {
	{"shm-limit", required_argument, NULL, 'l'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static char *limits; // the values of all --shm-limit options, separated by blanks; NULL: none

static void add_limit(const char *text) {
	struct lido_limits ignored = lido_limits_default();
	const char *error;
	if (strcmp(text, "help") == 0) {
		lido_limits_print_help(stdout);
		exit(0);
	}
	if (!lido_limits_parse(&ignored, text, &error)) {
		fprintf(stderr, "lido-wrap: --shm-limit %s: %s\n", text, error);
		exit(EXIT_WRONG_USE);
	}
	char *longer;
	if (asprintf(&longer, "%s%s%s", limits != NULL ? limits : "", limits != NULL ? " " : "", text) < 0) {
		perror("lido-wrap");
		exit(EXIT_NOT_EXECUTABLE);
	}
	free(limits);
	limits = longer;
}

static void handle_option(int option) {
	add_limit(optarg); // --shm-limit is the only one
}

int main(int argc, char *argv[]) {
	int command = launch_parse_options(argc, argv, "lido-wrap", help, names, handle_option);
	const char *library = launch_find_library("LIDO_WLROOTS_PRELOAD", LIDO_PRELOAD_PATH);
	// By this variable the library's constructor removes itself from LD_PRELOAD, so clients do not have it preloaded.
	if (setenv("LIDO_WLROOTS_PRELOAD", library, true) != 0 ||
			(limits != NULL && setenv("LIDO_SHM_LIMITS", limits, true) != 0)) {
		perror("lido-wrap");
		return EXIT_NOT_EXECUTABLE;
	}
	launch("lido-wrap", library, argv + command);
}

/*
 * Runs a program with its wl_shm pools in the server's memory: see lido-run.1.
 */
#include "launch.h"

#include <stdbool.h>
#include <stdlib.h>

static const char help[] =
		"Usage: lido-run [OPTION]... COMMAND [ARGUMENT]...\n"
		"Runs an unmodified Wayland client with its pixels in memory that the compositor owns.\n"
		"\n"
		"  --debug            print for each pool whether it is in the server's memory, and if not, why\n"
		"  --version, --help  print the version or this text, and exit\n"
		"\n"
		"If the compositor has no lido_shm_manager_v1, or a proxy is in between, the client runs as without lido-run.\n";

static const struct option names[] = {
	{"debug", no_argument, NULL, 'd'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void handle_option(int option) {
	setenv("LIDO_RUN_DEBUG", "1", true); // --debug is the only one
}

int main(int argc, char *argv[]) {
	int command = launch_parse_options(argc, argv, "lido-run", help, names, handle_option);
	launch("lido-run", launch_find_library("LIDO_RUN_PRELOAD", LIDO_RUN_PRELOAD_PATH), argv + command);
}

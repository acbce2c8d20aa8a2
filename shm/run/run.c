/*
 * Runs a program with its wl_shm pools in the server's memory: see lido-run.1.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_WRONG_USE 2
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

static const char help[] =
		"Usage: lido-run [OPTION]... COMMAND [ARGUMENT]...\n"
		"Runs an unmodified Wayland client whose pixels are to be in memory that the compositor owns.\n"
		"\n"
		"  --debug            say on standard error what becomes of each pool\n"
		"  --version, --help  print that, and exit\n"
		"\n"
		"Under a compositor other than Lido nothing is different.\n";

static const struct option names[] = {
	{"debug", no_argument, NULL, 'd'},
	{"version", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void parse_options(int argc, char **argv) {
	int option;
	while ((option = getopt_long(argc, argv, "+h", names, NULL)) != -1) {
		switch (option) {
		case 'd':
			setenv("LIDO_RUN_DEBUG", "1", true);
			break;
		case 'v':
			printf("lido-run %s\n", LIDO_VERSION);
			exit(0);
		case 'h':
			fputs(help, stdout);
			exit(0);
		default:
			fputs(help, stderr);
			exit(EXIT_WRONG_USE);
		}
	}
	if (optind == argc) {
		fputs(help, stderr);
		exit(EXIT_WRONG_USE);
	}
}

/* In front of what the user preloads. */
static bool set_environment(const char *library) {
	const char *others = getenv("LD_PRELOAD");
	char *all;
	if (asprintf(&all, "%s%s%s", library, others != NULL ? ":" : "", others != NULL ? others : "") < 0) {
		return false;
	}
	bool done = setenv("LD_PRELOAD", all, true) == 0;
	free(all);
	return done;
}

int main(int argc, char *argv[]) {
	parse_options(argc, argv);
	const char *library = getenv("LIDO_RUN_PRELOAD"); // before installation
	library = library != NULL ? library : LIDO_RUN_PRELOAD_PATH;
	if (access(library, R_OK) != 0) {
		fprintf(stderr, "lido-run: %s: %s\n", library, strerror(errno));
		return EXIT_NOT_EXECUTABLE;
	}
	if (!set_environment(library)) {
		perror("lido-run");
		return EXIT_NOT_EXECUTABLE;
	}
	execvp(argv[optind], argv + optind);
	int error = errno;
	fprintf(stderr, "lido-run: %s: %s\n", argv[optind], strerror(error));
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

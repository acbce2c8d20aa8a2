/*
 * Starts a command with a library preloaded: for lido-run, lido-wrap and lido --managed.
 */
#ifndef LIDO_LAUNCH_H
#define LIDO_LAUNCH_H

#include <getopt.h>

/* Exit statuses, as of env(1). */
#define EXIT_WRONG_USE 2
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/*
 * Parses the options before a command, which must follow, with getopt_long(). Handles --version ('v') and --help ('h'),
 * and ends the process after wrong use; handle gets all other options. Returns the index of the command in argv.
 */
int launch_parse_options(int argc, char *argv[], const char *name, const char *help, const struct option *options,
		void (*handle)(int option));

/* Returns the value of an environment variable, which names a library that is not installed, or path if it is unset. */
const char *launch_find_library(const char *variable, const char *path);

/*
 * Returns the value of LD_PRELOAD with the library in front, which the caller frees. Its path may have $LIB, which
 * ld.so replaces by a folder that depends on the word size of each program. NULL: it cannot be read, or there is no
 * memory; errno tells.
 */
char *launch_join_preload(const char *library);

/*
 * Replaces the process by the command, found in PATH, and puts the library (NULL: none) in front of LD_PRELOAD. On
 * failure it prints a message that begins with the program's name, and ends the process by _exit(), so that a forked
 * child may call it. command ends with NULL.
 */
_Noreturn void launch(const char *name, const char *library, char *command[]);

#endif

/*
 * The common part of the examples' command lines. Errors are printed on stderr, with what to type instead.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* The exit status after wrong arguments. */
#define ARGUMENTS_WRONG 2

/* Return values of arguments_next() for the options that both programs have. */
enum {
	OPTION_WINDOW = 256,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_OTHERS, // the first option of a single program
};

/*
 * Returns the next option, as getopt_long() does; -1 at the end; '?' if it is wrong, which is reported. Arguments that
 * are not options are wrong as well.
 */
int arguments_next(int argc, char **argv, const struct option *options);

/* Parses the value of --window, WIDTHxHEIGHT in pixels. Returns false if it is wrong, which is reported. */
bool arguments_parse_size(const char *text, int32_t *width, int32_t *height);

/*
 * Parses the value of an option that is a whole number from minimum to maximum. option: its name without "--". Returns
 * false if it is wrong, which is reported.
 */
bool arguments_parse_number(const char *option, const char *text, long minimum, long maximum, long *number);

#endif

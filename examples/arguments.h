/*
 * What the command lines of the examples have in common. Errors are said on stderr, with what to type instead.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

/* To exit with when the arguments were wrong. */
#define ARGUMENTS_WRONG 2

/* What getopt_long() gives for the options that both programs have. */
enum {
	OPTION_WINDOW = 256,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_OTHERS, // the first of a program's own
};

/*
 * The next option, as getopt_long() has it; -1 at the end; '?' for one that is wrong, which is reported. Anything that
 * is no option is wrong, too.
 */
int arguments_next(int argc, char **argv, const struct option *options);

/* The value of --window: WIDTHxHEIGHT. */
bool arguments_parse_size(const char *text, int32_t *width, int32_t *height);

/* The value of an option that is a whole number. */
bool arguments_parse_number(const char *option, const char *text, long minimum, long maximum, long *number);

#endif

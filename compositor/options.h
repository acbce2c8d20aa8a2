/*
 * The command line of lido.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "compositor.h"
#include <stdbool.h>
#include <stdio.h>

struct options {
	struct compositor_options compositor; // its texts are the arguments themselves, its limits point to limits below
	struct lido_limits limits;
	bool managed; // the command is to run as by lido-run
	bool verbose;
	char **command; // NULL-terminated, as for execvp(); NULL: run nothing
};

enum options_result {
	OPTIONS_RUN,   // go on
	OPTIONS_DONE,  // --help and the like: everything was said on out
	OPTIONS_WRONG, // err says what, and what to type instead
};

/* Reads the arguments. options is filled with the defaults first and keeps pointing into argv. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err);

#endif

/*
 * The command line of lido.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "compositor.h"
#include <stdbool.h>
#include <stdio.h>

struct options {
	struct compositor_options compositor; // its strings are arguments, its limits point to those below
	struct lido_limits limits;
	struct lido_limits sandbox_limits;
	bool managed; // preload the library of lido-run into the command
	bool verbose;
	char **command; // NULL-terminated, as for execvp(); NULL: run no command
};

enum options_result {
	OPTIONS_RUN,   // run the compositor
	OPTIONS_DONE,  // --help and the like: out has the complete answer
	OPTIONS_WRONG, // err has the error and how to correct it
};

/* Parses the arguments. Fills options with the defaults first. The result points into argv. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err);

#endif

/*
 * The command line of lido-top.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct options {
	const char *display; // NULL: $WAYLAND_DISPLAY
	const char *out;     // of a map; NULL: standard output
	double interval;     // seconds
	int sorted;          // index of a column
	pid_t map;           // whose map; 0: no map
	bool is_json, is_once, is_reversed;
};

enum options_result {
	OPTIONS_RUN,   // go on
	OPTIONS_DONE,  // --help and the like: everything was said on out
	OPTIONS_WRONG, // err says what, and what to type instead
};

/* Reads the arguments. options is filled with the defaults first and keeps pointing into argv. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err);

#endif

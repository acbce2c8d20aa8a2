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
	const char *out;     // file for the map; NULL: standard output
	double interval;     // seconds
	int sorted;          // index of the column to sort by
	pid_t map;           // process whose map to write; 0: no map
	bool is_json, is_prometheus, is_once, is_reversed;
};

enum options_result {
	OPTIONS_RUN,   // continue with the options
	OPTIONS_DONE,  // --help and the like: the answer was printed on out
	OPTIONS_WRONG, // the error was printed on err, with what to type instead
};

/* Parses the arguments into options, whose strings point into argv. Options that are not given get their defaults. */
enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err);

#endif

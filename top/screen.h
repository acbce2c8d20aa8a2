/*
 * The live table, in a terminal.
 */
#ifndef SCREEN_H
#define SCREEN_H

struct connection;
struct options;

/*
 * Shows it until the user ends it, and puts the terminal back. Returns the exit status; what there is to say is said on
 * standard error.
 */
int screen_run(struct connection *connection, const struct options *options);

#endif

/*
 * The table in a terminal, which is updated again and again.
 */
#ifndef SCREEN_H
#define SCREEN_H

struct connection;
struct options;

/*
 * Shows the table until the user quits, and restores the terminal. Returns the exit status. Prints errors on standard
 * error.
 */
int screen_run(struct connection *connection, const struct options *options);

#endif

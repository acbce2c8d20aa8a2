/*
 * Running a command with a library preloaded: what lido-run and lido-wrap have in common.
 */
#ifndef LIDO_LAUNCH_H
#define LIDO_LAUNCH_H

/* Exit statuses, as of env(1). */
#define EXIT_WRONG_USE 2
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* The library that this environment variable names, since it is not installed yet, or else the one at that path. */
const char *launch_find_library(const char *variable, const char *path);

/*
 * Becomes the command, with the library in front of what the user preloads. If that fails, says so and ends. name: of
 * the program, for messages.
 */
_Noreturn void launch(const char *name, const char *library, char *command[]);

#endif

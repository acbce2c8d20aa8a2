/*
 * Selects tests by globs of their names.
 */
#ifndef TEST_NAMES_H
#define TEST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Does the name match one of the globs? */
bool names_match(const char *name, char *const *globs, size_t globs_len);

/* The same for the globs in $LIDO_TEST, separated by blanks. If there are none, all names match. */
bool names_match_wanted(const char *name);

#endif

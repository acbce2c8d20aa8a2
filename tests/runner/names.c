#include "names.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool names_match(const char *name, char *const *globs, size_t globs_len) {
	bool found = false;
	for (size_t i = 0; i < globs_len; i++) {
		found = found || fnmatch(globs[i], name, 0) == 0;
	}
	return found;
}

bool names_match_wanted(const char *name) {
	const char *wanted = getenv("LIDO_TEST");
	if (wanted == NULL || wanted[0] == '\0') {
		return true;
	}
	char *copy = strdup(wanted), *rest = NULL;
	bool found = false;
	for (char *glob = strtok_r(copy, " \t\n", &rest); glob != NULL; glob = strtok_r(NULL, " \t\n", &rest)) {
		found = found || fnmatch(glob, name, 0) == 0;
	}
	free(copy);
	return found;
}

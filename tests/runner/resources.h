/*
 * The kernel resources of a process, compared before and after a test.
 *
 * The comparison covers every fd (its number and target), and every mapping that can be memory of a client: shared
 * ones, and private ones of a memfd or of a file in /dev/shm. It ignores private mappings of other files (libraries and
 * their data: fonts, locales) and anonymous private ones (the heap): these stay on purpose, and LeakSanitizer covers
 * the heap.
 */
#ifndef TEST_RESOURCES_H
#define TEST_RESOURCES_H

#include <stdio.h>

/* A sorted list of lines, one per fd and mapping. */
struct resources {
	char **lines;
	size_t lines_len;
	size_t lines_capacity;
};

/* Reads /proc/self. Does not count the fd that it opens for this. */
void resources_init(struct resources *resources);

void resources_finish(struct resources *resources);

/* Prints each difference ("left behind: fd 7 /memfd:x (deleted)", "gone: …"). Returns their number. */
size_t resources_print_difference(const struct resources *before, const struct resources *after, FILE *stream);

#endif

/*
 * What a process holds of the kernel's: taken before and after a test, and compared.
 *
 * Compared are every fd (number and what it names), and every mapping that can be memory of a client: shared ones, and
 * private ones of a memfd or of a file in /dev/shm. Private mappings of other files are libraries and their data
 * (fonts, locales), and anonymous private ones are the heap: these stay on purpose and are LeakSanitizer's business.
 */
#ifndef TEST_RESOURCES_H
#define TEST_RESOURCES_H

#include <stdio.h>

/* A list of texts, sorted; one per fd and mapping. */
struct resources {
	char **lines;
	size_t lines_len;
	size_t lines_capacity;
};

/* Reads /proc/self. The fd it needs for that is not counted. */
void resources_init(struct resources *resources);

void resources_finish(struct resources *resources);

/* Prints each difference ("left behind: fd 7 /memfd:x (deleted)", "gone: …"). Returns how many there were. */
size_t resources_print_difference(const struct resources *before, const struct resources *after, FILE *stream);

#endif

/*
 * Allocators of ranges, which allocator_bench.c compares.
 */
#ifndef CONTENDER_H
#define CONTENDER_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct contender {
	const char *name;
	bool is_limit;  // places nothing: what it takes, any takes
	bool is_linear; // takes time in proportion to what there is: a million would take hours
	/* Spans so many bytes. Ends the program if there is no memory for it, as do the others. */
	void *(*create)(int64_t size);
	void (*destroy)(void *allocator);
	/* Returns where the range lies, and in *range what free() takes. align: bytes, a power of two. */
	int64_t (*alloc)(void *allocator, int64_t size, int64_t align, void **range);
	void (*free)(void *allocator, void *range);
};

extern const struct contender contender_lido;
extern const struct contender contender_record; // a record for each range, and no more
extern const struct contender contender_vma;    // Vulkan Memory Allocator's virtual blocks: TLSF
extern const struct contender
		contender_linear; // best fit in one list by address, as Haiku's app_server has had since 2006

#ifdef __cplusplus
}
#endif

#endif

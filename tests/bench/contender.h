/*
 * Range allocators that allocator_bench.c compares.
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
	bool is_limit;  // places nothing: a lower bound on the time of any allocator
	bool is_linear; // time grows with the number of ranges: a million would take hours

	/* Manages size bytes. All functions end the program if out of memory. */
	void *(*create)(int64_t size);
	void (*destroy)(void *allocator);
	/* Returns the offset of the range; *range is the argument for free(). align: bytes, a power of two. */
	int64_t (*alloc)(void *allocator, int64_t size, int64_t align, void **range);
	void (*free)(void *allocator, void *range);
};

extern const struct contender contender_lido;
extern const struct contender contender_record; // only a record for each range
extern const struct contender contender_vma;    // Vulkan Memory Allocator's virtual blocks: TLSF
extern const struct contender contender_linear; // best fit in one list by address, as in Haiku's app_server since 2006

#ifdef __cplusplus
}
#endif

#endif

/*
 * Counts the calls of the client library to libc and libwayland, and makes the n-th call fail. For programs that link
 * the library statically, with --wrap for each of these functions (see meson.build). Calls of the test itself count as
 * well.
 */
#ifndef HARNESS_CALLS_H
#define HARNESS_CALLS_H

#include <stdint.h>

enum call {
	CALL_CALLOC,
	CALL_MEMFD_CREATE,
	CALL_FTRUNCATE,
	CALL_MMAP,
	CALL_MUNMAP, // never fails
	CALL_MADVISE,
	CALL_CLOSE, // never fails
	CALL_FSTAT,
	CALL_FSTATFS,
	CALL_FCNTL,
	CALL_QUEUE,   // wl_display_create_queue()
	CALL_WRAPPER, // wl_proxy_create_wrapper()
	CALL_OBJECT,  // a request that creates an object
	CALL_ROUND_TRIP,
	CALLS_LEN,
};

/* Starts counting, and makes the n-th call of any kind fail, counted from 1; 0: none. */
void calls_start(uint64_t n);

/* Starts counting, and makes every call of one kind fail. */
void calls_start_all_of(enum call call);

/* Stops counting. Returns the number of calls of all kinds that can fail. */
uint64_t calls_stop(void);

/* Returns the number of calls of one kind since the start. */
uint64_t calls_get_count(enum call call);

/* Returns the number of system calls since the start. */
uint64_t calls_get_system_calls(void);

#endif

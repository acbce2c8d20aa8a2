/*
 * Counts what the client library calls in libc and libwayland, and lets the n-th call fail. For programs that are
 * linked with it statically, and with --wrap for each of these (see meson.build). What the test itself calls counts as
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
	CALL_CLOSE,   // never fails
	CALL_QUEUE,   // wl_display_create_queue()
	CALL_WRAPPER, // wl_proxy_create_wrapper()
	CALL_OBJECT,  // a request that makes an object
	CALL_ROUND_TRIP,
	CALLS_LEN,
};

/* Counts from now on, and lets the n-th of all fail, from 1 on; 0: none. */
void calls_start(uint64_t n);

/* The same, but lets every call of one kind fail. */
void calls_start_all_of(enum call call);

/* Counts no more. Returns how many there were of all kinds that can fail. */
uint64_t calls_stop(void);

/* Calls of one kind since the start. */
uint64_t calls_get_count(enum call call);

/* System calls among them since the start. */
uint64_t calls_get_system_calls(void);

#endif

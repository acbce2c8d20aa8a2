/*
 * Makes calls of the kernel and allocations that shm/ does through its struct lido_os fail. The core server only.
 */
#ifndef HARNESS_FAULTS_H
#define HARNESS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which calls can fail; the others (close, munmap) never do. */
enum fault {
	FAULT_CALLOC,
	FAULT_MEMFD_CREATE,
	FAULT_FTRUNCATE,
	FAULT_FSTAT,
	FAULT_FSTATFS,
	FAULT_GET_FLAGS,
	FAULT_GET_SEALS,
	FAULT_ADD_SEALS,
	FAULT_SEEK_HOLE,
	FAULT_PUNCH_HOLE,
	FAULT_IS_WRITABLE, // it says no
	FAULT_OPEN_PRESSURE,
	FAULT_WATCH_PRIORITY,
	FAULT_OPEN_READY,
	FAULT_LOCK_FILE,
	FAULT_LISTEN_AT,
	FAULT_ACCEPT,
	FAULT_REOPEN,
	FAULT_PREAD,
	FAULT_PREADV,
	FAULT_PWRITE,
	FAULT_MMAP,
	FAULT_MADVISE,
	// Of libwayland, in programs that are linked with --wrap and have wrappers that ask faults_is_hit().
	FAULT_RESOURCE,     // wl_resource_create()
	FAULT_GLOBAL,       // wl_global_create()
	FAULT_TIMER,        // wl_event_loop_add_timer()
	FAULT_SOURCE,       // wl_event_loop_add_fd()
	FAULT_TIMER_UPDATE, // wl_event_source_timer_update()
	FAULTS_LEN,
};

/* Counts calls from now on and lets the n-th of all fail, from 1 on; 0: none. */
void faults_start(uint64_t n);

/* Lets every call of one kind fail from now on; of mmap only those of more bytes than size_max, which 0 makes all. */
void faults_start_all_of(enum fault fault, size_t size_max);

/* The n-th call from now, from 1 on, fails (too). To be called between a start and the stop. */
void faults_set_next(uint64_t n);

/* Has the last faults_set_next(), or the start, let a call fail? */
bool faults_was_hit(void);

/* Back to the real calls. Returns how many there were. */
uint64_t faults_stop(void);

/* For wrappers of further calls: counts one, and says whether it is to fail; then errno is error. */
bool faults_is_hit(enum fault fault, int error);

/* Calls of one kind since the start. */
uint64_t faults_get_count(enum fault fault);

/* Bytes that pread and preadv have brought since the start. */
uint64_t faults_get_bytes_read(void);

#endif

/*
 * Makes system calls and allocations fail that shm/ makes through struct lido_os. For the core server only.
 */
#ifndef HARNESS_FAULTS_H
#define HARNESS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls that can fail; others (close) never do. */
enum fault {
	FAULT_CALLOC,
	FAULT_MEMFD_CREATE,
	FAULT_FTRUNCATE,
	FAULT_FSTAT,
	FAULT_FSTATFS,
	FAULT_GET_FLAGS,
	FAULT_GET_SEALS,
	FAULT_ADD_SEALS,
	FAULT_PUNCH_HOLE,
	FAULT_IS_WRITABLE, // returns false
	FAULT_OPEN_PRESSURE,
	FAULT_WATCH_PRIORITY,
	FAULT_OPEN_READY,
	FAULT_LOCK_FILE,
	FAULT_UNLINK_SOCKET,
	FAULT_LISTEN_AT,
	FAULT_ACCEPT,
	FAULT_GET_PEER_NAME,
	FAULT_PREAD,
	FAULT_PREADV,
	FAULT_PWRITE,
	FAULT_MMAP,
	FAULT_MUNMAP,
	FAULT_MADVISE,
	FAULT_MINCORE,
	FAULT_OPEN_UDMABUF,
	FAULT_CREATE_UDMABUF,
	FAULT_SYNC_DMABUF,
	// Calls of libwayland, in programs linked with --wrap whose wrappers call faults_is_hit().
	FAULT_RESOURCE,     // wl_resource_create()
	FAULT_GLOBAL,       // wl_global_create()
	FAULT_TIMER,        // wl_event_loop_add_timer()
	FAULT_SOURCE,       // wl_event_loop_add_fd()
	FAULT_TIMER_UPDATE, // wl_event_source_timer_update()
	FAULTS_LEN,
};

/* Counts calls from now on and makes the n-th of all fail, from 1 on; 0: none. */
void faults_start(uint64_t n);

/* Makes every call of one kind fail from now on; of mmap only those of more than size_max bytes. 0: all. */
void faults_start_all_of(enum fault fault, size_t size_max);

/* Makes the n-th call from now fail, from 1 on. Call it between start and stop. */
void faults_set_next(uint64_t n);

/* Has a call failed because of the last faults_set_next(), or of the start? */
bool faults_was_hit(void);

/* Restores the real calls. Returns the number of calls since the start. */
uint64_t faults_stop(void);

/* For wrappers of further calls: counts one. Returns true if it must fail, with errno set to error. */
bool faults_is_hit(enum fault fault, int error);

/* Number of calls of one kind since the start. */
uint64_t faults_get_count(enum fault fault);

/* Bytes that pread and preadv have read since the start. */
uint64_t faults_get_bytes_read(void);

#endif

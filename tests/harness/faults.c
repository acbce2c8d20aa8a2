#include "faults.h"
#include "base/os.h"
#include "runner.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct {
	struct lido_os real;
	bool running;
	bool was_hit; // the n-th call has failed
	uint64_t nth;
	int all_of; // enum fault; -1: none
	size_t size_max;
	uint64_t count, counts[FAULTS_LEN];
	uint64_t bytes_read;
} state;

// Counts a call. Returns true, with errno set, if the call must fail.
static bool is_hit(enum fault fault, size_t size, int error) {
	state.counts[fault]++;
	state.was_hit |= state.count + 1 == state.nth;
	bool hit = ++state.count == state.nth || (state.all_of == (int)fault && size > state.size_max);
	if (hit) {
		errno = error;
	}
	return hit;
}

static void *fault_calloc(size_t count, size_t size) {
	return is_hit(FAULT_CALLOC, 1, ENOMEM) ? NULL : state.real.calloc(count, size);
}

static int fault_memfd_create(const char *name, unsigned flags) {
	return is_hit(FAULT_MEMFD_CREATE, 1, EMFILE) ? -1 : state.real.memfd_create(name, flags);
}

static int fault_ftruncate(int fd, off_t size) {
	return is_hit(FAULT_FTRUNCATE, 1, ENOSPC) ? -1 : state.real.ftruncate(fd, size);
}

static int fault_fstat(int fd, struct stat *stat) {
	return is_hit(FAULT_FSTAT, 1, EIO) ? -1 : state.real.fstat(fd, stat);
}

static int fault_fstatfs(int fd, struct statfs *statfs) {
	return is_hit(FAULT_FSTATFS, 1, EIO) ? -1 : state.real.fstatfs(fd, statfs);
}

static int fault_get_flags(int fd) {
	return is_hit(FAULT_GET_FLAGS, 1, EBADF) ? -1 : state.real.get_flags(fd);
}

static int fault_get_seals(int fd) {
	return is_hit(FAULT_GET_SEALS, 1, EINVAL) ? -1 : state.real.get_seals(fd);
}

static int fault_add_seals(int fd, int seals) {
	return is_hit(FAULT_ADD_SEALS, 1, EPERM) ? -1 : state.real.add_seals(fd, seals);
}

static int fault_punch_hole(int fd, off_t offset, off_t size) {
	return is_hit(FAULT_PUNCH_HOLE, 1, ENOMEM) ? -1 : state.real.punch_hole(fd, offset, size);
}

static bool fault_is_writable(int socket) {
	return !is_hit(FAULT_IS_WRITABLE, 1, EAGAIN) && state.real.is_writable(socket);
}

static int fault_open_pressure(const char *trigger) {
	return is_hit(FAULT_OPEN_PRESSURE, 1, ENOENT) ? -1 : state.real.open_pressure(trigger);
}

static int fault_watch_priority(int fd) {
	return is_hit(FAULT_WATCH_PRIORITY, 1, EMFILE) ? -1 : state.real.watch_priority(fd);
}

static int fault_open_ready(void) {
	return is_hit(FAULT_OPEN_READY, 1, EMFILE) ? -1 : state.real.open_ready();
}

static int fault_lock_file(const char *path) {
	return is_hit(FAULT_LOCK_FILE, 1, EACCES) ? -1 : state.real.lock_file(path);
}

static int fault_unlink_socket(const char *path) {
	return is_hit(FAULT_UNLINK_SOCKET, 1, EPERM) ? -1 : state.real.unlink_socket(path);
}

static int fault_listen_at(const char *path) {
	return is_hit(FAULT_LISTEN_AT, 1, EMFILE) ? -1 : state.real.listen_at(path);
}

static ssize_t fault_get_peer_name(int socket, char name[LIDO_PEER_NAME_MAX]) {
	return is_hit(FAULT_GET_PEER_NAME, 1, ENOBUFS) ? -1 : state.real.get_peer_name(socket, name);
}

static int fault_accept(int socket) {
	return is_hit(FAULT_ACCEPT, 1, EMFILE) ? -1 : state.real.accept(socket);
}

static ssize_t note_bytes(ssize_t n) {
	state.bytes_read += n > 0 ? (uint64_t)n : 0;
	return n;
}

static ssize_t fault_pread(int fd, void *data, size_t size, off_t offset) {
	return is_hit(FAULT_PREAD, 1, EIO) ? -1 : note_bytes(state.real.pread(fd, data, size, offset));
}

static ssize_t fault_preadv(int fd, const struct iovec *iov, int iov_len, off_t offset) {
	return is_hit(FAULT_PREADV, 1, EIO) ? -1 : note_bytes(state.real.preadv(fd, iov, iov_len, offset));
}

static ssize_t fault_pwrite(int fd, const void *data, size_t size, off_t offset) {
	return is_hit(FAULT_PWRITE, 1, ENOSPC) ? -1 : state.real.pwrite(fd, data, size, offset);
}

static void *fault_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
	return is_hit(FAULT_MMAP, size, ENOMEM) ? MAP_FAILED
											: state.real.mmap(address, size, protection, flags, fd, offset);
}

static int fault_munmap(void *address, size_t size) {
	return is_hit(FAULT_MUNMAP, size, ENOMEM) ? -1 : state.real.munmap(address, size);
}

static int fault_madvise(void *address, size_t size, int advice) {
	return is_hit(FAULT_MADVISE, 1, EINVAL) ? -1 : state.real.madvise(address, size, advice);
}

static int fault_mincore(void *address, size_t size, unsigned char *pages) {
	return is_hit(FAULT_MINCORE, 1, EAGAIN) ? -1 : state.real.mincore(address, size, pages);
}

static int fault_open_udmabuf(void) {
	return is_hit(FAULT_OPEN_UDMABUF, 1, ENOENT) ? -1 : state.real.open_udmabuf();
}

static int fault_create_udmabuf(int device_fd, int fd, off_t offset, off_t size) {
	return is_hit(FAULT_CREATE_UDMABUF, (size_t)size, ENOMEM) ? -1
															  : state.real.create_udmabuf(device_fd, fd, offset, size);
}

static int fault_sync_dmabuf(int fd, uint64_t flags) {
	return is_hit(FAULT_SYNC_DMABUF, 1, EINTR) ? -1 : state.real.sync_dmabuf(fd, flags);
}

static void start(void) {
	expect(!state.running);
	state = (__typeof__(state)){.real = lido_os, .running = true, .all_of = -1};
	lido_os = (struct lido_os){
		.calloc = fault_calloc,
		.memfd_create = fault_memfd_create,
		.ftruncate = fault_ftruncate,
		.fstat = fault_fstat,
		.fstatfs = fault_fstatfs,
		.stat_cached = state.real.stat_cached,
		.get_flags = fault_get_flags,
		.get_seals = fault_get_seals,
		.add_seals = fault_add_seals,
		.punch_hole = fault_punch_hole,
		.is_writable = fault_is_writable,
		.open_pressure = fault_open_pressure,
		.watch_priority = fault_watch_priority,
		.open_ready = fault_open_ready,
		.lock_file = fault_lock_file,
		.listen_at = fault_listen_at,
		.accept = fault_accept,
		.get_peer_name = fault_get_peer_name,
		.unlink = state.real.unlink,
		.unlink_socket = fault_unlink_socket,
		.close = state.real.close,
		.pread = fault_pread,
		.preadv = fault_preadv,
		.pwrite = fault_pwrite,
		.mmap = fault_mmap,
		.munmap = fault_munmap,
		.madvise = fault_madvise,
		.mincore = fault_mincore,
		.clock_gettime = state.real.clock_gettime,
		.open_udmabuf = fault_open_udmabuf,
		.create_udmabuf = fault_create_udmabuf,
		.sync_dmabuf = fault_sync_dmabuf,
	};
}

bool faults_is_hit(enum fault fault, int error) {
	return state.running && is_hit(fault, 1, error);
}

void faults_start(uint64_t n) {
	start();
	state.nth = n;
}

void faults_start_all_of(enum fault fault, size_t size_max) {
	start();
	state.all_of = (int)fault;
	state.size_max = size_max;
}

void faults_set_next(uint64_t n) {
	expect(state.running);
	state.nth = state.count + n;
	state.was_hit = false;
}

bool faults_was_hit(void) {
	return state.was_hit;
}

uint64_t faults_stop(void) {
	expect(state.running);
	lido_os = state.real;
	state.running = false;
	return state.count;
}

uint64_t faults_get_count(enum fault fault) {
	return state.counts[fault];
}

uint64_t faults_get_bytes_read(void) {
	return state.bytes_read;
}

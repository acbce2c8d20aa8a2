/*
 * The interposed functions of the C library that read, write and duplicate fds, and that open files. A file whose bytes
 * have moved returns to its own bytes before: see outside.h.
 */
#include "file.h"
#include "interpose.h"
#include "outside.h"

#include <aio.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define READS(name, params, args) \
	ssize_t call_##name params SYMBOL(#name); \
	ssize_t call_##name params { \
		static _Atomic(uintptr_t) place; \
		struct ongoing call; \
		if (!outside_begin(&call, fd)) { \
			return -1; \
		} \
		ssize_t(*original) params = (ssize_t(*) params)find_original(&place, #name); \
		unsigned generation; \
		ssize_t result; \
		do { \
			generation = file_get_generation(); \
			result = original args; \
		} while (result == -1 && outside_was_moving(generation)); \
		outside_end(&call); \
		return result; \
	}

READS(read, (int fd, void *data, size_t size), (fd, data, size))
READS(__read_chk, (int fd, void *data, size_t size, size_t room), (fd, data, size, room))
READS(pread, (int fd, void *data, size_t size, word_offset offset), (fd, data, size, offset))
READS(pread64, (int fd, void *data, size_t size, off_t offset), (fd, data, size, offset))
READS(__pread_chk, (int fd, void *data, size_t size, word_offset offset, size_t room), (fd, data, size, offset, room))
READS(__pread64_chk, (int fd, void *data, size_t size, off_t offset, size_t room), (fd, data, size, offset, room))
READS(readv, (int fd, const struct iovec *parts, int len), (fd, parts, len))
READS(preadv, (int fd, const struct iovec *parts, int len, word_offset offset), (fd, parts, len, offset))
READS(preadv64, (int fd, const struct iovec *parts, int len, off_t offset), (fd, parts, len, offset))
READS(preadv2, (int fd, const struct iovec *parts, int len, word_offset offset, int flags),
		(fd, parts, len, offset, flags))
READS(preadv64v2, (int fd, const struct iovec *parts, int len, off_t offset, int flags),
		(fd, parts, len, offset, flags))

#define WRITES READS

WRITES(write, (int fd, const void *data, size_t size), (fd, data, size))
WRITES(pwrite, (int fd, const void *data, size_t size, word_offset offset), (fd, data, size, offset))
WRITES(pwrite64, (int fd, const void *data, size_t size, off_t offset), (fd, data, size, offset))
WRITES(writev, (int fd, const struct iovec *parts, int len), (fd, parts, len))
WRITES(pwritev, (int fd, const struct iovec *parts, int len, word_offset offset), (fd, parts, len, offset))
WRITES(pwritev64, (int fd, const struct iovec *parts, int len, off_t offset), (fd, parts, len, offset))
WRITES(pwritev2, (int fd, const struct iovec *parts, int len, word_offset offset, int flags),
		(fd, parts, len, offset, flags))
WRITES(pwritev64v2, (int fd, const struct iovec *parts, int len, off_t offset, int flags),
		(fd, parts, len, offset, flags))

// Calls the original between two others. If begin fails, the function returns the last argument.
#define BRACKET(type, name, params, args, begin, end, failure) \
	type call_##name params SYMBOL(#name); \
	type call_##name params { \
		static _Atomic(uintptr_t) place; \
		struct ongoing calls[2] __attribute__((unused)); \
		if (!(begin)) { \
			return failure; \
		} \
		type result = ((type(*) params)find_original(&place, #name))args; \
		end; \
		return result; \
	}

#define USES(type, name, params, args, fd) \
	BRACKET(type, name, params, args, outside_begin(calls, fd), outside_end(calls), -1)

USES(int, vdprintf, (int fd, const char *format, va_list list), (fd, format, list), fd)
USES(int, __vdprintf_chk, (int fd, int flag, const char *format, va_list list), (fd, flag, format, list), fd)

int call_dprintf(int fd, const char *format, ...) SYMBOL("dprintf");
int call_dprintf(int fd, const char *format, ...) {
	va_list list;
	va_start(list, format);
	int result = call_vdprintf(fd, format, list);
	va_end(list);
	return result;
}

int call___dprintf_chk(int fd, int flag, const char *format, ...) SYMBOL("__dprintf_chk");
int call___dprintf_chk(int fd, int flag, const char *format, ...) {
	va_list list;
	va_start(list, format);
	int result = call___vdprintf_chk(fd, flag, format, list);
	va_end(list);
	return result;
}

// The kernel copies from one fd to another.
#define COPIES(name, params, args) \
	BRACKET(ssize_t, name, params, args, outside_begin_two(calls, from, to), outside_end_two(calls), -1)

COPIES(sendfile, (int to, int from, word_offset *offset, size_t size), (to, from, offset, size))
COPIES(sendfile64, (int to, int from, off_t *offset, size_t size), (to, from, offset, size))
COPIES(splice, (int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags),
		(from, from_offset, to, to_offset, size, flags))
COPIES(copy_file_range, (int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned flags),
		(from, from_offset, to, to_offset, size, flags))

// Where data is, only the file itself can tell. -1 is no fd.
static int get_searched(int fd, int whence) {
	return whence == SEEK_DATA || whence == SEEK_HOLE ? fd : -1;
}

#define SEEKS(name, type) \
	USES(type, name, (int fd, type offset, int whence), (fd, offset, whence), get_searched(fd, whence))

SEEKS(lseek, word_offset)
SEEKS(lseek64, off_t)

// Of a request only the fd is read, which comes first however wide its offset is.
_Static_assert(offsetof(struct aiocb, aio_fildes) == 0, "the fd of a request comes first");

// Requests that another thread carries out, or the kernel, and streams: they read and write later, without calling any
// of the above.
static bool share_with_request(const struct aiocb *request) {
	return outside_begin_for_good(request->aio_fildes, "asynchronous requests read or write it");
}

INTERPOSE(int, aio_read, (struct aiocb * request), (request), share_with_request(request), -1)
INTERPOSE(int, aio_read64, (struct aiocb * request), (request), share_with_request(request), -1)
INTERPOSE(int, aio_write, (struct aiocb * request), (request), share_with_request(request), -1)
INTERPOSE(int, aio_write64, (struct aiocb * request), (request), share_with_request(request), -1)

static bool share_with_requests(struct aiocb *const *requests, int len) {
	for (int i = 0; i < len; i++) {
		if (requests[i] != NULL && !share_with_request(requests[i])) {
			return false;
		}
	}
	return true;
}

INTERPOSE(int, lio_listio, (int mode, struct aiocb *const *requests, int len, struct sigevent *event),
		(mode, requests, len, event), share_with_requests(requests, len), -1)
INTERPOSE(int, lio_listio64, (int mode, struct aiocb *const *requests, int len, struct sigevent *event),
		(mode, requests, len, event), share_with_requests(requests, len), -1)

#define STREAM "a stream reads or writes it"

INTERPOSE(FILE *, fdopen, (int fd, const char *mode), (fd, mode), outside_begin_for_good(fd, STREAM), NULL)

// New fds of files that may have moved.
USES(int, dup, (int fd), (fd), fd)

static bool begin_replacing(struct ongoing *call, int fd, int number) {
	if (fd != number) {
		outside_close(number);
	}
	return outside_begin(call, fd);
}

BRACKET(int, dup2, (int fd, int number), (fd, number), begin_replacing(calls, fd, number), outside_end(calls), -1)
BRACKET(int, dup3, (int fd, int number, int flags), (fd, number, flags), begin_replacing(calls, fd, number),
		outside_end(calls), -1)

// Duplicates the fd, or forbids to write the file, so that it could not return any more.
static bool needs_file(int command, uintptr_t value) {
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ||
		   (command == F_ADD_SEALS && (value & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0);
}

static int control(int fd, int command, void *value, uintptr_t original) {
	struct ongoing call;
	if (!outside_begin(&call, needs_file(command, (uintptr_t)value) ? fd : -1)) {
		return -1;
	}
	int result = ((int (*)(int, int, ...))original)(fd, command, value);
	outside_end(&call);
	return result;
}

#define CONTROLS(name) \
	int call_##name(int fd, int command, ...) SYMBOL(#name); \
	int call_##name(int fd, int command, ...) { \
		static _Atomic(uintptr_t) place; \
		va_list list; \
		va_start(list, command); \
		void *value = va_arg(list, void *); \
		va_end(list); \
		return control(fd, command, value, find_original(&place, #name)); \
	}

CONTROLS(fcntl)
CONTROLS(fcntl64)
#if __TIMESIZE != 64
CONTROLS(__fcntl_time64)
#endif

// Files that are opened by way of /proc/self/fd.
static int check_new(int fd) {
	if (fd >= 0 && !outside_access_new(fd)) {
		close(fd);
		return -1;
	}
	return fd;
}

#define OPENS(name, params, args) \
	int call_##name params SYMBOL(#name); \
	int call_##name params { \
		static _Atomic(uintptr_t) place; \
		va_list list; \
		va_start(list, flags); \
		mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0; \
		va_end(list); \
		return check_new(((int(*) params)find_original(&place, #name))args); \
	}

OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))
OPENS(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

#define OPENS_CHECKED(name, params, args) \
	int call_##name params SYMBOL(#name); \
	int call_##name params { \
		static _Atomic(uintptr_t) place; \
		return check_new(((int(*) params)find_original(&place, #name))args); \
	}

OPENS_CHECKED(creat, (const char *path, mode_t mode), (path, mode))
OPENS_CHECKED(creat64, (const char *path, mode_t mode), (path, mode))
OPENS_CHECKED(__open_2, (const char *path, int flags), (path, flags))
OPENS_CHECKED(__open64_2, (const char *path, int flags), (path, flags))
OPENS_CHECKED(__openat_2, (int folder, const char *path, int flags), (folder, path, flags))
OPENS_CHECKED(__openat64_2, (int folder, const char *path, int flags), (folder, path, flags))

// Of a path that may be /proc/self/fd/N, or of a file that may lose its name. NULL: none, or it is that of an fd.
static bool begin_opening(const char *path) {
	return path == NULL || outside_access_path(AT_FDCWD, path, 0);
}

static void share_stream(FILE *stream) {
	if (stream != NULL) {
		outside_share(fileno(stream), STREAM, false);
	}
}

#define OPENS_STREAM(name, params, args, path) \
	BRACKET(FILE *, name, params, args, begin_opening(path), share_stream(result), NULL)

OPENS_STREAM(fopen, (const char *path, const char *mode), (path, mode), path)
OPENS_STREAM(fopen64, (const char *path, const char *mode), (path, mode), path)
OPENS_STREAM(tmpfile, (void), (), NULL)
OPENS_STREAM(tmpfile64, (void), (), NULL)

// The stream loses the fd that it had.
static const char *begin_reopening(const char *path, FILE *stream) {
	outside_close(fileno(stream));
	return path;
}

OPENS_STREAM(freopen, (const char *path, const char *mode, FILE *stream), (path, mode, stream),
		begin_reopening(path, stream))
OPENS_STREAM(freopen64, (const char *path, const char *mode, FILE *stream), (path, mode, stream),
		begin_reopening(path, stream))
INTERPOSE(int, truncate, (const char *path, word_offset size), (path, size), outside_access_path(AT_FDCWD, path, 0), -1)
INTERPOSE(int, truncate64, (const char *path, off_t size), (path, size), outside_access_path(AT_FDCWD, path, 0), -1)

static bool access_for_link(int folder, const char *path, int flags) {
	int follow = (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : AT_SYMLINK_NOFOLLOW;
	return outside_access_path(folder, path, follow | (flags & AT_EMPTY_PATH));
}

INTERPOSE(int, linkat, (int folder, const char *path, int new_folder, const char *new_path, int flags),
		(folder, path, new_folder, new_path, flags), access_for_link(folder, path, flags), -1)

/*
 * The interposed functions of the C library by which other processes receive fds, in messages and when a process is
 * created, and those that close fds. fork() is in outside.c.
 */
#include "connection.h"
#include "interpose.h"
#include "outside.h"

#include <alloca.h>
#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void share_message(const struct msghdr *message, const char *why, bool is_sent) {
	struct cmsghdr *part = message->msg_controllen > 0 ? CMSG_FIRSTHDR(message) : NULL;
	for (; part != NULL; part = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || part->cmsg_len < CMSG_LEN(0)) {
			continue;
		}
		for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(part) + i * sizeof(fd), sizeof(fd));
			outside_share(fd, why, is_sent);
		}
	}
}

#define SENT "its fd was sent to another process"
#define RECEIVED "its fd came from another process"

static bool send_all(const struct mmsghdr *messages, unsigned len) {
	for (unsigned i = 0; i < len; i++) {
		share_message(&messages[i].msg_hdr, SENT, true);
	}
	return true;
}

// Libwayland sends the files of ordinary pools.
static bool send_one(int fd, const struct msghdr *message) {
	if (message->msg_controllen > 0) {
		share_message(message, SENT, !connection_has_socket(fd));
	}
	return true;
}

#define SENDS(name, all_name) \
	INTERPOSE(ssize_t, name, (int fd, const struct msghdr *message, int flags), (fd, message, flags), \
			send_one(fd, message), -1) \
	INTERPOSE(int, all_name, (int fd, struct mmsghdr *messages, unsigned len, int flags), (fd, messages, len, flags), \
			send_all(messages, len), -1)

SENDS(sendmsg, sendmmsg)

#define RECEIVES(name, all_name) \
	ssize_t call_##name(int fd, struct msghdr *message, int flags) SYMBOL(#name); \
	ssize_t call_##name(int fd, struct msghdr *message, int flags) { \
		static _Atomic(uintptr_t) place; \
		ssize_t result = ((ssize_t(*)(int, struct msghdr *, int))find_original(&place, #name))(fd, message, flags); \
		if (result >= 0) { \
			share_message(message, RECEIVED, false); \
		} \
		return result; \
	} \
	int call_##all_name(int fd, struct mmsghdr *messages, unsigned len, int flags, void *timeout) SYMBOL(#all_name); \
	int call_##all_name(int fd, struct mmsghdr *messages, unsigned len, int flags, void *timeout) { \
		static _Atomic(uintptr_t) place; \
		int result = ((int (*)(int, struct mmsghdr *, unsigned, int, void *))find_original(&place, #all_name))( \
				fd, messages, len, flags, timeout); \
		for (int i = 0; i < result; i++) { \
			share_message(&messages[i].msg_hdr, RECEIVED, false); \
		} \
		return result; \
	}

RECEIVES(recvmsg, recvmmsg)
#if __TIMESIZE != 64
// For programs whose times have 64 bits.
SENDS(__sendmsg64, __sendmmsg64)
RECEIVES(__recvmsg64, __recvmmsg64)
#endif

int call_pidfd_getfd(int process, int number, unsigned flags) SYMBOL("pidfd_getfd");
int call_pidfd_getfd(int process, int number, unsigned flags) {
	static _Atomic(uintptr_t) place;
	int fd = ((int (*)(int, int, unsigned))find_original(&place, "pidfd_getfd"))(process, number, flags);
	if (fd >= 0) {
		outside_share(fd, RECEIVED, false);
	}
	return fd;
}

static bool prepare_close(int fd, const void *caller) {
	if (!wayland_has_code(caller)) {
		outside_close(fd);
	}
	return true;
}

INTERPOSE(int, close, (int fd), (fd), prepare_close(fd, __builtin_return_address(0)), -1)

static bool prepare_close_all(unsigned first, unsigned last) {
	outside_close_range(first, last);
	return true;
}

INTERPOSE(int, fclose, (FILE * stream), (stream), prepare_close(fileno(stream), NULL), EOF)
INTERPOSE(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags),
		(flags & CLOSE_RANGE_CLOEXEC) != 0 || prepare_close_all(first, last), -1)

void call_closefrom(int first) SYMBOL("closefrom");
void call_closefrom(int first) {
	static _Atomic(uintptr_t) place;
	outside_close_range(first < 0 ? 0 : (unsigned)first, UINT_MAX);
	((void (*)(int))find_original(&place, "closefrom"))(first);
}

static bool share_all(bool only_inherited) {
	outside_share_all(only_inherited);
	return true;
}

// The actions may pass any fd on.
#define SPAWNS(name) \
	INTERPOSE(int, name, \
			(pid_t * process, const char *path, const posix_spawn_file_actions_t *actions, \
					const posix_spawnattr_t *attributes, char *const *arguments, char *const *environment), \
			(process, path, actions, attributes, arguments, environment), share_all(actions == NULL), ENOMEM)

SPAWNS(posix_spawn)
SPAWNS(posix_spawnp)
INTERPOSE(int, system, (const char *command), (command), share_all(true), -1)
INTERPOSE(FILE *, popen, (const char *command, const char *mode), (command, mode), share_all(true), NULL)

// The program itself may be in a pool's file. execve() does not return.
static bool access_program(int fd) {
	struct ongoing call;
	bool done = outside_begin(&call, fd);
	if (done) {
		outside_end(&call);
	}
	return done;
}

// Without the handlers of pthread_atfork().
static pid_t prepare_child(void) {
	outside_prepare_child();
	return 1;
}

INTERPOSE(pid_t, _Fork, (void), (), prepare_child(), -1)

int call_clone(int (*function)(void *), void *stack, int flags, void *argument, ...) SYMBOL("clone");
int call_clone(int (*function)(void *), void *stack, int flags, void *argument, ...) {
	static _Atomic(uintptr_t) place;
	void *rest[3]; // as the flags say
	va_list list;
	va_start(list, argument);
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		rest[i] = va_arg(list, void *);
	}
	va_end(list);
	if ((flags & CLONE_VM) == 0) {
		outside_prepare_child();
	}
	return ((int (*)(int (*)(void *), void *, int, void *, ...))find_original(&place, "clone"))(
			function, stack, flags, argument, rest[0], rest[1], rest[2]);
}

// After vfork() these act on the memory of the parent, as the parent would.
#define EXECUTES(name, params, args) INTERPOSE(int, name, params, args, share_all(true), -1)

EXECUTES(execve, (const char *path, char *const *arguments, char *const *environment), (path, arguments, environment))
EXECUTES(execv, (const char *path, char *const *arguments), (path, arguments))
EXECUTES(execvp, (const char *path, char *const *arguments), (path, arguments))
EXECUTES(execvpe, (const char *path, char *const *arguments, char *const *environment), (path, arguments, environment))
EXECUTES(execveat, (int folder, const char *path, char *const *arguments, char *const *environment, int flags),
		(folder, path, arguments, environment, flags))
INTERPOSE(int, fexecve, (int fd, char *const *arguments, char *const *environment), (fd, arguments, environment),
		access_program(fd) && share_all(true), -1)

// The arguments as an array, which lives as long as the caller.
#define COLLECT(arguments, first, list) \
	size_t len = 1; \
	va_list list; \
	va_start(list, first); \
	while (va_arg(list, char *) != NULL) { \
		len++; \
	} \
	va_end(list); \
	char **arguments = alloca((len + 1) * sizeof(*arguments)); \
	va_start(list, first); \
	arguments[0] = (char *)(uintptr_t)first; \
	for (size_t i = 1; i <= len; i++) { \
		arguments[i] = va_arg(list, char *); \
	}

int call_execl(const char *path, const char *first, ...) SYMBOL("execl");
int call_execl(const char *path, const char *first, ...) {
	COLLECT(arguments, first, list)
	va_end(list);
	return call_execv(path, arguments);
}

int call_execlp(const char *path, const char *first, ...) SYMBOL("execlp");
int call_execlp(const char *path, const char *first, ...) {
	COLLECT(arguments, first, list)
	va_end(list);
	return call_execvp(path, arguments);
}

int call_execle(const char *path, const char *first, ...) SYMBOL("execle");
int call_execle(const char *path, const char *first, ...) {
	COLLECT(arguments, first, list)
	char *const *environment = va_arg(list, char *const *);
	va_end(list);
	return call_execve(path, arguments, environment);
}

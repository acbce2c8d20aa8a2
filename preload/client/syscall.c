/*
 * The interposed function syscall(). System calls that this library interposes go to its own functions, and those that
 * use files are tested. What a program does by instructions of its own, no library sees.
 */
#include "interpose.h"
#include "outside.h"
#include "raw.h"

#include <fcntl.h>
#include <linux/net.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// The times of this one have words.
int receive_messages(int fd, struct mmsghdr *messages, unsigned len, int flags, void *timeout) __asm__("recvmmsg");

#ifdef SYS_socketcall
// On some machines one system call has all functions of sockets. *is_done: false if it is none that passes fds.
static long call_socket(long function, const long args[6], bool *is_done) {
	switch (function) {
	case SYS_SENDMSG:
		return sendmsg((int)args[0], (const struct msghdr *)args[1], (int)args[2]);
	case SYS_SENDMMSG:
		return sendmmsg((int)args[0], (struct mmsghdr *)args[1], (unsigned)args[2], (int)args[3]);
	case SYS_RECVMSG:
		return recvmsg((int)args[0], (struct msghdr *)args[1], (int)args[2]);
	case SYS_RECVMMSG:
		return receive_messages(
				(int)args[0], (struct mmsghdr *)args[1], (unsigned)args[2], (int)args[3], (void *)args[4]);
	default:
		*is_done = false;
		return -1;
	}
}
#endif

#ifdef SYS_recvmmsg_time64
int receive_messages64(int fd, struct mmsghdr *messages, unsigned len, int flags, void *timeout) __asm__(
		"__recvmmsg64");
#endif

// Those that only machines with words of 32 bits have. Otherwise the same as call_interposed().
static long call_narrow(long number, const long args[6], bool *is_done) {
	switch (number) {
#ifdef SYS_mmap2
	case SYS_mmap2:
		return (long)mmap((void *)args[0], (size_t)args[1], (int)args[2], (int)args[3], (int)args[4],
				(off_t)(unsigned long)args[5] * MMAP2_UNIT);
#endif
#ifdef SYS_ftruncate64
	case SYS_ftruncate64:
		return ftruncate((int)args[0], raw_get_offset(args, 1));
	case SYS_truncate64:
		return truncate((const char *)args[0], raw_get_offset(args, 1));
	case SYS_fcntl64:
		return fcntl((int)args[0], (int)args[1], args[2]);
#endif
#ifdef SYS_recvmmsg_time64
	case SYS_recvmmsg_time64:
		return receive_messages64(
				(int)args[0], (struct mmsghdr *)args[1], (unsigned)args[2], (int)args[3], (void *)args[4]);
#endif
#ifdef SYS_socketcall
	case SYS_socketcall:
		return call_socket(args[0], (const long *)args[1], is_done);
#endif
	default:
		*is_done = false;
		return -1;
	}
}

#ifdef SYS_mmap
static void *map(const long args[6]) {
#ifdef __i386__
	args = (const long *)args[0]; // the oldest mmap() takes a pointer to its arguments
#endif
	return mmap(
			(void *)args[0], (size_t)args[1], (int)args[2], (int)args[3], (int)args[4], (off_t)(unsigned long)args[5]);
}
#endif

// Those that are interposed. *is_done: false if it is none of them.
static long call_interposed(long number, const long args[6], bool *is_done) {
	switch (number) {
#ifdef SYS_mmap
	case SYS_mmap:
		return (long)map(args);
#endif
	case SYS_munmap:
		return munmap((void *)args[0], (size_t)args[1]);
	case SYS_mremap:
		return (long)mremap((void *)args[0], (size_t)args[1], (size_t)args[2], (int)args[3], (void *)args[4]);
	case SYS_mprotect:
		return mprotect((void *)args[0], (size_t)args[1], (int)args[2]);
	case SYS_remap_file_pages:
		return remap_file_pages((void *)args[0], (size_t)args[1], (int)args[2], (size_t)args[3], (int)args[4]);
	case SYS_ftruncate:
		return ftruncate((int)args[0], args[1]);
	case SYS_fallocate:
		return fallocate((int)args[0], (int)args[1], raw_get_offset(args, 2), raw_get_offset(args, 2 + OFFSET_WORDS));
	case SYS_sendmsg:
		return sendmsg((int)args[0], (const struct msghdr *)args[1], (int)args[2]);
	case SYS_sendmmsg:
		return sendmmsg((int)args[0], (struct mmsghdr *)args[1], (unsigned)args[2], (int)args[3]);
	case SYS_recvmsg:
		return recvmsg((int)args[0], (struct msghdr *)args[1], (int)args[2]);
	case SYS_recvmmsg:
		return receive_messages(
				(int)args[0], (struct mmsghdr *)args[1], (unsigned)args[2], (int)args[3], (void *)args[4]);
	case SYS_fcntl:
		return fcntl((int)args[0], (int)args[1], args[2]);
	case SYS_close:
		return close((int)args[0]);
	case SYS_close_range:
		return close_range((unsigned)args[0], (unsigned)args[1], (int)args[2]);
	case SYS_dup3:
		return dup3((int)args[0], (int)args[1], (int)args[2]);
#ifdef SYS_dup2
	case SYS_dup2:
		return dup2((int)args[0], (int)args[1]);
#endif
	case SYS_linkat:
		return linkat((int)args[0], (const char *)args[1], (int)args[2], (const char *)args[3], (int)args[4]);
	case SYS_truncate:
		return truncate((const char *)args[0], args[1]);
	default:
		return call_narrow(number, args, is_done);
	}
}

// The fds of the files that the system call uses; -1: none.
static void find_fds(long number, const long args[6], int fds[2]) {
	fds[0] = fds[1] = -1;
	switch (number) {
	case SYS_read:
	case SYS_pread64:
	case SYS_readv:
	case SYS_preadv:
	case SYS_preadv2:
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2:
	case SYS_dup:
		fds[0] = (int)args[0];
		break;
	case SYS_lseek:
		fds[0] = args[2] == SEEK_DATA || args[2] == SEEK_HOLE ? (int)args[0] : -1;
		break;
#ifdef SYS__llseek
	case SYS__llseek:
		fds[0] = args[4] == SEEK_DATA || args[4] == SEEK_HOLE ? (int)args[0] : -1;
		break;
#endif
#ifdef SYS_sendfile64
	case SYS_sendfile64:
#endif
	case SYS_sendfile:
		fds[0] = (int)args[0];
		fds[1] = (int)args[1];
		break;
	case SYS_splice:
	case SYS_copy_file_range:
		fds[0] = (int)args[0];
		fds[1] = (int)args[2];
		break;
	default:
		break;
	}
}

// A thread has no memory and no fds of its own.
static void prepare_clone(uint64_t flags) {
	if ((flags & CLONE_VM) == 0) {
		outside_prepare_child();
	}
}

// Prepares what the program is about to do. False, with errno: there is no memory.
static bool prepare(long number, const long args[6]) {
	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
		outside_prepare_child();
		return true;
#endif
	case SYS_clone:
		prepare_clone((uint64_t)args[0]);
		return true;
	case SYS_clone3:
		prepare_clone(*(const uint64_t *)args[0]); // of struct clone_args, the flags come first
		return true;
	case SYS_execve:
	case SYS_execveat:
		outside_share_all(true);
		return true;
	case SYS_io_uring_setup:
	case SYS_io_uring_enter:
	case SYS_io_uring_register:
		outside_give_up("the program uses io_uring");
		return true;
	case SYS_io_submit:
		return outside_share_requests((struct iocb *const *)args[2], args[1]);
	default:
		return true;
	}
}

static long call_original(long number, const long args[6]) {
	int fds[2];
	find_fds(number, args, fds);
	struct ongoing calls[2];
	if (!prepare(number, args) || !outside_begin_two(calls, fds[0], fds[1])) {
		return -1;
	}
	long result = raw_call(number, args);
	outside_end_two(calls);
	return result;
}

static long finish(long number, long result) {
	bool is_fd = number == SYS_openat || number == SYS_openat2;
#ifdef SYS_open
	is_fd = is_fd || number == SYS_open;
#endif
#ifdef SYS_creat
	is_fd = is_fd || number == SYS_creat;
#endif
	if (is_fd && result >= 0 && !outside_access_new((int)result)) {
		close((int)result);
		return -1;
	}
	if (number == SYS_pidfd_getfd && result >= 0) {
		outside_share((int)result, "its fd came from another process", false);
	}
	return result;
}

long call_syscall(long number, ...) SYMBOL("syscall");
long call_syscall(long number, ...) {
	long args[6];
	va_list list;
	va_start(list, number);
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		args[i] = va_arg(list, long);
	}
	va_end(list);
	bool is_done = true;
	long result = call_interposed(number, args, &is_done);
	if (is_done) {
		return result;
	}
	return finish(number, call_original(number, args));
}

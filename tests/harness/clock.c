/*
 * A clock for programs that are alone in their process with a server: it jumps where they would sleep.
 *
 * Replaces calls of libc, also for libwayland and wlroots. An event loop with nothing to do would wait for its next
 * timer: instead, the monotonic clock is set forward to that time, and the timer fires. While something is to be done,
 * the clock goes as ever. So a test of what happens after seconds takes none, and no timer is early or late compared
 * with another.
 *
 * Not for programs that wait for other processes: to them, no time would pass.
 */
#include <assert.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)
#define MICROSECOND INT64_C(1000)
#define FDS_MAX 32768
#define FIRES_WITHIN 1000 // milliseconds: a timer whose time has come is there at once, unless the machine is late

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): libc's headers use reserved names.
#define REPLACES_LIBC __attribute__((visibility("default")))

static int64_t jumped;             // nanoseconds, of all jumps so far
static int64_t deadlines[FDS_MAX]; // of timers by fd, on the clock that jumps; 0: none

static int64_t to_nanoseconds(const struct timespec *time) {
	return time->tv_sec * SECOND + time->tv_nsec;
}

static struct timespec to_timespec(int64_t time) {
	return (struct timespec){.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
}

REPLACES_LIBC int clock_gettime(clockid_t clock, struct timespec *time) {
	int result = (int)syscall(SYS_clock_gettime, clock, time);
	if (result == 0 && clock == CLOCK_MONOTONIC) {
		*time = to_timespec(to_nanoseconds(time) + jumped);
	}
	return result;
}

static int64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return to_nanoseconds(&time);
}

// The kernel's clock does not jump. A time that is over is one nanosecond after its start: 0 would be no time.
static int arm(int fd, int64_t deadline) {
	int64_t time = deadline - jumped;
	struct itimerspec value = {.it_value = to_timespec(deadline == 0 ? 0 : time > 0 ? time : 1)};
	return (int)syscall(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &value, NULL);
}

REPLACES_LIBC int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
	assert(fd >= 0 && fd < FDS_MAX && old == NULL);
	assert(value->it_interval.tv_sec == 0 && value->it_interval.tv_nsec == 0);
	int64_t time = to_nanoseconds(&value->it_value);
	deadlines[fd] = time == 0 || (flags & TFD_TIMER_ABSTIME) ? time : now() + time;
	return arm(fd, deadlines[fd]);
}

// The earliest time at which a timer fires, and not later than end. What has fired already is no more to wait for.
static int64_t find_next(int64_t start, int64_t end) {
	int64_t next = end;
	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (deadlines[fd] > start && deadlines[fd] < next) {
			next = deadlines[fd];
		}
	}
	return next;
}

static void jump(int64_t start, int64_t next) {
	jumped += next - start;
	for (int fd = 0; fd < FDS_MAX; fd++) {
		if (deadlines[fd] > start) {
			arm(fd, deadlines[fd]); // fails for what is closed, or another kind of fd by now
		}
	}
}

REPLACES_LIBC int usleep(useconds_t microseconds) {
	int64_t start = now();
	jump(start, start + microseconds * MICROSECOND);
	return 0;
}

static int wait_in_kernel(int epoll, struct epoll_event *events, int events_max, int timeout) {
	return (int)syscall(SYS_epoll_pwait, epoll, events, events_max, timeout, NULL, 0);
}

REPLACES_LIBC int epoll_wait(int epoll, struct epoll_event *events, int events_max, int timeout) {
	int count = wait_in_kernel(epoll, events, events_max, 0);
	if (count != 0 || timeout == 0) {
		return count;
	}
	int64_t start = now(), end = timeout < 0 ? INT64_MAX : start + timeout * MILLISECOND;
	int64_t next = find_next(start, end);
	if (next == INT64_MAX) {
		return wait_in_kernel(epoll, events, events_max, timeout);
	}
	jump(start, next);
	return wait_in_kernel(epoll, events, events_max, next < end ? FIRES_WITHIN : 0);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

/*
 * Measures delays caused by the machine rather than the compositor: processors that stall, and runnable processes that
 * wait for a processor.
 *
 *     reference [PID...]
 *
 * One thread on each processor sleeps for a short time, over and over; when it wakes up late, the processor, or the
 * host of a virtual machine, was busy otherwise. The time that the thread was runnable is not counted: then another
 * process had the processor, maybe the compositor itself. Shorter stalls of virtual machines are in /proc/stat
 * ("steal"). Another thread reads how long each of the processes was runnable but not scheduled (/proc/PID/schedstat).
 * Prints a line for each delay of at least 1 ms:
 *
 *     END LATE NAME
 *
 * Both times are in microseconds; END uses WAYLAND_DEBUG's clock, truncated to 32 bits. NAME: "cpuN", "cpuN-steal" or
 * "PID".
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FRAME 16000 // us
#define NAP 4000    // us
#define WORTH 1000  // us

static int64_t now(clockid_t clock) {
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

static void say(int64_t late, const char *name) {
	if (late >= WORTH) {
		printf("%u %lld %s\n", (uint32_t)now(CLOCK_REALTIME), (long long)late, name);
	}
}

// Returns microseconds that a process or thread was runnable but not scheduled; 0 if the kernel does not report them or
// the process has exited.
static int64_t read_delay(const char *path) {
	unsigned long long running, delay = 0;
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%llu %llu", &running, &delay) != 2) {
			delay = 0;
		}
		fclose(file);
	}
	return (int64_t)(delay / 1000);
}

static void *watch_processor(void *data) {
	long number = (long)(intptr_t)data;
	char name[32];
	snprintf(name, sizeof(name), "cpu%ld", number);
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)number, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		return NULL; // this processor is not available
	}
	for (;;) {
		int64_t delay = read_delay("/proc/thread-self/schedstat");
		int64_t start = now(CLOCK_MONOTONIC);
		usleep(NAP);
		int64_t late = now(CLOCK_MONOTONIC) - start - NAP;
		if (late >= WORTH) {
			say(late - (read_delay("/proc/thread-self/schedstat") - delay), name);
		}
	}
}

// The kernel counts in units of 1/sysconf(_SC_CLK_TCK) s.
static void watch_steal(int64_t *steals, long processors, bool is_first) {
	FILE *file = fopen("/proc/stat", "re");
	char line[512], name[32];
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		long number;
		long long steal;
		if (sscanf(line, "cpu%ld %*d %*d %*d %*d %*d %*d %*d %lld", &number, &steal) == 2 && number < processors) {
			steal = steal * 1000000 / sysconf(_SC_CLK_TCK);
			snprintf(name, sizeof(name), "cpu%ld-steal", number);
			say(is_first ? 0 : steal - steals[number], name);
			steals[number] = steal;
		}
	}
	if (file != NULL) {
		fclose(file);
	}
}

int main(int argc, char *argv[]) {
	setlinebuf(stdout);
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	for (long i = 0; i < processors && i < CPU_SETSIZE; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, watch_processor, (void *)(intptr_t)i) != 0) {
			return EXIT_FAILURE;
		}
	}
	// Of each process, and then of each processor.
	int64_t *delays = calloc((size_t)argc + (size_t)processors, sizeof(*delays));
	if (delays == NULL) {
		return EXIT_FAILURE;
	}
	for (bool is_first = true;; is_first = false) {
		watch_steal(delays + argc, processors, is_first);
		for (int i = 1; i < argc; i++) {
			char path[64];
			snprintf(path, sizeof(path), "/proc/%s/schedstat", argv[i]);
			int64_t delay = read_delay(path);
			say(is_first ? 0 : delay - delays[i], argv[i]);
			delays[i] = delay;
		}
		usleep(FRAME);
	}
}

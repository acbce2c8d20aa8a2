/*
 * Measures delays caused by the machine rather than the compositor: processors that stall, and runnable processes that
 * wait for a processor.
 *
 *     reference [PID...]
 *
 * One thread on each processor sleeps for a frame at a time; when it wakes up late, the processor, or the host of a
 * virtual machine, was busy otherwise. Another thread reads how long each of the processes was runnable but not
 * scheduled (/proc/PID/schedstat). Prints a line for each delay of at least 1 ms:
 *
 *     END LATE NAME
 *
 * Both times are in microseconds; END uses WAYLAND_DEBUG's clock, truncated to 32 bits. NAME: "cpuN" or "PID".
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
#define WORTH 1000  // us

static int64_t now(clockid_t clock) {
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

static void say(int64_t late, const char *kind, long number) {
	if (late >= WORTH) {
		printf("%u %lld %s%ld\n", (uint32_t)now(CLOCK_REALTIME), (long long)late, kind, number);
	}
}

static void *watch_processor(void *data) {
	long number = (long)(intptr_t)data;
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)number, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0) {
		return NULL; // this processor is not available
	}
	for (;;) {
		int64_t start = now(CLOCK_MONOTONIC);
		usleep(FRAME);
		say(now(CLOCK_MONOTONIC) - start - FRAME, "cpu", number);
	}
}

// Returns microseconds; 0 if the kernel does not report them or the process has exited.
static int64_t read_delay(const char *pid) {
	char path[64];
	unsigned long long running, delay = 0;
	snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%llu %llu", &running, &delay) != 2) {
			delay = 0;
		}
		fclose(file);
	}
	return (int64_t)(delay / 1000);
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
	int64_t *delays = calloc((size_t)argc, sizeof(*delays));
	if (delays == NULL) {
		return EXIT_FAILURE;
	}
	for (bool is_first = true;; is_first = false) {
		for (int i = 1; i < argc; i++) {
			int64_t delay = read_delay(argv[i]);
			say(is_first ? 0 : delay - delays[i], "", atol(argv[i]));
			delays[i] = delay;
		}
		usleep(FRAME);
	}
}

/*
 * How late the machine itself is, whatever a compositor does: what stands still, or waits for a processor, for no fault
 * of the compositor's.
 *
 *     reference [PID...]
 *
 * One thread on each processor sleeps for a frame at a time; when it wakes up late, the processor had something else to
 * do, or a virtual machine's host. Another one looks how long each of these processes was ready to run and did not
 * (/proc/PID/schedstat). Prints a line for each that is worth it:
 *
 *     END LATE NAME
 *
 * both times in microseconds, the end by the clock that WAYLAND_DEBUG has, 32 bits of it. NAME: "cpuN" or "PID".
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
		return NULL; // not ours
	}
	for (;;) {
		int64_t start = now(CLOCK_MONOTONIC);
		usleep(FRAME);
		say(now(CLOCK_MONOTONIC) - start - FRAME, "cpu", number);
	}
}

// Microseconds; 0 where the kernel does not say, or the process is gone.
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
	for (bool is_first = true; delays != NULL; is_first = false) {
		for (int i = 1; i < argc; i++) {
			int64_t delay = read_delay(argv[i]);
			say(is_first ? 0 : delay - delays[i], "", atol(argv[i]));
			delays[i] = delay;
		}
		usleep(FRAME);
	}
	free(delays);
	return EXIT_FAILURE;
}

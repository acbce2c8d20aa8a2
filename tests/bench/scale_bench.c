/*
 * Measures the cost of many clients: opens CLIENTS connections, each with a window of 64x64 and two buffers. Each
 * process has fifty of them, since a compositor may limit the connections of a process, as Lido does.
 *
 *     scale_bench PID CLIENTS COMMITS sealed|unsealable|library
 *
 * Prints the compositor's fds, mappings and resident KiB per client; its CPU time for a second in which all clients are
 * idle (ms); and, while the clients of the last process commit in turn, its CPU time per commit (µs) and the time from
 * a commit until the client has a free buffer (µs, median and 99th percentile). With wlroots' own wl_shm that is the
 * other buffer, which was shown before.
 */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SIZE 64
#define IDLE_US 1000000
#define GROUP_MAX 50

struct member {
	struct bench bench;
	struct window window;
	struct buffer buffers[2];
	int shown; // index
};

static struct member members[GROUP_MAX]; // in this process

static void member_init(struct member *member, enum memory memory) {
	bench_init(&member->bench);
	window_init(&member->window, &member->bench);
	for (int i = 0; i < 2; i++) {
		buffer_init(&member->buffers[i], &member->bench, memory, SIZE, SIZE);
		buffer_fill(&member->buffers[i], i);
	}
	surface_commit(member->window.surface, &member->buffers[0]);
	bench_round_trip(&member->bench);
}

static bool is_busy(struct member *member) {
	return buffer_is_busy(&member->bench, &member->buffers[0]) && buffer_is_busy(&member->bench, &member->buffers[1]);
}

// Returns the time until a buffer is free, µs.
static double commit(struct member *member) {
	member->shown = 1 - member->shown;
	struct buffer *buffer = &member->buffers[member->shown];
	buffer_fill(buffer, member->shown);
	// Mark the other buffer busy too, even if it was released before.
	member->buffers[1 - member->shown].is_busy = member->buffers[1 - member->shown].image == NULL;
	double start = now();
	surface_commit(member->window.surface, buffer);
	while (is_busy(member)) {
		bench_dispatch(&member->bench);
	}
	return now() - start;
}

static void group_init(int members_len, enum memory memory) {
	for (int i = 0; i < members_len; i++) {
		member_init(&members[i], memory);
	}
}

// Starts a process with idle clients, which dies with this one.
static void start_group(int members_len, enum memory memory) {
	int ready[2];
	char byte;
	if (pipe(ready) != 0) {
		fail("cannot create a pipe");
	}
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) {
			_exit(EXIT_FAILURE);
		}
		close(ready[0]);
		group_init(members_len, memory);
		if (write(ready[1], "", 1) != 1) {
			fail("the parent process has exited");
		}
		for (;;) {
			pause();
		}
	}
	close(ready[1]);
	if (child == -1 || read(ready[0], &byte, 1) != 1) {
		fail("a group of clients failed");
	}
	close(ready[0]);
}

int main(int argc, char *argv[]) {
	if (argc != 5) {
		fail("usage: scale_bench PID CLIENTS COMMITS sealed|unsealable|library");
	}
	int pid = parse_number(argv[1]), clients = parse_number(argv[2]), commits = parse_number(argv[3]);
	enum memory memory = parse_memory(argv[4]);
	int members_len = (clients - 1) % GROUP_MAX + 1;
	double *times = calloc((size_t)commits, sizeof(times[0]));
	if (times == NULL) {
		fail("out of memory");
	}
	struct footprint before = footprint_read(pid);
	for (int i = members_len; i < clients; i += GROUP_MAX) {
		start_group(GROUP_MAX, memory);
	}
	group_init(members_len, memory);
	usleep(IDLE_US / 2);
	struct footprint footprint = footprint_read(pid);
	struct usage idle = usage_read(pid);
	usleep(IDLE_US);
	idle = usage_subtract(usage_read(pid), idle);
	struct usage drawing = usage_read(pid);
	for (int i = 0; i < commits; i++) {
		times[i] = commit(&members[i % members_len]);
	}
	drawing = usage_subtract(usage_read(pid), drawing);
	printf("%d\tfds=%.2f\tmappings=%.2f\tresident=%.1f\tidle=%.2f\tserver_cpu=%.1f\tp50=%.1f\tp99=%.1f\n", clients,
			(footprint.fds - before.fds) / clients, (footprint.mappings - before.mappings) / clients,
			(footprint.resident - before.resident) / clients, idle.cpu / 1000, drawing.cpu / commits,
			percentile(times, (size_t)commits, 50), percentile(times, (size_t)commits, 99));
	return EXIT_SUCCESS;
}

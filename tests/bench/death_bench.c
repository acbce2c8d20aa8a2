/*
 * Kills a client with very many buffers, and measures how long the compositor takes to free everything, and how long
 * another client waits meanwhile.
 *
 *     death_bench PID COUNT sealed|unsealable|library
 *
 * Each buffer is 64x64 and drawn. Prints the time from the kill until the compositor is back to its previous number of
 * fds (ms), its CPU time meanwhile (ms), and the longest round trip and the longest interval between frames of another
 * client that makes round trips continuously (ms): after the kill, and during a quiet period before it.
 */
#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 64
#define QUIET_US 300000.0
#define WAIT_MAX_US 30e6

// The client that stays: makes round trips, and draws a frame after each frame callback.
struct bystander {
	struct bench bench;
	struct window window;
	struct buffer buffers[2];
	struct wl_callback *callback;
	bool is_done;
	int frame;
	double shown;               // time of the last frame callback
	double answer_max, gap_max; // µs
};

static void draw_frame(struct bystander *bystander) {
	struct buffer *buffer = &bystander->buffers[bystander->frame++ % 2];
	if (bystander->callback != NULL) {
		wl_callback_destroy(bystander->callback);
	}
	bystander->is_done = false;
	bystander->callback = surface_request_frame(bystander->window.surface, &bystander->is_done);
	surface_commit(bystander->window.surface, buffer);
}

static void bystander_init(struct bystander *bystander) {
	*bystander = (struct bystander){0};
	bench_init(&bystander->bench);
	window_init(&bystander->window, &bystander->bench);
	for (int i = 0; i < 2; i++) {
		buffer_init(&bystander->buffers[i], &bystander->bench, MEMORY_SEALED, SIZE, SIZE);
		memset(bystander->buffers[i].pixels, i, bystander->buffers[i].size);
	}
	draw_frame(bystander);
}

static void probe(struct bystander *bystander) {
	double start = now();
	bench_round_trip(&bystander->bench);
	double end = now(), answer = end - start;
	bystander->answer_max = answer > bystander->answer_max ? answer : bystander->answer_max;
	if (bystander->is_done) {
		double gap = bystander->shown > 0 ? end - bystander->shown : 0;
		bystander->gap_max = gap > bystander->gap_max ? gap : bystander->gap_max;
		bystander->shown = end;
		draw_frame(bystander);
	}
}

// Resets the maxima, and probes for this time.
static void probe_for(struct bystander *bystander, double time) {
	bystander->answer_max = bystander->gap_max = 0;
	for (double end = now() + time; now() < end;) {
		probe(bystander);
	}
}

_Noreturn static void run_victim(int count, enum memory memory, int ready) {
	struct bench bench;
	struct buffer *buffers = calloc((size_t)count, sizeof(buffers[0]));
	if (buffers == NULL) {
		fail("out of memory");
	}
	bench_init(&bench);
	for (int i = 0; i < count; i++) {
		buffer_init(&buffers[i], &bench, memory, SIZE, SIZE);
		memset(buffers[i].pixels, i, buffers[i].size);
		bench_flush(&bench);
	}
	bench_round_trip(&bench);
	if (write(ready, "", 1) != 1) {
		fail("the parent process has exited");
	}
	for (;;) {
		pause();
	}
}

static pid_t start_victim(int count, enum memory memory) {
	int ready[2];
	char byte;
	if (pipe(ready) != 0) {
		fail("cannot create a pipe");
	}
	pid_t victim = fork();
	if (victim == 0) {
		close(ready[0]);
		run_victim(count, memory, ready[1]);
	}
	close(ready[1]);
	if (victim == -1 || read(ready[0], &byte, 1) != 1) {
		fail("the client with many buffers failed");
	}
	close(ready[0]);
	return victim;
}

int main(int argc, char *argv[]) {
	if (argc != 4) {
		fail("usage: death_bench PID COUNT sealed|unsealable|library");
	}
	int pid = parse_number(argv[1]);
	struct footprint before = footprint_read(pid);
	pid_t victim = start_victim(parse_number(argv[2]), parse_memory(argv[3]));
	struct footprint full = footprint_read(pid);
	struct bystander bystander;
	bystander_init(&bystander);
	probe_for(&bystander, QUIET_US / 3);
	probe_for(&bystander, QUIET_US);
	double quiet_answer = bystander.answer_max, quiet_gap = bystander.gap_max;
	// Add the fds of the bystander, which connected after the first reading; below, allow 1 % for the server's own.
	double fds_max = before.fds + fds_read(pid) - full.fds;
	double fds_held = full.fds - before.fds;
	struct usage usage = usage_read(pid);
	double start = now(), returned = 0;
	bystander.answer_max = bystander.gap_max = 0;
	kill(victim, SIGKILL);
	while (returned == 0 && now() - start < WAIT_MAX_US) {
		probe(&bystander);
		if (fds_read(pid) <= fds_max + fds_held / 100) {
			returned = now() - start;
		}
	}
	usage = usage_subtract(usage_read(pid), usage);
	double answer = bystander.answer_max;
	for (double end = now() + QUIET_US / 3; now() < end;) {
		probe(&bystander);
	}
	waitpid(victim, NULL, 0);
	printf("%s\treturned=%.2f\tserver_cpu=%.2f\tanswer=%.2f\tgap=%.2f\tquiet_answer=%.2f\tquiet_gap=%.2f\tfds=%.0f\t"
		   "mappings=%.0f\n",
			argv[3], returned / 1000, usage.cpu / 1000, answer / 1000, bystander.gap_max / 1000, quiet_answer / 1000,
			quiet_gap / 1000, fds_held, full.mappings - before.mappings);
	return EXIT_SUCCESS;
}

/*
 * A client with very many buffers is killed: how long until the compositor has given everything back, and how long does
 * another client wait meanwhile?
 *
 *     death_bench PID COUNT sealed|unsealable|library
 *
 * Each buffer is 64x64 and drawn. Prints the time from the kill until the compositor has the fds that it had before
 * (ms), its CPU time meanwhile (ms), the longest answer to another client that asks all the time, and the longest time
 * from one of its frames to the next (ms), first as long as all is quiet, then from the kill on.
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

// The client that does not die: it asks, and draws a frame whenever it may.
struct bystander {
	struct bench bench;
	struct window window;
	struct buffer buffers[2];
	struct wl_callback *callback;
	bool is_done;
	int frame;
	double shown;               // when the last frame was
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

static void ask(struct bystander *bystander) {
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

// Asks until so long has passed, and forgets what was before.
static void ask_for(struct bystander *bystander, double time) {
	bystander->answer_max = bystander->gap_max = 0;
	for (double end = now() + time; now() < end;) {
		ask(bystander);
	}
}

_Noreturn static void live(int count, enum memory memory, int ready) {
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
		fail("nobody waits");
	}
	for (;;) {
		pause();
	}
}

static pid_t start_victim(int count, enum memory memory) {
	int ready[2];
	char byte;
	if (pipe(ready) != 0) {
		fail("no pipe");
	}
	pid_t victim = fork();
	if (victim == 0) {
		close(ready[0]);
		live(count, memory, ready[1]);
	}
	close(ready[1]);
	if (victim == -1 || read(ready[0], &byte, 1) != 1) {
		fail("the client with many buffers has failed");
	}
	close(ready[0]);
	return victim;
}

int main(int argc, char *argv[]) {
	if (argc != 4) {
		fail("usage: death_bench PID COUNT sealed|unsealable|library");
	}
	int pid = parse_number(argv[1]);
	struct books before = books_read(pid);
	pid_t victim = start_victim(parse_number(argv[2]), parse_memory(argv[3]));
	struct books height = books_read(pid);
	struct bystander bystander;
	bystander_init(&bystander);
	ask_for(&bystander, QUIET_US / 3);
	ask_for(&bystander, QUIET_US);
	double quiet_answer = bystander.answer_max, quiet_gap = bystander.gap_max;
	// The bystander's connection and buffers came after the first look; and a server may have some more of its own now.
	double fds_max = before.fds + fds_read(pid) - height.fds;
	double fds_held = height.fds - before.fds;
	struct usage usage = usage_read(pid);
	double start = now(), returned = 0;
	bystander.answer_max = bystander.gap_max = 0;
	kill(victim, SIGKILL);
	while (returned == 0 && now() - start < WAIT_MAX_US) {
		ask(&bystander);
		if (fds_read(pid) <= fds_max + fds_held / 100) {
			returned = now() - start;
		}
	}
	usage = usage_subtract(usage_read(pid), usage);
	double answer = bystander.answer_max;
	for (double end = now() + QUIET_US / 3; now() < end;) {
		ask(&bystander);
	}
	waitpid(victim, NULL, 0);
	printf("%s\treturned=%.2f\tserver_cpu=%.2f\tanswer=%.2f\tgap=%.2f\tquiet_answer=%.2f\tquiet_gap=%.2f\tfds=%.0f\t"
		   "mappings=%.0f\n",
			argv[3], returned / 1000, usage.cpu / 1000, answer / 1000, bystander.gap_max / 1000, quiet_answer / 1000,
			quiet_gap / 1000, fds_held, height.mappings - before.mappings);
	return EXIT_SUCCESS;
}

/*
 * Measures the cost of a frame: draws and commits frames one after the other, and reads the counters of the
 * compositor's process and its own.
 *
 *     commit_bench PID FRAMES CASE
 *     commit_bench cases    lists the cases
 *
 * Prints, per frame: CPU time (µs), page faults and context switches, of the compositor and of the client.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM_UP_FRAMES 20

// All cold frames stay allocated, so each takes unused memory. Bounded by the limits of a client.
#define COLD_BYTES_MAX (500u << 20)
#define COLD_FRAMES_MAX 256
#define COLD_WARM_UP_FRAMES 2

enum rotation {
	ROTATION_NEW,  // a new buffer for each frame, destroyed after it
	ROTATION_COLD, // a new buffer for each frame; all stay until the end
	ROTATION_TWO,  // alternates two buffers
};

struct frame_case {
	const char *name;
	int32_t width, height;
	enum rotation rotation;
	enum memory memory;
	int damage_percent; // share of the rows
};

#define SIZE_CASES(name, width, height) \
	{name " new pool, sealed", width, height, ROTATION_NEW, MEMORY_SEALED, 100}, \
			{name " new image, cold", width, height, ROTATION_COLD, MEMORY_LIBRARY, 100}, \
			{name " new image, warm", width, height, ROTATION_NEW, MEMORY_LIBRARY, 100}, \
			{name " two buffers, sealed", width, height, ROTATION_TWO, MEMORY_SEALED, 100}, \
			{name " two images", width, height, ROTATION_TWO, MEMORY_LIBRARY, 100}

static const struct frame_case cases[] = {
	SIZE_CASES("64x64", 64, 64),
	SIZE_CASES("800x600", 800, 600),
	SIZE_CASES("1080p", 1920, 1080),
	SIZE_CASES("4K", 3840, 2160),
	{"1080p new pool, unsealable", 1920, 1080, ROTATION_NEW, MEMORY_UNSEALABLE, 100},
	{"1080p two buffers, unsealable", 1920, 1080, ROTATION_TWO, MEMORY_UNSEALABLE, 100},
	{"1080p two buffers, sealed, 5 % damaged", 1920, 1080, ROTATION_TWO, MEMORY_SEALED, 5},
	{"1080p two buffers, unsealable, 5 % damaged", 1920, 1080, ROTATION_TWO, MEMORY_UNSEALABLE, 5},
	{"1080p two images, 5 % damaged", 1920, 1080, ROTATION_TWO, MEMORY_LIBRARY, 5},
};

struct measurement {
	struct bench bench;
	struct window window;
	const struct frame_case *frame_case;
	struct buffer buffers[COLD_FRAMES_MAX];
	int buffers_len;
};

static struct buffer *wait_for_buffer(struct measurement *measurement, int frame) {
	for (;;) {
		for (int i = 0; i < measurement->buffers_len; i++) {
			struct buffer *buffer = &measurement->buffers[(frame + i) % measurement->buffers_len];
			if (!buffer_is_busy(&measurement->bench, buffer)) {
				return buffer;
			}
		}
		bench_dispatch(&measurement->bench);
	}
}

static void draw_frame(struct measurement *measurement, int frame) {
	const struct frame_case *frame_case = measurement->frame_case;
	struct bench *bench = &measurement->bench;
	struct buffer *buffer;
	if (frame_case->rotation == ROTATION_TWO) {
		buffer = wait_for_buffer(measurement, frame);
	} else {
		buffer = &measurement->buffers[frame_case->rotation == ROTATION_COLD ? frame : 0];
		buffer_init(buffer, bench, frame_case->memory, frame_case->width, frame_case->height);
	}
	memset(buffer->pixels, frame, buffer->size * (size_t)frame_case->damage_percent / 100);
	surface_show(measurement->window.surface, bench, buffer, buffer->height * frame_case->damage_percent / 100);
	if (frame_case->rotation == ROTATION_NEW) {
		buffer_finish(buffer);
	}
}

static void run(struct measurement *measurement, int pid, int frames) {
	const struct frame_case *frame_case = measurement->frame_case;
	int warm_up_frames = WARM_UP_FRAMES;
	if (frame_case->rotation == ROTATION_COLD) {
		unsigned size = (unsigned)frame_case->width * (unsigned)frame_case->height * 4;
		unsigned most = COLD_BYTES_MAX / size < COLD_FRAMES_MAX ? COLD_BYTES_MAX / size : COLD_FRAMES_MAX;
		warm_up_frames = COLD_WARM_UP_FRAMES;
		frames = frames + warm_up_frames > (int)most ? (int)most - warm_up_frames : frames;
	} else if (frame_case->rotation == ROTATION_TWO) {
		for (measurement->buffers_len = 0; measurement->buffers_len < 2; measurement->buffers_len++) {
			struct buffer *buffer = &measurement->buffers[measurement->buffers_len];
			buffer_init(buffer, &measurement->bench, frame_case->memory, frame_case->width, frame_case->height);
			memset(buffer->pixels, 0, buffer->size);
		}
	}
	struct usage server = {0}, own = {0};
	for (int i = 0; i < warm_up_frames + frames; i++) {
		if (i == warm_up_frames) {
			server = usage_read(pid);
			own = usage_read(getpid());
		}
		draw_frame(measurement, i);
	}
	server = usage_subtract(usage_read(pid), server);
	own = usage_subtract(usage_read(getpid()), own);
	printf("%s\tserver_cpu=%.1f\tserver_faults=%.2f\tserver_switches=%.1f\tclient_cpu=%.1f\tclient_faults=%.2f\t"
		   "client_switches=%.1f\tframes=%d\n",
			frame_case->name, server.cpu / frames, server.faults / frames, server.switches / frames, own.cpu / frames,
			own.faults / frames, own.switches / frames, frames);
}

int main(int argc, char *argv[]) {
	static struct measurement measurement;
	bool is_list = argc == 2 && strcmp(argv[1], "cases") == 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (is_list) {
			puts(cases[i].name);
		} else if (argc == 4 && strcmp(argv[3], cases[i].name) == 0) {
			measurement.frame_case = &cases[i];
		}
	}
	if (is_list) {
		return EXIT_SUCCESS;
	}
	if (measurement.frame_case == NULL) {
		fail("usage: commit_bench PID FRAMES CASE, or commit_bench cases");
	}
	bench_init(&measurement.bench);
	window_init(&measurement.window, &measurement.bench);
	run(&measurement, parse_number(argv[1]), parse_number(argv[2]));
	return EXIT_SUCCESS;
}

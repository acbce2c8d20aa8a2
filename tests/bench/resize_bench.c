/*
 * Measures the cost of a resize: a window grows from 400x300 to 1080p and shrinks back, with a new size in each frame.
 *
 *     resize_bench PID FRAMES sealed|unsealable|swapchain
 *
 * With files, the client creates one for each frame, as toolkits do; the swapchain is the client library's. Prints, per
 * frame, CPU time (µs) and page faults of the compositor and of the client; and the median and maximum of two times:
 * from one frame to the next (ms), and from the start of drawing until the compositor has processed the commit, per MiB
 * (µs). Sizes differ by a factor of 17; without the division, the slowest frame would just be the largest.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH_MIN 400
#define HEIGHT_MIN 300
#define WIDTH_MAX 1920
#define HEIGHT_MAX 1080
#define MIB (1024.0 * 1024)

struct storm {
	struct bench bench;
	struct window window;
	struct lido_swapchain *swapchain; // NULL: files
	enum memory memory;
	int frames;
	double *intervals, *works; // [frames]
};

// The width or height of a frame, growing and shrinking; consecutive ones differ.
static int32_t get_length(const struct storm *storm, int frame, int32_t least, int32_t most) {
	int half = storm->frames / 2, step = frame <= half ? frame : storm->frames - frame;
	return least + (most - least) * step / half;
}

static void swapchain_acquire(struct buffer *buffer, struct storm *storm, int32_t width, int32_t height) {
	struct lido_image *image = lido_swapchain_acquire(storm->swapchain, width, height, WL_SHM_FORMAT_XRGB8888);
	if (image == NULL) {
		fail(lido_client_error_to_string(lido_client_get_error(storm->bench.client)));
	}
	*buffer = (struct buffer){
		.image = image,
		.pixels = lido_image_get_pixels(image),
		.width = width,
		.height = height,
		.size = (size_t)lido_image_get_stride(image) * (size_t)height,
	};
}

static void draw_frame(struct storm *storm, int frame) {
	struct bench *bench = &storm->bench;
	int32_t width = get_length(storm, frame, WIDTH_MIN, WIDTH_MAX);
	int32_t height = get_length(storm, frame, HEIGHT_MIN, HEIGHT_MAX);
	struct buffer buffer;
	double start = now();
	if (storm->swapchain != NULL) {
		swapchain_acquire(&buffer, storm, width, height);
	} else {
		buffer_init(&buffer, bench, storm->memory, width, height);
	}
	memset(buffer.pixels, frame, buffer.size);
	bool is_done = false;
	struct wl_callback *callback = surface_request_frame(storm->window.surface, &is_done);
	surface_commit(storm->window.surface, &buffer);
	bench_round_trip(bench);
	storm->works[frame] = (now() - start) / ((double)buffer.size / MIB);
	while (!is_done) {
		bench_dispatch(bench);
	}
	wl_callback_destroy(callback);
	storm->intervals[frame] = now();
	if (storm->swapchain == NULL) {
		buffer_finish(&buffer);
	}
}

static void print_times(const char *name, double *values, size_t values_len) {
	double most = percentile(values, values_len, 100);
	printf("\t%s_median=%.2f\t%s_max=%.2f", name, percentile(values, values_len, 50), name, most);
}

int main(int argc, char *argv[]) {
	if (argc != 4 || parse_number(argv[2]) < 4) {
		fail("usage: resize_bench PID FRAMES sealed|unsealable|swapchain, with at least 4 FRAMES");
	}
	int pid = parse_number(argv[1]), frames = parse_number(argv[2]);
	bool has_swapchain = strcmp(argv[3], "swapchain") == 0;
	struct storm storm = {.memory = has_swapchain ? MEMORY_LIBRARY : parse_memory(argv[3]), .frames = frames};
	storm.intervals = calloc((size_t)frames, sizeof(double));
	storm.works = calloc((size_t)frames, sizeof(double));
	bench_init(&storm.bench);
	window_init(&storm.window, &storm.bench);
	storm.swapchain = has_swapchain ? lido_swapchain_create(storm.bench.client) : NULL;
	if (storm.intervals == NULL || storm.works == NULL || (has_swapchain && storm.swapchain == NULL)) {
		fail("out of memory");
	}
	struct usage server = usage_read(pid), own = usage_read(getpid());
	for (int i = 0; i < frames; i++) {
		draw_frame(&storm, i);
	}
	server = usage_subtract(usage_read(pid), server);
	own = usage_subtract(usage_read(getpid()), own);
	for (int i = frames - 1; i > 0; i--) {
		storm.intervals[i] = (storm.intervals[i] - storm.intervals[i - 1]) / 1000;
	}
	printf("%s\tserver_cpu=%.1f\tserver_faults=%.2f\tclient_cpu=%.1f\tclient_faults=%.2f", argv[3], server.cpu / frames,
			server.faults / frames, own.cpu / frames, own.faults / frames);
	// The first frame has no interval before it.
	print_times("interval", storm.intervals + 1, (size_t)frames - 1);
	print_times("work", storm.works, (size_t)frames);
	putchar('\n');
	return EXIT_SUCCESS;
}

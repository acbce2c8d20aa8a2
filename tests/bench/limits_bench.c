/*
 * Measures the parts of a frame separately, in one process without a compositor: lower bounds for its cost.
 *
 *     limits_bench ROUNDS
 *
 * Prints for a picture of each size the median time (µs) of: drawing it (memset), reading it once, copying it,
 * compositing it onto another one like a renderer without GPU (pixman), and reading it from a file; and of drawing it
 * in fresh memory, including page faults, memfd, mmap and munmap.
 */
#include "bench.h"

#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Process at least this much between two readings of the clock, each of which takes some microseconds.
#define REPEAT_BYTES (8u << 20)

struct picture {
	int fd;
	uint8_t *pixels;
	uint8_t *copy;
	size_t size;
	int32_t width, height;
	pixman_image_t *source, *target; // the pixels and the copy
};

static volatile uint64_t sum; // keeps the compiler from removing the reads

static uint8_t *map(int fd, size_t size) {
	void *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd == -1 || pixels == MAP_FAILED) {
		fail("out of memory");
	}
	return pixels;
}

static void picture_init(struct picture *picture, int32_t width, int32_t height) {
	size_t size = (size_t)width * (size_t)height * 4;
	*picture = (struct picture){
		.fd = memfd_create("picture", MFD_CLOEXEC), .size = size, .width = width, .height = height};
	if (ftruncate(picture->fd, (off_t)size) != 0) {
		fail("out of memory");
	}
	picture->pixels = map(picture->fd, size);
	picture->copy = malloc(size);
	if (picture->copy == NULL) {
		fail("out of memory");
	}
	memset(picture->copy, 1, size);
	uint32_t *pixels[] = {(uint32_t *)(void *)picture->pixels, (uint32_t *)(void *)picture->copy};
	picture->source = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, pixels[0], width * 4);
	picture->target = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, pixels[1], width * 4);
	if (picture->source == NULL || picture->target == NULL) {
		fail("out of memory");
	}
}

static void picture_finish(struct picture *picture) {
	pixman_image_unref(picture->source);
	pixman_image_unref(picture->target);
	munmap(picture->pixels, picture->size);
	close(picture->fd);
	free(picture->copy);
}

static void draw(struct picture *picture) {
	memset(picture->pixels, 1, picture->size);
}

static void read_once(struct picture *picture) {
	uint64_t total = 0;
	for (size_t i = 0; i < picture->size; i += sizeof(total)) {
		uint64_t word;
		memcpy(&word, picture->pixels + i, sizeof(word));
		total += word;
	}
	sum = total;
}

static void draw_and_read(struct picture *picture) {
	draw(picture);
	read_once(picture);
}

static void copy(struct picture *picture) {
	memcpy(picture->copy, picture->pixels, picture->size);
}

static void draw_and_compose(struct picture *picture) {
	draw(picture);
	pixman_image_composite32(
			PIXMAN_OP_SRC, picture->source, NULL, picture->target, 0, 0, 0, 0, 0, 0, picture->width, picture->height);
}

static void read_file(struct picture *picture) {
	if (pread(picture->fd, picture->copy, picture->size, 0) != (ssize_t)picture->size) {
		fail("cannot read the file");
	}
}

static void draw_fresh(struct picture *picture) {
	struct picture fresh = {.fd = memfd_create("fresh", MFD_CLOEXEC), .size = picture->size};
	if (ftruncate(fresh.fd, (off_t)fresh.size) != 0) {
		fail("out of memory");
	}
	fresh.pixels = map(fresh.fd, fresh.size);
	draw(&fresh);
	munmap(fresh.pixels, fresh.size);
	close(fresh.fd);
}

static const struct {
	const char *name;
	void (*run)(struct picture *picture);
} parts[] = {
	{"draw", draw},
	{"read", read_once},
	{"draw_and_read", draw_and_read},
	{"draw_and_compose", draw_and_compose},
	{"copy", copy},
	{"pread", read_file},
	{"draw_fresh", draw_fresh},
};

static void measure(const char *name, int32_t width, int32_t height, int rounds, double *times) {
	struct picture picture;
	picture_init(&picture, width, height);
	int repeats = (int)(REPEAT_BYTES / picture.size) + 1;
	draw(&picture);
	printf("%s", name);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (int round = 0; round < rounds; round++) {
			double start = usage_read(getpid()).cpu;
			for (int repeat = 0; repeat < repeats; repeat++) {
				parts[i].run(&picture);
			}
			times[round] = (usage_read(getpid()).cpu - start) / repeats;
		}
		printf("\t%s=%.1f", parts[i].name, percentile(times, (size_t)rounds, 50));
	}
	putchar('\n');
	picture_finish(&picture);
}

int main(int argc, char *argv[]) {
	if (argc != 2) {
		fail("usage: limits_bench ROUNDS");
	}
	int rounds = parse_number(argv[1]);
	double *times = calloc((size_t)rounds, sizeof(times[0]));
	if (times == NULL) {
		fail("out of memory");
	}
	measure("64x64", 64, 64, rounds, times);
	measure("800x600", 800, 600, rounds, times);
	measure("1080p", 1920, 1080, rounds, times);
	measure("4K", 3840, 2160, rounds, times);
	return EXIT_SUCCESS;
}

/*
 * A wl_compositor without any output, for servers that have none: it takes commits, and releases their buffers.
 */
#ifndef HARNESS_SURFACES_H
#define HARNESS_SURFACES_H

#include <stdbool.h>
#include <stdint.h>

struct wl_display;

enum surfaces_release {
	SURFACES_RELEASE_AT_ONCE,  // as servers do that copy
	SURFACES_RELEASE_REPLACED, // when another buffer was committed, as servers do that read in place
	SURFACES_RELEASE_NEVER,
};

/* What was committed. */
struct surfaces_commit {
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t format;       // a code of DRM
	uint32_t sum;          // surfaces_sum() of it
};

struct surfaces {
	enum surfaces_release release;
	/* May be NULL: is told of each commit of a buffer that lies in a lido_manager's memory. */
	void (*commit)(const struct surfaces_commit *commit, void *data);
	void *data; // for the above
};

/* Creates the global, which lives as long as the display. The struct must outlive it. */
void surfaces_init(struct surfaces *surfaces, struct wl_display *display);

/* A sum over pixels of four bytes. */
uint32_t surfaces_sum(const void *pixels, int32_t width, int32_t height, int32_t stride);

#endif

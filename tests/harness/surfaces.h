/*
 * A wl_compositor without outputs, for servers that have none. It accepts commits and releases their buffers.
 */
#ifndef HARNESS_SURFACES_H
#define HARNESS_SURFACES_H

#include <stdbool.h>
#include <stdint.h>

struct wl_display;

enum surfaces_release {
	SURFACES_RELEASE_AT_ONCE,  // like servers that copy
	SURFACES_RELEASE_REPLACED, // when another buffer is committed, like servers that read in place
	SURFACES_RELEASE_NEVER,
};

/* A committed buffer. */
struct surfaces_commit {
	int32_t width, height; // pixels
	int32_t stride;        // bytes
	uint32_t format;       // DRM format code, as in drm_fourcc.h
	uint32_t sum;          // surfaces_sum() of its pixels
};

struct surfaces {
	enum surfaces_release release;
	/* Called for each commit of a buffer of a lido_manager. May be NULL. */
	void (*commit)(const struct surfaces_commit *commit, void *data);
	void *data; // passed to commit
};

/* Creates the global, which lives as long as the display. The struct must outlive it. */
void surfaces_init(struct surfaces *surfaces, struct wl_display *display);

/* Returns a checksum of pixels of four bytes. width, height: pixels; stride: bytes. */
uint32_t surfaces_sum(const void *pixels, int32_t width, int32_t height, int32_t stride);

#endif

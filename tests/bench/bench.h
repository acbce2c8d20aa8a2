/*
 * What the benchmarks' clients share: a connection, a window, pixels in memory of three kinds, and what the kernel says
 * that a process has used. All that fails ends the program with a message.
 */
#ifndef BENCH_H
#define BENCH_H

#include <lido/client.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

struct xdg_surface;
struct xdg_toplevel;
struct xdg_wm_base;

enum memory {
	MEMORY_SEALED,     // a file that bears F_SEAL_SHRINK, with a wl_shm_pool, for each buffer: as toolkits do it
	MEMORY_UNSEALABLE, // the same with a file that cannot be sealed
	MEMORY_LIBRARY,    // what the client library gives: the server's pool, or wl_shm where it has none
};

/* A connection, and the globals that it needs. */
struct bench {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct xdg_wm_base *wm_base;
	struct lido_client *client;
};

struct window {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	bool is_configured;
};

/* XRGB pixels, and their wl_buffer. It must stay where it is as long as it lives. */
struct buffer {
	struct lido_image *image; // NULL: in a file
	struct wl_buffer *wl;     // in a file
	uint8_t *pixels;
	int32_t width, height;
	size_t size;  // bytes
	bool is_busy; // in a file
};

/* What a process has used so far. */
struct usage {
	double cpu;      // µs
	double faults;   // minor and major
	double switches; // of context
};

/* What a process has now. */
struct books {
	double fds;
	double mappings;
	double address;  // KiB of address space
	double resident; // KiB, anonymous and shared: without the files of programs
};

_Noreturn void fail(const char *text);

/* The number that an argument of the program is, at least 1. */
int parse_number(const char *text);

/* SEALED, UNSEALABLE or LIBRARY: "sealed", "unsealable", "library". */
enum memory parse_memory(const char *text);

/* Of a clock that only goes forwards, µs. */
double now(void);

struct usage usage_read(int pid);
struct usage usage_subtract(struct usage a, struct usage b);
struct books books_read(int pid);

/* How many fds the process has; costs one system call. */
double fds_read(int pid);

/* Connects to $WAYLAND_DISPLAY. */
void bench_init(struct bench *bench);
void bench_finish(struct bench *bench);

/* Handles events; waits for one if there is none. */
void bench_dispatch(struct bench *bench);
void bench_round_trip(struct bench *bench);

/* Sends what was requested, also where that must wait for the compositor. */
void bench_flush(struct bench *bench);

/* Shows nothing yet: ready for a first buffer. */
void window_init(struct window *window, struct bench *bench);
void window_finish(struct window *window);

/* Shows the buffer, of which the first rows are damaged, and waits until the compositor asks for another frame. */
void surface_show(struct wl_surface *surface, struct bench *bench, struct buffer *buffer, int32_t damaged_rows);

/* With the next commit: sets *is_done when the compositor asks for another frame. The callback is the caller's. */
struct wl_callback *surface_request_frame(struct wl_surface *surface, bool *is_done);

/* Attaches the buffer, all of it damaged, and commits. */
void surface_commit(struct wl_surface *surface, struct buffer *buffer);

/* The pixels are not touched. */
void buffer_init(struct buffer *buffer, struct bench *bench, enum memory memory, int32_t width, int32_t height);
void buffer_finish(struct buffer *buffer);

/* Draws all of it, in that grey. */
void buffer_fill(struct buffer *buffer, int value);

/* Has the compositor not released it? Handles what events have come for the library. */
bool buffer_is_busy(struct bench *bench, const struct buffer *buffer);

/* Sorts the values. */
double percentile(double *values, size_t values_len, double percent);

#endif

/*
 * Shared by the benchmarks' clients: a connection, a window, pixels in three kinds of memory, and the kernel's counters
 * of a process. Any failure ends the program with a message.
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
	MEMORY_SEALED,     // a file with F_SEAL_SHRINK and a wl_shm_pool for each buffer, as toolkits do
	MEMORY_UNSEALABLE, // the same with a file that cannot be sealed
	MEMORY_LIBRARY,    // from the client library: the server's pool, or wl_shm if the server offers none
};

/* A connection and its globals. */
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

/* XRGB pixels and their wl_buffer. Must not move in memory. */
struct buffer {
	struct lido_image *image; // NULL: in a file
	struct wl_buffer *wl;     // if in a file
	uint8_t *pixels;
	int32_t width, height;
	size_t size;  // bytes
	bool is_busy; // if in a file
};

/* Counters of a process since its start. */
struct usage {
	double cpu;      // µs
	double faults;   // minor and major
	double switches; // context switches
};

/* What a process holds now. */
struct footprint {
	double fds;
	double mappings;
	double address;  // KiB of address space
	double resident; // KiB, anonymous and shared; excludes program files
};

/* What of a process is in memory, with its program files. KiB. */
struct residence {
	double resident;
	double proportional; // of pages that processes share, this one's part
	double anonymous;
};

_Noreturn void fail(const char *text);

/* Parses an argument of the program: a number of at least 1. */
int parse_number(const char *text);

/* Parses "sealed", "unsealable" or "library". */
enum memory parse_memory(const char *text);

/* Monotonic time, µs. */
double now(void);

struct usage usage_read(int pid);
struct usage usage_subtract(struct usage a, struct usage b);
struct footprint footprint_read(int pid);
struct residence residence_read(int pid);

/* The number of open fds of the process; takes one system call. */
double fds_read(int pid);

/* Connects to $WAYLAND_DISPLAY. */
void bench_init(struct bench *bench);
void bench_finish(struct bench *bench);

/* Handles pending events; blocks until there is one. */
void bench_dispatch(struct bench *bench);
void bench_round_trip(struct bench *bench);

/* Sends all pending requests; blocks while the socket is full. */
void bench_flush(struct bench *bench);

/* Creates an empty window, configured and ready for its first buffer. */
void window_init(struct window *window, struct bench *bench);
void window_finish(struct window *window);

/* Commits the buffer with its first damaged_rows damaged, and waits for the frame callback. */
void surface_show(struct wl_surface *surface, struct bench *bench, struct buffer *buffer, int32_t damaged_rows);

/* Requests a frame callback for the next commit, which sets *is_done. The caller owns the returned callback. */
struct wl_callback *surface_request_frame(struct wl_surface *surface, bool *is_done);

/* Attaches the buffer with full damage, and commits. */
void surface_commit(struct wl_surface *surface, struct buffer *buffer);

/* Creates a buffer without writing to its pixels. */
void buffer_init(struct buffer *buffer, struct bench *bench, enum memory memory, int32_t width, int32_t height);
void buffer_finish(struct buffer *buffer);

/* Fills the buffer with this shade of gray. */
void buffer_fill(struct buffer *buffer, int value);

/* Whether the compositor still uses the buffer. Dispatches the library's pending events. */
bool buffer_is_busy(struct bench *bench, const struct buffer *buffer);

/* Sorts the values. */
double percentile(double *values, size_t values_len, double percent);

#endif

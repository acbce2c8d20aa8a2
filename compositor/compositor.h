/*
 * The compositor as a library: create, run, destroy, any number of times in one process.
 *
 * No globals, no signal handlers, no fork and no exit() behind these functions: main.c adds those.
 */
#ifndef COMPOSITOR_H
#define COMPOSITOR_H

#include <lido/limits.h>
#include <stdbool.h>
#include <stdint.h>

struct lido_manager;
struct wl_client;
struct wl_display;

struct compositor;

enum compositor_backend {
	COMPOSITOR_BACKEND_AUTO, // nested in $WAYLAND_DISPLAY, else in $DISPLAY, else on the hardware, as wlroots chooses
	COMPOSITOR_BACKEND_HEADLESS,
};

/* Zeroed, these are the defaults. Texts are copied. */
struct compositor_options {
	enum compositor_backend backend;
	int32_t width, height; // pixels of the headless output, or of the window when nested; 0: 1280x720
	/* "pixman", "gles2", "vulkan", or NULL: as wlroots chooses. The two on a GPU set WLR_RENDERER while they are made.
	 */
	const char *renderer;
	const char *socket;               // name of the listening socket; NULL: the first free wayland-N
	bool without_socket;              // no listening socket at all: clients come by compositor_add_client()
	bool without_monitor;             // nothing for lido-top(1); it takes the name of the socket
	bool with_wlroots_shm;            // serve wl_shm by wlroots' own backend, for comparison: no pools, no limits
	const struct lido_limits *limits; // NULL: lido_limits_default()
};

/* Builds everything but does not run yet. Returns NULL and logs why when it cannot. */
struct compositor *compositor_create(const struct compositor_options *options);

/* Runs until compositor_terminate(). Returns false when the backend could not be started. */
bool compositor_run(struct compositor *compositor);

/* Ends compositor_run(). To be called on the thread that runs it, or from a source of its event loop. */
void compositor_terminate(struct compositor *compositor);

/* Ends all clients and frees everything: no fd, mapping or memory is left. NULL is fine. */
void compositor_destroy(struct compositor *compositor);

/* Starts the backend without running the loop: for those who dispatch the display's event loop themselves. */
bool compositor_start(struct compositor *compositor);

/* Adds a client on a connected socket, which the compositor takes over. NULL: out of memory (the fd is closed). */
struct wl_client *compositor_add_client(struct compositor *compositor, int fd);

/* Owned by the compositor. The manager is NULL with wlroots' own wl_shm. */
struct wl_display *compositor_get_display(struct compositor *compositor);
struct lido_manager *compositor_get_manager(struct compositor *compositor);

/* The name of the listening socket, for WAYLAND_DISPLAY; NULL if there is none. */
const char *compositor_get_socket(const struct compositor *compositor);

#endif

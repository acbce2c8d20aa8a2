/*
 * The compositor as a library: create, run and destroy it any number of times in one process.
 *
 * These functions use no global state and no signal handlers, and never exit; main.c adds those. They fork to start
 * Xwayland only.
 */
#ifndef COMPOSITOR_H
#define COMPOSITOR_H

#include <lido/limits.h>
#include <lido/wlroots.h>
#include <stdbool.h>
#include <stdint.h>

struct lido_manager;
struct wl_client;
struct wl_display;

struct compositor;

enum compositor_backend {
	COMPOSITOR_BACKEND_AUTO, // as wlroots chooses: nested in $WAYLAND_DISPLAY, else in $DISPLAY, else on the hardware
	COMPOSITOR_BACKEND_HEADLESS,
};

/* Windows of X11 programs, see xwayland.h. */
enum compositor_xwayland {
	COMPOSITOR_XWAYLAND_OFF,
	COMPOSITOR_XWAYLAND_AUTO, // if the program is installed
	COMPOSITOR_XWAYLAND_ON,
};

/* Can clients show DMA-BUFs (zwp_linux_dmabuf_v1)? Never with a renderer that imports none. */
enum compositor_linux_dmabuf {
	COMPOSITOR_LINUX_DMABUF_AUTO, // unless the renderer draws in software
	COMPOSITOR_LINUX_DMABUF_NO,
	COMPOSITOR_LINUX_DMABUF_YES,
};

/* All zeros are the defaults. Strings are copied. */
struct compositor_options {
	enum compositor_backend backend;
	int32_t width, height; // pixels: size of the headless output, or of the window when nested; 0: 1280x720
	/*
	 * "pixman", "gles2" or "vulkan"; NULL: wlroots chooses. For gles2 and vulkan, compositor_create() sets WLR_RENDERER
	 * temporarily.
	 */
	const char *renderer;
	const char *socket;    // name of the listening socket; NULL: the first free wayland-N
	bool without_socket;   // do not listen; clients are added by compositor_add_client()
	bool without_monitor;  // no socket for lido-top(1), whose name derives from that of the listening socket
	bool with_wlroots_shm; // serve wl_shm by wlroots' own code, for comparison: no pools, no limits
	enum lido_zero_copy_mode zero_copy;
	enum compositor_linux_dmabuf linux_dmabuf;
	enum compositor_xwayland xwayland;
	const char *xwayland_preload;             // LD_PRELOAD of Xwayland; NULL: that of this process
	const struct lido_limits *limits;         // NULL: lido_limits_default()
	const struct lido_limits *sandbox_limits; // of clients in a sandbox (security-context-v1); NULL: the same
};

/* Creates the compositor, but does not run it. On failure logs the reason and returns NULL. */
struct compositor *compositor_create(const struct compositor_options *options);

/* Runs until compositor_terminate() is called. Returns false if the wlr_backend does not start. */
bool compositor_run(struct compositor *compositor);

/* Makes compositor_run() return. Call it on the thread that runs it, or from a source of its event loop. */
void compositor_terminate(struct compositor *compositor);

/* Disconnects all clients and frees everything: no fd, mapping or memory is left. NULL is allowed. */
void compositor_destroy(struct compositor *compositor);

/* Starts the wlr_backend without running the loop, for callers that dispatch the display's event loop themselves. */
bool compositor_start(struct compositor *compositor);

/*
 * Sends what waits for clients, and then runs one iteration of the event loop, which waits at most timeout milliseconds
 * for events; -1: as long as it takes. Returns false on failure.
 */
bool compositor_dispatch(struct compositor *compositor, int timeout);

/*
 * Adds a client on a connected socket, whose fd the compositor takes over. Returns NULL when out of memory; the fd is
 * closed then too.
 */
struct wl_client *compositor_add_client(struct compositor *compositor, int fd);

/* Both belong to the compositor. The manager is NULL if wlroots serves wl_shm. */
struct wl_display *compositor_get_display(struct compositor *compositor);
struct lido_manager *compositor_get_manager(struct compositor *compositor);

/* The name of the listening socket, for WAYLAND_DISPLAY; NULL if there is none. Belongs to the compositor. */
const char *compositor_get_socket(const struct compositor *compositor);

/* The name of the X11 display, for DISPLAY; NULL if there is none. Belongs to the compositor. */
const char *compositor_get_x11_display(const struct compositor *compositor);

#endif

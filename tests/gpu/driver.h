/*
 * What libraries keep after their last user is gone, and is no leak of the compositor.
 *
 * wlroots terminates an EGL display only with EGL_KHR_display_reference. Without it, Mesa's display of a GPU stays,
 * with one fd of the GPU, and the next compositor makes another one.
 *
 * libinput asks libwacom about drawing tablets, and GLib below it keeps an eventfd from the first one on.
 *
 * LIBSEAT_BACKEND=builtin starts a process, which exits when the compositor closes the session. libseat does not wait
 * for it.
 */
#ifndef GPU_DRIVER_H
#define GPU_DRIVER_H

#include <stdbool.h>

#define DRIVER_FDS_MAX 1024

struct driver {
	const char *card;              // path of the GPU
	int renderers;                 // that the test has the compositor create: the first one, unless it changes that
	bool was_kept[DRIVER_FDS_MAX]; // by fd: is it one of those?
};

/* Call it before the compositor is created. card must stay valid. */
void driver_init(struct driver *driver, const char *card);

/*
 * Call it after the compositor is destroyed: closes one fd of the GPU for each renderer, and one eventfd, and waits for
 * libseat's processes to exit. The test fails if more fds are open.
 */
void driver_finish(struct driver *driver);

#endif

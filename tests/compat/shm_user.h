/*
 * A compositor that reads wl_buffers through wl_shm_buffer_…(), as those without wlroots do. Its source knows nothing
 * of Lido. It is compiled twice: as it is, and with -include lido/compat-wl-shm.h.
 */
#ifndef COMPAT_SHM_USER_H
#define COMPAT_SHM_USER_H

#include <stdbool.h>
#include <stdio.h>

struct wl_display;

/* One of the two. */
struct shm_user {
	/*
	 * Creates wl_shm and a wl_compositor without outputs, and writes what surfaces do to the log: what a commit shows,
	 * and, at wl_surface.damage, what the memory of the last commit holds now, also if its buffer is destroyed.
	 */
	bool (*init)(struct wl_display *display, FILE *log);
};

extern const struct shm_user shm_user_stock, shm_user_lido;

#endif

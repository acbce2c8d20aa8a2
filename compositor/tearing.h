/*
 * tearing-control: clients say that frames of a surface may tear. A hint only, which lido does not follow.
 */
#ifndef TEARING_H
#define TEARING_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

struct tearing {
	struct wl_listener new_object;
};

/* Returns false when out of memory. */
bool tearing_init(struct compositor *compositor);
void tearing_finish(struct compositor *compositor);

#endif

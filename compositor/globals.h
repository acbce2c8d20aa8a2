/*
 * The globals that need no more than to be created, and who may see which.
 */
#ifndef GLOBALS_H
#define GLOBALS_H

#include <stdbool.h>

struct compositor;
struct wlr_security_context_manager_v1;

struct globals {
	struct wlr_security_context_manager_v1 *security;
};

/* False: out of memory. */
bool globals_init(struct compositor *compositor);
void globals_finish(struct compositor *compositor);

#endif

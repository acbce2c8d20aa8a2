/*
 * Globals that only need to be created, and the filter that hides globals from sandboxed clients.
 */
#ifndef GLOBALS_H
#define GLOBALS_H

#include <stdbool.h>

struct compositor;
struct wlr_security_context_manager_v1;

struct globals {
	struct wlr_security_context_manager_v1 *security;
};

/* Returns false when out of memory. */
bool globals_init(struct compositor *compositor);
void globals_finish(struct compositor *compositor);

#endif

/*
 * xdg-activation: a client asks the compositor to focus a window, its own or another client's.
 */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include <stdbool.h>
#include <wayland-server-core.h>

struct compositor;

/*
 * Limits on the tokens that wait for their use, of one process and of all together. Beyond them the oldest one becomes
 * invalid. A process that launches programs needs one at a time, and wlroots drops each after half a minute.
 */
#define ACTIVATION_TOKENS_PER_PROCESS_MAX 32
#define ACTIVATION_TOKENS_MAX 1024

struct activation {
	struct compositor *compositor;
	struct wl_list tokens; // token.link, the newest first
	size_t tokens_len;

	struct {
		struct wl_listener request_activate, new_token;
	} listeners;
};

/* Returns false when out of memory. */
bool activation_init(struct compositor *compositor);
void activation_finish(struct compositor *compositor);

#endif

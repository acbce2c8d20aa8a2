/*
 * Files that nobody uses any more. With the last fd of a file its memory goes back to the kernel, a GiB in some 60 ms:
 * so that no frame of others is late meanwhile, no more than a piece goes in one turn of the event loop.
 */
#ifndef LIDO_DISPOSAL_H
#define LIDO_DISPOSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct lido_disposal {
	struct wl_list files; // struct file.link, oldest first
	uint32_t files_len;
	struct wl_event_loop *loop;
	int ready_fd;                 // makes the next turn come at once, while there are files
	struct wl_event_source *next; // begins it; NULL: there are none
	struct wl_event_source *turn; // ends a turn; NULL: nothing has gone in this one
	int64_t bytes_left;           // that may go in this turn
};

void lido_disposal_init(struct lido_disposal *disposal, struct wl_event_loop *loop);

/* Closes all that is left. */
void lido_disposal_finish(struct lido_disposal *disposal);

/*
 * Closes a file, now or soon. is_ours: its content is nobody's any more, whoever else has it open; otherwise nothing is
 * changed in it.
 */
void lido_disposal_close(struct lido_disposal *disposal, int fd, bool is_ours);

#endif

/*
 * Closing files in pieces. Closing the last fd of a file frees the file's memory, about 60 ms per GiB. At most one
 * piece is freed in each dispatch, so that the other clients' frames stay on time.
 */
#ifndef LIDO_DISPOSAL_H
#define LIDO_DISPOSAL_H

#include "memory/quota.h"

struct lido_disposal {
	struct lido_quota_total *total; // counts the files that wait; may be NULL
	struct wl_list files;           // struct file.link, oldest first
	struct wl_event_loop *loop;
	int ready_fd;                         // always readable: wakes the loop at once while files wait
	struct wl_event_source *next;         // of ready_fd; NULL: no file waits
	struct wl_event_source *dispatch_end; // NULL: nothing was freed in this dispatch
	int64_t bytes_left;                   // that may be freed in this dispatch
};

/* total: may be NULL; otherwise it must outlive the disposal. */
void lido_disposal_init(struct lido_disposal *disposal, struct wl_event_loop *loop, struct lido_quota_total *total);

/* Closes all files that wait. */
void lido_disposal_finish(struct lido_disposal *disposal);

/*
 * Takes the fd over, and closes it now or within some dispatches. is_ours: nobody needs the contents, even where
 * somebody else has the file open: holes are punched into it. Otherwise the contents do not change.
 */
void lido_disposal_close(struct lido_disposal *disposal, int fd, bool is_ours);

#endif

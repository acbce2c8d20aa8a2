/*
 * Frames of outputs as DMA-BUFs (wlr-export-dmabuf), where the renderer is on a GPU.
 *
 * wlroots would pass the buffers of the output itself: whoever keeps the fd of one can draw into what the output shows
 * later, also over a locker. So the compositor serves the protocol itself, and passes copies. A client has two for each
 * output, in turn, and a third frame overwrites the first one.
 *
 * While the session is locked, frames wait.
 */
#ifndef EXPORTS_H
#define EXPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct account;
struct compositor;
struct output;
struct wlr_buffer;

/*
 * Limit on the copies that the compositor keeps for all clients, each with an fd per plane. The one that was used least
 * recently goes first, and its client gets a new one.
 */
#define EXPORTS_COPIES_MAX 64

/*
 * Limit on the copies that were made for one process as long as it lives, bytes: only the process knows when it has
 * closed the last fd of one. Two copies serve until the output has another size.
 */
#define EXPORTS_SIZE_MAX (INT64_C(1) << 30)

/* A copy, as long as the client that it was made for is connected. */
struct export_copy {
	struct wl_list link; // exports.copies
	const struct account *account;
	const struct output *output;
	struct wlr_buffer *buffer; // owned
	uint32_t commit_seq;       // the frame of the output that it has
	struct wl_listener client_destroy;
};

/* A frame that a client waits for. */
struct export_frame {
	struct wl_list link; // exports.frames
	struct compositor *compositor;
	struct output *output;
	struct wl_resource *resource;
	bool with_cursor;
	struct wl_listener commit;
};

struct exports {
	struct compositor *compositor;
	struct wl_global *global; // NULL: not offered
	struct wl_list frames;    // export_frame.link
	struct wl_list copies;    // export_copy.link: the one used last comes first
	struct wl_listener output_destroy;
};

/* Returns false when out of memory. */
bool exports_init(struct compositor *compositor);
void exports_finish(struct compositor *compositor);

#endif

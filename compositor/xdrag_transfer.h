/*
 * Data of a drag from an X11 program to the pipe of a Wayland client, in pieces, without waiting for either. The X
 * server keeps the rest.
 */
#ifndef XDRAG_TRANSFER_H
#define XDRAG_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <xcb/xcb.h>

struct xdrag;

/* Transfers at once. A further one ends that in which nothing has happened for the longest time. */
#define XDRAG_TRANSFERS_MAX 16

/* Transfers that begin, at once and in a second. A further one has no data. */
#define XDRAG_TRANSFERS_PER_SECOND 64

/* What is taken from the X server in one piece, bytes. */
#define XDRAG_PIECE_SIZE (64 << 10)

/* A transfer ends if the X11 program does nothing, or the client does not read, for so long, ms. */
#define XDRAG_ANSWER_MS 10000
#define XDRAG_READ_MS 60000

struct xdrag_transfer {
	struct wl_list link; // xdrag.transfers
	struct xdrag *xdrag;
	int fd;
	struct wl_event_source *writable; // NULL: it does not wait for the client
	xcb_window_t window;              // whose property the program sets
	bool is_begun;                    // the program has set it
	bool is_incremental;              // it sets it again and again
	bool is_set_again;                // since the last piece was asked for
	unsigned int sequence;            // of the question for a piece; 0: none, or it is answered
	uint32_t offset;                  // of the next piece, in 4 bytes
	xcb_get_property_reply_t *piece;  // that is being written; NULL: none
	size_t written;                   // bytes of it
	int64_t active;                   // when something has happened, ms
};

/* Asks for the data as this type, into this pipe, which it closes. */
void xdrag_transfer_begin(struct xdrag *xdrag, xcb_atom_t type, xcb_timestamp_t time, int fd);

/* Handles the event if it is of a transfer. Returns true if it was. */
bool xdrag_transfers_take(struct xdrag *xdrag, xcb_connection_t *connection, const xcb_generic_event_t *event);

/* Looks for answers. */
void xdrag_transfers_poll(struct xdrag *xdrag, xcb_connection_t *connection);

/* Ends those that have taken too long, or, if the program is gone, those that wait for it. */
void xdrag_transfers_expire(struct xdrag *xdrag, bool is_gone);

/* Ends all. */
void xdrag_transfers_end(struct xdrag *xdrag);

#endif

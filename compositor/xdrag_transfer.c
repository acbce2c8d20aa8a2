#include "xdrag_transfer.h"

#include "monotonic.h"
#include "parts.h"
#include "xdrag.h"
#include "xfilter.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <xcb/xcbext.h>

static void transfer_destroy(struct xdrag_transfer *transfer) {
	xcb_connection_t *connection = xdrag_connection(transfer->xdrag);
	if (connection != NULL) {
		if (transfer->sequence != 0) {
			xcb_discard_reply(connection, transfer->sequence);
		}
		xcb_destroy_window(connection, transfer->window);
		xcb_flush(connection);
	}
	if (transfer->writable != NULL) {
		wl_event_source_remove(transfer->writable);
	}
	close(transfer->fd);
	free(transfer->piece);
	wl_list_remove(&transfer->link);
	free(transfer);
}

static void ask(struct xdrag_transfer *transfer, xcb_connection_t *connection) {
	// The property is deleted with its last piece, which makes the program set the next one.
	transfer->sequence = xcb_get_property(connection, true, transfer->window, transfer->xdrag->atoms[XDRAG_DATA],
			XCB_GET_PROPERTY_TYPE_ANY, transfer->offset, XDRAG_PIECE_SIZE / 4)
								 .sequence;
	xcb_flush(connection);
}

static int handle_writable(int fd, uint32_t mask, void *data);

// Returns false if the transfer has ended.
static bool wait_for_client(struct xdrag_transfer *transfer) {
	if (transfer->writable == NULL) {
		transfer->writable = wl_event_loop_add_fd(
				transfer->xdrag->compositor->loop, transfer->fd, WL_EVENT_WRITABLE, handle_writable, transfer);
	}
	if (transfer->writable == NULL) {
		transfer_destroy(transfer);
		return false;
	}
	return true;
}

// All of the piece is written.
static void go_on(struct xdrag_transfer *transfer, xcb_connection_t *connection) {
	bool is_last = transfer->piece->bytes_after == 0;
	free(transfer->piece);
	transfer->piece = NULL;
	transfer->written = 0;
	transfer->offset = is_last ? 0 : transfer->offset + XDRAG_PIECE_SIZE / 4;
	if (is_last && !transfer->is_incremental) {
		transfer_destroy(transfer);
	} else if (!is_last || transfer->is_set_again) {
		transfer->is_set_again = transfer->is_set_again && !is_last;
		ask(transfer, connection);
	}
}

static void write_piece(struct xdrag_transfer *transfer, xcb_connection_t *connection) {
	const char *bytes = xcb_get_property_value(transfer->piece);
	size_t size = (size_t)xcb_get_property_value_length(transfer->piece);
	while (transfer->written < size) {
		ssize_t n = write(transfer->fd, bytes + transfer->written, size - transfer->written);
		if (n == -1 && errno == EAGAIN) {
			wait_for_client(transfer);
			return;
		}
		if (n == -1 && errno != EINTR) {
			transfer_destroy(transfer); // the client has closed its end
			return;
		}
		transfer->written += n > 0 ? (size_t)n : 0;
		transfer->active = monotonic_msec();
	}
	if (transfer->writable != NULL) {
		wl_event_source_remove(transfer->writable);
		transfer->writable = NULL;
	}
	go_on(transfer, connection);
}

static int handle_writable(int fd, uint32_t mask, void *data) {
	struct xdrag_transfer *transfer = data;
	xcb_connection_t *connection = xdrag_connection(transfer->xdrag);
	if (connection != NULL) {
		write_piece(transfer, connection);
	} else {
		transfer_destroy(transfer);
	}
	return 0;
}

static void handle_piece(
		struct xdrag_transfer *transfer, xcb_connection_t *connection, xcb_get_property_reply_t *piece) {
	const struct xdrag *xdrag = transfer->xdrag;
	bool is_empty = piece == NULL || xcb_get_property_value_length(piece) == 0;
	transfer->active = monotonic_msec();
	if (piece != NULL && piece->type == xdrag->atoms[XDRAG_INCR] && !transfer->is_incremental) {
		transfer->is_incremental = true; // it was deleted, so the program begins
		free(piece);
		if (transfer->is_set_again) {
			transfer->is_set_again = false;
			ask(transfer, connection);
		}
	} else if (piece != NULL && piece->type == XCB_ATOM_NONE && transfer->is_incremental) {
		free(piece); // what was set again was deleted with the last piece
	} else if (is_empty) {
		free(piece);
		transfer_destroy(transfer);
	} else {
		transfer->piece = piece;
		write_piece(transfer, connection);
	}
}

void xdrag_transfers_poll(struct xdrag *xdrag, xcb_connection_t *connection) {
	struct xdrag_transfer *transfer, *next;
	wl_list_for_each_safe(transfer, next, &xdrag->transfers, link) {
		void *reply = NULL;
		xcb_generic_error_t *error = NULL;
		if (transfer->sequence != 0 && xcb_poll_for_reply(connection, transfer->sequence, &reply, &error) != 0) {
			transfer->sequence = 0;
			free(error);
			handle_piece(transfer, connection, reply);
		}
	}
}

static struct xdrag_transfer *find(struct xdrag *xdrag, xcb_window_t window) {
	struct xdrag_transfer *transfer;
	wl_list_for_each(transfer, &xdrag->transfers, link) {
		if (transfer->window == window) {
			return transfer;
		}
	}
	return NULL;
}

static void handle_answer(struct xdrag_transfer *transfer, xcb_connection_t *connection, xcb_atom_t property) {
	if (property == XCB_ATOM_NONE) {
		transfer_destroy(transfer); // the program has no such data
	} else if (!transfer->is_begun) {
		transfer->is_begun = true;
		transfer->active = monotonic_msec();
		ask(transfer, connection);
	}
}

static void handle_set(struct xdrag_transfer *transfer, xcb_connection_t *connection) {
	if (!transfer->is_begun) {
		return;
	}
	transfer->is_set_again = transfer->sequence != 0 || transfer->piece != NULL;
	if (transfer->is_incremental && !transfer->is_set_again) {
		transfer->active = monotonic_msec();
		ask(transfer, connection);
	}
}

bool xdrag_transfers_take(struct xdrag *xdrag, xcb_connection_t *connection, const xcb_generic_event_t *event) {
	struct xdrag_transfer *transfer = NULL;
	if (wl_list_empty(&xdrag->transfers)) {
		return false;
	}
	// Answers come before what follows from them.
	xdrag_transfers_poll(xdrag, connection);
	if (xfilter_get_type(event) == XCB_SELECTION_NOTIFY) {
		const xcb_selection_notify_event_t *notify = (const xcb_selection_notify_event_t *)event;
		if ((transfer = find(xdrag, notify->requestor)) != NULL) {
			handle_answer(transfer, connection, notify->property);
		}
	} else if (event->response_type == XCB_PROPERTY_NOTIFY) {
		const xcb_property_notify_event_t *notify = (const xcb_property_notify_event_t *)event;
		transfer = find(xdrag, notify->window);
		if (transfer != NULL && notify->atom == xdrag->atoms[XDRAG_DATA] && notify->state == XCB_PROPERTY_NEW_VALUE) {
			handle_set(transfer, connection);
		}
	}
	return transfer != NULL;
}

static bool waits_for_client(const struct xdrag_transfer *transfer) {
	return transfer->piece != NULL;
}

void xdrag_transfers_expire(struct xdrag *xdrag, bool is_gone) {
	int64_t now = monotonic_msec();
	struct xdrag_transfer *transfer, *next;
	wl_list_for_each_safe(transfer, next, &xdrag->transfers, link) {
		bool waits = waits_for_client(transfer);
		if (now - transfer->active > (waits ? XDRAG_READ_MS : XDRAG_ANSWER_MS) ||
				(is_gone && !waits && transfer->sequence == 0)) {
			transfer_destroy(transfer);
		}
	}
}

void xdrag_transfers_end(struct xdrag *xdrag) {
	struct xdrag_transfer *transfer, *next;
	wl_list_for_each_safe(transfer, next, &xdrag->transfers, link) {
		transfer_destroy(transfer);
	}
}

// Returns false if there have been too many.
static bool make_room(struct xdrag *xdrag) {
	int64_t now = monotonic_msec();
	if (bucket_drain(&xdrag->transfer_bucket, now, XDRAG_TRANSFERS_PER_SECOND) >= XDRAG_TRANSFERS_PER_SECOND) {
		return false;
	}
	xdrag->transfer_bucket.level++;
	if (wl_list_length(&xdrag->transfers) >= XDRAG_TRANSFERS_MAX) {
		struct xdrag_transfer *transfer, *idle = wl_container_of(xdrag->transfers.next, idle, link);
		wl_list_for_each(transfer, &xdrag->transfers, link) {
			idle = transfer->active < idle->active ? transfer : idle;
		}
		transfer_destroy(idle);
	}
	return true;
}

void xdrag_transfer_begin(struct xdrag *xdrag, xcb_atom_t type, xcb_timestamp_t time, int fd) {
	xcb_connection_t *connection = xdrag_connection(xdrag);
	struct xdrag_transfer *transfer = connection != NULL && make_room(xdrag) ? calloc(1, sizeof(*transfer)) : NULL;
	if (transfer == NULL) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK); // descriptors.c opens it anew
	transfer->xdrag = xdrag;
	transfer->fd = fd;
	transfer->active = monotonic_msec();
	transfer->window = xcb_generate_id(connection);
	wl_list_insert(&xdrag->transfers, &transfer->link);
	const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	xcb_create_window(connection, XCB_COPY_FROM_PARENT, transfer->window, xdrag->root, -1, -1, 1, 1, 0,
			XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &events);
	xcb_convert_selection(
			connection, transfer->window, xdrag->atoms[XDRAG_SELECTION], type, xdrag->atoms[XDRAG_DATA], time);
	xcb_flush(connection);
	xdrag_wake(xdrag);
}

#include "outbox.h"

#include "clients.h"
#include "parts.h"
#include <errno.h>

void outbox_add(struct compositor *compositor, struct wl_client *wl) {
	struct outbox *outbox = compositor->outbox;
	if (outbox->last == wl) {
		return;
	}
	struct client_record *record = client_get_record(wl);
	if (record == NULL) {
		outbox->with_unknown = true;
		return;
	}
	outbox->last = wl;
	if (wl_list_empty(&record->outbox_link)) {
		wl_list_insert(&outbox->records, &record->outbox_link);
	}
}

void outbox_forget(struct compositor *compositor, struct client_record *record) {
	wl_list_remove(&record->outbox_link);
	wl_list_init(&record->outbox_link);
	if (compositor->outbox->last == record->wl) {
		compositor->outbox->last = NULL;
	}
}

// Returns false if something is left, or the client is gone. libwayland reports that only by errno.
static bool flush(struct client_record *record) {
	errno = 0;
	wl_client_flush(record->wl);
	return errno == 0;
}

// Returns false if libwayland has to look at the connections itself.
static bool flush_known(struct compositor *compositor) {
	struct outbox *outbox = compositor->outbox;
	bool is_flushed = !outbox->with_unknown;
	outbox->with_unknown = false;
	while (!wl_list_empty(&outbox->records)) {
		struct client_record *record = wl_container_of(outbox->records.next, record, outbox_link);
		outbox_forget(compositor, record);
		is_flushed &= flush(record);
	}
	return is_flushed;
}

// Only wl_display_flush_clients() handles connections that are full or closed: it waits until they are writable, or
// destroys the client. Then events may be sent to others.
void outbox_flush(struct compositor *compositor) {
	while (!flush_known(compositor)) {
		wl_display_flush_clients(compositor->display);
	}
}

bool outbox_init(struct compositor *compositor) {
	wl_list_init(&compositor->outbox->records);
	return true;
}

#include "clients.h"

#include "account.h"
#include "batch.h"
#include "descriptors.h"
#include "listener.h"
#include "object_limits.h"
#include "outbox.h"
#include "parts.h"
#include <assert.h>
#include <lido/limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <wayland-server-protocol.h>

// Ids from this one on are allocated by the server.
#define SERVER_IDS_FIRST 0xff000000U

// Time from the last disconnection until the memory is trimmed, ms. Trimming a large heap takes one or two
// milliseconds.
#define TRIM_MS 500

static void post_no_memory(struct client_record *record, const char *what, size_t limit) {
	wl_resource_post_error(
			client_get_display(record->wl), WL_DISPLAY_ERROR_NO_MEMORY, "too many %s: the limit is %zu", what, limit);
}

// Other clients' connections, files and unread events need fds, too.
static size_t get_fds_max(const struct clients *clients) {
	size_t all = atomic_load(&account_fds_total);
	size_t left = clients->fds_total_max > all ? clients->fds_total_max - all : 0;
	return left < clients->fds_max ? left : clients->fds_max;
}

bool clients_enforce_limits(struct turn *turn) {
	struct client_record *record = wl_container_of(turn, record, turn);
	size_t heap_size = atomic_load(&record->account->heap_size), fds_len = atomic_load(&record->account->fds_len);
	size_t fds_max = get_fds_max(record->compositor->clients);
	if (heap_size > ACCOUNT_HEAP_SIZE_MAX) {
		wl_resource_post_error(client_get_display(record->wl), WL_DISPLAY_ERROR_NO_MEMORY,
				"too much server memory: %zu bytes held, the limit is %d", heap_size, ACCOUNT_HEAP_SIZE_MAX);
		return false;
	} else if (fds_len > fds_max) {
		wl_resource_post_error(client_get_display(record->wl), WL_DISPLAY_ERROR_NO_MEMORY,
				"too many fds: %zu held, the limit is %zu", fds_len, fds_max);
		return false;
	}
	return true;
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct client_record *record = wl_container_of(listener, record, listeners.resource_created);
	struct wl_resource *resource = data;
	// libwayland rejects a new id larger than the number of ids in use, so ids count the objects.
	uint32_t id = wl_resource_get_id(resource);
	if (id > CLIENTS_OBJECTS_MAX && id < SERVER_IDS_FIRST) {
		post_no_memory(record, "objects", CLIENTS_OBJECTS_MAX);
	}
	object_limits_count(record, resource);
}

// Without this, malloc() never returns the memory of a client that used much.
static int handle_trimming(void *data) {
	malloc_trim(0);
	return 0;
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct client_record *record = wl_container_of(listener, record, listeners.destroy);
	struct clients *clients = record->compositor->clients;
	if (record->disconnect != NULL) {
		wl_event_source_remove(record->disconnect);
	}
	listener_remove(&record->listeners.resource_created);
	listener_remove(&record->listeners.destroy);
	wl_list_remove(&record->link);
	outbox_forget(record->compositor, record);
	clients->len--;
	turn_finish(&record->turn);
	account_close(record->account);
	free(record);
	wl_event_source_timer_update(clients->trimming, TRIM_MS);
}

// Its objects are destroyed next.
static void handle_destroy_early(struct wl_listener *listener, void *data) {
	struct client_record *record = wl_container_of(listener, record, listeners.destroy_early);
	listener_remove(&record->listeners.destroy_early);
	batch_expect(record->compositor, record->account->surfaces_len + record->account->queued_len);
}

struct client_record *client_get_record(struct wl_client *wl) {
	struct wl_listener *listener = wl_client_get_destroy_late_listener(wl, handle_destroy);
	struct client_record *record = NULL;
	return listener != NULL ? wl_container_of(listener, record, listeners.destroy) : NULL;
}

struct account *client_get_account(struct wl_client *wl) {
	const struct client_record *record = client_get_record(wl);
	return record != NULL ? record->account : NULL;
}

static void handle_disconnect(void *data) {
	struct client_record *record = data;
	record->disconnect = NULL;
	wl_client_destroy(record->wl);
}

static size_t count_connections(const struct clients *clients, pid_t pid) {
	size_t count = 0;
	const struct client_record *record;
	wl_list_for_each(record, &clients->list, link) {
		count += record->pid == pid;
	}
	return count;
}

// The client cannot be destroyed here: its creator does not have the pointer to it yet.
static void limit_connections(struct client_record *record) {
	const struct clients *clients = record->compositor->clients;
	size_t left = clients->max > clients->len ? clients->max - clients->len : 0;
	if (count_connections(clients, record->pid) > left) {
		post_no_memory(record, "connections", clients->max);
		record->disconnect = wl_event_loop_add_idle(record->compositor->loop, handle_disconnect, record);
	}
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct clients *clients = wl_container_of(listener, clients, listeners.client_created);
	struct wl_client *wl = data;
	turn_end(); // another client may have been served in this iteration of the event loop
	struct client_record *record = calloc(1, sizeof(*record));
	if (record == NULL) {
		wl_client_post_no_memory(wl);
		return;
	}
	record->compositor = clients->compositor;
	record->wl = wl;
	wl_client_get_credentials(wl, &record->pid, NULL, NULL);
	record->account = account_open(record->pid);
	if (record->account == NULL) {
		free(record);
		wl_client_post_no_memory(wl);
		return;
	}
	turn_init(&record->turn, record->account);
	descriptors_set_turn(wl_client_get_fd(wl), &record->turn);
	wl_list_insert(&clients->list, &record->link);
	wl_list_init(&record->outbox_link);
	clients->len++;
	record->listeners.resource_created.notify = handle_resource_created;
	wl_client_add_resource_created_listener(wl, &record->listeners.resource_created);
	record->listeners.destroy_early.notify = handle_destroy_early;
	wl_client_add_destroy_listener(wl, &record->listeners.destroy_early);
	// Late: after its objects are destroyed.
	record->listeners.destroy.notify = handle_destroy;
	wl_client_add_destroy_late_listener(wl, &record->listeners.destroy);
	limit_connections(record);
}

bool clients_init(struct compositor *compositor) {
	struct clients *clients = compositor->clients;
	clients->compositor = compositor;
	struct rlimit limit = {.rlim_cur = 1024};
	getrlimit(RLIMIT_NOFILE, &limit);
	wl_list_init(&clients->list);
	clients->max = clients_get_max(limit.rlim_cur);
	clients->fds_max = compositor->files_max + ACCOUNT_OTHER_FDS_MAX;
	clients->fds_total_max = account_get_fds_total_max(limit.rlim_cur);
	clients->trimming = wl_event_loop_add_timer(compositor->loop, handle_trimming, compositor);
	clients->listeners.client_created.notify = handle_client_created;
	wl_display_add_client_created_listener(compositor->display, &clients->listeners.client_created);
	return clients->trimming != NULL;
}

void clients_finish(struct compositor *compositor) {
	struct clients *clients = compositor->clients;
	assert(clients->len == 0);
	listener_remove(&clients->listeners.client_created);
	if (clients->trimming != NULL) {
		wl_event_source_remove(clients->trimming);
	}
}

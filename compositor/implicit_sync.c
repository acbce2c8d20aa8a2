/*
 * Only the first of a surface's queued commits that wait is watched: one fd for each surface, however many wait. The
 * others are looked at when it is applied.
 *
 * To poll an fd of a client calls code of its file. linux-dmabuf has imported each of them, so all are DMA-BUFs.
 */
#include "implicit_sync.h"

#include "clients.h"
#include "descriptors.h"
#include "dmabuf.h"
#include "listener.h"
#include "parts.h"
#include <poll.h>
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

// A surface whose client has committed a DMA-BUF.
struct synced_surface {
	struct implicit_sync *sync;
	struct wlr_surface *wlr;
	struct wl_list waits;           // sync_wait.link, the oldest first
	struct wl_event_source *source; // for the first of them; NULL: there is none

	struct wl_listener client_commit, destroy;
};

// A queued commit.
struct sync_wait {
	struct wl_list link;
	struct wlr_buffer *buffer; // locked
	uint32_t seq;              // of the commit
};

// Returns an fd of the buffer in which a fence is left that a reader must wait for; -1: there is none.
static int find_unfinished(struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes attributes;
	if (!wlr_buffer_get_dmabuf(buffer, &attributes)) {
		return -1;
	}
	struct pollfd fds[WLR_DMABUF_MAX_PLANES];
	for (int i = 0; i < attributes.n_planes; i++) {
		fds[i] = (struct pollfd){.fd = attributes.fd[i], .events = POLLIN};
	}
	if (poll(fds, (nfds_t)attributes.n_planes, 0) < 0) {
		return -1;
	}
	for (int i = 0; i < attributes.n_planes; i++) {
		if (fds[i].revents == 0) {
			return fds[i].fd;
		}
	}
	return -1;
}

static void wait_destroy(struct sync_wait *wait) {
	wl_list_remove(&wait->link);
	wlr_buffer_unlock(wait->buffer);
	free(wait);
}

static void stop_watching(struct synced_surface *surface) {
	if (surface->source != NULL) {
		wl_event_source_remove(surface->source);
		surface->source = NULL;
	}
}

static int handle_fence(int fd, uint32_t mask, void *data);

// Watches the buffer until one of its fences is signaled. Returns false if nothing is to be waited for, or cannot be.
// libwayland duplicates the fd, which counts on the client of the surface: perhaps another one is served.
static bool watch(struct synced_surface *surface, struct wlr_buffer *buffer) {
	int fd = find_unfinished(buffer);
	if (fd == -1) {
		return false;
	}
	descriptors_set_owner(client_get_account(wl_resource_get_client(surface->wlr->resource)));
	surface->source = wl_event_loop_add_fd(surface->sync->loop, fd, WL_EVENT_READABLE, handle_fence, surface);
	descriptors_set_owner(NULL);
	return surface->source != NULL;
}

// Applies the commits that need not wait any longer, up to one that has to.
static int handle_fence(int fd, uint32_t mask, void *data) {
	struct synced_surface *surface = data;
	struct sync_wait *wait, *next;
	stop_watching(surface);
	wl_list_for_each_safe(wait, next, &surface->waits, link) {
		if (watch(surface, wait->buffer)) {
			break;
		}
		uint32_t seq = wait->seq;
		wait_destroy(wait);
		wlr_surface_unlock_cached(surface->wlr, seq);
	}
	return 0;
}

// Returns whether the commit of this buffer must wait: for its own fences, or because earlier ones are watched.
static bool must_wait(struct synced_surface *surface, struct wlr_buffer *buffer) {
	return surface->source == NULL ? watch(surface, buffer) : find_unfinished(buffer) != -1;
}

// If memory is short, the commit does not wait.
static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct synced_surface *surface = wl_container_of(listener, surface, client_commit);
	const struct wlr_surface_state *pending = &surface->wlr->pending;
	if ((pending->committed & WLR_SURFACE_STATE_BUFFER) == 0 || pending->buffer == NULL) {
		return;
	}
	struct sync_wait *wait = calloc(1, sizeof(*wait));
	if (wait == NULL || !must_wait(surface, pending->buffer)) {
		free(wait);
		return;
	}
	wait->buffer = wlr_buffer_lock(pending->buffer);
	wait->seq = wlr_surface_lock_pending(surface->wlr);
	wl_list_insert(surface->waits.prev, &wait->link);
}

// wlroots drops the queued commits.
static void handle_destroy(struct wl_listener *listener, void *data) {
	struct synced_surface *surface = wl_container_of(listener, surface, destroy);
	struct sync_wait *wait, *next;
	stop_watching(surface);
	wl_list_for_each_safe(wait, next, &surface->waits, link) {
		wait_destroy(wait);
	}
	listener_remove(&surface->client_commit);
	listener_remove(&surface->destroy);
	free(surface);
}

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct implicit_sync *sync = wl_container_of(listener, sync, new_surface);
	struct wlr_surface *wlr = data;
	struct synced_surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	surface->sync = sync;
	surface->wlr = wlr;
	wl_list_init(&surface->waits);
	listener_add(&surface->client_commit, &wlr->events.client_commit, handle_client_commit);
	listener_add(&surface->destroy, &wlr->events.destroy, handle_destroy);
}

bool implicit_sync_init(struct compositor *compositor) {
	compositor->implicit_sync->loop = compositor->loop;
	if (compositor->dmabuf->wlr != NULL) {
		listener_add(&compositor->implicit_sync->new_surface, &compositor->wlr->events.new_surface, handle_new_surface);
	}
	return true;
}

void implicit_sync_finish(struct compositor *compositor) {
	listener_remove(&compositor->implicit_sync->new_surface);
}

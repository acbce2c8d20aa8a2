/*
 * Only the first of a surface's queued commits that wait is watched, as in implicit_sync.c. wlroots itself watches each
 * one whose point has no fence yet.
 */
#include "explicit_sync.h"

#include "compat.h"

#if WLR_WAITS_FOR_TIMELINES

#include "clients.h"
#include "descriptors.h"
#include "dmabuf.h"
#include "linux-drm-syncobj-v1-protocol.h"
#include "listener.h"
#include "log.h"
#include "parts.h"
#include "requests.h"
#include <drm.h>
#include <stdint.h>
#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/render/drm_syncobj.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_linux_drm_syncobj_v1.h>
#include <wlr/util/addon.h>

#define VERSION 1

// A point that is set, but not committed. Freed with its wp_linux_drm_syncobj_surface_v1.
struct acquire_point {
	struct wlr_drm_syncobj_timeline *timeline; // NULL: none is set
	uint64_t point;
	struct wl_listener destroy;
};

// A surface for which a client has requested a wp_linux_drm_syncobj_surface_v1.
struct synced_surface {
	struct wl_event_loop *loop;
	struct wlr_surface *wlr;
	uint32_t object_id;                            // of the last one, which may be destroyed
	struct wl_list waits;                          // sync_wait.link, the oldest first
	struct wlr_drm_syncobj_timeline_waiter waiter; // for the first of them
	bool is_watching;

	struct wlr_addon addon;
	struct wl_listener client_commit;
};

// A queued commit.
struct sync_wait {
	struct wl_list link;
	struct wlr_drm_syncobj_timeline *timeline;
	uint64_t point;
	uint32_t seq; // of the commit
};

static void handle_object_destroy(struct wl_listener *listener, void *data) {
	struct acquire_point *acquire = wl_container_of(listener, acquire, destroy);
	wlr_drm_syncobj_timeline_unref(acquire->timeline);
	free(acquire);
}

// Returns the point that was set last on an object; NULL: none was.
static struct acquire_point *find_acquire_point(struct wl_resource *object) {
	struct wl_listener *listener = wl_resource_get_destroy_listener(object, handle_object_destroy);
	struct acquire_point *acquire = NULL;
	return listener != NULL ? wl_container_of(listener, acquire, destroy) : NULL;
}

// Returns the wp_linux_drm_syncobj_surface_v1 of a surface; NULL: it is destroyed.
static struct wl_resource *find_object(const struct synced_surface *surface) {
	struct wl_resource *object =
			wlr_linux_drm_syncobj_v1_get_surface_state(surface->wlr) != NULL
					? wl_client_get_object(wl_resource_get_client(surface->wlr->resource), surface->object_id)
					: NULL;
	return object;
}

static void wait_destroy(struct sync_wait *wait) {
	wl_list_remove(&wait->link);
	wlr_drm_syncobj_timeline_unref(wait->timeline);
	free(wait);
}

static void stop_watching(struct synced_surface *surface) {
	if (surface->is_watching) {
		wlr_drm_syncobj_timeline_waiter_finish(&surface->waiter);
		surface->is_watching = false;
	}
}

// A point without a fence is not signaled.
static bool is_signaled(struct wlr_drm_syncobj_timeline *timeline, uint64_t point) {
	bool is_over = true;
	return !wlr_drm_syncobj_timeline_check(timeline, point, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, &is_over) ||
		   is_over;
}

static void handle_signaled(struct wlr_drm_syncobj_timeline_waiter *waiter);

// Watches a point until it is signaled. Returns false if it is, or cannot be watched. Perhaps another client than that
// of the surface is served.
static bool watch(struct synced_surface *surface, struct wlr_drm_syncobj_timeline *timeline, uint64_t point) {
	if (is_signaled(timeline, point)) {
		return false;
	}
	descriptors_set_owner(client_get_account(wl_resource_get_client(surface->wlr->resource)));
	surface->is_watching =
			wlr_drm_syncobj_timeline_waiter_init(&surface->waiter, timeline, point, 0, surface->loop, handle_signaled);
	descriptors_set_owner(NULL);
	return surface->is_watching;
}

// Applies the commits that need not wait any longer, up to one that has to.
static void handle_signaled(struct wlr_drm_syncobj_timeline_waiter *waiter) {
	struct synced_surface *surface = wl_container_of(waiter, surface, waiter);
	struct sync_wait *wait, *next;
	stop_watching(surface);
	wl_list_for_each_safe(wait, next, &surface->waits, link) {
		if (watch(surface, wait->timeline, wait->point)) {
			break;
		}
		uint32_t seq = wait->seq;
		wait_destroy(wait);
		wlr_surface_unlock_cached(surface->wlr, seq);
	}
}

// Returns whether a commit must wait: for its own point, or because earlier ones are watched.
static bool must_wait(struct synced_surface *surface, const struct acquire_point *acquire) {
	return surface->is_watching ? !is_signaled(acquire->timeline, acquire->point)
								: watch(surface, acquire->timeline, acquire->point);
}

// If memory is short, the commit does not wait. Points without a buffer are an error, which wlroots posts next.
static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct synced_surface *surface = wl_container_of(listener, surface, client_commit);
	struct wl_resource *object = find_object(surface);
	struct acquire_point *acquire = object != NULL ? find_acquire_point(object) : NULL;
	if (acquire == NULL || acquire->timeline == NULL || surface->wlr->pending.buffer == NULL) {
		return;
	}
	struct sync_wait *wait = calloc(1, sizeof(*wait));
	if (wait != NULL && must_wait(surface, acquire)) {
		wait->timeline = wlr_drm_syncobj_timeline_ref(acquire->timeline);
		wait->point = acquire->point;
		wait->seq = wlr_surface_lock_pending(surface->wlr);
		wl_list_insert(surface->waits.prev, &wait->link);
	} else {
		free(wait);
	}
	wlr_drm_syncobj_timeline_unref(acquire->timeline);
	acquire->timeline = NULL;
}

// wlroots drops the queued commits.
static void handle_addon_destroy(struct wlr_addon *addon) {
	struct synced_surface *surface = wl_container_of(addon, surface, addon);
	struct sync_wait *wait, *next;
	stop_watching(surface);
	wl_list_for_each_safe(wait, next, &surface->waits, link) {
		wait_destroy(wait);
	}
	listener_remove(&surface->client_commit);
	wlr_addon_finish(addon);
	free(surface);
}

static const struct wlr_addon_interface addon_interface = {
	.name = "lido_explicit_sync",
	.destroy = handle_addon_destroy,
};

static struct synced_surface *find_surface(const struct compositor *compositor, struct wlr_surface *wlr) {
	struct wlr_addon *addon = wlr_addon_find(&wlr->addons, compositor, &addon_interface);
	struct synced_surface *surface = NULL;
	return addon != NULL ? wl_container_of(addon, surface, addon) : NULL;
}

// wlroots creates the object next, unless the surface has one.
static void handle_get_surface(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_surface *wlr = wlr_surface_from_resource((struct wl_resource *)arguments[1].o);
	struct synced_surface *surface = find_surface(compositor, wlr);
	if (surface == NULL) {
		surface = calloc(1, sizeof(*surface));
		if (surface == NULL) {
			wl_resource_post_no_memory(resource);
			return;
		}
		surface->loop = compositor->loop;
		surface->wlr = wlr;
		wl_list_init(&surface->waits);
		wlr_addon_init(&surface->addon, &wlr->addons, compositor, &addon_interface);
		listener_add(&surface->client_commit, &wlr->events.client_commit, handle_client_commit);
	}
	surface->object_id = arguments[0].n;
}

// wlroots tells of a point only when its commit is applied. Its timelines have the struct as user data.
static void handle_set_acquire_point(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct acquire_point *acquire = find_acquire_point(resource);
	if (acquire == NULL) {
		acquire = calloc(1, sizeof(*acquire));
		if (acquire == NULL) {
			wl_resource_post_no_memory(resource);
			return;
		}
		acquire->destroy.notify = handle_object_destroy;
		wl_resource_add_destroy_listener(resource, &acquire->destroy);
	}
	wlr_drm_syncobj_timeline_unref(acquire->timeline);
	acquire->timeline = wlr_drm_syncobj_timeline_ref(wl_resource_get_user_data((struct wl_resource *)arguments[0].o));
	acquire->point = (uint64_t)arguments[1].u << 32 | arguments[2].u;
}

// Only the buffers that the protocol names: shared memory is read when a commit is handled, not when it is applied.
static void handle_commit(
		struct compositor *compositor, struct wl_resource *resource, const union wl_argument *arguments) {
	struct wlr_surface *wlr = wlr_surface_from_resource(resource);
	const struct synced_surface *surface = find_surface(compositor, wlr);
	struct wl_resource *buffer = surface != NULL ? surface_attached_buffer(wlr) : NULL;
	struct wl_resource *object = buffer != NULL ? find_object(surface) : NULL;
	if (object != NULL && wlr_dmabuf_v1_buffer_try_from_buffer_resource(buffer) == NULL) {
		wl_resource_post_error(object, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER,
				"wl_buffer@%u is none of zwp_linux_dmabuf_v1, and has no explicit synchronization",
				wl_resource_get_id(buffer));
	}
}

bool explicit_sync_init(struct compositor *compositor) {
	if (compositor->dmabuf->wlr == NULL) {
		return true;
	}
	int fd = wlr_renderer_get_drm_fd(compositor->renderer);
	if (!compositor->renderer->features.timeline || !compositor->backend->features.timeline) {
		log_info("no explicit synchronization: the renderer or the outputs cannot wait for timelines");
		return true;
	}
	if (wlr_linux_drm_syncobj_manager_v1_create(compositor->display, VERSION, fd) == NULL) {
		log_info("no explicit synchronization: the kernel, or the GPU's driver, cannot wait for timelines");
		return true;
	}
	return requests_watch(compositor, "wp_linux_drm_syncobj_manager_v1", "get_surface", handle_get_surface) &&
		   requests_watch(
				   compositor, "wp_linux_drm_syncobj_surface_v1", "set_acquire_point", handle_set_acquire_point) &&
		   requests_watch(compositor, "wl_surface", "commit", handle_commit);
}

#else

bool explicit_sync_init(struct compositor *compositor) {
	return true;
}

#endif

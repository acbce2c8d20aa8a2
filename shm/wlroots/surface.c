/*
 * Early release. If the renderer uploads, it copies the damaged pixels itself, and wlroots unlocks the buffer when it
 * has applied the commit (upload.c). Otherwise, when a surface commits one of our buffers, the damaged pixels go into a
 * snapshot that replaces the buffer in the commit. Nobody holds the client's buffer then, and its release is sent at
 * once.
 */
#include "adapter.h"
#include "policy.h"

#include <stdlib.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>
#include <wlr/util/region.h>
#include <wlr/util/transform.h>

// wlroots queues the commits of a synchronized subsurface without limit. Beyond this many snapshots the queue gets the
// client's own buffers, so that it is the client that runs out.
#define SNAPSHOTS_MAX 3

// What is stale in a snapshot has at most this many rectangles; beyond, it becomes their bounding box. Each rectangle
// costs more than the one before.
#define STALE_RECTANGLES_MAX 1024

// How long a buffer is held, in place, from a client that is not known to have another one: three frames. The client
// may be waiting for it. Milliseconds.
#define HOLD_MS 50

// How a surface shows its buffer.
struct geometry {
	int32_t scale;
	enum wl_output_transform transform;
	bool has_source, has_destination; // of a viewport
	struct wlr_fbox source;
	int width, height; // of the destination
};

struct lido_surface {
	struct wl_list link;      // lido_wlroots.surfaces
	struct lido_wlroots *shm; // NULL once that is gone
	struct wlr_surface *surface;
	struct lido_uploader uploader;
	struct wl_list snapshots; // lido_snapshot.link
	struct geometry geometry; // of the last commit
	struct lido_policy_history history;
	struct lido_gpu_history gpu_history;
	bool is_withholding;                // last is held, to see whether the client has another buffer
	struct lido_buffer *last;           // committed last; NULL once its wl_buffer is gone
	bool was_held;                      // last was read in place when its wl_buffer was destroyed
	bool is_last_newest;                // no other buffer was committed since
	uint32_t newest_seq;                // of the last commit that had a buffer, or took it away
	struct lido_buffer *twin;           // another buffer, committed before last; NULL once its wl_buffer is gone
	struct wl_event_source *hold_timer; // NULL until needed
	bool is_timed;                      // hold_timer is running

	struct wl_listener last_destroy;
	struct wl_listener twin_destroy;
	struct wl_listener client_commit;
	struct wl_listener destroy;
};

static void drop_snapshots(struct lido_surface *surface) {
	struct lido_snapshot *snapshot, *next;
	wl_list_for_each_safe(snapshot, next, &surface->snapshots, link) {
		lido_snapshot_drop(snapshot);
	}
}

// Clips a region to (0, 0, width, height). Damage mostly is within, and to see that is cheaper than to intersect it.
static void clip(pixman_region32_t *region, int width, int height) {
	const pixman_box32_t *extents = pixman_region32_extents(region);
	if (extents->x1 < 0 || extents->y1 < 0 || extents->x2 > width || extents->y2 > height) {
		pixman_region32_intersect_rect(region, region, 0, 0, (unsigned)width, (unsigned)height);
	}
}

// Notes how the pending commit shows its buffer. Returns whether that differs from the commit before. GTK 3 sets the
// same scale with each commit.
static bool update_geometry(struct geometry *geometry, const struct wlr_surface_state *pending) {
	const uint32_t set = WLR_SURFACE_STATE_SCALE | WLR_SURFACE_STATE_TRANSFORM | WLR_SURFACE_STATE_VIEWPORT;
	if ((pending->committed & set) == 0) {
		return false;
	}
	struct geometry before = *geometry;
	*geometry = (struct geometry){.scale = pending->scale,
		.transform = pending->transform,
		.has_source = pending->viewport.has_src,
		.has_destination = pending->viewport.has_dst,
		.source = pending->viewport.src,
		.width = pending->viewport.dst_width,
		.height = pending->viewport.dst_height};
	return geometry->scale != before.scale || geometry->transform != before.transform ||
		   geometry->has_source != before.has_source || geometry->has_destination != before.has_destination ||
		   !wlr_fbox_equal(&geometry->source, &before.source) || geometry->width != before.width ||
		   geometry->height != before.height;
}

// Returns the pending commit's damage, in buffer coordinates. is_whole: all of it.
static void get_damage(struct wlr_surface *surface, bool is_whole, pixman_region32_t *damage) {
	const struct wlr_surface_state *pending = &surface->pending;
	bool has_surface_damage = pixman_region32_not_empty(&pending->surface_damage);
	bool has_viewport = pending->viewport.has_src || pending->viewport.has_dst;
	int width = pending->buffer_width, height = pending->buffer_height;
	if (is_whole || (has_surface_damage && has_viewport)) {
		pixman_region32_union_rect(damage, damage, 0, 0, (unsigned)width, (unsigned)height);
		return;
	}
	if (has_surface_damage) {
		if ((pending->transform & WL_OUTPUT_TRANSFORM_90) != 0) {
			width = pending->buffer_height;
			height = pending->buffer_width;
		}
		wlr_region_scale(damage, &pending->surface_damage, (float)pending->scale);
		wlr_region_transform(damage, damage, wlr_output_transform_invert(pending->transform), width, height);
	}
	pixman_region32_union(damage, damage, &pending->buffer_damage);
	clip(damage, pending->buffer_width, pending->buffer_height);
}

static void add_stale(struct lido_snapshot *snapshot, const pixman_region32_t *damage) {
	pixman_region32_t *stale = &snapshot->stale;
	pixman_region32_union(stale, stale, damage);
	clip(stale, snapshot->base.width, snapshot->base.height);
	if (pixman_region32_n_rects(stale) > STALE_RECTANGLES_MAX) {
		pixman_box32_t box = *pixman_region32_extents(stale);
		pixman_region32_fini(stale);
		pixman_region32_init_with_extents(stale, &box);
	}
}

// Will this very request apply the commit? Otherwise the pixels that are shown now must not change meanwhile.
static bool commit_is_immediate(struct wlr_surface *surface) {
	if (private_is_queued(surface)) {
		return false;
	}
	struct wlr_subsurface *subsurface;
	while (surface != NULL && (subsurface = wlr_subsurface_try_from_wlr_surface(surface)) != NULL) {
		if (subsurface->synchronized) {
			return false;
		}
		surface = subsurface->parent;
	}
	return true;
}

// May its pixels change now? Nobody but the surface may be reading them, and the surface must be about to show new
// ones.
static bool snapshot_is_free(const struct lido_snapshot *snapshot, struct wlr_surface *surface) {
	const struct wlr_client_buffer *shown = surface->buffer;
	size_t locks = private_get_locks(&snapshot->base);
	return locks == 0 || (locks == 1 && shown != NULL && shown->source == &snapshot->base &&
								 private_get_readers(shown) <= 1 && commit_is_immediate(surface));
}

// Returns a snapshot for the pixels of this commit, and drops those of another size or format. Returns NULL if there
// are too many already, or if memory is short, which *no_memory tells.
static struct lido_snapshot *find_snapshot(struct lido_surface *surface, struct lido_buffer *buffer, bool *no_memory) {
	struct lido_snapshot *snapshot, *next;
	int held = 0;
	*no_memory = false;
	wl_list_for_each_safe(snapshot, next, &surface->snapshots, link) {
		bool is_free = snapshot_is_free(snapshot, surface->surface);
		if (is_free && lido_snapshot_fits(snapshot, buffer)) {
			return snapshot;
		}
		if (!is_free) {
			held++;
		} else {
			lido_snapshot_drop(snapshot);
		}
	}
	if (held >= SNAPSHOTS_MAX) {
		return NULL;
	}
	snapshot = lido_snapshot_create(buffer);
	if (snapshot == NULL) {
		*no_memory = true;
		return NULL;
	}
	wl_list_insert(&surface->snapshots, &snapshot->link);
	return snapshot;
}

// Makes wlroots drop the commit. The client is disconnected already.
static void reject(struct wlr_surface *surface) {
	wlr_surface_reject_pending(surface, surface->resource, (uint32_t)-1, "buffer cannot be read");
}

// Sets *place to a buffer, or NULL, and moves the listener to its destroy signal.
static void watch(struct lido_buffer **place, struct wl_listener *listener, struct lido_buffer *buffer) {
	if (*place != NULL) {
		wl_list_remove(&listener->link);
	}
	*place = buffer;
	if (buffer != NULL) {
		wl_signal_add(&buffer->events.destroy, listener);
	}
}

// mapped: the commit, to copy from the mapping; NULL to read the file.
static void take_snapshot(struct lido_surface *surface, struct lido_client_buffer *client_buffer,
		const struct lido_commit *commit, const struct lido_commit *mapped) {
	struct lido_buffer *buffer = client_buffer->source;
	bool no_memory;
	struct lido_snapshot *snapshot = find_snapshot(surface, buffer, &no_memory);
	int64_t bytes = snapshot != NULL ? lido_snapshot_get_stale(snapshot) : buffer->size;
	if (no_memory || !lido_buffer_spend(buffer, bytes)) {
		lido_pool_post_no_memory(buffer->pool);
		reject(surface->surface);
		return;
	}
	if (snapshot == NULL) {
		if (!lido_client_buffer_show_in_place(client_buffer, commit) && !lido_client_buffer_show_copy(client_buffer)) {
			reject(surface->surface);
		}
		return;
	}
	if (!lido_snapshot_update(snapshot, buffer, mapped)) {
		lido_buffer_post_truncated(buffer);
		reject(surface->surface);
		return;
	}
	private_replace_pending_buffer(surface->surface, &snapshot->base);
}

// Is the last buffer read in place, so that the client does not have it back?
static bool is_held(const struct lido_surface *surface) {
	const struct lido_client_buffer *buffer = surface->last != NULL ? surface->last->data : NULL;
	return buffer != NULL && buffer->pixels != NULL;
}

// Releases the last buffer, unless somebody still has it.
static void stop_withholding(struct lido_surface *surface) {
	if (surface->is_withholding) {
		surface->is_withholding = false;
		lido_client_buffer_end_hold(surface->last->data);
	}
}

static void handle_last_destroy(struct wl_listener *listener, void *data) {
	struct lido_surface *surface = wl_container_of(listener, surface, last_destroy);
	surface->was_held = is_held(surface);
	surface->is_withholding = false;
	watch(&surface->last, &surface->last_destroy, NULL);
}

static void handle_twin_destroy(struct wl_listener *listener, void *data) {
	struct lido_surface *surface = wl_container_of(listener, surface, twin_destroy);
	watch(&surface->twin, &surface->twin_destroy, NULL);
}

// Remembers the buffer and the one before it. Returns whether the client has a second one of this size.
static bool has_twin(struct lido_surface *surface, struct lido_buffer *buffer) {
	if (surface->last != buffer) {
		watch(&surface->twin, &surface->twin_destroy, surface->last);
		watch(&surface->last, &surface->last_destroy, buffer);
	}
	const struct lido_buffer *twin = surface->twin;
	return twin != NULL && twin->width == buffer->width && twin->height == buffer->height;
}

// Nothing was committed for a while: the client may have no other buffer, and wait for the one that is held.
static int handle_hold_timer(void *data) {
	struct lido_surface *surface = data;
	surface->is_timed = false;
	if (surface->is_withholding) {
		lido_gpu_policy_stop_holding(&surface->gpu_history);
		stop_withholding(surface);
	}
	if (!is_held(surface)) {
		return 0;
	}
	lido_policy_stop_holding(&surface->history);
	if (!lido_client_buffer_release_early(surface->last->data)) {
		surface->is_timed = wl_event_source_timer_update(surface->hold_timer, HOLD_MS) == 0;
	}
	return 0;
}

static bool start_hold_timer(struct lido_surface *surface) {
	if (surface->hold_timer == NULL) {
		struct wl_client *client = wl_resource_get_client(surface->surface->resource);
		struct wl_event_loop *loop = wl_display_get_event_loop(wl_client_get_display(client));
		surface->hold_timer = wl_event_loop_add_timer(loop, handle_hold_timer, surface);
	}
	surface->is_timed = surface->hold_timer != NULL && wl_event_source_timer_update(surface->hold_timer, HOLD_MS) == 0;
	return surface->is_timed;
}

static void stop_hold_timer(struct lido_surface *surface) {
	if (surface->is_timed) {
		surface->is_timed = false;
		wl_event_source_timer_update(surface->hold_timer, 0);
	}
}

// Returns whether the GPU reads the buffer of this commit with no copy. has_other: the client has a second one.
static bool commit_to_gpu(struct lido_surface *surface, struct lido_client_buffer *client_buffer,
		const struct lido_policy_commit *commit, bool has_other) {
	struct lido_zero_copy *zero_copy = &surface->shm->zero_copy;
	struct wlr_renderer *renderer = surface->surface->compositor->renderer;
	struct lido_gpu_commit gpu_commit = {
		.is_possible =
				lido_gpu_buffer_is_possible(zero_copy, client_buffer) && lido_zero_copy_is_usable(zero_copy, renderer),
		.is_new = commit->buffer.commits == 0,
		.is_other = commit->is_other,
		.has_other = has_other,
		.size = commit->size,
		.damage = commit->damage,
	};
	enum lido_gpu_policy policy = lido_gpu_policy_decide(&surface->gpu_history, &gpu_commit);
	if (policy == LIDO_GPU_POLICY_IMPORT) {
		struct lido_gpu_buffer *gpu_buffer = lido_gpu_buffer_get(zero_copy, client_buffer, &commit->buffer, renderer);
		if (gpu_buffer != NULL) {
			private_replace_pending_buffer(surface->surface, &gpu_buffer->base);
			lido_uploader_add_import(&surface->uploader);
			return true;
		}
	} else if (policy == LIDO_GPU_POLICY_HOLD && start_hold_timer(surface)) {
		lido_client_buffer_hold(client_buffer);
		surface->is_withholding = true;
	} else if (policy == LIDO_GPU_POLICY_UPLOAD && !lido_gpu_buffer_is_used(client_buffer->gpu_buffer)) {
		lido_client_buffer_drop_gpu_buffer(client_buffer);
	}
	return false;
}

static void commit_buffer(struct lido_surface *surface, struct lido_client_buffer *client_buffer, int64_t damaged) {
	struct lido_buffer *buffer = client_buffer->source;
	struct lido_policy_commit commit = {
		.is_uploaded = lido_renderer_uploads(&surface->shm->renderer, surface->surface->compositor->renderer),
		.is_other = surface->last != buffer,
		.is_held = surface->was_held || is_held(surface),
		.size = buffer->size,
		.damage = damaged * buffer->size / ((int64_t)buffer->width * buffer->height),
	};
	client_buffer->is_released_early = false;
	if (!lido_buffer_begin_commit(buffer, &commit.buffer)) {
		reject(surface->surface);
		return;
	}
	surface->was_held = false;
	bool has_other = has_twin(surface, buffer);
	if (commit.is_uploaded && commit_to_gpu(surface, client_buffer, &commit, has_other)) {
		drop_snapshots(surface);
		return;
	}
	enum lido_policy policy = lido_policy_decide(&surface->history, &commit);
	if (policy == LIDO_POLICY_UPLOAD) {
		drop_snapshots(surface);
		bool is_inspected = commit.buffer.is_inspected && commit_is_immediate(surface->surface);
		lido_uploader_add(&surface->uploader, client_buffer, is_inspected);
		return;
	}
	if (policy == LIDO_POLICY_IN_PLACE && (has_other || start_hold_timer(surface)) &&
			lido_client_buffer_show_in_place(client_buffer, &commit.buffer)) {
		drop_snapshots(surface);
		return;
	}
	take_snapshot(surface, client_buffer, &commit.buffer, policy == LIDO_POLICY_COPY ? &commit.buffer : NULL);
}

static void handle_client_commit(struct wl_listener *listener, void *data) {
	struct lido_surface *surface = wl_container_of(listener, surface, client_commit);
	const struct wlr_surface_state *pending = &surface->surface->pending;
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	get_damage(surface->surface, update_geometry(&surface->geometry, pending), &damage);
	struct lido_snapshot *snapshot;
	wl_list_for_each(snapshot, &surface->snapshots, link) {
		add_stale(snapshot, &damage);
	}
	int64_t damaged = lido_copy_count_pixels(&damage);
	pixman_region32_fini(&damage);
	if ((pending->committed & WLR_SURFACE_STATE_BUFFER) == 0) {
		return;
	}
	stop_hold_timer(surface);
	stop_withholding(surface);
	struct lido_client_buffer *buffer =
			pending->buffer != NULL ? lido_client_buffer_try_from_wlr_buffer(pending->buffer) : NULL;
	surface->is_last_newest = buffer != NULL;
	surface->newest_seq = pending->seq;
	if (buffer != NULL) {
		commit_buffer(surface, buffer, damaged);
	} else {
		if (pending->buffer != NULL) {
			lido_uploader_add_foreign(&surface->uploader);
		}
		drop_snapshots(surface);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct lido_surface *surface = wl_container_of(listener, surface, destroy);
	drop_snapshots(surface);
	stop_withholding(surface);
	if (surface->hold_timer != NULL) {
		wl_event_source_remove(surface->hold_timer);
	}
	watch(&surface->last, &surface->last_destroy, NULL);
	watch(&surface->twin, &surface->twin_destroy, NULL);
	lido_uploader_finish(&surface->uploader);
	wl_list_remove(&surface->link);
	wl_list_remove(&surface->client_commit.link);
	wl_list_remove(&surface->destroy.link);
	free(surface);
}

void lido_surface_create(struct lido_wlroots *shm, struct wlr_surface *wlr_surface) {
	struct lido_surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		wl_resource_post_no_memory(wlr_surface->resource);
		return;
	}
	surface->shm = shm;
	surface->surface = wlr_surface;
	surface->geometry.scale = 1;
	wl_list_insert(&shm->surfaces, &surface->link);
	lido_uploader_init(&surface->uploader, wlr_surface);
	wl_list_init(&surface->snapshots);
	surface->last_destroy.notify = handle_last_destroy;
	surface->twin_destroy.notify = handle_twin_destroy;
	surface->client_commit.notify = handle_client_commit;
	wl_signal_add(&wlr_surface->events.client_commit, &surface->client_commit);
	surface->destroy.notify = handle_destroy;
	wl_signal_add(&wlr_surface->events.destroy, &surface->destroy);
}

// Returns the buffer that the surface shows; NULL: it is not one of ours, its wl_buffer is gone, or it is not known
// while commits are queued.
static struct lido_buffer *get_shown(const struct lido_surface *surface) {
	bool is_applied = (int32_t)(surface->surface->current.seq - surface->newest_seq) >= 0;
	return surface->is_last_newest && is_applied ? surface->last : NULL;
}

// Reads what the client has in its buffer now. It may have that back, and draw into it: then it is about to commit.
static struct wlr_texture *read_texture(struct lido_buffer *buffer, struct wlr_renderer *renderer) {
	if (lido_buffer_detect_tampering(buffer) || !lido_buffer_spend(buffer, buffer->size)) {
		return NULL;
	}
	struct lido_snapshot *snapshot = lido_snapshot_create(buffer);
	if (snapshot == NULL) {
		return NULL;
	}
	bool is_complete = lido_snapshot_update(snapshot, buffer, NULL);
	struct wlr_texture *texture = is_complete ? wlr_texture_from_buffer(renderer, &snapshot->base) : NULL;
	lido_snapshot_drop(snapshot);
	return texture;
}

// Of a buffer that was uploaded wlroots remembers the one that was there before its texture was updated.
static bool was_uploaded(struct wlr_buffer *source) {
	const struct lido_client_buffer *buffer = lido_client_buffer_try_from_wlr_buffer(source);
	return buffer != NULL && buffer->pixels == NULL && buffer->copy == NULL;
}

static struct wlr_texture *create_texture(struct lido_surface *surface, struct wlr_renderer *renderer) {
	struct wlr_buffer *source = surface->surface->buffer->source;
	struct lido_gpu_buffer *gpu_buffer = source != NULL ? lido_gpu_buffer_try_from_wlr_buffer(source) : NULL;
	bool is_readable = source != NULL && !was_uploaded(source) &&
					   (gpu_buffer == NULL || lido_zero_copy_is_usable(&surface->shm->zero_copy, renderer));
	struct wlr_texture *texture = is_readable ? wlr_texture_from_buffer(renderer, source) : NULL;
	if (texture != NULL) {
		return texture;
	}
	struct lido_buffer *shown = gpu_buffer != NULL ? gpu_buffer->source : get_shown(surface);
	return shown != NULL ? read_texture(shown, renderer) : NULL;
}

void lido_surfaces_set_renderer(struct lido_wlroots *shm, struct wlr_renderer *renderer) {
	bool uploads = lido_renderer_uploads(&shm->renderer, renderer);
	struct lido_surface *surface;
	wl_list_for_each(surface, &shm->surfaces, link) {
		struct wlr_client_buffer *shown = surface->surface->buffer;
		bool is_renewed = shown == NULL || (shown->texture != NULL && shown->texture->renderer == renderer);
		struct wlr_texture *texture = is_renewed ? NULL : create_texture(surface, renderer);
		if (texture != NULL) {
			private_set_texture(shown, texture);
		}
		if (!uploads) {
			lido_uploader_forget_buffers(&surface->uploader);
		}
	}
}

void lido_surfaces_finish(struct lido_wlroots *shm) {
	struct lido_surface *surface, *next;
	wl_list_for_each_safe(surface, next, &shm->surfaces, link) {
		wl_list_remove(&surface->link);
		wl_list_init(&surface->link);
		surface->shm = NULL;
	}
}

/*
 * wlroots emits "lost" while it draws, so the renderer is replaced when the event loop is idle. Textures of the new one
 * are created before the old one goes: pixman's lock the buffers that they read, and a client would have its buffer
 * back for a moment.
 */
#include "renderer.h"

#include "cursor_image.h"
#include "dmabuf.h"
#include "listener.h"
#include "log.h"
#include "output.h"
#include "parts.h"
#include "surface.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/render/allocator.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>

// Returns our own copy of the name; NULL: wlroots has no such renderer, and would treat the name as none.
static const char *find_name(const char *name) {
	static const char *const names[] = {"pixman", "gles2", "vulkan"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			return names[i];
		}
	}
	return NULL;
}

static struct wlr_renderer *create_renderer(struct compositor *compositor, const char *name) {
	const char *chosen = getenv("WLR_RENDERER");
	if (name == NULL && compositor->headless && chosen == NULL && access("/dev/dri", F_OK) != 0) {
		name = "pixman";
	}
	if (name == NULL || strcmp(name, "pixman") == 0) {
		return name != NULL ? wlr_pixman_renderer_create() : wlr_renderer_autocreate(compositor->backend);
	}
	// wlroots selects GPU renderers by the environment only.
	char *old = chosen != NULL ? strdup(chosen) : NULL;
	setenv("WLR_RENDERER", name, true);
	struct wlr_renderer *renderer = wlr_renderer_autocreate(compositor->backend);
	if (old != NULL) {
		setenv("WLR_RENDERER", old, true);
	} else {
		unsetenv("WLR_RENDERER");
	}
	free(old);
	return renderer;
}

static bool fall_back(struct renderer *renderer) {
	const char *name = renderer->name;
	renderer->name = "pixman";
	bool is_replaced = renderer_replace(renderer->compositor);
	renderer->name = is_replaced ? renderer->name : name;
	return is_replaced;
}

static void replace_or_retry(struct renderer *renderer) {
	if (renderer_replace(renderer->compositor)) {
		renderer->attempts = 0;
		log_info("the renderer was lost, and is replaced");
		return;
	}
	if (++renderer->attempts >= RENDERER_ATTEMPTS_MAX && fall_back(renderer)) {
		log_error("the renderer is lost, and no new one can be created: pixman draws without the GPU from now on");
		return;
	}
	log_error("the renderer is lost, and no new one can be created: trying again in %d ms", RENDERER_RETRY_MS);
	if (renderer->timer != NULL) {
		wl_event_source_timer_update(renderer->timer, RENDERER_RETRY_MS);
	}
}

static void handle_idle(void *data) {
	struct renderer *renderer = data;
	renderer->idle = NULL;
	replace_or_retry(renderer);
}

static int handle_timer(void *data) {
	replace_or_retry(data);
	return 0;
}

// Emitted again by each attempt to draw, until it is replaced.
static void handle_lost(struct wl_listener *listener, void *data) {
	struct renderer *renderer = wl_container_of(listener, renderer, listeners.lost);
	listener_remove(&renderer->listeners.lost);
	if (renderer->timer == NULL) {
		renderer->timer = wl_event_loop_add_timer(renderer->compositor->loop, handle_timer, renderer);
	}
	renderer->idle = wl_event_loop_add_idle(renderer->compositor->loop, handle_idle, renderer);
}

static bool create(struct compositor *compositor, struct wlr_renderer **renderer, struct wlr_allocator **allocator) {
	*renderer = compositor->backend != NULL ? create_renderer(compositor, compositor->rendering->name) : NULL;
	if (*renderer == NULL) {
		return false;
	}
	*allocator = wlr_allocator_autocreate(compositor->backend, *renderer);
	if (*allocator == NULL) {
		wlr_renderer_destroy(*renderer);
		return false;
	}
	return true;
}

static void use(struct compositor *compositor, struct wlr_renderer *renderer, struct wlr_allocator *allocator) {
	compositor->renderer = renderer;
	compositor->allocator = allocator;
	listener_add(&compositor->rendering->listeners.lost, &renderer->events.lost, handle_lost);
}

bool renderer_init(struct compositor *compositor, const char *name) {
	struct wlr_renderer *renderer;
	struct wlr_allocator *allocator;
	const char *known = name != NULL ? find_name(name) : NULL;
	*compositor->rendering = (struct renderer){.compositor = compositor, .name = known};
	if ((name != NULL && known == NULL) || !create(compositor, &renderer, &allocator)) {
		log_error("cannot create the %s renderer; use pixman, which works everywhere", name != NULL ? name : "default");
		return false;
	}
	use(compositor, renderer, allocator);
	return true;
}

bool renderer_replace(struct compositor *compositor) {
	struct wlr_renderer *renderer, *old_renderer = compositor->renderer;
	struct wlr_allocator *allocator, *old_allocator = compositor->allocator;
	if (!create(compositor, &renderer, &allocator)) {
		return false;
	}
	listener_remove(&compositor->rendering->listeners.lost);
	use(compositor, renderer, allocator);
	wlr_compositor_set_renderer(compositor->wlr, renderer);
	surfaces_set_renderer(compositor, renderer);
	outputs_set_renderer(compositor);
	cursor_image_renew(compositor);
	dmabuf_set_renderer(compositor);
	wlr_allocator_destroy(old_allocator);
	wlr_renderer_destroy(old_renderer);
	return true;
}

void renderer_finish(struct compositor *compositor) {
	struct renderer *renderer = compositor->rendering;
	if (compositor->renderer == NULL) {
		return;
	}
	listener_remove(&renderer->listeners.lost);
	if (renderer->idle != NULL) {
		wl_event_source_remove(renderer->idle);
	}
	if (renderer->timer != NULL) {
		wl_event_source_remove(renderer->timer);
	}
	wlr_allocator_destroy(compositor->allocator);
	wlr_renderer_destroy(compositor->renderer);
}

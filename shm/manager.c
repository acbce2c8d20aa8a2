#include "manager.h"

#include "handle.h"
#include "memory.h"
#include "os.h"
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#define WL_SHM_VERSION 2

static void handle_create_pool(
		struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t fd, int32_t size) {
	lido_handle_create(resource, id, fd, size);
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wl_shm_interface wl_shm_impl = {
	.create_pool = handle_create_pool,
	.release = handle_release,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct lido_manager *manager = data;
	struct lido_pool *pool = lido_pool_from_client(manager, client);
	struct wl_resource *resource = wl_resource_create(client, &wl_shm_interface, (int)version, id);
	if (pool == NULL || resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &wl_shm_impl, pool, NULL);
	for (size_t i = 0; i < manager->formats_len; ++i) {
		wl_shm_send_format(resource, lido_format_drm_to_shm(manager->formats[i]->drm));
	}
}

const struct lido_format *lido_manager_find_format(const struct lido_manager *manager, uint32_t shm_format) {
	for (size_t i = 0; i < manager->formats_len; ++i) {
		if (lido_format_drm_to_shm(manager->formats[i]->drm) == shm_format) {
			return manager->formats[i];
		}
	}
	return NULL;
}

static int handle_trim(void *data) {
	struct lido_manager *manager = data;
	int64_t before = lido_memory_now() - LIDO_MEMORY_WARM_MS;
	bool left = false;
	struct lido_pool *pool;
	manager->trim_scheduled = false;
	wl_list_for_each(pool, &manager->pools, link) {
		left |= lido_memory_trim(pool, before);
	}
	if (left) {
		lido_manager_schedule_trim(manager);
	}
	return 0;
}

void lido_manager_schedule_trim(struct lido_manager *manager) {
	if (!manager->trim_scheduled) {
		manager->trim_scheduled = wl_event_source_timer_update(manager->trim_timer, LIDO_MEMORY_TICK_MS) == 0;
	}
}

static bool manager_add_formats(struct lido_manager *manager, const uint32_t *formats, size_t formats_len) {
	manager->formats = lido_os.calloc(formats_len + 1, sizeof(manager->formats[0]));
	if (manager->formats == NULL) {
		return false;
	}
	for (size_t i = 0; i < formats_len; ++i) {
		const struct lido_format *format = lido_format_from_drm(formats[i]);
		if (format != NULL && lido_manager_find_format(manager, lido_format_drm_to_shm(format->drm)) == NULL) {
			manager->formats[manager->formats_len++] = format;
		}
	}
	if (lido_manager_find_format(manager, WL_SHM_FORMAT_ARGB8888) == NULL ||
			lido_manager_find_format(manager, WL_SHM_FORMAT_XRGB8888) == NULL) {
		errno = EINVAL;
		return false;
	}
	return true;
}

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct lido_manager *manager = wl_container_of(listener, manager, display_destroy);
	lido_manager_destroy(manager);
}

struct lido_manager *lido_manager_create(
		struct wl_display *display, const uint32_t *formats, size_t formats_len, const struct lido_limits *limits) {
	struct lido_manager *manager = lido_os.calloc(1, sizeof(*manager));
	if (manager == NULL) {
		return NULL;
	}
	manager->display = display;
	manager->limits = limits != NULL ? *limits : lido_limits_default();
	manager->files_total_max = lido_limits_get_files_total_max();
	wl_list_init(&manager->pools);
	if (!manager_add_formats(manager, formats, formats_len)) {
		goto error_manager;
	}
	manager->trim_timer = wl_event_loop_add_timer(wl_display_get_event_loop(display), handle_trim, manager);
	if (manager->trim_timer == NULL) {
		goto error_manager;
	}
	manager->global = wl_global_create(display, &wl_shm_interface, WL_SHM_VERSION, manager, manager_bind);
	if (manager->global == NULL) {
		goto error_timer;
	}
	manager->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return manager;

error_timer:
	wl_event_source_remove(manager->trim_timer);
error_manager:
	free(manager->formats);
	free(manager);
	return NULL;
}

void lido_manager_destroy(struct lido_manager *manager) {
	if (manager == NULL) {
		return;
	}
	struct lido_pool *pool, *next;
	wl_list_for_each_safe(pool, next, &manager->pools, link) {
		// What is left belongs to clients that are gone, and is locked; it lives on by itself.
		pool->manager = NULL;
		wl_list_remove(&pool->link);
		wl_list_init(&pool->link);
	}
	wl_list_remove(&manager->display_destroy.link);
	wl_event_source_remove(manager->trim_timer);
	wl_global_destroy(manager->global);
	free(manager->formats);
	free(manager);
}

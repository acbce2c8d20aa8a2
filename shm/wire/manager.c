#include "wire/manager.h"

#include "base/os.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "wire/pool_resource.h"
#include "wire/shm_pool_resource.h"

#include "lido-shm-v1-protocol.h"
#include <errno.h>
#include <lido/monitor.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#define WL_SHM_VERSION 2
#define LIDO_SHM_VERSION 1

// What one look at the idle memory of all clients may cost: so many calls of the kernel, of some microseconds each, so
// that nobody's frame is late. If that was not enough, the next look comes this soon. Milliseconds.
#define TRIM_CALLS_MAX 64
#define TRIM_AGAIN_MS 10

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

static void handle_get_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t reserve_max) {
	lido_pool_handle_create(resource, id, reserve_max);
}

static const struct lido_shm_manager_v1_interface lido_shm_impl = {
	.destroy = handle_release,
	.get_pool = handle_get_pool,
};

// A resource of a global; its data is the client's pool. NULL: the client is ended.
static struct wl_resource *create_resource(struct lido_manager *manager, struct wl_client *client,
		const struct wl_interface *interface, uint32_t version, uint32_t id, const void *impl) {
	struct lido_pool *pool = lido_pool_from_client(manager, client);
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);
	if (pool == NULL || resource == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, impl, pool, NULL);
	return resource;
}

static void bind_lido_shm(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	create_resource(data, client, &lido_shm_manager_v1_interface, version, id, &lido_shm_impl);
}

static void bind_wl_shm(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct lido_manager *manager = data;
	struct wl_resource *resource = create_resource(manager, client, &wl_shm_interface, version, id, &wl_shm_impl);
	if (resource == NULL) {
		return;
	}
	for (size_t i = 0; i < manager->formats_len; i++) {
		wl_shm_send_format(resource, lido_format_drm_to_shm(manager->formats[i]->drm));
	}
}

const struct lido_format *lido_manager_find_format(const struct lido_manager *manager, uint32_t shm_format) {
	for (size_t i = 0; i < manager->formats_len; i++) {
		if (lido_format_drm_to_shm(manager->formats[i]->drm) == shm_format) {
			return manager->formats[i];
		}
	}
	return NULL;
}

static void schedule_trim(struct lido_manager *manager, int delay) {
	manager->trim_scheduled = wl_event_source_timer_update(manager->trim_timer, delay) == 0;
}

static void manager_trim(struct lido_manager *manager) {
	int64_t before = manager->under_pressure ? 0 : lido_memory_now() - LIDO_MEMORY_WARM_MS;
	uint32_t calls_left = TRIM_CALLS_MAX;
	bool left = false;
	struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		left |= lido_pool_trim(pool, before, &calls_left);
	}
	manager->under_pressure &= calls_left == 0;
	manager->trim_scheduled = false;
	if (left) {
		schedule_trim(manager, calls_left == 0 ? TRIM_AGAIN_MS : LIDO_MEMORY_TICK_MS);
	}
}

static int handle_trim(void *data) {
	manager_trim(data);
	return 0;
}

static void handle_pressure(void *data) {
	struct lido_manager *manager = data;
	manager->under_pressure = true;
	manager_trim(manager);
}

void lido_manager_schedule_trim(struct lido_manager *manager) {
	if (!manager->trim_scheduled) {
		schedule_trim(manager, LIDO_MEMORY_TICK_MS);
	}
}

void lido_manager_close(struct lido_manager *manager, int fd, bool is_ours) {
	if (manager != NULL) {
		manager->files--;
		lido_disposal_close(&manager->disposal, fd, is_ours);
	} else {
		lido_os.close(fd);
	}
}

static bool manager_add_formats(struct lido_manager *manager, const uint32_t *formats, size_t formats_len) {
	manager->formats = lido_os.calloc(formats_len + 1, sizeof(manager->formats[0]));
	if (manager->formats == NULL) {
		return false;
	}
	for (size_t i = 0; i < formats_len; i++) {
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
	struct wl_event_loop *loop = wl_display_get_event_loop(display);
	manager->trim_timer = wl_event_loop_add_timer(loop, handle_trim, manager);
	if (manager->trim_timer == NULL) {
		goto error_manager;
	}
	manager->wl_shm = wl_global_create(display, &wl_shm_interface, WL_SHM_VERSION, manager, bind_wl_shm);
	if (manager->wl_shm == NULL) {
		goto error_timer;
	}
	manager->lido_shm =
			wl_global_create(display, &lido_shm_manager_v1_interface, LIDO_SHM_VERSION, manager, bind_lido_shm);
	if (manager->lido_shm == NULL) {
		goto error_wl_shm;
	}
	lido_disposal_init(&manager->disposal, loop);
	lido_pressure_init(&manager->pressure, loop, handle_pressure, manager);
	manager->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return manager;

error_wl_shm:
	wl_global_destroy(manager->wl_shm);
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
	lido_monitor_destroy(manager->monitor);
	wl_list_remove(&manager->display_destroy.link);
	wl_event_source_remove(manager->trim_timer);
	lido_pressure_finish(&manager->pressure);
	lido_disposal_finish(&manager->disposal);
	wl_global_destroy(manager->lido_shm);
	wl_global_destroy(manager->wl_shm);
	free(manager->formats);
	free(manager);
}

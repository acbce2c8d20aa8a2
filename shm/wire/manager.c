#include "wire/manager.h"

#include "base/os.h"
#include "wire/pool_resource.h"
#include "wire/shm_pool_resource.h"

#include "lido-shm-v1-protocol.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>

#define WL_SHM_VERSION 2
#define LIDO_SHM_VERSION 4

static void handle_create_pool(
		struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t fd, int32_t size) {
	lido_shm_pool_resource_create(resource, id, fd, size);
}

static void handle_release(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static const struct wl_shm_interface wl_shm_impl = {
	.create_pool = handle_create_pool,
	.release = handle_release,
};

static void handle_get_pool(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t reserve_max) {
	lido_pool_resource_create(resource, id, reserve_max, false);
}

static void handle_get_private_pool(
		struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t reserve_max) {
	lido_pool_resource_create(resource, id, reserve_max, true);
}

static const struct lido_shm_manager_v1_interface lido_shm_impl = {
	.destroy = handle_release,
	.get_pool = handle_get_pool,
	.get_private_pool = handle_get_private_pool,
};

// Creates the resource of a global; its user data is the client's pool. Returns NULL if the client is disconnected.
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

// If the name cannot be had, the client takes the connection for one with a proxy.
static void send_peer(struct wl_resource *resource) {
	char name[LIDO_PEER_NAME_MAX];
	ssize_t size = lido_os.get_peer_name(wl_client_get_fd(wl_resource_get_client(resource)), name);
	struct wl_array array = {.size = size > 0 ? (size_t)size : 0, .data = name};
	lido_shm_manager_v1_send_peer(resource, &array);
}

static void bind_lido_shm(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
			create_resource(data, client, &lido_shm_manager_v1_interface, version, id, &lido_shm_impl);
	if (resource != NULL) {
		send_peer(resource);
	}
}

static void handle_shm_destroy(struct wl_resource *resource) {
	wl_list_remove(wl_resource_get_link(resource));
}

static void bind_wl_shm(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct lido_manager *manager = data;
	struct wl_resource *resource = create_resource(manager, client, &wl_shm_interface, version, id, &wl_shm_impl);
	if (resource == NULL) {
		return;
	}
	wl_list_insert(&manager->shm_resources, wl_resource_get_link(resource));
	wl_resource_set_destructor(resource, handle_shm_destroy);
	for (size_t i = 0; i < manager->formats.len; i++) {
		wl_shm_send_format(resource, lido_format_drm_to_shm(manager->formats.formats[i]->drm));
	}
}

struct lido_pool *lido_pool_from_client(struct lido_manager *manager, struct wl_client *client) {
	struct lido_pool *pool = lido_pool_find(client);
	if (pool == NULL && (pool = lido_pool_create(client, &manager->context)) != NULL) {
		pool->id = ++manager->last_pool_id;
		wl_list_insert(manager->pools.prev, &pool->link);
		wl_signal_emit(&manager->events.pool_created, pool);
	}
	return pool;
}

void lido_manager_add_pool_listener(struct lido_manager *manager, struct wl_listener *listener) {
	wl_signal_add(&manager->events.pool_created, listener);
}

void lido_manager_add_limit_listener(struct lido_manager *manager, struct wl_listener *listener) {
	wl_signal_add(&manager->total.limit_met, listener);
}

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct lido_manager *manager = wl_container_of(listener, manager, display_destroy);
	lido_manager_destroy(manager);
}

static bool manager_create_globals(struct lido_manager *manager) {
	manager->wl_shm = wl_global_create(manager->display, &wl_shm_interface, WL_SHM_VERSION, manager, bind_wl_shm);
	if (manager->wl_shm == NULL) {
		return false;
	}
	manager->lido_shm = wl_global_create(
			manager->display, &lido_shm_manager_v1_interface, LIDO_SHM_VERSION, manager, bind_lido_shm);
	if (manager->lido_shm == NULL) {
		wl_global_destroy(manager->wl_shm);
		return false;
	}
	return true;
}

struct lido_manager *lido_manager_create(
		struct wl_display *display, const uint32_t *formats, size_t formats_len, const struct lido_limits *limits) {
	if (limits != NULL && !lido_quota_limits_are_valid(limits)) {
		errno = EINVAL;
		return NULL;
	}
	if (wl_display_get_destroy_listener(display, handle_display_destroy) != NULL) {
		errno = EEXIST;
		return NULL;
	}
	struct lido_manager *manager = lido_os.calloc(1, sizeof(*manager));
	if (manager == NULL) {
		return NULL;
	}
	manager->display = display;
	manager->context = (struct lido_pool_context){.limits = limits != NULL ? *limits : lido_limits_default(),
		.total = &manager->total,
		.reclaim = &manager->reclaim,
		.formats = &manager->formats,
		.udmabufs = &manager->udmabufs};
	lido_udmabuf_device_init(&manager->udmabufs);
	wl_list_init(&manager->shm_resources);
	wl_list_init(&manager->pools);
	wl_signal_init(&manager->events.destroy);
	wl_signal_init(&manager->events.pool_created);
	lido_quota_total_init(&manager->total, lido_limits_get_files_total_max(), lido_limits_get_mappings_total_max());
	if (!lido_format_list_init(&manager->formats, formats, formats_len) ||
			!lido_reclaim_init(&manager->reclaim, wl_display_get_event_loop(display), &manager->total)) {
		goto error_formats;
	}
	if (!manager_create_globals(manager)) {
		goto error_reclaim;
	}
	wl_display_set_default_max_buffer_size(display, LIDO_UNREAD_BYTES_MAX);
	manager->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return manager;

error_reclaim:
	lido_reclaim_finish(&manager->reclaim);
error_formats:
	lido_format_list_finish(&manager->formats);
	free(manager);
	return NULL;
}

bool lido_manager_add_format(struct lido_manager *manager, uint32_t format) {
	const struct lido_format *known = lido_format_from_drm(format);
	if (known == NULL) {
		errno = EINVAL;
		return false;
	}
	uint32_t code = lido_format_drm_to_shm(format);
	if (lido_format_list_find(&manager->formats, code) != NULL) {
		return true;
	}
	if (!lido_format_list_add(&manager->formats, known)) {
		return false;
	}
	struct wl_resource *resource;
	wl_resource_for_each(resource, &manager->shm_resources) {
		wl_shm_send_format(resource, code);
	}
	return true;
}

bool lido_manager_open_udmabuf(struct lido_manager *manager) {
	return lido_udmabuf_device_open(&manager->udmabufs);
}

// Those who listen may remove their listeners later.
static void signal_finish(struct wl_signal *signal) {
	struct wl_listener *listener, *next;
	wl_list_for_each_safe(listener, next, &signal->listener_list, link) {
		wl_list_remove(&listener->link);
		wl_list_init(&listener->link);
	}
}

void lido_manager_destroy(struct lido_manager *manager) {
	if (manager == NULL) {
		return;
	}
	wl_signal_emit(&manager->events.destroy, manager);
	assert(wl_list_empty(&manager->events.destroy.listener_list));
	struct wl_resource *resource, *next_resource;
	wl_resource_for_each_safe(resource, next_resource, &manager->shm_resources) {
		wl_list_remove(wl_resource_get_link(resource));
		wl_list_init(wl_resource_get_link(resource));
	}
	struct lido_pool *pool, *next;
	wl_list_for_each_safe(pool, next, &manager->pools, link) {
		// The client is gone, and something of its pool is locked.
		lido_pool_detach(pool);
	}
	signal_finish(&manager->events.pool_created);
	signal_finish(&manager->total.limit_met);
	wl_list_remove(&manager->display_destroy.link);
	lido_reclaim_finish(&manager->reclaim);
	lido_udmabuf_device_finish(&manager->udmabufs);
	wl_global_destroy(manager->lido_shm);
	wl_global_destroy(manager->wl_shm);
	lido_format_list_finish(&manager->formats);
	free(manager);
}

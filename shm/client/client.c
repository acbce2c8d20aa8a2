#include "client_private.h"

#include "area.h"
#include "base/number.h"
#include "block.h"
#include "format.h"
#include "image.h"
#include "socket_name.h"
#include "swapchain.h"

#include "lido-shm-v1-client-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wayland-client-protocol.h>

// A program on 32 bits has 3 GiB of address space; most programs can spare this much.
#define RESERVE_MAX_32 (INT64_C(256) << 20)

static const char *const error_texts[] = {
	[LIDO_CLIENT_ERROR_NONE] = "no error",
	[LIDO_CLIENT_ERROR_CONNECTION] = "the connection to the compositor is broken",
	[LIDO_CLIENT_ERROR_UNSUPPORTED] = "the compositor does not offer this kind of memory or format",
	[LIDO_CLIENT_ERROR_INVALID] = "image size below 1x1, block size below 1 byte, or either above 2 GiB",
	[LIDO_CLIENT_ERROR_LIMIT] = "the compositor allows this client no more memory or buffers",
	[LIDO_CLIENT_ERROR_MEMORY] = "out of memory, address space or file descriptors",
	[LIDO_CLIENT_ERROR_STRIDE] = "stride less than a row, or not a multiple of the bytes of a pixel",
	[LIDO_CLIENT_ERROR_RANGE] = "image ends beyond its block",
};

const char *lido_client_error_to_string(enum lido_client_error error) {
	size_t i = (size_t)error;
	return i < sizeof(error_texts) / sizeof(error_texts[0]) ? error_texts[i] : "unknown error";
}

bool lido_client_fail(struct lido_client *client, enum lido_client_error error) {
	client->error = error;
	return false;
}

static void handle_format(void *data, struct wl_shm *shm, uint32_t format) {
	struct lido_client *client = data;
	client->formats |= lido_client_format_to_bit(format);
}

static const struct wl_shm_listener shm_listener = {
	.format = handle_format,
};

static void handle_peer(void *data, struct lido_shm_manager_v1 *manager, struct wl_array *name) {
	struct lido_client *client = data;
	client->is_direct = lido_socket_name_is(wl_display_get_fd(client->display), name->data, name->size);
}

static const struct lido_shm_manager_v1_listener manager_listener = {
	.peer = handle_peer,
};

static void bind_manager(struct lido_client *client, uint32_t name, uint32_t version) {
	if (client->options.is_private && version < LIDO_SHM_MANAGER_V1_GET_PRIVATE_POOL_SINCE_VERSION) {
		return;
	}
	// The server reads the name when it handles the request.
	if (!lido_socket_name_set(wl_display_get_fd(client->display))) {
		return;
	}
	uint32_t bound = (uint32_t)lido_min(version, LIDO_SHM_MANAGER_V1_GET_PRIVATE_POOL_SINCE_VERSION);
	client->manager = wl_registry_bind(client->registry, name, &lido_shm_manager_v1_interface, bound);
	if (client->manager != NULL) {
		lido_shm_manager_v1_add_listener(client->manager, &manager_listener, client);
	}
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct lido_client *client = data;
	if (client->is_registry_over) {
		return;
	}
	if (client->shm == NULL && strcmp(interface, wl_shm_interface.name) == 0) {
		uint32_t bound = (uint32_t)lido_min(version, WL_SHM_RELEASE_SINCE_VERSION);
		client->shm = wl_registry_bind(registry, name, &wl_shm_interface, bound);
		if (client->shm != NULL) {
			wl_shm_add_listener(client->shm, &shm_listener, client);
		}
	} else if (client->manager == NULL && client->options.backend != LIDO_CLIENT_BACKEND_WL_SHM &&
			   !lido_socket_is_pool_refused() && strcmp(interface, lido_shm_manager_v1_interface.name) == 0) {
		bind_manager(client, name, version);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_wake(void *data, struct wl_callback *callback, uint32_t serial) {
	struct lido_client *client = data;
	wl_callback_destroy(callback);
	client->wake = NULL;
}

static const struct wl_callback_listener wake_listener = {
	.done = handle_wake,
};

static void drop_wake(struct lido_client *client) {
	if (client->wake != NULL) {
		wl_callback_destroy(client->wake);
		client->wake = NULL;
	}
}

// Has the server send an event: a program that polls the socket wakes up, and dispatches what was read already. The
// event is on the client's own queue: other threads may dispatch the default queue, and some programs never do.
static void request_wake(struct lido_client *client) {
	drop_wake(client);
	client->wake = wl_display_sync(client->display_wrapper);
	if (client->wake != NULL) {
		wl_callback_add_listener(client->wake, &wake_listener, client);
		wl_display_flush(client->display);
	}
}

static bool has_default_events(struct lido_client *client) {
	if (wl_display_prepare_read(client->display) != 0) {
		return true;
	}
	wl_display_cancel_read(client->display);
	return false;
}

static bool round_trip_unprepared(struct lido_client *client) {
	bool is_done = wl_display_roundtrip_queue(client->display, client->queue) >= 0;
	// It may have read events of the program, for which the socket does not become readable again.
	if (is_done && has_default_events(client)) {
		request_wake(client);
	}
	return is_done;
}

static bool round_trip_prepared(struct lido_client *client) {
	// A thread that waits for the socket with a read prepared waits for itself.
	wl_display_cancel_read(client->display);
	bool is_done = wl_display_roundtrip_queue(client->display, client->queue) >= 0;
	// On this queue nobody else's events are pending, which would have to be dispatched first.
	while (wl_display_prepare_read_queue(client->display, client->queue) != 0) {
		wl_display_dispatch_queue_pending(client->display, client->queue);
	}
	// The program may have prepared to read any queue, and polls next.
	request_wake(client);
	return is_done;
}

bool lido_client_round_trip(struct lido_client *client) {
	client->stats.round_trips++;
	if (client->is_read_prepared ? round_trip_prepared(client) : round_trip_unprepared(client)) {
		return true;
	}
	bool is_broken = wl_display_get_error(client->display) != 0;
	return lido_client_fail(client, is_broken ? LIDO_CLIENT_ERROR_CONNECTION : LIDO_CLIENT_ERROR_MEMORY);
}

bool lido_client_dispatch(struct lido_client *client) {
	return wl_display_dispatch_queue_pending(client->display, client->queue) >= 0 ||
		   lido_client_fail(client, LIDO_CLIENT_ERROR_CONNECTION);
}

void lido_client_set_read_prepared(struct lido_client *client, bool is_prepared) {
	client->is_read_prepared = is_prepared;
}

struct wl_shm *lido_client_get_shm(const struct lido_client *client) {
	return client->shm;
}

int64_t lido_client_get_reserve_left(const struct lido_client *client) {
	return client->reserve_max - client->stats.bytes_mapped;
}

void *lido_client_map(struct lido_client *client, int fd, uint32_t size) {
	if (size > lido_client_get_reserve_left(client)) {
		return NULL;
	}
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (data == MAP_FAILED) {
		return NULL;
	}
	client->stats.mappings++;
	client->stats.bytes_mapped += size;
	return data;
}

void lido_client_unmap(struct lido_client *client, void *data, uint32_t size) {
	if (data != NULL) {
		munmap(data, size);
		client->stats.mappings--;
		client->stats.bytes_mapped -= size;
	}
}

static bool bind_globals(struct lido_client *client) {
	client->registry = wl_display_get_registry(client->display_wrapper);
	if (client->registry == NULL) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	wl_registry_add_listener(client->registry, &registry_listener, client);
	if (!lido_client_round_trip(client)) {
		return false;
	}
	client->is_registry_over = true;
	if (client->shm == NULL || (client->manager == NULL && client->options.backend == LIDO_CLIENT_BACKEND_POOL)) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_UNSUPPORTED);
	}
	if (client->manager != NULL && !lido_client_create_pool(client)) {
		return false;
	}
	// The server answers with its formats and limits, and with the name of its peer.
	if (!lido_client_round_trip(client)) {
		return false;
	}
	bool is_useless = client->blocks_max == 0 && client->options.backend == LIDO_CLIENT_BACKEND_AUTO;
	if (client->manager != NULL && (!client->is_direct || is_useless)) {
		// A proxy is in between, or the pool gives nothing. No area was announced yet.
		lido_client_destroy_pool(client);
		client->blocks_max = client->buffers_max = UINT32_MAX;
		return client->options.backend != LIDO_CLIENT_BACKEND_POOL ||
			   lido_client_fail(client, LIDO_CLIENT_ERROR_UNSUPPORTED);
	}
	return true;
}

static bool start(struct lido_client *client) {
	client->queue = wl_display_create_queue(client->display);
	if (client->queue == NULL) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	client->display_wrapper = wl_proxy_create_wrapper(client->display);
	if (client->display_wrapper == NULL) {
		return lido_client_fail(client, LIDO_CLIENT_ERROR_MEMORY);
	}
	wl_proxy_set_queue((struct wl_proxy *)client->display_wrapper, client->queue);
	return bind_globals(client);
}

static struct lido_client *allocate(struct wl_display *display, const struct lido_client_options *options) {
	struct lido_client *client = calloc(1, sizeof(*client));
	if (client == NULL) {
		return NULL;
	}
	client->display = display;
	client->options = options != NULL ? *options : (struct lido_client_options){0};
	if (client->options.reserve_max == 0 && sizeof(void *) < sizeof(int64_t)) {
		client->options.reserve_max = RESERVE_MAX_32;
	}
	client->reserve_max = client->options.reserve_max != 0 ? client->options.reserve_max : INT64_MAX;
	client->blocks_max = client->buffers_max = UINT32_MAX;
	client->row_align = LIDO_CLIENT_ROW_ALIGN_DEFAULT;
	client->populates = true;
	client->is_read_prepared = client->options.is_read_prepared;
	wl_list_init(&client->areas);
	wl_list_init(&client->blocks);
	wl_list_init(&client->images);
	wl_list_init(&client->swapchains);
	return client;
}

struct lido_client *lido_client_create(
		struct wl_display *display, const struct lido_client_options *options, enum lido_client_error *error) {
	enum lido_client_error unused;
	error = error != NULL ? error : &unused;
	struct lido_client *client = allocate(display, options);
	*error = client != NULL ? LIDO_CLIENT_ERROR_NONE : LIDO_CLIENT_ERROR_MEMORY;
	if (client != NULL && !start(client)) {
		*error = client->error;
		lido_client_destroy(client);
		return NULL;
	}
	return client;
}

static void destroy_shm(struct wl_shm *shm) {
	if (shm == NULL) {
		return;
	}
	if (wl_shm_get_version(shm) >= WL_SHM_RELEASE_SINCE_VERSION) {
		wl_shm_release(shm);
	} else {
		wl_shm_destroy(shm);
	}
}

static void destroy_objects(struct lido_client *client) {
	struct lido_swapchain *swapchain, *next_swapchain;
	wl_list_for_each_safe(swapchain, next_swapchain, &client->swapchains, link) {
		lido_swapchain_destroy(swapchain);
	}
	struct lido_image *image, *next_image;
	wl_list_for_each_safe(image, next_image, &client->images, link) {
		lido_client_image_destroy(image);
	}
	struct lido_client_block *block, *next_block;
	wl_list_for_each_safe(block, next_block, &client->blocks, link) {
		lido_client_block_destroy(block);
	}
	// The protocol requires that the blocks are destroyed first.
	lido_client_destroy_pool(client);
	destroy_shm(client->shm);
	if (client->registry != NULL) {
		wl_registry_destroy(client->registry);
	}
}

void lido_client_destroy(struct lido_client *client) {
	if (client == NULL) {
		return;
	}
	destroy_objects(client);
	drop_wake(client);
	assert(client->stats.areas == 0 && client->stats.mappings == 0 && client->stats.bytes_mapped == 0);
	assert(client->stats.bytes_files == 0 && client->stats.images == 0 && client->stats.bytes_images == 0);
	assert(client->blocks_len == 0 && client->buffers_len == 0);
	assert(client->stats.files == 0);
	if (client->display_wrapper != NULL) {
		wl_proxy_wrapper_destroy(client->display_wrapper);
	}
	if (client->queue != NULL) {
		wl_event_queue_destroy(client->queue);
	}
	free(client);
}

enum lido_client_backend lido_client_get_backend(const struct lido_client *client) {
	return client->manager != NULL ? LIDO_CLIENT_BACKEND_POOL : LIDO_CLIENT_BACKEND_WL_SHM;
}

bool lido_client_has_format(const struct lido_client *client, uint32_t format) {
	return (lido_client_format_to_bit(format) & client->formats) != 0;
}

enum lido_client_error lido_client_get_error(const struct lido_client *client) {
	return client->error;
}

void lido_client_get_stats(const struct lido_client *client, struct lido_client_stats *stats) {
	*stats = client->stats;
}

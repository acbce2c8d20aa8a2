/*
 * What the program takes for its wl_shm_pools and wl_buffers, and where the bytes of their files are. The states of a
 * file:
 *
 *   state            file.store     its bytes are in          the server knows it by
 *   own bytes        NULL           the file                  ordinary wl_shm_pools, not tracked here
 *   in a block       has a block    the server's memory       the block
 *   fallback file    has none       a memfd of this library   one fallback_pool per connection with pools of the file
 *
 *   own bytes  --> in a block      create_pool: move_to_block()
 *   in a block --> larger block    a pool or mapping grows: shm_pool_ensure_room()
 *   in a block --> fallback file   the same, if the server has no larger block or the connection is dead;
 *                                  or another connection uses the file: ensure_known()
 *   fallback file --> another one  it has no more room to grow: shm_pool_ensure_room();
 *                                  or one more connection uses the file: ensure_known()
 *
 * A file never returns to its own bytes. A move replaces all shared mappings of the file, with the state lock held.
 * Buffers stay in the store in which they were created, since the server knows them there. When the file moves, they
 * become stale: at each commit that attaches one, it receives the bytes of the file's present store.
 *
 * Locks: no function of shm_pool.h may be called with the state lock held. A function that needs a file, store or
 * connection while it does not hold the lock is a user of it. It must read file->store again when it has taken the
 * lock again, since another thread may have moved the file.
 *
 * Lifetimes: a shm_pool exists from create_pool until the program destroys the placeholder, a buffer from create_buffer
 * until wl_buffer.destroy, and both at most until the display is disconnected. Both are found by display and object id.
 * The entry is removed before libwayland destroys the proxy, because the program may reuse the id afterwards.
 */
#include "shm_pool.h"

#include "debug.h"
#include "lido-shm-v1-client-protocol.h"
#include "lock.h"
#include "mapping.h"
#include "page.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client-protocol.h>

#define BUCKETS_LEN 256

// A pool that grows will grow again: it moves to a block with room for several times its size, which costs only address
// space until it is used.
#define GROWTH_FACTOR 8
#define GROWTH_MIN ((size_t)1 << 20)
#define GROWTH_MAX ((size_t)64 << 20)

struct shm_pool {
	struct shm_pool *next; // of its bucket
	struct wl_display *display;
	uint32_t id; // of the placeholder
	struct file *file;
};

struct buffer {
	struct buffer *next; // of its bucket
	struct wl_display *display;
	uint32_t id;
	struct file *file;
	struct store *store; // that it was created in
	size_t offset, size; // bytes
	uint32_t surface;    // to which it was last attached while stale, until the commit; 0: none
};

static struct shm_pool *shm_pools[BUCKETS_LEN];
static struct buffer *buffers[BUCKETS_LEN];
static atomic_uint stale_buffers_len; // changed with the state lock held

static bool is_stale(const struct buffer *buffer) {
	return buffer->store != buffer->file->store;
}

static struct shm_pool **find_shm_pool(struct wl_display *display, uint32_t id) {
	struct shm_pool **place = &shm_pools[id % BUCKETS_LEN];
	while (*place != NULL && ((*place)->id != id || (*place)->display != display)) {
		place = &(*place)->next;
	}
	return place;
}

static struct buffer **find_buffer(struct wl_display *display, uint32_t id) {
	struct buffer **place = &buffers[id % BUCKETS_LEN];
	while (*place != NULL && ((*place)->id != id || (*place)->display != display)) {
		place = &(*place)->next;
	}
	return place;
}

static void count_stale_buffers(void) {
	unsigned number = 0;
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer *buffer = buffers[i]; buffer != NULL; buffer = buffer->next) {
			number += is_stale(buffer);
		}
	}
	atomic_store(&stale_buffers_len, number);
}

// With the state lock held. Takes over the caller's reference to the store, also if it fails.
static bool move_file(struct file *file, struct store *store, int fd, const char **why) {
	if (store == NULL) {
		*why = "there is no memory for it";
		return false;
	}
	// Another thread may have moved it to a larger one meanwhile.
	bool is_smaller = file->store != NULL && store->size < file->store->size;
	if (is_smaller) {
		*why = "another thread has moved its file";
	}
	if (is_smaller || !file_move(file, store, fd, why)) {
		store_unref(store);
		return false;
	}
	count_stale_buffers();
	return true;
}

static size_t choose_growth_size(size_t size) {
	size_t more = size * (GROWTH_FACTOR - 1);
	more = more < GROWTH_MIN ? GROWTH_MIN : more > GROWTH_MAX ? GROWTH_MAX : more;
	return page_round(size + more);
}

// Creates a block with room to grow, or if there is no memory for that, one of just this size. NULL: no memory.
static struct block *create_larger_block(struct connection *connection, size_t size) {
	struct block *block = NULL;
	if (choose_growth_size(size) <= UINT32_MAX) {
		block = connection_create_block(connection, (uint32_t)choose_growth_size(size));
	}
	if (block == NULL && page_round(size) <= UINT32_MAX) {
		block = connection_create_block(connection, (uint32_t)page_round(size));
	}
	return block;
}

// With the state lock held: adds a connection, and a user of it, unless it is NULL or there already.
static void add_connection(struct connection **connections, size_t *len, struct connection *connection) {
	for (size_t i = 0; i < *len; i++) {
		if (connections[i] == connection) {
			return;
		}
	}
	if (connection != NULL) {
		connection_ref(connection);
		connections[(*len)++] = connection;
	}
}

// Creates a fallback file that the servers of all connections know that have pools of the file, and that of one more,
// which may be NULL. NULL: no memory.
static struct store *create_fallback(const struct file *file, struct connection *more, size_t size) {
	state_lock();
	struct connection **connections = calloc(file->shm_pools + 1, sizeof(struct connection *));
	size_t len = 0;
	if (connections != NULL) {
		add_connection(connections, &len, more);
	}
	for (size_t i = 0; connections != NULL && i < BUCKETS_LEN; i++) {
		for (const struct shm_pool *pool = shm_pools[i]; pool != NULL; pool = pool->next) {
			if (pool->file == file) {
				add_connection(connections, &len, connection_find(pool->display));
			}
		}
	}
	state_unlock();
	struct store *store = connections != NULL
								  ? store_create_fallback(page_round(size), choose_growth_size(size), connections, len)
								  : NULL;
	state_lock();
	for (size_t i = 0; i < len; i++) {
		connection_unref(connections[i]);
	}
	state_unlock();
	free(connections);
	return store;
}

bool shm_pool_ensure_room(struct file *file, size_t size) {
	state_lock();
	if (store_grow_fallback(file->store, page_round(size))) {
		state_unlock();
		return true;
	}
	struct connection *connection = file->store->block != NULL ? file->store->block->connection : NULL;
	connection = connection != NULL && !connection->is_dead ? connection : NULL;
	if (connection != NULL) {
		connection_ref(connection);
	}
	state_unlock();
	struct block *block = connection != NULL ? create_larger_block(connection, size) : NULL;
	struct store *store = block == NULL ? create_fallback(file, NULL, size) : NULL;
	state_lock();
	const char *why = NULL;
	bool done = move_file(file, block != NULL ? store_create_in_block(block) : store, -1, &why);
	done = done || file->store->size >= size;
	if (connection != NULL) {
		connection_unref(connection);
	}
	state_unlock();
	if (done) {
		debug_log("a pool grows to %zu bytes, and moves to a %s", size, block != NULL ? "block" : "fallback file");
	} else {
		debug_log("a pool cannot grow to %zu bytes: %s", size, why);
	}
	return done;
}

// With the state lock held: why the file cannot move into a store, as far as that is known. NULL: it may.
static const char *find_unsupported_reason(const struct file *file) {
	if (file == NULL) {
		return "this process has neither created nor mapped its file";
	}
	if (file->store != NULL) {
		return NULL;
	}
	if (file->private_mappings > 0) {
		return "its file has a private mapping";
	}
	return file->unsupported_reason;
}

// Moves a file from its own bytes to a block of this connection.
static bool move_to_block(struct file *file, struct connection *connection, int fd, size_t size, const char **why) {
	struct block *block = size <= UINT32_MAX ? connection_create_block(connection, (uint32_t)size) : NULL;
	if (block == NULL) {
		*why = "the server has no memory for it";
		return false;
	}
	state_lock();
	bool done = true;
	if (file->store != NULL) {
		// Another thread has moved it meanwhile.
		block_defer_destroy(block);
	} else {
		// Another thread may have mapped more of it meanwhile.
		size_t end = mapping_get_end(file);
		*why = end > size ? "another thread is mapping its file" : find_unsupported_reason(file);
		if (*why == NULL) {
			done = move_file(file, store_create_in_block(block), fd, why);
		} else {
			block_defer_destroy(block);
			done = false;
		}
	}
	state_unlock();
	return done;
}

// Makes the store of a file known to the server of this connection: a block of another connection is not, nor a
// fallback file that was created without this one. If it is not, the file moves to a store of at least size bytes.
static bool ensure_known(struct file *file, struct connection *connection, size_t size, const char **why) {
	state_lock();
	bool is_known = store_is_known_to(file->store, connection);
	size = size > file->store->size ? size : file->store->size;
	state_unlock();
	if (is_known) {
		return true;
	}
	struct store *store = create_fallback(file, connection, size);
	state_lock();
	bool done = move_file(file, store, -1, why) || store_is_known_to(file->store, connection);
	state_unlock();
	return done;
}

static bool share_store(struct file *file, struct connection *connection, size_t size, const char **why) {
	*why = "there is no memory for it";
	return ensure_known(file, connection, size, why) && shm_pool_ensure_room(file, size) && connection_wait(connection);
}

static bool ensure_store(struct file *file, struct connection *connection, int fd, size_t size, const char **why) {
	state_lock();
	bool has_store = file->store != NULL;
	size_t end = mapping_get_end(file);
	state_unlock();
	size = size > end ? size : end;
	return has_store ? share_store(file, connection, size, why)
					 : move_to_block(file, connection, fd, page_round(size), why);
}

static bool add_shm_pool(struct wl_display *display, struct wl_proxy *placeholder, struct file *file) {
	struct shm_pool *pool = calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return false;
	}
	uint32_t id = wayland_get()->get_id(placeholder);
	state_lock();
	*pool = (struct shm_pool){.next = shm_pools[id % BUCKETS_LEN], .display = display, .id = id, .file = file};
	shm_pools[id % BUCKETS_LEN] = pool;
	file->shm_pools++;
	state_unlock();
	return true;
}

static struct file *acquire_file(const struct stat *stat, const char **why) {
	state_lock();
	file_consider_all();
	struct file *file = file_find(stat);
	*why = find_unsupported_reason(file);
	if (*why == NULL) {
		file->users++;
	}
	state_unlock();
	return *why == NULL ? file : NULL;
}

static void release_file(struct file *file) {
	state_lock();
	file->users--;
	file_consider_destroy(file);
	state_unlock();
}

static struct wl_proxy *create_in(
		struct file *file, struct connection *connection, int fd, size_t size, uint32_t version, const char **why) {
	struct wl_proxy *placeholder = connection_create_placeholder(connection, version);
	if (placeholder == NULL) {
		*why = "there is no memory for it";
		return NULL;
	}
	if (!ensure_store(file, connection, fd, size, why) || !add_shm_pool(connection->display, placeholder, file)) {
		wayland_get()->proxy_destroy(placeholder);
		return NULL;
	}
	return placeholder;
}

struct wl_proxy *shm_pool_create(struct wl_proxy *shm, uint32_t version, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	int fd = args[1].h;
	int32_t size = args[2].i;
	struct stat stat;
	if (size <= 0 || !wayland->is_complete) {
		return NULL;
	}
	struct connection *connection = connection_get(wayland->get_display(shm));
	if (connection == NULL) {
		return NULL;
	}
	const char *why = "its file is not on tmpfs";
	struct file *file = file_is_eligible(fd, &stat) ? acquire_file(&stat, &why) : NULL;
	connection_flush_destroyed(connection->display);
	struct wl_proxy *placeholder = NULL;
	if (file != NULL) {
		size_t whole = stat.st_size > size ? (size_t)stat.st_size : (size_t)size;
		placeholder = create_in(file, connection, fd, whole, version, &why);
		release_file(file);
	}
	if (placeholder != NULL) {
		wayland->set_queue(placeholder, wayland->get_queue(shm));
		debug_log("a pool of %d bytes is in a block", size);
	} else {
		debug_log("a pool of %d bytes stays a file: %s", size, why);
	}
	return placeholder;
}

static void add_buffer(const struct buffer *buffer) {
	struct buffer *copy = malloc(sizeof(*copy));
	state_lock();
	if (copy == NULL) {
		// Its destruction cannot be noticed without an entry, so its file stays forever.
		buffer->file->users++;
	} else {
		struct buffer **bucket = &buffers[buffer->id % BUCKETS_LEN];
		*copy = *buffer;
		copy->next = *bucket;
		*bucket = copy;
		atomic_fetch_add(&stale_buffers_len, is_stale(copy));
	}
	state_unlock();
}

static struct wl_proxy *create_buffer(struct file *file, struct wl_proxy *pool, const struct wl_interface *interface,
		uint32_t version, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	struct wl_display *display = wayland->get_display(pool);
	struct connection *connection = connection_get(display);
	const char *why;
	if (connection == NULL || !ensure_known(file, connection, 0, &why)) {
		return NULL;
	}
	state_lock();
	// From now on the buffer is a user of the store: another thread may move the file, but the store's block stays.
	struct store *store = file->store;
	store_ref(store);
	file->buffers++;
	state_unlock();
	struct wl_proxy *target = store_get_proxy(store, connection);
	uint32_t opcode = store->block != NULL ? LIDO_SHM_BLOCK_V1_CREATE_BUFFER : WL_SHM_POOL_CREATE_BUFFER;
	struct wl_proxy *factory = target != NULL ? wayland->create_wrapper(target) : NULL, *proxy = NULL;
	if (factory != NULL) {
		// The program expects the buffer's events on the queue of its pool.
		wayland->set_queue(factory, wayland->get_queue(pool));
		proxy = wayland->marshal(factory, opcode, interface, version, 0, args);
		wayland->wrapper_destroy(factory);
	}
	if (proxy == NULL) {
		state_lock();
		file->buffers--;
		store_unref(store);
		state_unlock();
		return NULL;
	}
	int64_t size = (int64_t)args[4].i * args[3].i;
	struct buffer buffer = {.display = display,
		.id = wayland->get_id(proxy),
		.file = file,
		.store = store,
		.offset = args[1].i > 0 ? (size_t)args[1].i : 0,
		.size = size > 0 ? (size_t)size : 0};
	add_buffer(&buffer);
	return proxy;
}

static void destroy_shm_pool(struct wl_proxy *proxy, uint32_t flags) {
	const struct wayland *wayland = wayland_get();
	struct wl_display *display = wayland->get_display(proxy);
	state_lock();
	struct shm_pool **place = find_shm_pool(display, wayland->get_id(proxy)), *pool = *place;
	if (pool != NULL) {
		*place = pool->next;
		pool->file->shm_pools--;
	}
	state_unlock();
	free(pool); // its file is destroyed by release_file() in shm_pool_request(), if nothing else has it
	if ((flags & WL_MARSHAL_FLAG_DESTROY) != 0) {
		wayland->proxy_destroy(proxy);
	}
}

bool shm_pool_request(struct wl_proxy *proxy, uint32_t opcode, const struct wl_interface *interface, uint32_t version,
		uint32_t flags, union wl_argument *args, struct wl_proxy **result) {
	const struct wayland *wayland = wayland_get();
	if (!state_lock()) {
		return false;
	}
	struct wl_display *display = wayland->get_display(proxy);
	struct shm_pool *pool = *find_shm_pool(display, wayland->get_id(proxy));
	struct file *file = pool != NULL ? pool->file : NULL;
	if (file != NULL) {
		file->users++; // until release_file(): this request may destroy its last pool
	}
	state_unlock();
	if (file == NULL) {
		return false;
	}
	*result = NULL;
	switch (opcode) {
	case WL_SHM_POOL_CREATE_BUFFER:
		*result = create_buffer(file, proxy, interface, version, args);
		break;
	case WL_SHM_POOL_RESIZE:
		if (args[0].i > 0) {
			shm_pool_ensure_room(file, (size_t)args[0].i);
		}
		break;
	case WL_SHM_POOL_DESTROY:
		destroy_shm_pool(proxy, flags);
		break;
	default:
		break;
	}
	release_file(file);
	connection_flush_destroyed(display);
	return true;
}

// With the state lock held.
static void remove_buffer(struct buffer **place) {
	struct buffer *buffer = *place;
	*place = buffer->next;
	if (is_stale(buffer)) {
		atomic_fetch_sub(&stale_buffers_len, 1);
	}
	store_unref(buffer->store);
	buffer->file->buffers--;
	file_consider_destroy(buffer->file);
	free(buffer);
}

void shm_pool_remove_buffer(struct wl_display *display, uint32_t id) {
	if (!state_lock()) {
		return;
	}
	struct buffer **place = find_buffer(display, id);
	if (*place != NULL) {
		remove_buffer(place);
	}
	state_unlock();
}

bool shm_pool_has_stale_buffers(void) {
	return atomic_load_explicit(&stale_buffers_len, memory_order_relaxed) > 0;
}

void shm_pool_attach(struct wl_display *display, uint32_t surface, uint32_t id) {
	state_lock();
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer *buffer = buffers[i]; buffer != NULL; buffer = buffer->next) {
			if (buffer->display == display && is_stale(buffer)) {
				buffer->surface = buffer->id == id ? surface : buffer->surface == surface ? 0 : buffer->surface;
			}
		}
	}
	state_unlock();
}

void shm_pool_commit(struct wl_display *display, uint32_t surface) {
	state_lock();
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer *buffer = buffers[i]; buffer != NULL; buffer = buffer->next) {
			const struct store *now = buffer->file->store;
			if (buffer->display == display && is_stale(buffer) && buffer->surface == surface &&
					buffer->offset + buffer->size <= buffer->store->size &&
					buffer->offset + buffer->size <= now->size) {
				memcpy(buffer->store->data + buffer->offset, now->data + buffer->offset, buffer->size);
				buffer->surface = 0;
			}
		}
	}
	state_unlock();
}

void shm_pool_handle_disconnect(struct wl_display *display) {
	state_lock();
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer **place = &buffers[i]; *place != NULL;) {
			if ((*place)->display == display) {
				remove_buffer(place);
			} else {
				place = &(*place)->next;
			}
		}
		for (struct shm_pool **place = &shm_pools[i]; *place != NULL;) {
			struct shm_pool *pool = *place;
			if (pool->display == display) {
				*place = pool->next;
				pool->file->shm_pools--;
				file_consider_destroy(pool->file);
				free(pool);
			} else {
				place = &pool->next;
			}
		}
	}
	// Some may have lost their last fd since they were looked at. Later their blocks cannot be destroyed any more.
	file_consider_all();
	state_unlock();
}

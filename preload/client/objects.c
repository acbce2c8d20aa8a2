#include "objects.h"

#include "lock.h"
#include "memory.h"
#include "own_heap.h"

#include <stdatomic.h>
#include <string.h>

#define BUCKETS_LEN 256

struct shm_pool {
	struct shm_pool *next; // of its bucket
	struct wl_display *display;
	uint32_t id; // of the placeholder
	struct file *file;
};

static struct shm_pool *shm_pools[BUCKETS_LEN];
static struct buffer *buffers[BUCKETS_LEN];
static atomic_uint stale_buffers_len; // changed with the state lock held

static bool is_stale(const struct buffer *buffer) {
	return buffer->store != file_get_store(buffer->file);
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

bool objects_add_pool(struct wl_display *display, uint32_t id, struct file *file) {
	struct shm_pool *pool = own_calloc(1, sizeof(*pool));
	if (pool == NULL) {
		return false;
	}
	state_lock();
	*pool = (struct shm_pool){.next = shm_pools[id % BUCKETS_LEN], .display = display, .id = id, .file = file};
	shm_pools[id % BUCKETS_LEN] = pool;
	file->shm_pools++;
	state_unlock();
	return true;
}

// Without a pool the file gets no new buffers.
static void remove_user(struct file *file) {
	if (--file->shm_pools == 0) {
		file_forget_former(file);
	}
}

void objects_remove_pool(struct wl_display *display, uint32_t id) {
	state_lock();
	struct shm_pool **place = find_shm_pool(display, id), *pool = *place;
	if (pool != NULL) {
		*place = pool->next;
		remove_user(pool->file);
	}
	state_unlock();
	own_free(pool);
}

struct file *objects_find_file(struct wl_display *display, uint32_t id) {
	const struct shm_pool *pool = *find_shm_pool(display, id);
	return pool != NULL ? pool->file : NULL;
}

// Adds a connection, and a user of it, unless it is NULL or there already.
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

struct connection **objects_list_connections(const struct file *file, struct connection *more, size_t *len) {
	struct connection **connections = own_calloc(file->shm_pools + 1, sizeof(struct connection *));
	*len = 0;
	if (connections == NULL) {
		return NULL;
	}
	add_connection(connections, len, more);
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (const struct shm_pool *pool = shm_pools[i]; pool != NULL; pool = pool->next) {
			if (pool->file == file) {
				add_connection(connections, len, connection_find(pool->display));
			}
		}
	}
	return connections;
}

void objects_add_buffer(const struct buffer *buffer) {
	struct buffer *copy = own_calloc(1, sizeof(*copy));
	state_lock();
	store_note_buffer(buffer->store, buffer->offset, buffer->size);
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

struct buffer *objects_find_stale_buffer(struct wl_display *display, uint32_t id) {
	struct buffer *buffer = *find_buffer(display, id);
	return buffer != NULL && is_stale(buffer) ? buffer : NULL;
}

void objects_remove_twin(struct buffer *buffer) {
	if (buffer->twin_store != NULL) {
		store_unref(buffer->twin_store);
		block_defer_destroy(buffer->twin);
	}
	buffer->twin_store = NULL;
}

// With the state lock held.
static void remove_buffer(struct buffer **place) {
	struct buffer *buffer = *place;
	*place = buffer->next;
	if (is_stale(buffer)) {
		atomic_fetch_sub(&stale_buffers_len, 1);
	}
	objects_remove_twin(buffer);
	store_unref(buffer->store);
	buffer->file->buffers--;
	file_consider_destroy(buffer->file);
	own_free(buffer);
}

void objects_remove_buffer(struct wl_display *display, uint32_t id) {
	if (!state_lock()) {
		return;
	}
	struct buffer **place = find_buffer(display, id);
	if (*place != NULL) {
		remove_buffer(place);
	}
	state_unlock();
}

void objects_count_stale_buffers(void) {
	unsigned number = 0;
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer *buffer = buffers[i]; buffer != NULL; buffer = buffer->next) {
			number += is_stale(buffer);
		}
	}
	atomic_store(&stale_buffers_len, number);
}

bool objects_has_stale_buffers(void) {
	return atomic_load_explicit(&stale_buffers_len, memory_order_relaxed) > 0;
}

void objects_attach(struct wl_display *display, uint32_t surface, uint32_t id) {
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

// Of its own file the program may have cut off the bytes.
static bool has_bytes(const struct store *store, size_t end) {
	return end > 0 && end <= store->size && (!store->is_own || memory_exists(store->data + end - 1));
}

static void refresh(const struct buffer *buffer) {
	const struct store *now = file_get_store(buffer->file);
	size_t end = buffer->offset + buffer->size;
	if (end <= buffer->store->size && has_bytes(now, end)) {
		memcpy(buffer->store->data + buffer->offset, now->data + buffer->offset, buffer->size);
	}
}

void objects_commit(struct wl_display *display, uint32_t surface) {
	state_lock();
	for (size_t i = 0; i < BUCKETS_LEN; i++) {
		for (struct buffer *buffer = buffers[i]; buffer != NULL; buffer = buffer->next) {
			if (buffer->display == display && is_stale(buffer) && buffer->surface == surface) {
				refresh(buffer);
				buffer->surface = 0;
			}
		}
	}
	state_unlock();
}

void objects_handle_disconnect(struct wl_display *display) {
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
				remove_user(pool->file);
				file_consider_destroy(pool->file);
				own_free(pool);
			} else {
				place = &pool->next;
			}
		}
	}
	// Some may have lost their last fd since they were looked at. Later their blocks cannot be destroyed any more.
	file_consider_all();
	state_unlock();
}

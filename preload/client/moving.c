/*
 * The states of a file:
 *
 *   state            file.store     its bytes are in          the server knows it by
 *   own bytes        NULL           the file                  ordinary wl_shm_pools, not tracked here
 *   in a block       has a block    the server's memory       the block
 *   fallback file    has none       a memfd of this library   one plain_pool per connection with pools of the file
 *   returned         NULL, but own  the file                  the same, and ordinary wl_shm_pools
 *
 *   own bytes  --> in a block      create_pool: move_to_block()
 *   in a block --> larger block    a pool or mapping grows: moving_ensure_room()
 *   in a block --> fallback file   the same, if the server has no larger block or the connection is dead;
 *                                  or another connection uses the file: moving_ensure_known()
 *   fallback file --> another one  it has no more room to grow: moving_ensure_room();
 *                                  or one more connection uses the file: moving_ensure_known()
 *   both       --> returned        the program uses the file otherwise than by mappings, or somebody else might:
 *                                  moving_return(); or it can grow nowhere else: moving_ensure_room()
 *   returned   --> fallback file   a connection must know the file, and no fd of it is left: moving_ensure_known()
 *
 * A file that was returned never moves into a block again. A move replaces all shared mappings of the file, with the
 * state lock held.
 *
 * Locks: a function that needs a file, store or connection while it does not hold the state lock is a user of it. It
 * must read file->store again when it has taken the lock again, since another thread may have moved the file.
 */
#include "moving.h"

#include "debug.h"
#include "lock.h"
#include "mapping.h"
#include "objects.h"
#include "own_heap.h"
#include "page.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>

// A pool that grows will grow again: it moves to a block with room for several times its size, which costs only address
// space until it is used.
#define GROWTH_FACTOR 8
#define GROWTH_MIN ((size_t)1 << 20)
#define GROWTH_MAX ((size_t)64 << 20)

static atomic_bool has_returned; // any file
static __thread bool is_telling __attribute__((tls_model("initial-exec")));

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
	objects_count_stale_buffers();
	return true;
}

static size_t choose_growth_size(size_t size, size_t factor) {
	size_t more = size > GROWTH_MAX ? GROWTH_MAX : size * (factor - 1);
	more = more < GROWTH_MIN ? GROWTH_MIN : more > GROWTH_MAX ? GROWTH_MAX : more;
	return page_round(size + more);
}

// Creates a block with room to grow. NULL: no memory. One of just this size would have to move with each further
// growth.
static struct block *create_larger_block(struct connection *connection, size_t size) {
	struct block *block = NULL;
	for (size_t factor = GROWTH_FACTOR; factor > 1 && block == NULL; factor /= 4) {
		size_t larger = choose_growth_size(size, factor);
		block = larger <= UINT32_MAX ? connection_create_block(connection, (uint32_t)larger) : NULL;
	}
	return block;
}

static void release_connections(struct connection **connections, size_t len) {
	state_lock();
	for (size_t i = 0; i < len; i++) {
		connection_unref(connections[i]);
	}
	state_unlock();
	own_free(connections);
}

// Creates a fallback file that the servers of all connections know that have pools of the file, and that of one more,
// which may be NULL. NULL: no memory.
static struct store *create_fallback(const struct file *file, struct connection *more, size_t size) {
	size_t len;
	state_lock();
	struct connection **connections = objects_list_connections(file, more, &len);
	state_unlock();
	struct store *store = connections != NULL ? store_create_fallback(page_round(size),
														choose_growth_size(size, GROWTH_FACTOR), connections, len)
											  : NULL;
	release_connections(connections, len);
	return store;
}

bool moving_ensure_room(struct file *file, size_t size) {
	state_lock();
	store_grow(file->own, size); // so that it has room to return
	if (file->store == NULL || store_grow(file->store, page_round(size))) {
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
	const char *why = "another thread has returned its file";
	bool done = file->store == NULL || (block == NULL && store == NULL && moving_return(file, "there is no memory"));
	if (file->store == NULL) {
		if (block != NULL) {
			block_defer_destroy(block);
		} else if (store != NULL) {
			store_unref(store);
		}
	} else {
		done = move_file(file, block != NULL ? store_create_in_block(block) : store, -1, &why) ||
			   file->store->size >= size;
	}
	if (connection != NULL) {
		connection_unref(connection);
	}
	const char *place = file->store == NULL ? "its own file" : block != NULL ? "a block" : "a fallback file";
	state_unlock();
	if (done) {
		debug_log("a pool grows to %zu bytes, and moves to %s", size, place);
	} else {
		debug_log("a pool cannot grow to %zu bytes: %s", size, why);
	}
	return done;
}

const char *moving_find_reason(const struct file *file) {
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

// With the state lock held: moves a file from its own bytes to a block.
static bool move_own_bytes(struct file *file, struct block *block, int fd, size_t size, const char **why) {
	// Another thread may have mapped more of it meanwhile.
	*why = mapping_get_end(file) > size ? "another thread is mapping its file" : moving_find_reason(file);
	if (*why == NULL && file->own == NULL) {
		file->own = store_create_own(fd, 0, size);
		*why = file->own == NULL ? "its file cannot be mapped to be written" : NULL;
	}
	if (*why != NULL) {
		block_defer_destroy(block);
		return false;
	}
	return move_file(file, store_create_in_block(block), fd, why);
}

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
		done = move_own_bytes(file, block, fd, size, why);
	}
	state_unlock();
	return done;
}

struct search {
	const struct file *file;
	int fd;
};

// Can the server read the file by it?
static bool is_readable(int fd) {
	int flags = raw_fcntl(fd, F_GETFL, 0);
	return flags != -1 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0;
}

static bool find_fd(int fd, void *data) {
	struct search *search = data;
	struct stat stat;
	if (fstat(fd, &stat) == 0 && file_find(&stat) == search->file && is_readable(fd)) {
		search->fd = fd;
	}
	return search->fd == -1;
}

// Tells the servers of these connections of a file that was returned.
static void tell(struct store *own, struct connection *const *connections, size_t len, int number) {
	struct owned_fd fd; // not ours: never closed
	owned_fd_take(&fd, number);
	for (size_t i = 0; i < len; i++) {
		state_lock();
		bool is_known = store_is_known_to(own, connections[i]);
		state_unlock();
		if (!is_known) {
			store_tell(own, connections[i], &fd);
		}
	}
}

// Tells the server of this connection of the file, if it was returned and an fd is left.
static void tell_by_any_fd(struct file *file, struct connection *connection) {
	state_lock();
	struct search search = {.file = file, .fd = -1};
	if (file->store == NULL) {
		file_for_each_fd(find_fd, &search);
	}
	state_unlock();
	if (search.fd != -1) {
		is_telling = true;
		tell(file->own, &connection, 1, search.fd);
		is_telling = false;
	}
}

bool moving_ensure_known(struct file *file, struct connection *connection, size_t size, const char **why) {
	state_lock();
	bool is_known = store_is_known_to(file_get_store(file), connection);
	if (is_known) {
		file_forget_former(file);
	}
	state_unlock();
	if (is_known) {
		return true;
	}
	tell_by_any_fd(file, connection);
	state_lock();
	const struct store *present = file_get_store(file);
	is_known = store_is_known_to(present, connection);
	size_t end = mapping_get_end(file);
	size = size > present->size ? size : present->size;
	state_unlock();
	if (is_known) {
		return true;
	}
	struct store *store = create_fallback(file, connection, size > end ? size : end);
	state_lock();
	if (store != NULL && !store_is_known_to(store, connection)) {
		store_unref(store);
		store = NULL;
	}
	bool done = move_file(file, store, -1, why) || store_is_known_to(file_get_store(file), connection);
	state_unlock();
	return done;
}

static bool share_store(struct file *file, struct connection *connection, size_t size, const char **why) {
	*why = "there is no memory for it";
	return moving_ensure_known(file, connection, size, why) && moving_ensure_room(file, size) &&
		   connection_wait(connection);
}

bool moving_ensure_store(struct file *file, struct connection *connection, int fd, size_t size, const char **why) {
	state_lock();
	bool has_store = file->store != NULL;
	size_t end = mapping_get_end(file);
	state_unlock();
	size = size > end ? size : end;
	return has_store ? share_store(file, connection, size, why)
					 : move_to_block(file, connection, fd, page_round(size), why);
}

bool moving_return(struct file *file, const char *why) {
	file_mark_unsupported(file, why);
	if (file->store == NULL) {
		return true;
	}
	const char *failure;
	size_t end = mapping_get_end(file), size = file->own->size;
	if (!store_grow(file->own, end > size ? end : size) || !file_move(file, file->own, -1, &failure)) {
		return false;
	}
	file->own->size = size; // what a pool may have, not what is mapped
	objects_count_stale_buffers();
	atomic_store(&has_returned, true);
	return true;
}

static bool must_tell(void) {
	return !is_telling && atomic_load_explicit(&has_returned, memory_order_relaxed) && connection_is_of_this_process();
}

static void tell_all(int fd) {
	struct stat stat;
	size_t len = 0;
	if (fstat(fd, &stat) != 0 || !is_readable(fd) || !state_lock()) {
		return;
	}
	struct file *file = file_find(&stat);
	struct connection **connections = NULL;
	if (file != NULL && file->store == NULL && file->own != NULL && file->shm_pools > 0) {
		connections = objects_list_connections(file, NULL, &len);
		file->users += connections != NULL;
	}
	state_unlock();
	if (connections == NULL) {
		return;
	}
	is_telling = true; // libwayland sends the fd, and closes its own
	tell(file->own, connections, len, fd);
	is_telling = false;
	release_connections(connections, len);
	state_lock();
	file->users--;
	file_consider_destroy(file);
	state_unlock();
}

void moving_tell(int fd) {
	int before = errno;
	if (must_tell()) {
		tell_all(fd);
	}
	errno = before;
}

struct range {
	unsigned first, last;
};

static bool tell_in_range(int fd, void *data) {
	const struct range *range = data;
	if ((unsigned)fd >= range->first && (unsigned)fd <= range->last) {
		tell_all(fd);
	}
	return true;
}

void moving_tell_range(unsigned first, unsigned last) {
	int before = errno;
	struct range range = {.first = first, .last = last};
	if (must_tell()) {
		file_for_each_fd(tell_in_range, &range);
	}
	errno = before;
}

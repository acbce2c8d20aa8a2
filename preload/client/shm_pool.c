#include "shm_pool.h"

#include "debug.h"
#include "lido-shm-v1-client-protocol.h"
#include "lock.h"
#include "moving.h"
#include "objects.h"
#include "outside.h"
#include "raw.h"
#include "reading.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

static struct file *acquire_file(const struct stat *stat, const char **why) {
	state_lock();
	file_consider_all();
	struct file *file = file_find(stat);
	*why = moving_find_reason(file);
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

// A wl_shm.create_pool.
struct request {
	struct connection *connection;
	int fd;
	struct stat stat;
	size_t size;
	uint32_t version;
};

static struct wl_proxy *create_in(struct file *file, const struct request *request, const char **why) {
	struct connection *connection = request->connection;
	struct wl_proxy *placeholder = connection_create_placeholder(connection, request->version);
	if (placeholder == NULL) {
		*why = "there is no memory for it";
		return NULL;
	}
	if (!moving_ensure_store(file, connection, request->fd, (size_t)request->stat.st_size, why) ||
			!objects_add_pool(connection->display, wayland_get()->get_id(placeholder), file)) {
		wayland_get()->proxy_destroy(placeholder);
		return NULL;
	}
	moving_ensure_room(file, request->size);
	raw_fcntl(request->fd, F_ADD_SEALS, F_SEAL_SHRINK); // as the server does with the file of an ordinary pool
	return placeholder;
}

// The streams of C read and write it, without calling functions that are interposed.
static bool is_standard_stream(const struct stat *file) {
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat stat;
		if (fstat(fd, &stat) == 0 && stat.st_dev == file->st_dev && stat.st_ino == file->st_ino) {
			return true;
		}
	}
	return false;
}

// Why this pool must be an ordinary one, as far as the process and the file's status tell. NULL: it need not.
static const char *find_reason(const struct request *request) {
	if (outside_get_reason() != NULL) {
		return outside_get_reason();
	}
	if (request->stat.st_nlink > 0) {
		return "its file has a name, by which others may open it";
	}
	if (is_standard_stream(&request->stat)) {
		return "its file is a standard stream";
	}
	if (request->stat.st_size > PTRDIFF_MAX) {
		return "its file is larger than what a process can address";
	}
	return request->stat.st_size < (off_t)request->size ? "its file is smaller" : NULL;
}

static struct wl_proxy *try_to_create(const struct request *request, const char **why) {
	*why = find_reason(request);
	struct file *file = *why == NULL ? acquire_file(&request->stat, why) : NULL;
	connection_flush_destroyed(request->connection->display);
	if (file == NULL) {
		return NULL;
	}
	struct wl_proxy *placeholder = create_in(file, request, why);
	release_file(file);
	return placeholder;
}

struct wl_proxy *shm_pool_create(struct wl_proxy *shm, uint32_t version, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	struct request request = {.fd = args[1].h, .size = (size_t)args[2].i, .version = version};
	if (args[2].i <= 0 || !file_is_eligible(request.fd, &request.stat)) {
		return NULL;
	}
	bool is_unseen = reading_is_unseen(wayland->get_display(shm));
	request.connection = !is_unseen ? connection_get(wayland->get_display(shm)) : NULL;
	const char *why = is_unseen ? "the program may have prepared to read" : "the server offers no memory";
	struct wl_proxy *placeholder = request.connection != NULL ? try_to_create(&request, &why) : NULL;
	if (placeholder != NULL) {
		wayland->set_queue(placeholder, wayland->get_queue(shm));
		debug_log("a pool of %zu bytes is in a block", request.size);
		return placeholder;
	}
	if (request.connection != NULL || is_unseen) {
		debug_log("a pool of %zu bytes stays a file: %s", request.size, why);
	}
	outside_share(request.fd, "it has an ordinary pool", true);
	return NULL;
}

static uint32_t get_create_opcode(const struct store *store) {
	return store->block != NULL ? LIDO_SHM_BLOCK_V1_CREATE_BUFFER : WL_SHM_POOL_CREATE_BUFFER;
}

// Finds where a buffer of the file may be. Returns with the state lock held. If no fd can be had to tell the server of
// the file: the place where the file was before.
static struct store *lock_known_store(struct file *file, struct connection *connection) {
	const char *why;
	for (;;) {
		bool is_known = moving_ensure_known(file, connection, 0, &why);
		state_lock();
		struct store *store = is_known ? file_get_store(file) : file->former;
		// Another thread may have moved the file meanwhile.
		if (!is_known || store_is_known_to(store, connection)) {
			return store;
		}
		state_unlock();
	}
}

static struct wl_proxy *create_buffer(struct file *file, struct wl_proxy *pool, const struct wl_interface *interface,
		uint32_t version, union wl_argument *args) {
	const struct wayland *wayland = wayland_get();
	struct wl_display *display = wayland->get_display(pool);
	struct connection *connection = connection_get(display);
	if (connection == NULL) {
		return NULL;
	}
	// From now on the buffer is a user of the store: another thread may move the file, but the store's block stays.
	struct store *store = lock_known_store(file, connection);
	if (store == NULL || !store_is_known_to(store, connection)) {
		state_unlock();
		return NULL;
	}
	store_ref(store);
	file->buffers++;
	state_unlock();
	struct wl_proxy *target = store_get_proxy(store, connection);
	uint32_t opcode = get_create_opcode(store);
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
		.size = size <= 0            ? 0
				: size > PTRDIFF_MAX ? PTRDIFF_MAX
									 : (size_t)size};
	memcpy(buffer.args, args, sizeof(buffer.args));
	objects_add_buffer(&buffer);
	return proxy;
}

// With the state lock held: the file of a stale buffer that has no twin in the present store. Adds a user to it, and
// copies the arguments by which the buffer was created.
static struct file *acquire_without_twin(struct wl_display *display, uint32_t id, union wl_argument args[6]) {
	struct buffer *buffer = objects_find_stale_buffer(display, id);
	if (buffer == NULL || buffer->twin_store == file_get_store(buffer->file)) {
		return NULL;
	}
	memcpy(args, buffer->args, sizeof(buffer->args));
	buffer->file->users++;
	return buffer->file;
}

static void create_twin(struct file *file, struct connection *connection, uint32_t id, union wl_argument *args) {
	const char *why;
	if (!moving_ensure_known(file, connection, 0, &why)) {
		return;
	}
	state_lock();
	struct store *store = file_get_store(file);
	store_ref(store);
	state_unlock();
	struct wl_proxy *factory = store_get_proxy(store, connection);
	struct block *twin =
			factory != NULL ? connection_create_buffer(connection, factory, get_create_opcode(store), args) : NULL;
	state_lock();
	struct buffer *buffer = objects_find_stale_buffer(connection->display, id);
	if (buffer != NULL && twin != NULL) {
		objects_remove_twin(buffer);
		buffer->twin = twin;
		buffer->twin_store = store;
	} else {
		store_unref(store);
		if (twin != NULL) {
			block_defer_destroy(twin);
		}
	}
	state_unlock();
}

struct wl_proxy *shm_pool_get_written(struct wl_proxy *proxy) {
	const struct wayland *wayland = wayland_get();
	struct wl_display *display = wayland->get_display(proxy);
	uint32_t id = wayland->get_id(proxy);
	struct connection *connection = connection_get(display);
	union wl_argument args[6];
	state_lock();
	struct file *file = acquire_without_twin(display, id, args);
	state_unlock();
	if (file != NULL && connection != NULL) {
		create_twin(file, connection, id, args);
	}
	state_lock();
	const struct buffer *buffer = objects_find_stale_buffer(display, id);
	struct wl_proxy *written = proxy;
	if (buffer != NULL) {
		written = buffer->twin_store == file_get_store(buffer->file) ? buffer->twin->proxy : NULL;
	}
	state_unlock();
	if (file != NULL) {
		release_file(file);
	}
	return written;
}

static void destroy_shm_pool(struct wl_proxy *proxy, uint32_t flags) {
	const struct wayland *wayland = wayland_get();
	// Its file is destroyed by release_file() in shm_pool_request(), if nothing else has it.
	objects_remove_pool(wayland->get_display(proxy), wayland->get_id(proxy));
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
	struct file *file = objects_find_file(display, wayland->get_id(proxy));
	bool has_buffers = false;
	if (file != NULL) {
		file->users++; // until release_file(): this request may destroy its last pool
		has_buffers = file->buffers > 0;
	}
	state_unlock();
	if (file == NULL) {
		return false;
	}
	*result = NULL;
	if (opcode == WL_SHM_POOL_RESIZE || (opcode == WL_SHM_POOL_CREATE_BUFFER && has_buffers)) {
		outside_get_reason(); // create_pool did so before the first buffer
	}
	switch (opcode) {
	case WL_SHM_POOL_CREATE_BUFFER:
		*result = create_buffer(file, proxy, interface, version, args);
		break;
	case WL_SHM_POOL_RESIZE:
		if (args[0].i > 0) {
			moving_ensure_room(file, (size_t)args[0].i);
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

/*
 * Which thread may do what, with which lock. The order of locks, from the outermost:
 *
 *   connect_mutex    while the connection of a display is found or created, including round trips: so a display has
 *                    only one
 *   dispatch_mutex   of a connection: while its queue is dispatched, and from the creation of a proxy until it has
 *                    its listener, because another thread could dispatch its events before; and while the
 *                    connection dies, because threads of other connections may create wl_shm_pools on it
 *   (libwayland's)
 *   state lock       guards the list of connections, their users and areas, and the list of deferred blocks
 *
 * Any thread of the program may call these functions. A thread that waits for the server dispatches the events of all
 * threads: handlers run in connection_wait() with dispatch_mutex held, and take the state lock themselves. Handlers
 * write a block's state, which is final when connection_wait() has succeeded in the thread that requested the block.
 *
 * Lifetimes:
 *
 *   connection   created by connection_get(), with the display as its first user. It is dead as soon as the program
 *                disconnects the display, and freed with its last user. A dead connection that has blocks keeps its
 *                areas mapped, since the program may still have these blocks mapped.
 *   block        created by connection_create_block(), then owned by a store. The store gives it up while it holds the
 *                state lock and cannot call libwayland, so the block is added to a list. Each request of the program
 *                begins with connection_flush_destroyed(), which destroys the blocks of its display. Blocks of dead
 *                connections are only freed.
 *   area         created by its event. Destroyed when the server has removed it and its last block is given up, or
 *                when the connection is freed.
 */
#include "connection.h"

#include "debug.h"
#include "interfaces.h"
#include "lido-shm-v1-client-protocol.h"
#include "lock.h"
#include "own_heap.h"
#include "page.h"
#include "reading.h"
#include "socket_name.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

// Bytes of address space for areas; 0: no limit. With 32-bit pointers as much as the client library takes.
#define RESERVE_MAX (UINTPTR_MAX > UINT32_MAX ? 0 : UINT32_C(256) << 20)

static struct connection *connections;
static pthread_mutex_t connect_mutex = PTHREAD_MUTEX_INITIALIZER;
// block.next; changed only with the state lock held, atomic so that it can be compared with NULL without it.
static _Atomic(struct block *) deferred;
static atomic_int process; // that uses the connections

static struct area *find_area(const struct connection *connection, uint32_t id) {
	struct area *area = connection->areas;
	while (area != NULL && area->id != id) {
		area = area->next;
	}
	return area;
}

static void remove_area(struct connection *connection, struct area *area) {
	struct area **place = &connection->areas;
	while (*place != area) {
		place = &(*place)->next;
	}
	*place = area->next;
	area_destroy(area);
}

static void handle_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t id, int32_t fd, uint32_t size, uint32_t reserve) {
	struct connection *connection = data;
	state_lock();
	struct area *area = area_create(id, fd, size, reserve);
	if (area != NULL) {
		area->next = connection->areas;
		connection->areas = area;
	}
	state_unlock();
}

static void handle_area_size(void *data, struct lido_shm_pool_v1 *pool, uint32_t id, uint32_t size) {
	state_lock();
	struct area *area = find_area(data, id);
	if (area != NULL) {
		area->size = size;
	}
	state_unlock();
}

static void handle_area_removed(void *data, struct lido_shm_pool_v1 *pool, uint32_t id) {
	state_lock();
	struct area *area = find_area(data, id);
	if (area != NULL) {
		area->is_removed = true;
		if (area->users == 0) {
			remove_area(data, area);
		}
	}
	state_unlock();
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = handle_limits,
	.area = handle_area,
	.area_size = handle_area_size,
	.area_removed = handle_area_removed,
};

static void handle_placed(
		void *data, struct lido_shm_block_v1 *proxy, uint32_t area_id, uint32_t offset, uint32_t size) {
	struct block *block = data;
	state_lock();
	// Only the first answer counts: this library never resizes a block. One that is too small is none.
	if (block->state == BLOCK_WAITING) {
		uint32_t whole = size - size % (uint32_t)page_size();
		struct area *area = find_area(block->connection, area_id);
		bool is_placed = area != NULL && whole >= block->size && area_use(area, offset, whole);
		block->area = is_placed ? area : NULL;
		block->offset = offset;
		block->size = whole;
		block->state = is_placed ? BLOCK_PLACED : BLOCK_FAILED;
	}
	state_unlock();
}

static void handle_failed(void *data, struct lido_shm_block_v1 *proxy, uint32_t reason) {
	struct block *block = data;
	if (block->state == BLOCK_WAITING) {
		block->state = BLOCK_FAILED;
	}
}

static const struct lido_shm_block_v1_listener block_listener = {
	.placed = handle_placed,
	.failed = handle_failed,
};

static void add_listener(struct wl_proxy *proxy, const void *listener, void *data) {
	wayland_get()->add_listener(proxy, (void (**)(void))(uintptr_t)listener, data);
}

static struct wl_proxy *bind(
		struct wl_proxy *registry, uint32_t name, const char *text, const struct wl_interface *interface) {
	union wl_argument args[] = {{.u = name}, {.s = text}, {.u = 1}, {.o = NULL}};
	return wayland_get()->marshal(registry, WL_REGISTRY_BIND, interface, 1, 0, args);
}

static void handle_peer(void *data, struct lido_shm_manager_v1 *manager, struct wl_array *name) {
	struct connection *connection = data;
	int fd = wayland_get()->get_fd(connection->display);
	connection->is_direct = lido_socket_name_is(fd, name->data, name->size);
}

static const struct lido_shm_manager_v1_listener manager_listener = {
	.peer = handle_peer,
};

static void bind_manager(struct connection *connection, uint32_t name) {
	// The server reads the name when it handles the request.
	if (!lido_socket_name_set(wayland_get()->get_fd(connection->display))) {
		return;
	}
	connection->manager = bind(connection->registry, name, interface_manager.name, &interface_manager);
	if (connection->manager != NULL) {
		add_listener(connection->manager, &manager_listener, connection);
	}
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct connection *connection = data;
	if (connection->manager == NULL && strcmp(interface, interface_manager.name) == 0 &&
			!lido_socket_is_pool_refused()) {
		bind_manager(connection, name);
	} else if (connection->shm == NULL && strcmp(interface, "wl_shm") == 0) {
		connection->shm = bind(connection->registry, name, interface, wayland_get()->shm_interface);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

// Creates an object by a request that has no other arguments than the object and perhaps a number.
static struct wl_proxy *create(void *factory, uint32_t opcode, const struct wl_interface *interface, uint32_t number) {
	union wl_argument args[] = {{.o = NULL}, {.u = number}};
	return wayland_get()->marshal(factory, opcode, interface, 1, 0, args);
}

bool connection_wait(struct connection *connection) {
	const struct wayland *wayland = wayland_get();
	struct wl_event_queue *queue =
			!reading_is_unseen(connection->display) ? wayland->create_queue(connection->display) : NULL;
	if (queue == NULL) {
		return false;
	}
	int number = reading_suspend(connection->display);
	// On a queue of its own: several threads may wait at the same time, and connection->queue needs dispatch_mutex.
	bool done = wayland->roundtrip(connection->display, queue) >= 0;
	wayland->queue_destroy(queue);
	pthread_mutex_lock(&connection->dispatch_mutex);
	wayland->dispatch_pending(connection->display, connection->queue);
	pthread_mutex_unlock(&connection->dispatch_mutex);
	reading_resume(connection->display, number);
	return done;
}

static void destroy_objects(struct connection *connection) {
	const struct wayland *wayland = wayland_get();
	const struct {
		struct wl_proxy *proxy;
		int opcode; // to tell the server, if it is to be told
	} objects[] = {
		{connection->pool, LIDO_SHM_POOL_V1_DESTROY},
		{connection->manager, LIDO_SHM_MANAGER_V1_DESTROY},
		{connection->shm, -1},
		{connection->registry, -1},
	};
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (objects[i].proxy != NULL) {
			if (objects[i].opcode >= 0) {
				wayland_send(objects[i].proxy, (uint32_t)objects[i].opcode, NULL);
			}
			wayland->proxy_destroy(objects[i].proxy);
		}
	}
	connection->pool = connection->manager = connection->shm = connection->registry = NULL;
}

static void destroy_queues(struct connection *connection) {
	const struct wayland *wayland = wayland_get();
	if (connection->wrapper != NULL) {
		wayland->wrapper_destroy(connection->wrapper);
	}
	if (connection->queue != NULL) {
		wayland->queue_destroy(connection->queue);
	}
	connection->wrapper = NULL;
	connection->queue = NULL;
}

static bool bind_pool(struct connection *connection) {
	const struct wayland *wayland = wayland_get();
	connection->queue = wayland->create_queue(connection->display);
	connection->wrapper = wayland->create_wrapper(connection->display);
	if (connection->queue == NULL || connection->wrapper == NULL) {
		return false;
	}
	struct wl_proxy *wrapper = (struct wl_proxy *)connection->wrapper;
	wayland->set_queue(wrapper, connection->queue);
	connection->registry = create(wrapper, WL_DISPLAY_GET_REGISTRY, wayland->registry_interface, 0);
	if (connection->registry == NULL) {
		return false;
	}
	add_listener(connection->registry, &registry_listener, connection);
	if (!connection_wait(connection) || connection->manager == NULL || connection->shm == NULL) {
		return false;
	}
	connection->pool = create(connection->manager, LIDO_SHM_MANAGER_V1_GET_POOL, &interface_pool, RESERVE_MAX);
	if (connection->pool == NULL) {
		return false;
	}
	add_listener(connection->pool, &pool_listener, connection);
	// No fd may be requested before the server has told its peer.
	return connection_wait(connection) && connection->is_direct;
}

static ino_t get_socket(struct wl_display *display) {
	struct stat stat;
	return fstat(wayland_get()->get_fd(display), &stat) == 0 ? stat.st_ino : 0;
}

static struct connection *find_connection(const struct wl_display *display) {
	struct connection *connection = connections;
	while (connection != NULL && (connection->is_dead || connection->display != display)) {
		connection = connection->next;
	}
	return connection;
}

struct connection *connection_find(const struct wl_display *display) {
	struct connection *connection = find_connection(display);
	return connection != NULL && connection->pool != NULL ? connection : NULL;
}

bool connection_has_any_pool(void) {
	const struct connection *connection = connections;
	while (connection != NULL && (connection->is_dead || connection->pool == NULL)) {
		connection = connection->next;
	}
	return connection != NULL;
}

bool connection_has_socket(int fd) {
	if (!state_lock()) {
		return true;
	}
	struct connection *connection = connections;
	while (connection != NULL && (connection->is_dead || wayland_get()->get_fd(connection->display) != fd)) {
		connection = connection->next;
	}
	state_unlock();
	return connection != NULL;
}

static const char *describe(const struct connection *connection) {
	if (connection->pool != NULL) {
		return "the compositor offers pools of its memory";
	}
	if (connection->is_behind_proxy) {
		return "pools stay files: a proxy is between the program and the compositor";
	}
	return lido_socket_is_pool_refused() ? "pools stay files: LIDO_POOL=0"
										 : "the compositor offers no pools of its memory";
}

static struct connection *connect_to(struct wl_display *display, ino_t socket) {
	struct connection *connection = own_calloc(1, sizeof(*connection));
	if (connection == NULL) {
		return NULL;
	}
	connection->display = display;
	connection->socket = socket;
	connection->users = 1;
	pthread_mutex_init(&connection->dispatch_mutex, NULL);
	if (!bind_pool(connection)) {
		// The connection stays, without a pool: so this display is not asked again.
		connection->is_behind_proxy = connection->pool != NULL && !connection->is_direct;
		destroy_objects(connection);
		destroy_queues(connection);
	}
	state_lock();
	connection->next = connections;
	connections = connection;
	state_unlock();
	debug_log("%s", describe(connection));
	return connection;
}

bool connection_is_of_this_process(void) {
	return atomic_load(&process) == (int)getpid();
}

struct connection *connection_get(struct wl_display *display) {
	ino_t socket = get_socket(display);
	atomic_store(&process, (int)getpid());
	pthread_mutex_lock(&connect_mutex);
	state_lock();
	struct connection *connection = find_connection(display);
	if (connection != NULL && connection->socket != socket) {
		// Another display has this address now, and wl_display_disconnect() was not seen: nothing of the old one is
		// left.
		connection->is_dead = true;
		connection_unref(connection);
		connection = NULL;
	}
	state_unlock();
	if (connection == NULL) {
		connection = connect_to(display, socket);
	}
	pthread_mutex_unlock(&connect_mutex);
	return connection != NULL && connection->pool != NULL ? connection : NULL;
}

// With dispatch_mutex held, so that the display is not disconnected before: the connection has the block from now on,
// and the block is one of its users.
static void add_block(struct connection *connection, struct block *block) {
	state_lock();
	connection_ref(connection);
	block->sibling = connection->blocks;
	block->place = &connection->blocks;
	if (block->sibling != NULL) {
		block->sibling->place = &block->sibling;
	}
	connection->blocks = block;
	state_unlock();
}

// With the state lock held: the connection no longer has the block, which is still one of its users.
static void remove_block(struct block *block) {
	*block->place = block->sibling;
	if (block->sibling != NULL) {
		block->sibling->place = block->place;
	}
}

// The answer may bring the fd of an area: libwayland gives the connection up where it cannot receive it.
struct block *connection_create_block(struct connection *connection, uint32_t size) {
	bool is_possible = !reading_is_unseen(connection->display) &&
					   owned_fd_is_available(wayland_get()->get_fd(connection->display));
	struct block *block = is_possible ? own_calloc(1, sizeof(*block)) : NULL;
	if (block == NULL) {
		return NULL;
	}
	block->connection = connection;
	block->destroy_opcode = LIDO_SHM_BLOCK_V1_DESTROY;
	block->size = size;
	pthread_mutex_lock(&connection->dispatch_mutex);
	block->proxy = create(connection->pool, LIDO_SHM_POOL_V1_CREATE_BLOCK, &interface_block, size);
	bool is_created = block->proxy != NULL;
	if (is_created) {
		add_listener(block->proxy, &block_listener, block);
		add_block(connection, block);
	}
	pthread_mutex_unlock(&connection->dispatch_mutex);
	if (!is_created) {
		own_free(block);
		return NULL;
	}
	bool is_answered = connection_wait(connection);
	state_lock();
	if (!is_answered || block->state != BLOCK_PLACED) {
		block_defer_destroy(block);
		block = NULL;
	}
	state_unlock();
	return block;
}

// A request that creates another object than a block. *fd: NULL, or the fd that its arguments have.
static struct block *create_other(struct connection *connection, struct wl_proxy *factory, uint32_t opcode,
		const struct wl_interface *interface, union wl_argument *args, const struct owned_fd *fd) {
	struct block *block = own_calloc(1, sizeof(*block));
	if (block == NULL) {
		return NULL;
	}
	block->connection = connection;
	pthread_mutex_lock(&connection->dispatch_mutex);
	state_lock();
	bool is_dead = connection->is_dead;
	state_unlock();
	// Libwayland duplicates the fd, and gives the connection up where it cannot.
	if (!is_dead && (fd == NULL || (owned_fd_is_intact(fd) && owned_fd_is_available(fd->number)))) {
		block->proxy = wayland_get()->marshal(factory, opcode, interface, 1, 0, args);
	}
	if (block->proxy != NULL) {
		add_block(connection, block);
		// Until then libwayland has the fd, which the program could close.
		wayland_get()->flush(connection->display);
	} else {
		own_free(block);
		block = NULL;
	}
	pthread_mutex_unlock(&connection->dispatch_mutex);
	return block;
}

struct block *connection_create_shm_pool(struct connection *connection, const struct owned_fd *fd, size_t size) {
	union wl_argument args[] = {{.o = NULL}, {.h = fd->number}, {.i = (int32_t)size}};
	struct block *block =
			create_other(connection, connection->shm, WL_SHM_CREATE_POOL, wayland_get()->shm_pool_interface, args, fd);
	if (block != NULL) {
		block->destroy_opcode = WL_SHM_POOL_DESTROY;
	}
	return block;
}

struct block *connection_create_buffer(
		struct connection *connection, struct wl_proxy *factory, uint32_t opcode, union wl_argument *args) {
	struct block *block = create_other(connection, factory, opcode, wayland_get()->buffer_interface, args, NULL);
	if (block != NULL) {
		block->destroy_opcode = WL_BUFFER_DESTROY;
	}
	return block;
}

struct wl_proxy *connection_create_placeholder(struct connection *connection, uint32_t version) {
	union wl_argument args[] = {{.o = NULL}};
	// To the server this is a callback, which it answers and destroys at once.
	return wayland_get()->marshal(
			(struct wl_proxy *)connection->wrapper, WL_DISPLAY_SYNC, &interface_placeholder, version, 0, args);
}

void block_defer_destroy(struct block *block) {
	if (block->state == BLOCK_PLACED && --block->area->users == 0 && block->area->is_removed) {
		remove_area(block->connection, block->area);
	}
	block->area = NULL;
	block->next = atomic_load(&deferred);
	atomic_store(&deferred, block);
}

static struct block *take_deferred(struct wl_display *display) {
	struct block *taken = NULL, *left = NULL, *next;
	for (struct block *block = atomic_load(&deferred); block != NULL; block = next) {
		struct block **list = block->connection->display == display && !block->connection->is_dead ? &taken : &left;
		next = block->next;
		block->next = *list;
		*list = block;
		if (list == &taken) {
			remove_block(block);
		} else if (block->connection->is_dead) {
			left = block->next;
			remove_block(block);
			connection_unref(block->connection);
			own_free(block);
		}
	}
	atomic_store(&deferred, left);
	return taken;
}

void connection_flush_destroyed(struct wl_display *display) {
	if (atomic_load_explicit(&deferred, memory_order_relaxed) == NULL || !state_lock()) {
		return;
	}
	struct block *taken = take_deferred(display);
	state_unlock();
	while (taken != NULL) {
		struct block *block = taken;
		taken = block->next;
		wayland_send(block->proxy, block->destroy_opcode, NULL);
		wayland_get()->proxy_destroy(block->proxy);
		state_lock();
		connection_unref(block->connection);
		state_unlock();
		own_free(block);
	}
}

void connection_ref(struct connection *connection) {
	connection->users++;
}

void connection_unref(struct connection *connection) {
	if (--connection->users > 0) {
		return;
	}
	struct connection **place = &connections;
	while (*place != connection) {
		place = &(*place)->next;
	}
	*place = connection->next;
	while (connection->areas != NULL) {
		remove_area(connection, connection->areas);
	}
	pthread_mutex_destroy(&connection->dispatch_mutex);
	own_free(connection);
}

// Destroys the proxies of blocks that files still use: after the display and its queue, that would not be possible.
static void destroy_proxies_of_blocks(struct connection *connection) {
	struct wl_proxy *proxy;
	do {
		proxy = NULL;
		state_lock();
		for (struct block *block = connection->blocks; block != NULL && proxy == NULL; block = block->sibling) {
			proxy = block->proxy;
			block->proxy = NULL;
		}
		state_unlock();
		if (proxy != NULL) {
			wayland_get()->proxy_destroy(proxy);
		}
	} while (proxy != NULL);
}

void connection_handle_disconnect(struct wl_display *display) {
	connection_flush_destroyed(display);
	state_lock();
	struct connection *connection = find_connection(display);
	state_unlock();
	if (connection == NULL) {
		return;
	}
	pthread_mutex_lock(&connection->dispatch_mutex);
	destroy_proxies_of_blocks(connection);
	if (connection->pool != NULL) {
		destroy_objects(connection);
		destroy_queues(connection);
	}
	state_lock();
	connection->is_dead = true;
	state_unlock();
	pthread_mutex_unlock(&connection->dispatch_mutex);
	state_lock();
	connection_unref(connection);
	state_unlock();
}

#include "odd_pool.h"
#include "base/os.h"
#include "lido-shm-v1-protocol.h"
#include "runner.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#define SIZE (1 << 20)
#define RESERVE (4 << 20)
#define HUGE_SIZE (1 << 30) // whole pages, whatever size huge pages have

struct odd_pool {
	enum odd_pool_manner manner;
	struct wl_resource *resource;
	uint32_t areas;    // number of announced areas, and id of the last one
	uint32_t requests; // number of requests for memory
};

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static int create_memfd(unsigned flags, off_t size, int seals) {
	int fd = memfd_create("odd", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	if (fd == -1 && flags != 0) {
		return create_memfd(0, 0, 0); // the kernel has no huge pages; any other odd file will do
	}
	expect(fd >= 0 && ftruncate(fd, size) == 0 && (seals == 0 || fcntl(fd, F_ADD_SEALS, seals) == 0));
	return fd;
}

static int create_pipe(void) {
	int fds[2];
	expect(pipe2(fds, O_CLOEXEC) == 0);
	close(fds[1]);
	return fds[0];
}

static int create_file(enum odd_pool_manner manner) {
	switch (manner) {
	case ODD_POOL_EMPTY_FILE:
		return create_memfd(0, 0, 0);
	case ODD_POOL_UNSEALED_FILE:
		return create_memfd(0, SIZE, F_SEAL_GROW);
	case ODD_POOL_SHORT_FILE:
		return create_memfd(0, SIZE - 1, F_SEAL_SHRINK);
	case ODD_POOL_HUGE_PAGES:
		return create_memfd(MFD_HUGETLB, HUGE_SIZE, F_SEAL_SHRINK);
	case ODD_POOL_PIPE:
		return create_pipe();
	case ODD_POOL_DEVICE:
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	case ODD_POOL_BEYOND_RESERVE:
		return create_memfd(0, 2 * RESERVE, F_SEAL_SHRINK);
	default:
		return create_memfd(0, SIZE, F_SEAL_SHRINK);
	}
}

static void announce_area(struct odd_pool *pool, uint32_t reserve) {
	int fd = create_file(pool->manner);
	expect(fd >= 0);
	lido_shm_pool_v1_send_area(pool->resource, ++pool->areas, fd, SIZE, reserve);
	close(fd);
}

static void place(struct odd_pool *pool, struct wl_resource *block, uint32_t size) {
	if (pool->manner == ODD_POOL_MOVES || pool->areas == 0) {
		announce_area(pool, pool->manner == ODD_POOL_NO_RESERVE ? 0 : RESERVE);
	}
	switch (pool->manner) {
	case ODD_POOL_UNKNOWN_AREA:
		lido_shm_block_v1_send_placed(block, 77, 0, size);
		break;
	case ODD_POOL_BEYOND_SIZE:
		lido_shm_block_v1_send_placed(block, pool->areas, SIZE, size);
		break;
	case ODD_POOL_LESS:
		lido_shm_block_v1_send_placed(block, pool->areas, 0, size - 1);
		break;
	case ODD_POOL_GROWS_NOT:
		lido_shm_pool_v1_send_area_size(pool->resource, pool->areas, 2 * SIZE);
		lido_shm_block_v1_send_placed(block, pool->areas, SIZE, size);
		break;
	case ODD_POOL_BEYOND_RESERVE:
		lido_shm_pool_v1_send_area_size(pool->resource, pool->areas, 2 * RESERVE);
		lido_shm_block_v1_send_placed(block, pool->areas, RESERVE, size);
		break;
	case ODD_POOL_WRAPS:
		lido_shm_block_v1_send_placed(block, pool->areas, UINT32_MAX - 4095, size + 4096);
		break;
	default:
		lido_shm_block_v1_send_placed(block, pool->areas, 0, size);
		break;
	}
	if (pool->manner == ODD_POOL_REMOVES_AREA) {
		lido_shm_pool_v1_send_area_removed(pool->resource, pool->areas);
	} else if (pool->manner == ODD_POOL_MOVES && pool->areas > 1) {
		lido_shm_pool_v1_send_area_removed(pool->resource, pool->areas - 1);
	}
}

static void answer(struct odd_pool *pool, struct wl_resource *block, uint32_t size) {
	pool->requests++;
	switch (pool->manner) {
	case ODD_POOL_NO_ANSWER:
		break;
	case ODD_POOL_UNREAD_ALWAYS:
		lido_shm_block_v1_send_failed(block, LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS);
		break;
	case ODD_POOL_UNREAD:
		if (pool->requests == 1) {
			lido_shm_block_v1_send_failed(block, LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS);
		} else {
			place(pool, block, size);
		}
		break;
	case ODD_POOL_UNKNOWN_REASON:
		lido_shm_block_v1_send_failed(block, 77);
		break;
	default:
		place(pool, block, size);
		break;
	}
}

// Nothing reads the content of the buffer.
static void handle_create_buffer(struct wl_client *client, struct wl_resource *block, uint32_t id, int32_t offset,
		int32_t width, int32_t height, int32_t stride, uint32_t format) {
	static const struct wl_buffer_interface impl = {.destroy = handle_destroy};
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	expect(resource != NULL);
	wl_resource_set_implementation(resource, &impl, NULL, NULL);
}

static void handle_resize(struct wl_client *client, struct wl_resource *block, uint32_t size) {
	answer(wl_resource_get_user_data(block), block, size);
}

static const struct lido_shm_block_v1_interface block_impl = {
	.destroy = handle_destroy,
	.create_buffer = handle_create_buffer,
	.resize = handle_resize,
};

static void handle_create_block(struct wl_client *client, struct wl_resource *resource, uint32_t id, uint32_t size) {
	struct odd_pool *pool = wl_resource_get_user_data(resource);
	// A proxy would lose the fd that the answer brings.
	expect(pool->manner != ODD_POOL_OTHER_PEER && pool->manner != ODD_POOL_NAMELESS_PEER);
	struct wl_resource *block = wl_resource_create(client, &lido_shm_block_v1_interface, 1, id);
	expect(block != NULL);
	wl_resource_set_implementation(block, &block_impl, pool, NULL);
	answer(pool, block, size);
}

static const struct lido_shm_pool_v1_interface pool_impl = {
	.destroy = handle_destroy,
	.create_block = handle_create_block,
};

static void handle_pool_destroy(struct wl_resource *resource) {
	free(wl_resource_get_user_data(resource));
}

static void send_layout(const struct odd_pool *pool) {
	static const uint32_t strides[] = {[ODD_POOL_WIDE_ROWS] = 1024,
		[ODD_POOL_HUGE_ROWS] = 1u << 30,
		[ODD_POOL_ODD_ROWS] = 300,
		[ODD_POOL_NO_ROWS] = 0};
	if (pool->manner >= ODD_POOL_WIDE_ROWS && pool->manner <= ODD_POOL_NO_ROWS) {
		lido_shm_pool_v1_send_layout(pool->resource, strides[pool->manner], 4096);
	}
}

static void handle_get_pool(struct wl_client *client, struct wl_resource *manager, uint32_t id, uint32_t reserve_max) {
	const enum odd_pool_manner *manner = wl_resource_get_user_data(manager);
	struct odd_pool *pool = calloc(1, sizeof(*pool));
	struct wl_resource *resource =
			wl_resource_create(client, &lido_shm_pool_v1_interface, wl_resource_get_version(manager), id);
	expect(pool != NULL && resource != NULL);
	*pool = (struct odd_pool){.manner = *manner, .resource = resource};
	wl_resource_set_implementation(resource, &pool_impl, pool, handle_pool_destroy);
	lido_shm_pool_v1_send_limits(resource, 0, RESERVE, 1, 1);
	send_layout(pool);
}

static const struct lido_shm_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_pool = handle_get_pool,
};

static void bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(client, &lido_shm_manager_v1_interface, (int)version, id);
	expect(resource != NULL);
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
	const enum odd_pool_manner *manner = data;
	char name[LIDO_PEER_NAME_MAX];
	ssize_t size = lido_os.get_peer_name(wl_client_get_fd(client), name);
	expect_int(size, >, 0);
	name[size - 1] ^= *manner == ODD_POOL_OTHER_PEER;
	size = *manner == ODD_POOL_NAMELESS_PEER ? 0 : size;
	lido_shm_manager_v1_send_peer(resource, &(struct wl_array){.size = (size_t)size, .data = name});
}

void odd_pool_init(struct wl_display *display, const enum odd_pool_manner *manner) {
	void *data = (void *)(uintptr_t)manner; // only read
	expect(wl_global_create(display, &lido_shm_manager_v1_interface, 2, data, bind_manager) != NULL);
}

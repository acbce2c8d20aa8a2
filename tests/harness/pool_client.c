#include "pool_client.h"
#include "file.h"
#include "runner.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define VERSION 4
#define PAGE 4096
#define SMALL_ALIGN 64

static struct pool_event *add_event(struct pool_client *pool, enum pool_event_kind kind) {
	if (kind != POOL_EVENT_LIMITS) {
		expect(pool->blocks_max != 0);
	}
	struct pool_event *event = wl_array_add(&pool->events, sizeof(*event));
	expect(event != NULL);
	*event = (struct pool_event){.kind = kind};
	return event;
}

static void handle_limits(void *data, struct lido_shm_pool_v1 *object, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
	struct pool_client *pool = data;
	expect_int(pool_client_get_events_len(pool), ==, 0);
	add_event(pool, POOL_EVENT_LIMITS);
	pool->bytes_max = (int64_t)((uint64_t)bytes_hi << 32 | bytes_lo);
	pool->blocks_max = blocks;
	pool->buffers_max = buffers;
	expect_int(pool->bytes_max, >, 0);
	expect(blocks > 0 && buffers > 0);
}

static int64_t sum_reserves(const struct pool_client *pool) {
	const struct pool_area *area;
	int64_t sum = 0;
	wl_list_for_each(area, &pool->areas, link) {
		sum += area->reserve;
	}
	return sum;
}

// The server may have grown the file since, but never shrinks it.
static void expect_size(const struct pool_area *area) {
	expect_int(area->size, >, 0);
	expect_int(area->size % PAGE, ==, 0);
	expect_int(area->size, <=, area->reserve);
	expect_int(file_get_size(area->fd), >=, area->size);
}

static void expect_file(const struct pool_area *area, bool is_private) {
	int seals = file_get_seals(area->fd);
	expect(seals != -1);
	expect_int(seals & (F_SEAL_SHRINK | F_SEAL_SEAL), ==, F_SEAL_SHRINK | F_SEAL_SEAL);
	expect_int(seals & (F_SEAL_GROW | F_SEAL_WRITE), ==, is_private ? F_SEAL_GROW : 0);
	expect_size(area);
	expect(!is_private || area->size == area->reserve);
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *object, uint32_t id, int32_t fd, uint32_t size, uint32_t reserve) {
	struct pool_client *pool = data;
	struct pool_event *event = add_event(pool, POOL_EVENT_AREA);
	event->area = id;
	event->size = size;
	event->reserve = reserve;
	struct pool_area *area = calloc(1, sizeof(*area));
	expect(area != NULL);
	*area = (struct pool_area){.id = id, .fd = fd, .size = size, .reserve = reserve};
	expect_int(id, !=, 0);
	expect(pool_client_find_area(pool, id) == NULL);
	expect_int(reserve % PAGE, ==, 0);
	expect_file(area, pool->is_private);
	area->data = mmap(NULL, reserve, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	expect(area->data != MAP_FAILED);
	wl_list_insert(pool->areas.prev, &area->link);
	if (pool->reserve_max != 0) {
		expect_int(sum_reserves(pool), <=, pool->reserve_max);
	}
}

static void handle_area_size(void *data, struct lido_shm_pool_v1 *object, uint32_t id, uint32_t size) {
	struct pool_client *pool = data;
	struct pool_event *event = add_event(pool, POOL_EVENT_AREA_SIZE);
	expect(!pool->is_private);
	event->area = id;
	event->size = size;
	struct pool_area *area = pool_client_find_area(pool, id);
	expect(area != NULL);
	expect_int(size, >, area->size);
	area->size = size;
	expect_size(area);
}

static void area_destroy(struct pool_area *area) {
	munmap(area->data, area->reserve);
	close(area->fd);
	wl_list_remove(&area->link);
	free(area);
}

static void handle_area_removed(void *data, struct lido_shm_pool_v1 *object, uint32_t id) {
	struct pool_client *pool = data;
	add_event(pool, POOL_EVENT_AREA_REMOVED)->area = id;
	struct pool_area *area = pool_client_find_area(pool, id);
	expect(area != NULL);
	const struct pool_block *block;
	wl_list_for_each(block, &pool->blocks, link) {
		expect(block->area != area);
	}
	area_destroy(area);
}

// Not recorded: it comes with the limits, from version 2 on.
static void handle_layout(void *data, struct lido_shm_pool_v1 *object, uint32_t stride, uint32_t offset) {
	struct pool_client *pool = data;
	expect_int(pool_client_get_events_len(pool), ==, 1);
	expect(stride > 0 && (stride & (stride - 1)) == 0);
	expect(offset > 0 && (offset & (offset - 1)) == 0);
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = handle_limits,
	.area = handle_area,
	.area_size = handle_area_size,
	.area_removed = handle_area_removed,
	.layout = handle_layout,
};

// Takes the answered request from the queue. The answers to requests of destroyed blocks were not received.
static struct pool_request *take_request(struct pool_client *pool, struct pool_block *block) {
	struct pool_request *requests = pool->requests.data;
	size_t len = pool->requests.size / sizeof(*requests);
	while (pool->answers < len && requests[pool->answers].block == NULL) {
		pool->answers++;
	}
	expect_int(pool->answers, <, len);
	expect(requests[pool->answers].block == block);
	block->pending--;
	return &requests[pool->answers++];
}

static void handle_placed(void *data, struct lido_shm_block_v1 *object, uint32_t id, uint32_t offset, uint32_t size) {
	struct pool_block *block = data;
	struct pool_event *event = add_event(block->pool, POOL_EVENT_PLACED);
	event->block = block;
	event->area = id;
	event->offset = offset;
	event->size = size;
	expect_int(size, >=, take_request(block->pool, block)->size);
	expect_int(offset % (size < PAGE ? SMALL_ALIGN : PAGE), ==, 0);
	struct pool_area *area = pool_client_find_area(block->pool, id);
	expect(area != NULL);
	expect_int((int64_t)offset + size, <=, area->size);
	block->answer = POOL_ANSWER_PLACED;
	block->area = area;
	block->offset = offset;
	block->size = size;
}

static void handle_failed(void *data, struct lido_shm_block_v1 *object, uint32_t reason) {
	struct pool_block *block = data;
	struct pool_event *event = add_event(block->pool, POOL_EVENT_FAILED);
	event->block = block;
	event->reason = reason;
	take_request(block->pool, block);
	expect_int(reason, <=, LIDO_SHM_BLOCK_V1_REASON_UNREAD_EVENTS);
	block->answer = POOL_ANSWER_FAILED;
	block->reason = reason;
}

static const struct lido_shm_block_v1_listener block_listener = {
	.placed = handle_placed,
	.failed = handle_failed,
};

static void init(struct pool_client *pool, struct client *client, uint32_t reserve_max, bool is_private) {
	*pool = (struct pool_client){.client = client, .reserve_max = reserve_max, .is_private = is_private};
	wl_list_init(&pool->areas);
	wl_list_init(&pool->blocks);
	wl_array_init(&pool->events);
	wl_array_init(&pool->requests);
	const struct client_global *global = client_find_global(client, lido_shm_manager_v1_interface.name, NULL);
	uint32_t version = global != NULL && global->version < VERSION ? global->version : VERSION;
	pool->manager = client_bind(client, &lido_shm_manager_v1_interface, version);
	pool->pool = is_private ? lido_shm_manager_v1_get_private_pool(pool->manager, reserve_max)
							: lido_shm_manager_v1_get_pool(pool->manager, reserve_max);
	lido_shm_pool_v1_add_listener(pool->pool, &pool_listener, pool);
}

void pool_client_init(struct pool_client *pool, struct client *client, uint32_t reserve_max) {
	init(pool, client, reserve_max, false);
}

void pool_client_init_private(struct pool_client *pool, struct client *client, uint32_t reserve_max) {
	init(pool, client, reserve_max, true);
}

void pool_client_finish(struct pool_client *pool) {
	struct pool_block *block, *next_block;
	wl_list_for_each_safe(block, next_block, &pool->blocks, link) {
		// The protocol requires that blocks are destroyed first.
		pool_block_finish(block);
	}
	lido_shm_pool_v1_destroy(pool->pool);
	lido_shm_manager_v1_destroy(pool->manager);
	struct pool_area *area, *next_area;
	wl_list_for_each_safe(area, next_area, &pool->areas, link) {
		area_destroy(area);
	}
	wl_array_release(&pool->events);
	wl_array_release(&pool->requests);
	*pool = (struct pool_client){0};
}

size_t pool_client_get_events_len(const struct pool_client *pool) {
	return pool->events.size / sizeof(struct pool_event);
}

const struct pool_event *pool_client_get_event(const struct pool_client *pool, size_t index) {
	expect_int(index, <, pool_client_get_events_len(pool));
	return (const struct pool_event *)pool->events.data + index;
}

size_t pool_client_count(const struct pool_client *pool, enum pool_event_kind kind) {
	size_t count = 0;
	const struct pool_event *event;
	wl_array_for_each(event, &pool->events) {
		count += event->kind == kind;
	}
	return count;
}

struct pool_area *pool_client_find_area(const struct pool_client *pool, uint32_t id) {
	struct pool_area *area;
	wl_list_for_each(area, &pool->areas, link) {
		if (area->id == id) {
			return area;
		}
	}
	return NULL;
}

struct pool_area *pool_client_get_first_area(const struct pool_client *pool) {
	expect(!wl_list_empty(&pool->areas));
	struct pool_area *area = wl_container_of(pool->areas.next, area, link);
	return area;
}

static void add_request(struct pool_block *block, uint32_t size) {
	struct pool_request *request = wl_array_add(&block->pool->requests, sizeof(*request));
	expect(request != NULL);
	*request = (struct pool_request){.block = block, .size = size};
	block->requested = size;
	block->pending++;
}

void pool_block_init(struct pool_block *block, struct pool_client *pool, uint32_t size) {
	*block = (struct pool_block){.pool = pool};
	wl_list_insert(pool->blocks.prev, &block->link);
	block->block = lido_shm_pool_v1_create_block(pool->pool, size);
	lido_shm_block_v1_add_listener(block->block, &block_listener, block);
	add_request(block, size);
}

void pool_block_resize(struct pool_block *block, uint32_t size) {
	lido_shm_block_v1_resize(block->block, size);
	add_request(block, size);
}

void pool_block_finish(struct pool_block *block) {
	struct pool_client *pool = block->pool;
	struct pool_request *requests = pool->requests.data;
	for (size_t i = pool->answers; i < pool->requests.size / sizeof(*requests); i++) {
		requests[i].block = requests[i].block == block ? NULL : requests[i].block;
	}
	lido_shm_block_v1_destroy(block->block);
	wl_list_remove(&block->link);
	*block = (struct pool_block){0};
}

void pool_block_discard(struct pool_block *block, uint32_t offset, uint32_t size) {
	lido_shm_block_v1_discard(block->block, offset, size);
}

uint32_t pool_block_get_size(const struct pool_block *block) {
	return block->pending == 0 && block->size > block->requested ? block->size : block->requested;
}

struct wl_buffer *pool_block_create_buffer(struct pool_block *block, int32_t offset, int32_t width, int32_t height) {
	return lido_shm_block_v1_create_buffer(block->block, offset, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
}

uint8_t *pool_block_get_data(const struct pool_block *block) {
	expect(block->area != NULL);
	return block->area->data + block->offset;
}

void pool_block_expect_place_at(const char *file, int line, struct pool_block *block) {
	client_expect_alive_at(file, line, block->pool->client);
	if (block->answer != POOL_ANSWER_PLACED) {
		expect_failed(file, line, "expected the block to be placed, but it %s (reason %u)",
				block->answer == POOL_ANSWER_FAILED ? "failed" : "was not answered", block->reason);
	}
}

void pool_block_expect_reason_at(const char *file, int line, struct pool_block *block, uint32_t reason) {
	client_expect_alive_at(file, line, block->pool->client);
	if (block->answer != POOL_ANSWER_FAILED || block->reason != reason) {
		expect_failed(file, line, "expected the block to fail with reason %u, but it %s (reason %u)", reason,
				block->answer == POOL_ANSWER_PLACED ? "was placed" : "failed otherwise or got no answer",
				block->reason);
	}
}

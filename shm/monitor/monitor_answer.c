/*
 * A page of clients takes some reads of /proc and an fstat() for each file. A page of ranges walks over the ranges of
 * one area from its start: of the allocated ones between two free ranges one event tells, however many there are.
 * Nothing is remembered from one page to the next.
 */
#include "monitor/monitor_answer.h"

#include "base/number.h"
#include "wire/manager.h"

#include "lido-monitor-v1-protocol.h"
#include <assert.h>
#include <lido/shm.h>

// Bytes of messages on the wire, with their arguments.
#define HEADER_SIZE 8
#define VALUES_LEN 19
#define VALUE_SIZE (HEADER_SIZE + 3 * 4)
#define CLIENT_SIZE (HEADER_SIZE + 3 * 4 + sizeof(((struct lido_pool_stats *)0)->name))
#define LIMIT_SIZE (HEADER_SIZE + 4 + 16 + 4 * 4)
#define RANGE_SIZE (HEADER_SIZE + 3 * 4)
#define OTHERS_SIZE 64
static_assert(LIDO_MONITOR_CLIENTS_MAX * (CLIENT_SIZE + VALUES_LEN * VALUE_SIZE + LIMIT_SIZE) + OTHERS_SIZE <=
					  LIDO_MONITOR_ANSWER_SIZE_MAX,
		"a page of clients fits into the smallest buffer of a connection");
static_assert(
		LIDO_MONITOR_RANGES_MAX * RANGE_SIZE + OTHERS_SIZE <= LIDO_MONITOR_ANSWER_SIZE_MAX, "so does a page of ranges");

static uint32_t high(int64_t number) {
	return (uint32_t)((uint64_t)number >> 32);
}

static void send_values(struct wl_resource *resource, const struct lido_pool_stats *stats) {
	const struct {
		enum lido_monitor_v1_value value;
		int64_t number;
	} values[] = {
		{LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS, stats->exported_areas},
		{LIDO_MONITOR_V1_VALUE_SEALED_FILES, stats->sealed_files},
		{LIDO_MONITOR_V1_VALUE_UNSEALABLE_FILES, stats->unsealable_files},
		{LIDO_MONITOR_V1_VALUE_MAPPINGS, stats->mappings},
		{LIDO_MONITOR_V1_VALUE_FDS, stats->fds},
		{LIDO_MONITOR_V1_VALUE_BLOCKS, stats->blocks},
		{LIDO_MONITOR_V1_VALUE_BUFFERS, stats->buffers},
		{LIDO_MONITOR_V1_VALUE_BUFFERS_PEAK, stats->buffers_peak},
		{LIDO_MONITOR_V1_VALUE_BYTES_MAPPED, stats->bytes_mapped},
		{LIDO_MONITOR_V1_VALUE_BYTES_USED, stats->bytes_used},
		{LIDO_MONITOR_V1_VALUE_BYTES_USED_PEAK, stats->bytes_used_peak},
		{LIDO_MONITOR_V1_VALUE_BYTES_RESIDENT, stats->bytes_resident},
		{LIDO_MONITOR_V1_VALUE_BYTES_CACHED, stats->bytes_cached},
		{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH, stats->bytes_scratch},
		{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_PEAK, stats->bytes_scratch_peak},
		{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_IDLE, stats->bytes_scratch_idle},
		{LIDO_MONITOR_V1_VALUE_BYTES_READ, stats->bytes_read},
		{LIDO_MONITOR_V1_VALUE_PINS, stats->pins},
		{LIDO_MONITOR_V1_VALUE_BYTES_PINNED, stats->bytes_pinned},
	};
	static_assert(sizeof(values) / sizeof(values[0]) == VALUES_LEN, "VALUES_LEN counts them");
	for (size_t i = 0; i < VALUES_LEN; i++) {
		int64_t number = values[i].number;
		if (number != 0) {
			lido_monitor_v1_send_value(resource, values[i].value, high(number), (uint32_t)number);
		}
	}
}

static void send_client(struct wl_resource *resource, const struct lido_pool *pool) {
	struct lido_pool_stats stats;
	lido_pool_get_stats(pool, &stats);
	lido_monitor_v1_send_client(resource, stats.id, (int32_t)stats.pid, stats.name);
	send_values(resource, &stats);
	lido_monitor_v1_send_limit(resource, stats.limit_key, high(stats.limit_used), (uint32_t)stats.limit_used,
			high(stats.limit_max), (uint32_t)stats.limit_max);
}

static void answer_clients(const struct lido_manager *manager, uint32_t after, struct wl_resource *resource) {
	int clients_len = 0;
	int64_t steps = 0;
	const struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		if (pool->id <= after || pool->quota.client == NULL) {
			continue;
		}
		// There are at most as many free ranges as blocks and areas.
		int64_t more = lido_quota_get_used(&pool->quota, LIDO_QUOTA_FILES) +
					   lido_quota_get_used(&pool->quota, LIDO_QUOTA_BLOCKS);
		if (clients_len == LIDO_MONITOR_CLIENTS_MAX || (clients_len > 0 && steps + more > LIDO_MONITOR_STEPS_MAX)) {
			lido_monitor_v1_send_clients_done(resource, after);
			return;
		}
		send_client(resource, pool);
		after = pool->id;
		steps += more;
		clients_len++;
	}
	lido_monitor_v1_send_clients_done(resource, 0);
}

static const struct lido_pool *find_pool(const struct lido_manager *manager, uint32_t id) {
	const struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		if (pool->id == id && pool->quota.client != NULL) {
			return pool;
		}
	}
	return NULL;
}

// The area with that id, or the next larger one; NULL if there is none.
static const struct lido_exported_area *find_area(const struct lido_pool *pool, uint32_t id) {
	const struct lido_exported_area *area;
	wl_list_for_each(area, &pool->exports.areas, base.link) {
		if (area->id >= id) {
			return area;
		}
	}
	return NULL;
}

// Sends the range that starts at that offset of the file, and returns its end. free: the first free range that ends
// beyond the offset, or NULL.
static int64_t send_range(struct wl_resource *resource, const struct lido_exported_area *area,
		const struct lido_range *free, int64_t offset) {
	enum lido_monitor_v1_range kind = LIDO_MONITOR_V1_RANGE_USED;
	int64_t end = free != NULL ? free->offset : area->base.size;
	if (end <= offset) {
		kind = free->is_warm ? LIDO_MONITOR_V1_RANGE_CACHED : LIDO_MONITOR_V1_RANGE_FREE;
		end = lido_range_get_end(free);
	}
	end = lido_min(end, area->base.size);
	lido_monitor_v1_send_range(resource, kind, (uint32_t)offset, (uint32_t)(end - offset));
	return end;
}

// Sends ranges from that offset on, and returns the end of the last one. Walks over all ranges below.
static int64_t send_ranges(struct wl_resource *resource, const struct lido_exported_area *area, int64_t offset) {
	const struct lido_range *free = lido_allocator_get_first(area->allocator);
	for (int i = 0; i < LIDO_MONITOR_RANGES_MAX && offset < area->base.size; i++) {
		while (free != NULL && (!free->is_free || lido_range_get_end(free) <= offset)) {
			free = lido_range_get_after(free);
		}
		offset = send_range(resource, area, free, offset);
	}
	return offset;
}

static void answer_ranges(const struct lido_manager *manager, const struct lido_monitor_question *question,
		struct wl_resource *resource) {
	const struct lido_pool *pool = find_pool(manager, question->client);
	const struct lido_exported_area *area = pool != NULL ? find_area(pool, question->area) : NULL;
	if (area == NULL) {
		lido_monitor_v1_send_ranges_done(resource, 0, 0);
		return;
	}
	lido_monitor_v1_send_area(resource, area->id, (uint32_t)area->base.size, (uint32_t)area->reserve,
			(uint32_t)lido_area_get_resident(&area->base), area->base.refs.count);
	int64_t offset = send_ranges(resource, area, area->id == question->area ? question->offset : 0);
	if (offset < area->base.size) {
		lido_monitor_v1_send_ranges_done(resource, area->id, (uint32_t)offset);
		return;
	}
	area = find_area(pool, area->id + 1);
	lido_monitor_v1_send_ranges_done(resource, area != NULL ? area->id : 0, 0);
}

void lido_monitor_answer(const struct lido_manager *manager, const struct lido_monitor_question *question,
		struct wl_resource *resource) {
	if (question->is_of_ranges) {
		answer_ranges(manager, question, resource);
	} else {
		answer_clients(manager, question->client, resource);
	}
}

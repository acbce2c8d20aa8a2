/*
 * What one client uses, which <lido/shm.h> describes.
 */
#include "wire/manager.h"

#include <lido/shm.h>
#include <string.h>

// The base name of argv[0], made printable: the client may have chosen it freely.
static void read_name(char *name, size_t size, pid_t pid) {
	char path[64], command[256] = "";
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	FILE *file = pid > 0 ? fopen(path, "re") : NULL;
	if (file != NULL) {
		// Arguments end in zeros, so this string is the first one.
		command[fread(command, 1, sizeof(command) - 1, file)] = '\0';
		fclose(file);
	}
	const char *slash = strrchr(command, '/');
	snprintf(name, size, "%s", slash != NULL ? slash + 1 : command);
	for (char *c = name; *c != '\0'; c++) {
		*c = *c < ' ' || *c > '~' ? '?' : *c;
	}
	if (name[0] == '\0') {
		snprintf(name, size, "?");
	}
}

// The limit of which the largest share is used.
static void get_nearest_limit(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	double largest = -1;
	for (int i = 0; i < LIDO_QUOTA_KINDS_LEN; i++) {
		const struct lido_quota_count *count = &pool->quota.counts[i];
		double share = (double)count->used / (double)count->max;
		if (lido_quota_get_key(i) != NULL && share > largest) {
			largest = share;
			stats->limit_key = lido_quota_get_key(i);
			stats->limit_used = count->used;
			stats->limit_max = count->max;
		}
	}
}

static void add_exports(const struct lido_exports *exports, struct lido_pool_stats *stats) {
	const struct lido_exported_area *area;
	wl_list_for_each(area, &exports->areas, base.link) {
		stats->bytes_resident += lido_area_get_resident(&area->base);
		stats->bytes_cached += lido_exported_area_get_cached(area);
	}
}

void lido_pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	const struct lido_quota_count *counts = pool->quota.counts;
	int64_t files = counts[LIDO_QUOTA_FILES].used, areas = counts[LIDO_QUOTA_AREAS].used;
	int64_t sealed = counts[LIDO_QUOTA_SEALED_FILES].used, pins = counts[LIDO_QUOTA_UDMABUFS].used;
	int64_t idle = lido_scratches_get_idle(&pool->scratches);
	*stats = (struct lido_pool_stats){
		.id = pool->id,
		.client = pool->quota.client,
		.exported_areas = (uint32_t)areas,
		.sealed_files = (uint32_t)sealed,
		.unsealable_files = (uint32_t)(files - areas - sealed - pins),
		.mappings = (uint32_t)(counts[LIDO_QUOTA_MAPPINGS].used - counts[LIDO_QUOTA_SCRATCH_MAPPINGS].used),
		.fds = (uint32_t)files,
		.pins = (uint32_t)pins,
		.blocks = (uint32_t)counts[LIDO_QUOTA_BLOCKS].used,
		.buffers = (uint32_t)counts[LIDO_QUOTA_BUFFERS].used,
		.buffers_peak = (uint32_t)counts[LIDO_QUOTA_BUFFERS].peak,
		.bytes_mapped = counts[LIDO_QUOTA_MAPPED_BYTES].used,
		.bytes_used = counts[LIDO_QUOTA_BUFFER_BYTES].used,
		.bytes_used_peak = counts[LIDO_QUOTA_BUFFER_BYTES].peak,
		.bytes_scratch = counts[LIDO_QUOTA_SCRATCH_BYTES].used,
		.bytes_scratch_peak = counts[LIDO_QUOTA_SCRATCH_BYTES].peak,
		.bytes_scratch_idle = idle,
		.bytes_cached = idle,
		.bytes_pinned = counts[LIDO_QUOTA_PINNED_BYTES].used,
		.bytes_read = counts[LIDO_QUOTA_READ_BYTES].used,
	};
	stats->bytes_resident = lido_imports_get_resident(&pool->imports);
	add_exports(&pool->exports, stats);
	get_nearest_limit(pool, stats);
	if (stats->client != NULL) {
		wl_client_get_credentials(stats->client, &stats->pid, NULL, NULL);
	}
	read_name(stats->name, sizeof(stats->name), stats->pid);
}

void lido_manager_for_each_pool(
		struct lido_manager *manager, void (*fn)(const struct lido_pool_stats *stats, void *data), void *data) {
	struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		if (pool->quota.client != NULL) {
			struct lido_pool_stats stats;
			lido_pool_get_stats(pool, &stats);
			fn(&stats, data);
		}
	}
}

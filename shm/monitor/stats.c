/*
 * What each client uses, for people and for programs.
 */
#include "memory/exported.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "wire/manager.h"

#include <inttypes.h>
#include <string.h>

// The file name of the program, as it was called, made printable; the client may have chosen it freely.
static void read_name(char *name, size_t size, pid_t pid) {
	char path[64], command[256] = "";
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	FILE *file = pid > 0 ? fopen(path, "re") : NULL;
	if (file != NULL) {
		// Its words end in zeros: what is read is the first one.
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

// Of all limits, the one of which the largest share is used.
static void get_nearest_limit(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	const struct lido_limits *limits = &pool->limits;
	const struct {
		const char *key;
		int64_t used, max;
	} all[] = {
		{"bytes", pool->bytes, limits->bytes_max},
		{"area-bytes", pool->bytes_blocks, limits->area_bytes_max},
		{"buffers", pool->buffers, limits->buffers_max},
		{"blocks", pool->blocks, limits->blocks_max},
		{"files", pool->files, limits->files_max},
		{"handles", pool->handles, limits->handles_max},
		{"areas", pool->exported_len, limits->areas_max},
	};
	double largest = -1;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		double share = (double)all[i].used / (double)all[i].max;
		if (share > largest) {
			largest = share;
			stats->limit_key = all[i].key;
			stats->limit_used = all[i].used;
			stats->limit_max = all[i].max;
		}
	}
}

static void add_files(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	for (size_t i = 0; i < LIDO_POOL_BUCKETS; i++) {
		const struct lido_area *imported;
		wl_list_for_each(imported, &pool->imported[i], link) {
			stats->bytes_resident += lido_area_get_resident(imported);
		}
	}
	const struct lido_exported_area *exported;
	wl_list_for_each(exported, &pool->exported, base.link) {
		stats->bytes_resident += lido_area_get_resident(&exported->base);
		stats->bytes_cached += lido_allocator_get_warm(exported->allocator);
	}
}

void lido_pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	*stats = (struct lido_pool_stats){
		.id = pool->id,
		.exported_areas = pool->exported_len,
		.imported_areas = pool->sealed_files,
		.copied_files = pool->files - pool->exported_len - pool->sealed_files,
		.mappings = pool->mappings,
		.fds = pool->files,
		.blocks = pool->blocks,
		.buffers = pool->buffers,
		.buffers_peak = pool->buffers_peak,
		.bytes_mapped = pool->bytes_mapped,
		.bytes_live = pool->bytes_live,
		.bytes_live_peak = pool->bytes_live_peak,
		.bytes_copied = pool->bytes,
		.bytes_copied_peak = pool->bytes_peak,
		.bytes_warm = lido_memory_get_warm(pool),
		.bytes_read = pool->bytes_read,
	};
	stats->bytes_cached = stats->bytes_warm;
	add_files(pool, stats);
	get_nearest_limit(pool, stats);
	wl_client_get_credentials(pool->client, &stats->pid, NULL, NULL);
	read_name(stats->name, sizeof(stats->name), stats->pid);
}

void lido_manager_for_each_pool(
		struct lido_manager *manager, void (*fn)(const struct lido_pool_stats *stats, void *data), void *data) {
	struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		if (pool->client != NULL) {
			struct lido_pool_stats stats;
			lido_pool_get_stats(pool, &stats);
			fn(&stats, data);
		}
	}
}

struct writer {
	FILE *stream;
	bool is_first;
};

static void write_json_string(FILE *stream, const char *text) {
	fputc('"', stream);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', stream);
		}
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static void write_json(const struct lido_pool_stats *stats, void *data) {
	struct writer *writer = data;
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{"pid", stats->pid},
		{"exported_areas", stats->exported_areas},
		{"imported_areas", stats->imported_areas},
		{"copied_files", stats->copied_files},
		{"mappings", stats->mappings},
		{"fds", stats->fds},
		{"blocks", stats->blocks},
		{"buffers", stats->buffers},
		{"buffers_peak", stats->buffers_peak},
		{"bytes_mapped", stats->bytes_mapped},
		{"bytes_live", stats->bytes_live},
		{"bytes_live_peak", stats->bytes_live_peak},
		{"bytes_resident", stats->bytes_resident},
		{"bytes_cached", stats->bytes_cached},
		{"bytes_copied", stats->bytes_copied},
		{"bytes_copied_peak", stats->bytes_copied_peak},
		{"bytes_warm", stats->bytes_warm},
		{"bytes_read", stats->bytes_read},
	};
	fprintf(writer->stream, "%s\n  {\"name\": ", writer->is_first ? "" : ",");
	write_json_string(writer->stream, stats->name);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		fprintf(writer->stream, ", \"%s\": %" PRId64, numbers[i].key, numbers[i].value);
	}
	fputc('}', writer->stream);
	writer->is_first = false;
}

void lido_manager_write_json(struct lido_manager *manager, FILE *stream) {
	struct writer writer = {.stream = stream, .is_first = true};
	fputc('[', stream);
	lido_manager_for_each_pool(manager, write_json, &writer);
	fputs(writer.is_first ? "]\n" : "\n]\n", stream);
}

static void write_table_row(const struct lido_pool_stats *stats, void *data) {
	FILE *stream = data;
	fprintf(stream,
			"%-22s %7d %8" PRIu32 " %8" PRIu32 " %6" PRIu32 " %8" PRIu32 " %4" PRIu32 " %6" PRIu32 " %7" PRIu32
			" %10.1f %9.2f %9.2f\n",
			stats->name, (int)stats->pid, stats->exported_areas, stats->imported_areas, stats->copied_files,
			stats->mappings, stats->fds, stats->blocks, stats->buffers, (double)stats->bytes_mapped / (1 << 20),
			(double)stats->bytes_live / (1 << 20), (double)stats->bytes_copied / (1 << 20));
}

void lido_manager_write_table(struct lido_manager *manager, FILE *stream) {
	fprintf(stream, "%-22s %7s %8s %8s %6s %8s %4s %6s %7s %10s %9s %9s\n", "client", "pid", "exported", "imported",
			"copied", "mappings", "fds", "blocks", "buffers", "mapped MiB", "live MiB", "copy MiB");
	lido_manager_for_each_pool(manager, write_table_row, stream);
}

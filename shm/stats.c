/*
 * What each client uses, for people and for programs.
 */
#include "manager.h"
#include "pool.h"

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
	for (char *c = name; *c != '\0'; ++c) {
		*c = *c < ' ' || *c > '~' ? '?' : *c;
	}
	if (name[0] == '\0') {
		snprintf(name, size, "?");
	}
}

static void pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats) {
	*stats = (struct lido_pool_stats){
		.exported_areas = pool->exported_len,
		.imported_areas = pool->sealed_files,
		.copied_files = pool->files - pool->exported_len - pool->sealed_files,
		.mappings = pool->mappings,
		.fds = pool->files,
		.blocks = pool->blocks,
		.buffers = pool->buffers,
		.bytes_mapped = pool->bytes_mapped,
		.bytes_live = pool->bytes_live,
		.bytes_copied = pool->bytes,
	};
	wl_client_get_credentials(pool->client, &stats->pid, NULL, NULL);
	read_name(stats->name, sizeof(stats->name), stats->pid);
}

void lido_manager_for_each_pool(
		struct lido_manager *manager, void (*fn)(const struct lido_pool_stats *stats, void *data), void *data) {
	struct lido_pool *pool;
	wl_list_for_each(pool, &manager->pools, link) {
		if (pool->client != NULL) {
			struct lido_pool_stats stats;
			pool_get_stats(pool, &stats);
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
	for (; *text != '\0'; ++text) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', stream);
		}
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static void write_json(const struct lido_pool_stats *stats, void *data) {
	struct writer *writer = data;
	fprintf(writer->stream, "%s\n  {\"name\": ", writer->is_first ? "" : ",");
	write_json_string(writer->stream, stats->name);
	fprintf(writer->stream,
			", \"pid\": %d, \"exported_areas\": %" PRIu32 ", \"imported_areas\": %" PRIu32
			", \"copied_files\": %" PRIu32 ", \"mappings\": %" PRIu32 ", \"fds\": %" PRIu32 ", \"blocks\": %" PRIu32
			", \"buffers\": %" PRIu32 ", \"bytes_mapped\": %" PRId64 ", \"bytes_live\": %" PRId64
			", \"bytes_copied\": %" PRId64 "}",
			(int)stats->pid, stats->exported_areas, stats->imported_areas, stats->copied_files, stats->mappings,
			stats->fds, stats->blocks, stats->buffers, stats->bytes_mapped, stats->bytes_live, stats->bytes_copied);
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

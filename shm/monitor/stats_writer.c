/*
 * Writes the statistics of all clients, for programs and for people.
 */
#include <lido/shm.h>

#include <inttypes.h>

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
		{"sealed_files", stats->sealed_files},
		{"unsealable_files", stats->unsealable_files},
		{"mappings", stats->mappings},
		{"fds", stats->fds},
		{"blocks", stats->blocks},
		{"buffers", stats->buffers},
		{"buffers_peak", stats->buffers_peak},
		{"bytes_mapped", stats->bytes_mapped},
		{"bytes_used", stats->bytes_used},
		{"bytes_used_peak", stats->bytes_used_peak},
		{"bytes_resident", stats->bytes_resident},
		{"bytes_cached", stats->bytes_cached},
		{"bytes_scratch", stats->bytes_scratch},
		{"bytes_scratch_peak", stats->bytes_scratch_peak},
		{"bytes_scratch_idle", stats->bytes_scratch_idle},
		{"pins", stats->pins},
		{"bytes_pinned", stats->bytes_pinned},
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
			"%-22s %7d %8" PRIu32 " %6" PRIu32 " %10" PRIu32 " %8" PRIu32 " %4" PRIu32 " %6" PRIu32 " %7" PRIu32
			" %10.1f %9.2f %11.2f\n",
			stats->name, (int)stats->pid, stats->exported_areas, stats->sealed_files, stats->unsealable_files,
			stats->mappings, stats->fds, stats->blocks, stats->buffers, (double)stats->bytes_mapped / (1 << 20),
			(double)stats->bytes_used / (1 << 20), (double)stats->bytes_scratch / (1 << 20));
}

void lido_manager_write_table(struct lido_manager *manager, FILE *stream) {
	fprintf(stream, "%-22s %7s %8s %6s %10s %8s %4s %6s %7s %10s %9s %11s\n", "client", "pid", "exported", "sealed",
			"unsealable", "mappings", "fds", "blocks", "buffers", "mapped MiB", "used MiB", "scratch MiB");
	lido_manager_for_each_pool(manager, write_table_row, stream);
}

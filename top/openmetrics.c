#include "openmetrics.h"

#include "lido-monitor-v1-client-protocol.h"
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/param.h>

static_assert(LIDO_MONITOR_V1_VALUE_BYTES_PINNED < ROW_VALUES_LEN, "rows have all values");

// Metrics of one client. A name that ends in _bytes has that unit.
static const struct metric {
	const char *name; // after "lido_client_"
	const char *help;
	enum lido_monitor_v1_value value;
	bool is_counter;
} metrics[] = {
	{"exported_areas", "Files that the compositor created.", LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS},
	{"sealed_files", "Files of the client that the compositor can map.", LIDO_MONITOR_V1_VALUE_SEALED_FILES},
	{"unsealable_files", "Files of the client that the compositor only reads.", LIDO_MONITOR_V1_VALUE_UNSEALABLE_FILES},
	{"mappings", "Mappings of files in the compositor.", LIDO_MONITOR_V1_VALUE_MAPPINGS},
	{"fds", "File descriptors in the compositor.", LIDO_MONITOR_V1_VALUE_FDS},
	{"blocks", "Blocks in exported areas.", LIDO_MONITOR_V1_VALUE_BLOCKS},
	{"buffers", "wl_buffer objects.", LIDO_MONITOR_V1_VALUE_BUFFERS},
	{"buffers_peak", "Maximum number of wl_buffer objects so far.", LIDO_MONITOR_V1_VALUE_BUFFERS_PEAK},
	{"pins", "Buffers that a GPU reads without a copy.", LIDO_MONITOR_V1_VALUE_PINS},
	{"mapped_bytes", "Address space of the mappings.", LIDO_MONITOR_V1_VALUE_BYTES_MAPPED},
	{"used_bytes", "Size of the wl_buffer objects.", LIDO_MONITOR_V1_VALUE_BYTES_USED},
	{"used_peak_bytes", "Maximum size of the wl_buffer objects so far.", LIDO_MONITOR_V1_VALUE_BYTES_USED_PEAK},
	{"resident_bytes", "What the files occupy, in memory or on a disk.", LIDO_MONITOR_V1_VALUE_BYTES_RESIDENT},
	{"cached_bytes", "Unused memory that is kept for the next request.", LIDO_MONITOR_V1_VALUE_BYTES_CACHED},
	{"scratch_bytes", "The compositor's own memory for copies of pixels.", LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH},
	{"scratch_peak_bytes", "Maximum of that memory so far.", LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_PEAK},
	{"scratch_idle_bytes", "The part of that memory that no copy uses.", LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_IDLE},
	{"pinned_bytes", "Memory that a GPU reads without a copy.", LIDO_MONITOR_V1_VALUE_BYTES_PINNED},
	{"read_bytes", "Pixels copied since the client connected.", LIDO_MONITOR_V1_VALUE_BYTES_READ, true},
};

static bool is_in_bytes(const char *name) {
	const char *end = strrchr(name, '_');
	return end != NULL && strcmp(end, "_bytes") == 0;
}

static void write_head(const char *name, const char *type, const char *help, FILE *stream) {
	fprintf(stream, "# TYPE lido_%s %s\n", name, type);
	if (is_in_bytes(name)) {
		fprintf(stream, "# UNIT lido_%s bytes\n", name);
	}
	fprintf(stream, "# HELP lido_%s %s\n", name, help);
}

// Writes a label. Clients choose their names.
static void write_label(const char *name, const char *value, FILE *stream) {
	fprintf(stream, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			fputs("\\n", stream);
			continue;
		}
		if (*value == '"' || *value == '\\') {
			fputc('\\', stream);
		}
		fputc(*value, stream);
	}
	fputc('"', stream);
}

// Writes a sample up to its labels of the client, which are open for more.
static void write_labels(const struct row *row, const char *name, const char *suffix, FILE *stream) {
	fprintf(stream, "lido_%s%s{client=\"%" PRIu32 "\",pid=\"%" PRId32 "\",", name, suffix, row->id, row->pid);
	write_label("name", row->name, stream);
}

static void write_metric(const struct rows *rows, const struct metric *metric, FILE *stream) {
	char name[64];
	snprintf(name, sizeof(name), "client_%s", metric->name);
	write_head(name, metric->is_counter ? "counter" : "gauge", metric->help, stream);
	for (size_t i = 0; i < rows->len; i++) {
		const struct row *row = &rows->items[i];
		write_labels(row, name, metric->is_counter ? "_total" : "", stream);
		fprintf(stream, "} %" PRId64 "\n", MAX(row->values[metric->value], 0));
	}
}

static void write_limits(const struct rows *rows, const char *name, const char *help, bool is_max, FILE *stream) {
	write_head(name, "gauge", help, stream);
	for (size_t i = 0; i < rows->len; i++) {
		const struct row *row = &rows->items[i];
		if (row->limit_key[0] != '\0') {
			write_labels(row, name, "", stream);
			fputc(',', stream);
			write_label("limit", row->limit_key, stream);
			fprintf(stream, "} %" PRId64 "\n", is_max ? row->limit_max : row->limit_used);
		}
	}
}

void openmetrics_write(const struct rows *rows, FILE *stream) {
	write_head("clients", "gauge", "Clients that have shared memory.", stream);
	fprintf(stream, "lido_clients %zu\n", rows->len);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		write_metric(rows, &metrics[i], stream);
	}
	write_limits(rows, "client_limit_used", "What is used of the limit to which the client is nearest.", false, stream);
	write_limits(rows, "client_limit_max", "The limit to which the client is nearest.", true, stream);
	fputs("# EOF\n", stream);
}

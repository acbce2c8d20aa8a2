#include "json.h"

#include "lido-monitor-v1-client-protocol.h"
#include <assert.h>
#include <inttypes.h>

static_assert(LIDO_MONITOR_V1_VALUE_BYTES_PINNED < ROW_VALUES_LEN, "rows have all values");

static const struct {
	enum lido_monitor_v1_value value;
	const char *key;
} keys[] = {
	{LIDO_MONITOR_V1_VALUE_EXPORTED_AREAS, "exported_areas"},
	{LIDO_MONITOR_V1_VALUE_SEALED_FILES, "sealed_files"},
	{LIDO_MONITOR_V1_VALUE_UNSEALABLE_FILES, "unsealable_files"},
	{LIDO_MONITOR_V1_VALUE_MAPPINGS, "mappings"},
	{LIDO_MONITOR_V1_VALUE_FDS, "fds"},
	{LIDO_MONITOR_V1_VALUE_BLOCKS, "blocks"},
	{LIDO_MONITOR_V1_VALUE_BUFFERS, "buffers"},
	{LIDO_MONITOR_V1_VALUE_BUFFERS_PEAK, "buffers_peak"},
	{LIDO_MONITOR_V1_VALUE_BYTES_MAPPED, "bytes_mapped"},
	{LIDO_MONITOR_V1_VALUE_BYTES_USED, "bytes_used"},
	{LIDO_MONITOR_V1_VALUE_BYTES_USED_PEAK, "bytes_used_peak"},
	{LIDO_MONITOR_V1_VALUE_BYTES_RESIDENT, "bytes_resident"},
	{LIDO_MONITOR_V1_VALUE_BYTES_CACHED, "bytes_cached"},
	{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH, "bytes_scratch"},
	{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_PEAK, "bytes_scratch_peak"},
	{LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_IDLE, "bytes_scratch_idle"},
	{LIDO_MONITOR_V1_VALUE_PINS, "pins"},
	{LIDO_MONITOR_V1_VALUE_BYTES_PINNED, "bytes_pinned"},
	{LIDO_MONITOR_V1_VALUE_BYTES_READ, "bytes_read"},
};

// Writes a string. Texts of rows are printable ASCII.
static void write_text(const char *text, FILE *stream) {
	fputc('"', stream);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', stream);
		}
		fputc(*text, stream);
	}
	fputc('"', stream);
}

static void write_row(const struct row *row, FILE *stream) {
	fputs("{\"name\": ", stream);
	write_text(row->name, stream);
	fprintf(stream, ", \"pid\": %" PRId32 ", \"id\": %" PRIu32, row->pid, row->id);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		fprintf(stream, ", \"%s\": %" PRId64, keys[i].key, row->values[keys[i].value]);
	}
	if (row->rate >= 0) {
		fprintf(stream, ", \"bytes_read_per_second\": %.0f", row->rate);
	} else {
		fputs(", \"bytes_read_per_second\": null", stream);
	}
	fputs(", \"limit\": {\"key\": ", stream);
	write_text(row->limit_key, stream);
	fprintf(stream, ", \"used\": %" PRId64 ", \"max\": %" PRId64 "}}", row->limit_used, row->limit_max);
}

void json_write(const struct rows *rows, FILE *stream) {
	fputs("{\"clients\": [", stream);
	for (size_t i = 0; i < rows->len; i++) {
		fputs(i > 0 ? ", " : "", stream);
		write_row(&rows->items[i], stream);
	}
	fputs("]}\n", stream);
}

#include "map.h"

#include "column.h"
#include "lido-monitor-v1-client-protocol.h"
#include <inttypes.h>

// Pixels.
#define WIDTH 960
#define MARGIN 16
#define ROW_HEIGHT 14
#define LINE_HEIGHT 20
#define TOP 84

// Limits of one area.
#define ROWS_MAX 32
#define ROW_BYTES_MIN (64 * 1024)

static const char style[] = "text{font:13px sans-serif;fill:#222}.title{font-weight:bold;font-size:16px}"
							".used{fill:#19808a}.cached{fill:#e0a63a}.free{fill:#d9dde0}"
							".area path{stroke:#fff;stroke-width:2;vector-effect:non-scaling-stroke}";

// Writes escaped text. Texts of rows are printable ASCII.
static void write_text(const char *text, FILE *stream) {
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		case '&':
			fputs("&amp;", stream);
			break;
		default:
			fputc(*text, stream);
		}
	}
}

// Returns the bytes per row: a power of two, such that an area has at most ROWS_MAX rows.
static int64_t get_row_bytes(int64_t size) {
	int64_t bytes = ROW_BYTES_MIN;
	while (size > bytes * ROWS_MAX) {
		bytes *= 2;
	}
	return bytes;
}

static int64_t get_rows_len(int64_t size) {
	int64_t bytes = get_row_bytes(size);
	return (size + bytes - 1) / bytes;
}

static int get_height(int64_t size) {
	return LINE_HEIGHT + (int)get_rows_len(size) * ROW_HEIGHT + MARGIN;
}

static const char *get_class(uint32_t kind) {
	switch (kind) {
	case LIDO_MONITOR_V1_RANGE_USED:
		return "used";
	case LIDO_MONITOR_V1_RANGE_CACHED:
		return "cached";
	default:
		return "free";
	}
}

static void write_range(const struct range *range, int64_t row_bytes, FILE *stream) {
	char bytes[COLUMN_TEXT_SIZE];
	column_write_bytes((double)range->size, bytes);
	for (int64_t offset = range->offset, end = range->offset + range->size; offset < end;) {
		int64_t x = offset % row_bytes, size = end - offset;
		size = size < row_bytes - x ? size : row_bytes - x;
		fprintf(stream,
				"<rect class=\"%s\" x=\"%" PRId64 "\" y=\"%" PRId64 "\" width=\"%" PRId64
				"\" height=\"1\"><title>%s, %s at %" PRId64 "</title></rect>\n",
				get_class(range->kind), x, offset / row_bytes, size, get_class(range->kind), bytes, range->offset);
		offset += size;
	}
}

static void write_ranges(int64_t size, const struct wl_array *ranges, int y, FILE *stream) {
	int64_t row_bytes = get_row_bytes(size), rows = get_rows_len(size);
	if (size == 0) {
		return;
	}
	fprintf(stream,
			"<svg class=\"area\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%" PRId64 "\" viewBox=\"0 0 %" PRId64
			" %" PRId64 "\" preserveAspectRatio=\"none\" data-size=\"%" PRId64 "\">\n",
			MARGIN, y, WIDTH - 2 * MARGIN, rows * ROW_HEIGHT, row_bytes, rows, size);
	const struct range *range;
	wl_array_for_each(range, ranges) {
		write_range(range, row_bytes, stream);
	}
	fputs("<path d=\"", stream);
	for (int64_t i = 1; i < rows; i++) {
		fprintf(stream, "M0 %" PRId64 "H%" PRId64, i, row_bytes);
	}
	fputs("\"/>\n</svg>\n", stream);
}

static int write_area(const struct area *area, int y, FILE *stream) {
	char size[COLUMN_TEXT_SIZE], reserve[COLUMN_TEXT_SIZE], resident[COLUMN_TEXT_SIZE], row[COLUMN_TEXT_SIZE];
	column_write_bytes((double)area->size, size);
	column_write_bytes((double)area->reserve, reserve);
	column_write_bytes((double)area->resident, resident);
	column_write_bytes((double)get_row_bytes(area->size), row);
	fprintf(stream,
			"<text x=\"%d\" y=\"%d\">area %" PRIu32 ": %" PRIu32
			" blocks, file size %s, %s resident, reserve %s; %s per row</text>\n",
			MARGIN, y + 14, area->id, area->blocks, size, resident, reserve, row);
	write_ranges(area->size, &area->ranges, y + LINE_HEIGHT, stream);
	return y + get_height(area->size);
}

static int write_copies(const struct row *row, int y, FILE *stream) {
	int64_t size = row->values[LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH];
	int64_t idle = row->values[LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH_IDLE];
	struct range ranges[] = {
		{.kind = LIDO_MONITOR_V1_RANGE_USED, .offset = 0, .size = size - idle},
		{.kind = LIDO_MONITOR_V1_RANGE_CACHED, .offset = size - idle, .size = idle},
	};
	char bytes[COLUMN_TEXT_SIZE];
	column_write_bytes((double)size, bytes);
	fprintf(stream, "<text x=\"%d\" y=\"%d\">the server's copies: %s</text>\n", MARGIN, y + 14, bytes);
	struct wl_array array = {.data = ranges, .size = sizeof(ranges)};
	write_ranges(size, &array, y + LINE_HEIGHT, stream);
	return y + get_height(size);
}

static void write_legend(FILE *stream) {
	static const char *const kinds[] = {"used", "cached", "free"};
	for (int i = 0; i < 3; i++) {
		fprintf(stream,
				"<rect class=\"%s key\" x=\"%d\" y=\"50\" width=\"14\" height=\"14\"/><text x=\"%d\" y=\"62\">%s</text>\n",
				kinds[i], MARGIN + i * 90, MARGIN + 20 + i * 90, kinds[i]);
	}
}

void map_write(const struct row *row, const struct wl_array *areas, FILE *stream) {
	int height = TOP + get_height(row->values[LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH]);
	const struct area *area;
	wl_array_for_each(area, areas) {
		height += get_height(area->size);
	}
	fprintf(stream,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">\n<style>%s</style>\n"
			"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text class=\"title\" x=\"%d\" y=\"30\">",
			WIDTH, height, style, MARGIN);
	write_text(row->name, stream);
	fprintf(stream, " (%" PRId32 ")</text>\n", row->pid);
	write_legend(stream);
	int y = TOP;
	wl_array_for_each(area, areas) {
		y = write_area(area, y, stream);
	}
	write_copies(row, y, stream);
	fputs("</svg>\n", stream);
}

#include "table.h"

#include "lido-monitor-v1-client-protocol.h"
#include "spark.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

// Cells: the least for the spark, with a blank before it; the most for a name.
#define SPARK_MIN 8
#define NAME_MAX_WIDTH 22

// The name is the first column.
#define NAME_COLUMN 0

bool table_init(struct table *table, const struct rows *rows, int width, int sorted, bool is_reversed, bool has_utf8) {
	*table = (struct table){.rows = rows, .sorted = sorted, .is_reversed = is_reversed, .has_utf8 = has_utf8};
	assert((size_t)columns_len <= sizeof(table->shown) / sizeof(table->shown[0]));
	int left = column_choose(width - SPARK_MIN - 1, sorted, table->shown);
	int more = MIN(MAX(left, 0), NAME_MAX_WIDTH - columns[NAME_COLUMN].width);
	table->name_width = columns[NAME_COLUMN].width + more;
	left += SPARK_MIN - more;
	table->spark_width = MIN(MAX(left, 0), ROW_HISTORY_LEN);
	table->order = calloc(rows->len + 1, sizeof(struct row *));
	if (table->order == NULL) {
		return false;
	}
	for (size_t i = 0; i < rows->len; i++) {
		table->order[i] = &rows->items[i];
	}
	column_sort(table->order, rows->len, sorted, is_reversed);
	return true;
}

void table_finish(struct table *table) {
	free(table->order);
	*table = (struct table){0};
}

int table_get_width(const struct table *table, int column) {
	if (!table->shown[column]) {
		return 0;
	}
	return column == NAME_COLUMN ? table->name_width : columns[column].width;
}

void table_write_summary(const struct table *table, char *text, size_t size) {
	static const struct {
		const char *name;
		enum lido_monitor_v1_value value;
	} sums[] = {
		{"used", LIDO_MONITOR_V1_VALUE_BYTES_USED},
		{"resident", LIDO_MONITOR_V1_VALUE_BYTES_RESIDENT},
		{"cached", LIDO_MONITOR_V1_VALUE_BYTES_CACHED},
		{"scratch", LIDO_MONITOR_V1_VALUE_BYTES_SCRATCH},
	};
	char bytes[COLUMN_TEXT_SIZE];
	const struct rows *rows = table->rows;
	size_t end = (size_t)snprintf(text, size, "%zu client%s", rows->len, rows->len == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]) && end < size; i++) {
		double sum = 0;
		for (size_t j = 0; j < rows->len; j++) {
			sum += (double)rows->items[j].values[sums[i].value];
		}
		column_write_bytes(sum, bytes);
		end += (size_t)snprintf(text + end, size - end, ", %s %s", bytes, sums[i].name);
	}
}

// Pads or cuts a text to width cells, the last of which is blank. One byte is one cell.
static void pad(char *text, int width, bool is_left) {
	char cell[COLUMN_TEXT_SIZE];
	int room = width - 1;
	snprintf(cell, sizeof(cell), "%.*s", room, text);
	snprintf(text, COLUMN_TEXT_SIZE, is_left ? "%-*s " : "%*s ", room, cell);
}

int table_write_title(const struct table *table, int column, char *text) {
	snprintf(text, COLUMN_TEXT_SIZE, "%s", columns[column].title);
	pad(text, table_get_width(table, column), columns[column].is_left);
	const char letters[] = {columns[column].key, (char)toupper(columns[column].key), '\0'};
	size_t index = strcspn(text, letters);
	return text[index] != '\0' ? (int)index : -1;
}

void table_write_cell(const struct table *table, const struct row *row, int column, char *text) {
	columns[column].write(row, text);
	pad(text, table_get_width(table, column), columns[column].is_left);
}

#include "column.h"

#include "lido-monitor-v1-client-protocol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void column_write_bytes(double bytes, char text[COLUMN_TEXT_SIZE]) {
	static const char suffixes[] = "KMGTP";
	int i = -1;
	while (bytes >= 1000 && suffixes[i + 1] != '\0') {
		bytes /= 1024;
		i++;
	}
	if (i < 0) {
		snprintf(text, COLUMN_TEXT_SIZE, "%.0f", bytes);
	} else {
		snprintf(text, COLUMN_TEXT_SIZE, bytes < 99.95 ? "%.1f%c" : "%.0f%c", bytes, suffixes[i]);
	}
}

#define RANK_MAX 14

// Defines get and write of a column with a number.
#define NUMBER(name, value, format) \
	static double get_##name(const struct row *row) { \
		return (double)row->values[LIDO_MONITOR_V1_VALUE_##value]; \
	} \
	static void write_##name(const struct row *row, char text[COLUMN_TEXT_SIZE]) { \
		format(get_##name(row), text); \
	}

static void write_count(double count, char text[COLUMN_TEXT_SIZE]) {
	snprintf(text, COLUMN_TEXT_SIZE, "%.0f", count);
}

NUMBER(exported, EXPORTED_AREAS, write_count)
NUMBER(sealed, SEALED_FILES, write_count)
NUMBER(unsealable, UNSEALABLE_FILES, write_count)
NUMBER(blocks, BLOCKS, write_count)
NUMBER(buffers, BUFFERS, write_count)
NUMBER(mapped, BYTES_MAPPED, column_write_bytes)
NUMBER(used, BYTES_USED, column_write_bytes)
NUMBER(resident, BYTES_RESIDENT, column_write_bytes)
NUMBER(cached, BYTES_CACHED, column_write_bytes)
NUMBER(scratch, BYTES_SCRATCH, column_write_bytes)
NUMBER(peak, BYTES_USED_PEAK, column_write_bytes)
NUMBER(pinned, BYTES_PINNED, column_write_bytes)

static void write_name(const struct row *row, char text[COLUMN_TEXT_SIZE]) {
	snprintf(text, COLUMN_TEXT_SIZE, "%s", row->name);
}

static double get_pid(const struct row *row) {
	return row->pid;
}

static void write_pid(const struct row *row, char text[COLUMN_TEXT_SIZE]) {
	snprintf(text, COLUMN_TEXT_SIZE, "%d", row->pid);
}

static double get_rate(const struct row *row) {
	return row->rate;
}

static void write_rate(const struct row *row, char text[COLUMN_TEXT_SIZE]) {
	if (row->rate < 0) {
		snprintf(text, COLUMN_TEXT_SIZE, "-");
	} else {
		column_write_bytes(row->rate, text);
	}
}

static double get_quota(const struct row *row) {
	return row->limit_max > 0 ? (double)row->limit_used / (double)row->limit_max : 0;
}

static void write_quota(const struct row *row, char text[COLUMN_TEXT_SIZE]) {
	double percent = get_quota(row) * 100;
	snprintf(text, COLUMN_TEXT_SIZE, percent < 9.95 ? "%.1f%%" : "%.0f%%", percent);
}

static void write_limit(const struct row *row, char text[COLUMN_TEXT_SIZE]) {
	snprintf(text, COLUMN_TEXT_SIZE, "%s", row->limit_key);
}

const struct column columns[] = {
	{"name", "Name", 'n', 14, 0, true, NULL, write_name},
	{"pid", "Pid", 'p', 8, 0, false, get_pid, write_pid},
	{"exported", "Exp", 'e', 4, 10, false, get_exported, write_exported},
	{"sealed", "Sealed", 's', 7, 11, false, get_sealed, write_sealed},
	{"unsealable", "Unsealable", 'l', 11, 12, false, get_unsealable, write_unsealable},
	{"blocks", "Blocks", 'b', 7, 6, false, get_blocks, write_blocks},
	{"buffers", "Buffers", 'u', 8, 5, false, get_buffers, write_buffers},
	{"mapped", "Mapped", 'm', 7, 8, false, get_mapped, write_mapped},
	{"used", "Used", 'd', 7, 1, false, get_used, write_used},
	{"resident", "Resid", 'r', 7, 3, false, get_resident, write_resident},
	{"cached", "Cached", 'c', 7, 4, false, get_cached, write_cached},
	{"scratch", "Scratch", 'a', 8, 2, false, get_scratch, write_scratch},
	{"pinned", "Pinned", 'i', 7, 14, false, get_pinned, write_pinned},
	{"rate", "Copy/s", 'y', 7, 1, false, get_rate, write_rate},
	{"peak", "Peak", 'k', 7, 9, false, get_peak, write_peak},
	{"quota", "Quota", 't', 6, 2, false, get_quota, write_quota},
	{"limit", "of limit", '\0', 14, 13, true, NULL, write_limit},
};
const int columns_len = sizeof(columns) / sizeof(columns[0]);

int column_find(const char *name) {
	for (int i = 0; i < columns_len; i++) {
		if (strcmp(columns[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}

int column_find_key(int key) {
	for (int i = 0; i < columns_len; i++) {
		if (columns[i].key != '\0' && columns[i].key == key) {
			return i;
		}
	}
	return -1;
}

int column_choose(int width, int sorted, bool *shown) {
	for (int i = 0; i < columns_len; i++) {
		shown[i] = false;
	}
	shown[sorted] = true;
	width -= columns[sorted].width;
	for (int rank = 0; rank <= RANK_MAX; rank++) {
		for (int i = 0; i < columns_len; i++) {
			if (shown[i] || columns[i].rank != rank) {
				continue;
			}
			if (columns[i].width > width) {
				return width;
			}
			shown[i] = true;
			width -= columns[i].width;
		}
	}
	return width;
}

struct order {
	const struct column *column;
	bool is_reversed;
};

static int compare(const void *left, const void *right, void *data) {
	const struct row *a = *(const struct row *const *)left, *b = *(const struct row *const *)right;
	const struct order *order = data;
	int result = 0;
	if (order->column->get == NULL) {
		char a_text[COLUMN_TEXT_SIZE], b_text[COLUMN_TEXT_SIZE];
		order->column->write(a, a_text);
		order->column->write(b, b_text);
		result = strcmp(a_text, b_text);
	} else {
		double a_number = order->column->get(a), b_number = order->column->get(b);
		result = (a_number < b_number) - (a_number > b_number);
	}
	result = order->is_reversed ? -result : result;
	return result != 0 ? result : (a->id > b->id) - (a->id < b->id);
}

void column_sort(const struct row **rows, size_t len, int column, bool is_reversed) {
	struct order order = {.column = &columns[column], .is_reversed = is_reversed};
	if (len > 0) {
		qsort_r(rows, len, sizeof(*rows), compare, &order);
	}
}

#include "row.h"

#include "lido-monitor-v1-client-protocol.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

struct row *rows_add(struct rows *rows) {
	if (rows->len == rows->capacity) {
		size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 16;
		struct row *items = realloc(rows->items, capacity * sizeof(*items));
		if (items == NULL) {
			return NULL;
		}
		rows->items = items;
		rows->capacity = capacity;
	}
	struct row *row = &rows->items[rows->len++];
	*row = (struct row){.rate = -1};
	return row;
}

void rows_finish(struct rows *rows) {
	free(rows->items);
	*rows = (struct rows){0};
}

void row_set_text(char *place, size_t size, const char *text) {
	size_t i = 0;
	for (; i + 1 < size && text[i] != '\0'; i++) {
		place[i] = '?';
		if (text[i] >= ' ' && text[i] <= '~') {
			place[i] = text[i];
		}
	}
	place[i] = '\0';
}

// Shifts the history to the left by the whole seconds since, and distributes the bytes copied since over the new ones.
static void compute_history(struct row *row, const struct row *previous, double since, double now) {
	double bytes = (double)(row->values[LIDO_MONITOR_V1_VALUE_BYTES_READ] -
							previous->values[LIDO_MONITOR_V1_VALUE_BYTES_READ]);
	int seconds = (int)fmin(floor(now) - floor(since), ROW_HISTORY_LEN);
	if (now <= since) {
		*row = *previous;
		return;
	}
	row->rate = bytes / (now - since);
	memcpy(row->history, previous->history + seconds, (size_t)(ROW_HISTORY_LEN - seconds) * sizeof(row->history[0]));
	int parts = MAX(seconds, 1);
	for (int i = 0; i < parts; i++) {
		row->history[ROW_HISTORY_LEN - 1 - i] += bytes / parts;
	}
}

void rows_compute_history(struct rows *rows, const struct rows *previous) {
	size_t j = 0;
	for (size_t i = 0; i < rows->len; i++) {
		struct row *row = &rows->items[i];
		while (j < previous->len && previous->items[j].id < row->id) {
			j++;
		}
		if (j < previous->len && previous->items[j].id == row->id) {
			compute_history(row, &previous->items[j], previous->time, rows->time);
		}
	}
}

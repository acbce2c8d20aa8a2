/*
 * What is known of one client of the server: what was told last, and the minute before.
 */
#ifndef ROW_H
#define ROW_H

#include <stddef.h>
#include <stdint.h>

/* By enum lido_monitor_v1_value; what is beyond is not known here. */
#define ROW_VALUES_LEN 18

/* Seconds of the past that are kept. */
#define ROW_HISTORY_LEN 60

struct row {
	uint32_t id;
	int32_t pid;   // 0: not known
	char name[48]; // printable, whatever was sent
	int64_t values[ROW_VALUES_LEN];
	char limit_key[16]; // printable; "": none was told
	int64_t limit_used, limit_max;

	double rate;                     // bytes copied per second since the time before; below 0: there was none
	double history[ROW_HISTORY_LEN]; // bytes copied in each second, the present one last
};

/* The clients of one moment, by ascending ids. */
struct rows {
	struct row *items; // owned
	size_t len, capacity;
	double time; // seconds, of any clock; 0: there is no moment yet
};

/* Adds one, zeroed. NULL: out of memory. */
struct row *rows_add(struct rows *rows);

void rows_finish(struct rows *rows);

/* Fills in what comes of time passing: rate and history, from those of the moment before. */
void rows_follow(struct rows *rows, const struct rows *before);

/* Copies a text of at most size - 1 bytes, in which everything but printable ASCII has become '?'. */
void row_set_text(char *place, size_t size, const char *text);

#endif

/*
 * What is known of one client of the compositor: the last values, and the history of the last minute.
 */
#ifndef ROW_H
#define ROW_H

#include <stddef.h>
#include <stdint.h>

/* Values are indexed by enum lido_monitor_v1_value. lido-top does not know any from this number on. */
#define ROW_VALUES_LEN 20

/* Length of the history in seconds. */
#define ROW_HISTORY_LEN 60

struct row {
	uint32_t id;
	int32_t pid;   // 0: unknown
	char name[48]; // printable ASCII, whatever the compositor sent
	int64_t values[ROW_VALUES_LEN];
	char limit_key[16]; // printable ASCII; "": none received
	int64_t limit_used, limit_max;

	double rate;                     // bytes copied per second since the previous values; below 0: there are none
	double history[ROW_HISTORY_LEN]; // bytes copied in each second; the current one is last
};

/* The clients at one time, by ascending ids. */
struct rows {
	struct row *items; // owned
	size_t len, capacity;
	double time; // seconds, of any clock; 0: no answer yet
};

/* Adds a row at the end, zeroed except for the rate, which is -1. Returns NULL if out of memory. */
struct row *rows_add(struct rows *rows);

/* Frees the rows. */
void rows_finish(struct rows *rows);

/* Computes rate and history of all rows from the previous rows. */
void rows_compute_history(struct rows *rows, const struct rows *previous);

/* Copies at most size - 1 bytes of a text, replacing everything but printable ASCII by '?', and terminates it. */
void row_set_text(char *place, size_t size, const char *text);

#endif

#include "spark.h"

#include <math.h>
#include <string.h>
#include <sys/param.h>

void spark_write(const struct row *row, int width, bool has_utf8, char *text) {
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
	const int levels = 8;
	double parts[ROW_HISTORY_LEN], most = 0;
	for (int i = 0; i < width; i++) {
		int start = i * ROW_HISTORY_LEN / width, end = (i + 1) * ROW_HISTORY_LEN / width;
		parts[i] = 0;
		for (int j = start; j < end; j++) {
			parts[i] += fmax(row->history[j], 0);
		}
		parts[i] /= end - start;
		most = fmax(most, parts[i]);
	}
	*text = '\0';
	for (int i = 0; i < width; i++) {
		int level = most > 0 ? (int)ceil(parts[i] / most * levels) : 0;
		text = stpcpy(text, (has_utf8 ? blocks : letters)[MAX(MIN(level, levels), 0)]);
	}
}

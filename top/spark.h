/*
 * Sparklines: the last minute in a few characters.
 */
#ifndef SPARK_H
#define SPARK_H

#include "row.h"
#include <stdbool.h>

/* Bytes for width characters in UTF-8, with a zero. */
#define SPARK_SIZE(width) (3 * (width) + 1)

/*
 * Writes one character for each of width equal parts of the last minute, the current part last. It shows how much was
 * copied in that part, relative to the maximum of all parts. Parts without copies are blank. width: 1 to
 * ROW_HISTORY_LEN. has_utf8: the terminal can show block characters.
 */
void spark_write(const struct row *row, int width, bool has_utf8, char *text);

#endif

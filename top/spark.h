/*
 * A minute in a few characters.
 */
#ifndef SPARK_H
#define SPARK_H

#include "row.h"
#include <stdbool.h>

/* What width characters need, in UTF-8, with a zero behind. */
#define SPARK_SIZE(width) (3 * (width) + 1)

/*
 * Writes one character for each of width equal parts of the minute, the present one last: how much was copied in it,
 * beside the most in any. Parts in which nothing was are blank. width: 1 to ROW_HISTORY_LEN. has_utf8: can the terminal
 * show block characters?
 */
void spark_write(const struct row *row, int width, bool has_utf8, char *text);

#endif

/*
 * The files that the text of a keymap includes: `include "evdev+aliases(qwerty)"`.
 *
 * libxkbcommon opens any file that such a name leads to: "../../../tmp/fifo" would stop the compositor. Each file is
 * read and parsed anew, and may include others, however short the name is.
 */
#ifndef KEYMAP_INCLUDES_H
#define KEYMAP_INCLUDES_H

#include <stdbool.h>
#include <stddef.h>

/* Limit on the files that one keymap names. Four layouts with all that belongs to them are some 14. */
#define KEYMAP_INCLUDES_MAX 16

/* Compiling one of them takes as long as a text of this size, 3 ms: that was measured with the worst of them. */
#define KEYMAP_INCLUDES_BYTES (24 * 1024)

/*
 * Counts the files that the text names, each time it does. Returns false if they are too many, or if one may not lie in
 * the folders below an include path; reason says why.
 */
bool keymap_includes_count(const char *text, size_t *len, char *reason, size_t reason_size);

#endif

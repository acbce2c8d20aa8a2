#include "debug.h"

#include "raw.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct stat standard_error; // when the program started; all zeros if it had none

__attribute__((constructor)) static void look_at_standard_error(void) {
	fstat(STDERR_FILENO, &standard_error);
}

// The program may have closed its standard error, and have another file by that number.
static bool has_standard_error(void) {
	struct stat stat;
	return standard_error.st_ino != 0 && fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == standard_error.st_dev &&
		   stat.st_ino == standard_error.st_ino;
}

void debug_log(const char *format, ...) {
	static int wanted = -1;
	if (wanted < 0) {
		const char *value = getenv("LIDO_RUN_DEBUG");
		wanted = value != NULL && strcmp(value, "0") != 0;
	}
	if (wanted == 0 || !has_standard_error()) {
		return;
	}
	char text[256];
	int len = snprintf(text, sizeof(text) - 1, "lido-run: %d: ", (int)getpid());
	va_list list;
	va_start(list, format);
	len += vsnprintf(text + len, sizeof(text) - 1 - (size_t)len, format, list);
	va_end(list);
	len = len < (int)sizeof(text) - 1 ? len : (int)sizeof(text) - 2;
	text[len++] = '\n';
	// Not by dprintf(): this library interposes it, and its original may not be looked up while the state lock is held.
	raw_call(SYS_write, (long[6]){STDERR_FILENO, (long)text, len});
}

#include "debug.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void debug_log(const char *format, ...) {
	static int wanted = -1;
	if (wanted < 0) {
		const char *value = getenv("LIDO_RUN_DEBUG");
		wanted = value != NULL && strcmp(value, "0") != 0;
	}
	if (wanted == 0) {
		return;
	}
	char text[256];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	dprintf(STDERR_FILENO, "lido-run: %d: %s\n", (int)getpid(), text);
}

#include "options.h"

#include "runner.h"
#include <stdio.h>
#include <string.h>

#define ARGS_MAX 16

// A command line of lido. The options point into it.
struct line {
	char text[256];
	struct options options;
};

// Parses a command line, which must be right.
static void line_init(struct line *line, const char *text) {
	char *args[ARGS_MAX] = {NULL};
	int len = 0;
	snprintf(line->text, sizeof(line->text), "%s", text);
	for (char *arg = strtok(line->text, " "); arg != NULL && len < ARGS_MAX - 1; arg = strtok(NULL, " ")) {
		args[len++] = arg;
	}
	if (options_parse(&line->options, len, args, stdout, stderr) != OPTIONS_RUN) {
		fail("lido refuses \"%s\"", text);
	}
}

TEST("options@limits-of-sandboxes-are-those-of-all-by-default") {
	struct line line;
	line_init(&line, "lido --shm-limit files=7");
	expect_int(line.options.limits.files_max, ==, 7);
	expect_int(line.options.sandbox_limits.files_max, ==, 7);
}

TEST("options@limits-of-sandboxes-apply-on-top-in-any-order") {
	const char *texts[] = {
		"lido --sandbox-limit files=9 --shm-limit files=7 --shm-limit buffers=8",
		"lido --shm-limit files=7 --shm-limit buffers=8 --sandbox-limit files=9",
	};
	for (int i = 0; i < 2; i++) {
		struct line line;
		line_init(&line, texts[i]);
		expect_int(line.options.limits.files_max, ==, 7);
		expect_int(line.options.limits.buffers_max, ==, 8);
		expect_int(line.options.sandbox_limits.files_max, ==, 9);
		expect_int(line.options.sandbox_limits.buffers_max, ==, 8);
	}
}

TEST("options@those-of-the-command-are-not-lidos") {
	struct line line;
	line_init(&line, "lido --sandbox-limit files=9 foot --sandbox-limit files=5");
	expect_int(line.options.sandbox_limits.files_max, ==, 9);
}

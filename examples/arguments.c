#include "arguments.h"

#include "window.h"
#include <err.h>
#include <errno.h>
#include <stdlib.h>

int arguments_next(int argc, char **argv, const struct option *options) {
	opterr = 0;
	int option = getopt_long(argc, argv, "+:", options, NULL);
	const char *name = program_invocation_short_name;
	if (option == ':') {
		warnx("%s needs a value; \"%s --help\" lists the options", argv[optind - 1], name);
	} else if (option == '?') {
		warnx("unknown option %s; \"%s --help\" lists the options", argv[optind - 1], name);
	} else if (option == -1 && optind < argc) {
		warnx("unexpected argument \"%s\"; \"%s --help\" lists the options", argv[optind], name);
	} else {
		return option;
	}
	return '?';
}

// Parses decimal digits without a sign, 1 to maximum. Sets *end behind them.
static bool parse_digits(const char *text, char **end, long maximum, long *number) {
	errno = 0;
	*number = strtol(text, end, 10);
	return *end != text && *text >= '0' && *text <= '9' && errno == 0 && *number >= 1 && *number <= maximum;
}

bool arguments_parse_size(const char *text, int32_t *width, int32_t *height) {
	char *end;
	long w, h = 0;
	bool is_valid = parse_digits(text, &end, WINDOW_SIZE_MAX, &w) && *end == 'x' &&
					parse_digits(end + 1, &end, WINDOW_SIZE_MAX, &h) && *end == '\0';
	if (!is_valid) {
		warnx("--window \"%s\": the size must be from 1x1 to %dx%d, for example 640x480", text, WINDOW_SIZE_MAX,
				WINDOW_SIZE_MAX);
		return false;
	}
	*width = (int32_t)w;
	*height = (int32_t)h;
	return true;
}

bool arguments_parse_number(const char *option, const char *text, long minimum, long maximum, long *number) {
	char *end;
	if (parse_digits(text, &end, maximum, number) && *end == '\0' && *number >= minimum) {
		return true;
	}
	warnx("--%s \"%s\": the number must be from %ld to %ld", option, text, minimum, maximum);
	return false;
}

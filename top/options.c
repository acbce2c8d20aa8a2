#include "options.h"

#include "column.h"
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MIN 0.1
#define INTERVAL_MAX 3600

static const char usage[] = "Usage: lido-top [OPTION...]\n"
							"\n"
							"Shows how much pixel memory each client of a Lido compositor uses.\n"
							"\n"
							"  --once             print one table, and exit\n"
							"  --json             print one JSON object per line instead of a table\n"
							"  --prometheus       print OpenMetrics text once, for Prometheus, and exit\n"
							"  --map PID          print a map of this client's pool as SVG\n"
							"  -o FILE            write the map to FILE instead of standard output\n"
							"  --sort COLUMN      sort by COLUMN; \"--sort help\" lists the columns (used)\n"
							"  --reverse          reverse the order\n"
							"  --interval SECONDS time between two updates (1)\n"
							"  --display NAME     connect to this compositor, not to WAYLAND_DISPLAY\n"
							"  --help, --version  print this help, or the version, and exit\n"
							"\n"
							"In the table, the capital letter in a title sorts by that column, v reverses the order,\n"
							"the arrow keys, Page Up and Page Down scroll, and q quits.\n";

enum {
	OPTION_ONCE = 256,
	OPTION_JSON,
	OPTION_PROMETHEUS,
	OPTION_MAP,
	OPTION_SORT,
	OPTION_REVERSE,
	OPTION_INTERVAL,
	OPTION_DISPLAY,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"once", no_argument, NULL, OPTION_ONCE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"prometheus", no_argument, NULL, OPTION_PROMETHEUS},
	{"map", required_argument, NULL, OPTION_MAP},
	{"sort", required_argument, NULL, OPTION_SORT},
	{"reverse", no_argument, NULL, OPTION_REVERSE},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"display", required_argument, NULL, OPTION_DISPLAY},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static enum options_result parse_map(struct options *options, const char *value, FILE *err) {
	char *end;
	long pid = strtol(value, &end, 10);
	if (end == value || *end != '\0' || pid < 1 || pid > INT_MAX) {
		fprintf(err, "lido-top: --map \"%s\": the process id must be a number from 1 to %d\n", value, INT_MAX);
		return OPTIONS_WRONG;
	}
	options->map = (pid_t)pid;
	return OPTIONS_RUN;
}

static enum options_result parse_interval(struct options *options, const char *value, FILE *err) {
	char *end;
	double interval = strtod(value, &end);
	if (end == value || *end != '\0' || !(interval >= INTERVAL_MIN && interval <= INTERVAL_MAX)) {
		fprintf(err, "lido-top: --interval \"%s\": the interval must be from %.1f to %d seconds\n", value, INTERVAL_MIN,
				INTERVAL_MAX);
		return OPTIONS_WRONG;
	}
	options->interval = interval;
	return OPTIONS_RUN;
}

static enum options_result parse_sort(struct options *options, const char *value, FILE *out, FILE *err) {
	int column = column_find(value);
	if (column >= 0) {
		options->sorted = column;
		return OPTIONS_RUN;
	}
	bool is_help = strcmp(value, "help") == 0;
	if (!is_help) {
		fprintf(err, "lido-top: --sort \"%s\": unknown column; use one of", value);
	}
	for (int i = 0; i < columns_len; i++) {
		fprintf(is_help ? out : err, is_help ? "%s%s\n" : " %s%s", columns[i].name,
				is_help || i + 1 == columns_len ? "" : ",");
	}
	if (!is_help) {
		fputc('\n', err);
	}
	return is_help ? OPTIONS_DONE : OPTIONS_WRONG;
}

static enum options_result parse_option(struct options *options, int option, FILE *out, FILE *err) {
	switch (option) {
	case OPTION_ONCE:
		options->is_once = true;
		return OPTIONS_RUN;
	case OPTION_JSON:
		options->is_json = true;
		return OPTIONS_RUN;
	case OPTION_PROMETHEUS:
		options->is_prometheus = options->is_once = true;
		return OPTIONS_RUN;
	case OPTION_MAP:
		return parse_map(options, optarg, err);
	case 'o':
		options->out = optarg;
		return OPTIONS_RUN;
	case OPTION_SORT:
		return parse_sort(options, optarg, out, err);
	case OPTION_REVERSE:
		options->is_reversed = true;
		return OPTIONS_RUN;
	case OPTION_INTERVAL:
		return parse_interval(options, optarg, err);
	case OPTION_DISPLAY:
		options->display = optarg;
		return OPTIONS_RUN;
	case OPTION_HELP:
		fputs(usage, out);
		return OPTIONS_DONE;
	case OPTION_VERSION:
		fputs("lido-top " LIDO_VERSION "\n", out);
		return OPTIONS_DONE;
	default:
		return OPTIONS_WRONG;
	}
}

enum options_result options_parse(struct options *options, int argc, char **argv, FILE *out, FILE *err) {
	*options = (struct options){.interval = 1, .sorted = column_find("used")};
	opterr = 0;
	optind = 0;
	int option;
	while ((option = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
		if (option == '?' || option == ':') {
			fprintf(err,
					option == ':' ? "lido-top: %s needs a value; \"lido-top --help\" lists the options\n"
								  : "lido-top: unknown option %s; \"lido-top --help\" lists the options\n",
					argv[optind - 1]);
			return OPTIONS_WRONG;
		}
		enum options_result result = parse_option(options, option, out, err);
		if (result != OPTIONS_RUN) {
			return result;
		}
	}
	if (optind < argc) {
		fprintf(err, "lido-top: unexpected argument \"%s\"; \"lido-top --help\" lists the options\n", argv[optind]);
		return OPTIONS_WRONG;
	}
	if (options->out != NULL && options->map == 0) {
		fputs("lido-top: -o needs --map; \"lido-top --help\" lists the options\n", err);
		return OPTIONS_WRONG;
	}
	if (options->is_prometheus && (options->is_json || options->map != 0)) {
		fputs("lido-top: --prometheus excludes --json and --map; use one of them\n", err);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

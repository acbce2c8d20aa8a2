#include "names.h"
#include "report.h"
#include "rule.h"
#include "socket.h"
#include "target.h"
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXCEPTIONS_MAX 64

struct options {
	enum report_format format;
	bool list, hostile, strict, verbose;
	unsigned seconds;
	char socket[PATH_MAX]; // path
	char **patterns;       // globs of rule names
	size_t patterns_len;
	char *exceptions[EXCEPTIONS_MAX]; // globs of names to leave out
	size_t exceptions_len;
};

enum option_key {
	OPTION_LIST = 256,
	OPTION_HOSTILE,
	OPTION_STRICT,
	OPTION_FORMAT,
	OPTION_SOCKET,
	OPTION_TIMEOUT,
	OPTION_EXCEPT,
	OPTION_VERSION,
};

static const struct option option_names[] = {
	{"list", no_argument, NULL, OPTION_LIST},
	{"hostile", no_argument, NULL, OPTION_HOSTILE},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"except", required_argument, NULL, OPTION_EXCEPT},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static const char help[] =
		"Usage: %s [OPTION]... [RULE]...\n"
		"Tests how a Wayland compositor serves shared memory: wl_shm, wl_shm_pool, wl_buffer and lido_shm_v1.\n"
		"RULE is a name or a glob of names, such as 'wl_shm_pool.resize@*'. Without any, all rules are tested.\n"
		"\n"
		"  --socket NAME     compositor socket: a name in XDG_RUNTIME_DIR, or a path (default: $WAYLAND_DISPLAY)\n"
		"  --list            print the selected rules, each with its sentence of the protocol\n"
		"  --format FORMAT   table, tap, junit or markdown (default: table)\n"
		"  --hostile         test destructive rules, too; never in a session that you still need\n"
		"  --strict          count other answers as failures even where a description is silent\n"
		"  --except RULE     leave these rules out; may be given several times\n"
		"  --timeout SECONDS time limit of each rule (default: 30)\n"
		"  -v, --verbose     print clauses and output of rules that are as expected, too\n"
		"  --version, --help print the version or this text, and exit\n"
		"\n"
		"Exit status: 0: as expected; 1: a rule failed; 2: invalid arguments, or the compositor cannot be reached.\n";

__attribute__((format(printf, 1, 2))) static _Noreturn void die(const char *format, ...) {
	va_list args;
	va_start(args, format);
	fputs("lido-shm-check: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

static void set_socket(struct options *options, const char *name) {
	const char *directory = getenv("XDG_RUNTIME_DIR");
	if (name[0] != '/' && directory == NULL) {
		die("%s: XDG_RUNTIME_DIR is not set; give the socket as a path", name);
	}
	bool is_path = name[0] == '/';
	snprintf(options->socket, sizeof(options->socket), "%s%s%s", is_path ? "" : directory, is_path ? "" : "/", name);
}

static enum report_format parse_format(const char *name) {
	for (int format = 0; format < REPORT_FORMATS_LEN; format++) {
		if (strcmp(report_format_names[format], name) == 0) {
			return (enum report_format)format;
		}
	}
	die("--format %s: unknown; the formats are table, tap, junit and markdown", name);
}

static unsigned parse_seconds(const char *text) {
	char *end;
	errno = 0;
	unsigned long seconds = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || seconds == 0 || seconds > 86400) {
		die("--timeout %s: must be whole seconds from 1 to 86400", text);
	}
	return (unsigned)seconds;
}

static void parse_option(int key, struct options *options, const char *program) {
	switch (key) {
	case OPTION_LIST:
		options->list = true;
		break;
	case OPTION_HOSTILE:
		options->hostile = true;
		break;
	case OPTION_STRICT:
		options->strict = true;
		break;
	case OPTION_FORMAT:
		options->format = parse_format(optarg);
		break;
	case OPTION_SOCKET:
		set_socket(options, optarg);
		break;
	case OPTION_TIMEOUT:
		options->seconds = parse_seconds(optarg);
		break;
	case OPTION_EXCEPT:
		if (options->exceptions_len == EXCEPTIONS_MAX) {
			die("--except %s: given more than %d times", optarg, EXCEPTIONS_MAX);
		}
		options->exceptions[options->exceptions_len++] = optarg;
		break;
	case 'v':
		options->verbose = true;
		break;
	case OPTION_VERSION:
		printf("lido-shm-check %s\n", LIDO_VERSION);
		exit(0);
	case 'h':
		printf(help, program);
		exit(0);
	default:
		fprintf(stderr, help, program);
		exit(2);
	}
}

static void parse_options(int argc, char **argv, struct options *options) {
	*options = (struct options){.seconds = 30};
	int key;
	while ((key = getopt_long(argc, argv, "hv", option_names, NULL)) != -1) {
		parse_option(key, options, argv[0]);
	}
	options->patterns = argv + optind;
	options->patterns_len = (size_t)(argc - optind);
}

// $LIDO_TEST selects rules as it selects all other tests of this project.
static bool is_selected(const struct options *options, const struct rule *rule) {
	return (options->patterns_len == 0 || names_match(rule->name, options->patterns, options->patterns_len)) &&
		   !names_match(rule->name, options->exceptions, options->exceptions_len) && names_match_wanted(rule->name) &&
		   (!rule->is_hostile || options->hostile || options->list);
}

static void print_list(const struct options *options) {
	for (const struct rule *rule = rule_get_first(); rule != NULL; rule = rule->next) {
		if (is_selected(options, rule)) {
			printf("%s\t%s%s%s\n", rule->name, rule->is_hostile ? "[hostile] " : "",
					rule->silent != NULL ? "[open] " : "", rule->clause);
		}
	}
}

static bool can_connect(const char *path) {
	int fd = socket_connect(path);
	if (fd >= 0) {
		close(fd);
	}
	return fd >= 0;
}

static void find_socket(struct options *options) {
	if (options->socket[0] == '\0') {
		const char *name = getenv("WAYLAND_DISPLAY");
		if (name == NULL) {
			die("no compositor given: use --socket NAME, or set WAYLAND_DISPLAY");
		}
		set_socket(options, name);
	}
	if (!can_connect(options->socket)) {
		die("no compositor listens at %s: %s", options->socket, strerror(errno));
	}
}

// Returns the exit status.
static int run_rules(struct options *options) {
	struct report report;
	size_t count = 0;
	for (const struct rule *rule = rule_get_first(); rule != NULL; rule = rule->next) {
		count += is_selected(options, rule);
	}
	if (count == 0) {
		puts("1..0 # SKIP no rule matches");
		return options->patterns_len == 0 ? 0 : 2;
	}
	report_init(&report, options->format, stdout, count);
	report.is_verbose = options->verbose;
	report.is_strict = options->strict;
	for (const struct rule *rule = rule_get_first(); rule != NULL; rule = rule->next) {
		if (!is_selected(options, rule)) {
			continue;
		}
		struct result result;
		FILE *log = tmpfile();
		if (log == NULL) {
			die("cannot create a temporary file: %s", strerror(errno));
		}
		rule_run(rule, options->seconds, target_has_socket ? options->socket : NULL, log, &result);
		report_add(&report, rule, &result, log);
		fclose(log);
		if (target_has_socket && !can_connect(options->socket)) {
			fflush(stdout);
			die("the compositor exited or stopped accepting connections during %s", rule->name);
		}
	}
	report_finish(&report);
	return report_has_failed(&report) ? 1 : 0;
}

int main(int argc, char **argv) {
	struct options options;
	parse_options(argc, argv, &options);
	if (options.list) {
		print_list(&options);
		return 0;
	}
	if (target_has_socket) {
		find_socket(&options);
	}
	return run_rules(&options);
}

#include "runner.h"
#include "names.h"
#include "process.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test *first_test, **next_test = &first_test;

struct selection {
	char **patterns; // globs of names; NULL at the end
	size_t patterns_len;
};

struct options {
	unsigned seconds;
	bool list, fork, verbose;
	struct selection selection;
};

static const char help[] =
		"Usage: %s [OPTION]... [NAME]...\n"
		"Runs the tests whose names match one of the NAMEs (globs), or all tests. Prints TAP.\n"
		"\n"
		"  --list      print the names of the selected tests\n"
		"  --no-fork   run the one selected test in this process, for a debugger\n"
		"  --verbose   show the output of passing tests too\n"
		"\n"
		"Environment:\n"
		"  LIDO_TEST          globs, separated by blanks: run only tests that also match one of these;\n"
		"                     no match is not an error\n"
		"  LIDO_TEST_TIMEOUT  seconds that a test may take (default 30; 0: no limit)\n";

void test_register(struct test *test) {
	*next_test = test;
	next_test = &test->next;
}

static bool selection_has(const struct selection *selection, const char *name) {
	return (selection->patterns_len == 0 || names_match(name, selection->patterns, selection->patterns_len)) &&
		   names_match_wanted(name);
}

static void print_output(FILE *output) {
	char line[4096];
	fseek(output, 0, SEEK_SET);
	while (fgets(line, sizeof(line), output) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		printf("# %s\n", line);
	}
}

// Returns false if the test failed.
static bool run_one(const struct test *test, size_t number, const struct options *options) {
	struct verdict verdict;
	FILE *output = tmpfile();
	if (output == NULL) {
		perror("tmpfile");
		exit(2);
	}
	if (options->fork) {
		process_run_test(test, options->seconds, output, &verdict);
	} else {
		process_run_test_here(test, &verdict);
	}
	bool failed = verdict.outcome == OUTCOME_FAILED;
	if (failed || options->verbose) {
		print_output(output);
	}
	fclose(output);
	if (failed) {
		printf("# %s: %s\n", test->name, verdict.cause);
	}
	bool skipped = verdict.outcome == OUTCOME_SKIPPED;
	printf("%s %zu - %s%s%s\n", failed ? "not ok" : "ok", number, test->name, skipped ? " # SKIP " : "",
			skipped ? verdict.cause : "");
	return !failed;
}

static int run_all(const struct options *options, size_t count) {
	size_t number = 0, failed = 0;
	if (count == 0) {
		printf("1..0 # SKIP no test matches\n");
		return options->selection.patterns_len == 0 ? 0 : 2;
	}
	printf("1..%zu\n", count);
	for (const struct test *test = first_test; test != NULL; test = test->next) {
		if (selection_has(&options->selection, test->name)) {
			failed += !run_one(test, ++number, options);
			fflush(stdout);
		}
	}
	return failed == 0 ? 0 : 1;
}

static void parse_options(int argc, char **argv, struct options *options) {
	static const struct option names[] = {
		{"list", no_argument, NULL, 'l'},
		{"no-fork", no_argument, NULL, 'n'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *timeout = getenv("LIDO_TEST_TIMEOUT");
	*options = (struct options){.fork = true, .seconds = timeout ? (unsigned)strtoul(timeout, NULL, 10) : 30};
	int option;
	while ((option = getopt_long(argc, argv, "hv", names, NULL)) != -1) {
		options->list = options->list || option == 'l';
		options->fork = options->fork && option != 'n';
		options->verbose = options->verbose || option == 'v';
		if (option == 'h' || option == '?') {
			fprintf(option == 'h' ? stdout : stderr, help, argv[0]);
			exit(option == 'h' ? 0 : 2);
		}
	}
	options->selection = (struct selection){
		.patterns = argv + optind,
		.patterns_len = (size_t)(argc - optind),
	};
}

int main(int argc, char **argv) {
	struct options options;
	parse_options(argc, argv, &options);
	size_t count = 0;
	for (const struct test *test = first_test; test != NULL; test = test->next) {
		if (selection_has(&options.selection, test->name)) {
			count++;
			if (options.list) {
				puts(test->name);
			}
		}
	}
	if (!options.fork && count != 1) {
		fprintf(stderr, "--no-fork runs exactly one test, but %zu are selected\n", count);
		return 2;
	}
	return options.list ? 0 : run_all(&options, count);
}

#include "report.h"
#include <string.h>

const char *const report_format_names[REPORT_FORMATS_LEN] = {
	[REPORT_TABLE] = "table",
	[REPORT_TAP] = "tap",
	[REPORT_JUNIT] = "junit",
	[REPORT_MARKDOWN] = "markdown",
};

static const char *const result_words[] = {
	[RESULT_AS_EXPECTED] = "ok",
	[RESULT_DIFFERENT] = "differs",
	[RESULT_FAILED] = "FAILED",
	[RESULT_SKIPPED] = "skipped",
};

// The result of a rule, to be printed.
struct entry {
	const struct rule *rule;
	const struct result *result;
	enum result_kind kind;  // with --strict applied
	const char *short_name; // the part of the name after the @
	char expected[256];
	FILE *log;
};

void report_init(struct report *report, enum report_format format, FILE *stream, size_t rules_len) {
	*report = (struct report){.format = format, .stream = stream};
	switch (format) {
	case REPORT_TAP:
		fprintf(stream, "1..%zu\n", rules_len);
		break;
	case REPORT_JUNIT:
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"lido-shm-check\">\n", stream);
		break;
	case REPORT_MARKDOWN:
		fputs("| rule | clause | expected | seen |\n| --- | --- | --- | --- |\n", stream);
		break;
	default:
		break;
	}
}

static void print_log(FILE *stream, const char *prefix, FILE *log) {
	char line[1024];
	fseek(log, 0, SEEK_SET);
	while (fgets(line, sizeof(line), log) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		fprintf(stream, "%s%s\n", prefix, line);
	}
}

static void print_group(struct report *report, const struct rule *rule) {
	size_t length = strcspn(rule->name, "@");
	if (strncmp(report->group, rule->name, length) != 0 || report->group[length] != '\0') {
		snprintf(report->group, sizeof(report->group), "%.*s", (int)length, rule->name);
		fprintf(report->stream, "%s%-60s  %-38s  %s\n", report->number > 1 ? "\n" : "", report->group, "expected",
				"seen");
	}
}

static void print_row(struct report *report, const struct entry *entry) {
	const struct rule *rule = entry->rule;
	print_group(report, rule);
	fprintf(report->stream, "  %-7s  %-49s  %-38s  %s\n", result_words[entry->kind], entry->short_name, entry->expected,
			entry->result->seen);
	bool is_explained = report->is_verbose || entry->kind == RESULT_FAILED || entry->kind == RESULT_DIFFERENT;
	if (is_explained) {
		fprintf(report->stream, "           \"%s\"\n", rule->clause);
	}
	if (is_explained && rule->silent != NULL) {
		fprintf(report->stream, "           which leaves it open; expected because %s\n", rule->silent);
	}
	if (report->is_verbose || entry->kind == RESULT_FAILED) {
		print_log(report->stream, "           | ", entry->log);
	}
}

static void print_tap(struct report *report, const struct entry *entry) {
	bool is_failed = entry->kind == RESULT_FAILED;
	if (is_failed || report->is_verbose) {
		print_log(report->stream, "# ", entry->log);
		fprintf(report->stream, "# \"%s\"\n# expected: %s\n# seen: %s\n", entry->rule->clause, entry->expected,
				entry->result->seen);
	}
	bool is_ok = entry->kind == RESULT_AS_EXPECTED || entry->kind == RESULT_SKIPPED;
	fprintf(report->stream, "%s %zu - %s", is_ok ? "ok" : "not ok", report->number, entry->rule->name);
	if (entry->kind == RESULT_SKIPPED || entry->kind == RESULT_DIFFERENT) {
		fprintf(report->stream, " # %s %s",
				entry->kind == RESULT_SKIPPED ? "SKIP" : "TODO left open, and differs:", entry->result->seen);
	}
	fputc('\n', report->stream);
}

static void print_escaped(FILE *stream, const char *text) {
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", stream);
			break;
		case '&':
			fputs("&amp;", stream);
			break;
		case '"':
			fputs("&quot;", stream);
			break;
		default:
			// XML allows no other control characters, not even escaped.
			fputc((unsigned char)*text < ' ' && *text != '\n' && *text != '\t' ? '?' : *text, stream);
		}
	}
}

static void print_junit(struct report *report, const struct entry *entry) {
	FILE *stream = report->stream;
	fprintf(stream, "  <testcase classname=\"%.*s\" name=\"%s\"", (int)strcspn(entry->rule->name, "@"),
			entry->rule->name, entry->short_name);
	if (entry->kind == RESULT_AS_EXPECTED) {
		fputs("/>\n", stream);
		return;
	}
	fprintf(stream, ">\n    <%s message=\"", entry->kind == RESULT_FAILED ? "failure" : "skipped");
	if (entry->kind == RESULT_DIFFERENT) {
		fputs("differs, where the description is silent: ", stream);
	}
	print_escaped(stream, entry->result->seen);
	fputs("\">expected: ", stream);
	print_escaped(stream, entry->expected);
	fputs("\n", stream);
	print_escaped(stream, entry->rule->clause);
	fprintf(stream, "</%s>\n  </testcase>\n", entry->kind == RESULT_FAILED ? "failure" : "skipped");
}

// Escapes what would end the cell.
static void print_cell(FILE *stream, const char *prefix, const char *text) {
	fprintf(stream, "| %s", prefix);
	for (; *text != '\0'; text++) {
		fputs(*text == '|' ? "\\" : "", stream);
		fputc(*text == '\n' ? ' ' : *text, stream);
	}
	fputc(' ', stream);
}

static void print_markdown(struct report *report, const struct entry *entry) {
	char clause[1024];
	const char *silent = entry->rule->silent;
	snprintf(clause, sizeof(clause), "“%s”%s%s", entry->rule->clause, silent != NULL ? " leaves it open; " : "",
			silent != NULL ? silent : "");
	print_cell(report->stream, "", entry->rule->name);
	print_cell(report->stream, "", clause);
	print_cell(report->stream, "", entry->expected);
	print_cell(report->stream, entry->kind == RESULT_SKIPPED ? "skipped: " : "", entry->result->seen);
	fputs("|\n", report->stream);
}

void report_add(struct report *report, const struct rule *rule, const struct result *result, FILE *log) {
	struct entry entry = {.rule = rule, .result = result, .kind = result->kind, .log = log};
	if (entry.kind == RESULT_DIFFERENT && report->is_strict) {
		entry.kind = RESULT_FAILED;
	}
	entry.short_name = strchr(rule->name, '@') + 1;
	rule_print_expected(rule, entry.expected, sizeof(entry.expected));
	if (entry.kind == RESULT_FAILED && report->counts[RESULT_FAILED] < REPORT_FAILED_MAX) {
		report->failed[report->counts[RESULT_FAILED]] = rule;
	}
	report->counts[entry.kind]++;
	report->number++;
	static void (*const printers[])(struct report *report, const struct entry *entry) = {
		[REPORT_TABLE] = print_row,
		[REPORT_TAP] = print_tap,
		[REPORT_JUNIT] = print_junit,
		[REPORT_MARKDOWN] = print_markdown,
	};
	printers[report->format](report, &entry);
	fflush(report->stream);
}

// In a long table, rules that have failed are hard to find.
static void print_failed(const struct report *report) {
	size_t len = report->counts[RESULT_FAILED];
	for (size_t i = 0; i < len && i < REPORT_FAILED_MAX; i++) {
		fprintf(report->stream, "%s  %s\n", i == 0 ? "\nfailed:\n" : "", report->failed[i]->name);
	}
	if (len > REPORT_FAILED_MAX) {
		fprintf(report->stream, "  and %zu more\n", len - REPORT_FAILED_MAX);
	}
}

void report_finish(struct report *report) {
	if (report->format == REPORT_JUNIT) {
		fputs("</testsuite>\n", report->stream);
	} else if (report->format == REPORT_TABLE) {
		print_failed(report);
		fprintf(report->stream,
				"\n%zu as expected, %zu failed, %zu differ where the description is silent, %zu skipped\n",
				report->counts[RESULT_AS_EXPECTED], report->counts[RESULT_FAILED], report->counts[RESULT_DIFFERENT],
				report->counts[RESULT_SKIPPED]);
	}
	fflush(report->stream);
}

bool report_has_failed(const struct report *report) {
	return report->counts[RESULT_FAILED] > 0;
}

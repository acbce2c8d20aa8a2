/*
 * Prints the results of rules.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include "rule.h"

enum report_format {
	REPORT_TABLE,    // for people: one line per rule, with the reason if it is not as expected
	REPORT_TAP,      // Test Anything Protocol, version 13
	REPORT_JUNIT,    // XML that build servers read
	REPORT_MARKDOWN, // rows of a table: rule, clause, expected, seen
	REPORT_FORMATS_LEN,
};

/* Names of the formats, as --format takes them. */
extern const char *const report_format_names[REPORT_FORMATS_LEN];

/* So many failed rules are named again at the end of a table. */
#define REPORT_FAILED_MAX 20

struct report {
	enum report_format format;
	FILE *stream;
	bool is_verbose; // print clauses and output of rules that are as expected, too
	bool is_strict;  // RESULT_DIFFERENT counts as RESULT_FAILED
	size_t counts[RESULT_SKIPPED + 1];
	const struct rule *failed[REPORT_FAILED_MAX]; // the first ones
	size_t number;                                // of rules printed
	char group[64];                               // of the last rule
};

/* stream must stay open until report_finish(). rules_len: number of report_add() calls to come. */
void report_init(struct report *report, enum report_format format, FILE *stream, size_t rules_len);

/* Prints the result of a rule. log: what the rule printed; it is read from its start. */
void report_add(struct report *report, const struct rule *rule, const struct result *result, FILE *log);

/* Prints the sums and, in a table, the names of the failed rules. */
void report_finish(struct report *report);

/* Has any rule failed? */
bool report_has_failed(const struct report *report);

#endif

/*
 * How the results of rules are told.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include "rule.h"

enum report_format {
	REPORT_TABLE,    // for people, one line per rule and why where it is not as expected
	REPORT_TAP,      // Test Anything Protocol, version 13
	REPORT_JUNIT,    // XML that build servers read
	REPORT_MARKDOWN, // rows of a table: rule, clause, expected, seen
	REPORT_FORMATS_LEN,
};

/* What --format calls them. */
extern const char *const report_format_names[REPORT_FORMATS_LEN];

struct report {
	enum report_format format;
	FILE *stream;
	bool is_verbose; // tells clauses, and what rules printed, of those as expected too
	bool is_strict;  // what differs where a description is silent has failed
	size_t counts[RESULT_SKIPPED + 1];
	size_t number;  // of rules told
	char group[64]; // of the last one
};

/* stream must stay open until report_finish(). rules_len: how many there will be. */
void report_init(struct report *report, enum report_format format, FILE *stream, size_t rules_len);

/* Tells of one. log: what it printed, from its start; it is read. */
void report_add(struct report *report, const struct rule *rule, const struct result *result, FILE *log);

/* Tells the sums. */
void report_finish(struct report *report);

/* Has any rule failed? */
bool report_has_failed(const struct report *report);

#endif

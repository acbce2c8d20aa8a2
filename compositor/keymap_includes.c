/*
 * This scanner must see every name that libxkbcommon does, whichever version that is. They read some bytes in different
 * ways: escapes in strings, and what is not ASCII between the tokens. Whatever is odd in this sense is no error in a
 * keymap that includes nothing: that is compiled without an include path.
 */
#include "keymap_includes.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_" DIGITS
#define SPACES " \t\n\v\f\r"
#define PUNCTUATION ";{}=[]().,+-*/!~"
#define NAMES WORD "-./()+|:"

struct scan {
	const char *at;
	const char *odd; // the first odd byte, or NULL
	bool after_keyword;
	size_t len;
	const char *refused; // the first name that must not be included, or NULL
	size_t refused_len;
};

// Each of these before a string includes the files that the string names.
static bool is_keyword(const char *word, size_t len) {
	static const char *const keywords[] = {"include", "augment", "override", "replace", "alternate"};
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strlen(keywords[i]) == len && strncasecmp(word, keywords[i], len) == 0) {
			return true;
		}
	}
	return false;
}

static bool has(const char *name, size_t len, const char *part) {
	return memmem(name, len, part, strlen(part)) != NULL;
}

// A path that begins with a slash, or leads upwards, may leave the folder.
static bool is_allowed(const char *name, size_t len) {
	return strspn(name, NAMES) >= len && !has(name, len, "..") && name[0] != '/' && !has(name, len, "+/") &&
		   !has(name, len, "|/");
}

static void add_names(struct scan *scan, const char *names, size_t len) {
	scan->len++;
	for (size_t i = 0; i < len; i++) {
		scan->len += names[i] == '+' || names[i] == '|';
	}
	if (scan->refused == NULL && !is_allowed(names, len)) {
		scan->refused = names;
		scan->refused_len = len;
	}
}

static void note_odd(struct scan *scan, const char *at) {
	if (scan->odd == NULL) {
		scan->odd = at;
	}
}

static void scan_string(struct scan *scan) {
	const char *start = ++scan->at;
	size_t len = strcspn(start, "\"\n\\");
	if (start[len] != '"') {
		note_odd(scan, start + len);
		len = strcspn(start, "\"");
	}
	scan->at += len + (start[len] == '"');
	if (scan->after_keyword) {
		add_names(scan, start, len);
	}
}

// A word may follow a number at once.
static size_t measure_word(const char *at) {
	if (strncmp(at, "0x", 2) == 0) {
		return 2 + strspn(&at[2], DIGITS "abcdefABCDEF");
	}
	size_t digits_len = strspn(at, DIGITS);
	return digits_len > 0 ? digits_len : strspn(at, WORD);
}

static void scan_token(struct scan *scan) {
	size_t len = measure_word(scan->at);
	bool is_include = is_keyword(scan->at, len);
	if (*scan->at == '"') {
		scan_string(scan);
	} else if (*scan->at == '<') {
		len = strcspn(scan->at, ">" SPACES);
		scan->at += len;
		if (*scan->at == '>') {
			scan->at++;
		} else {
			note_odd(scan, scan->at);
		}
	} else if (len > 0) {
		scan->at += len;
	} else {
		if (strchr(PUNCTUATION, *scan->at) == NULL) {
			note_odd(scan, scan->at);
		}
		scan->at++;
	}
	scan->after_keyword = is_include;
}

static void scan_all(struct scan *scan) {
	while (*(scan->at += strspn(scan->at, SPACES)) != '\0') {
		if (*scan->at == '#' || strncmp(scan->at, "//", 2) == 0) {
			scan->at += strcspn(scan->at, "\n");
		} else {
			scan_token(scan);
		}
	}
}

bool keymap_includes_count(const char *text, size_t *len, char *reason, size_t reason_size) {
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	size_t start = strncmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
	struct scan scan = {.at = text + start};
	scan_all(&scan);
	*len = scan.len;
	if (scan.refused != NULL) {
		snprintf(reason, reason_size, "keymap includes \"%.*s\": only files of the system's xkb folder may be included",
				(int)(scan.refused_len < 48 ? scan.refused_len : 48), scan.refused);
		return false;
	}
	if (scan.len > KEYMAP_INCLUDES_MAX) {
		snprintf(reason, reason_size, "keymap includes %zu files: the limit is %d", scan.len, KEYMAP_INCLUDES_MAX);
		return false;
	}
	if (scan.len > 0 && scan.odd != NULL) {
		snprintf(reason, reason_size, "keymap includes files: then byte 0x%02x at %td, outside comments, is refused",
				(uint8_t)*scan.odd, scan.odd - text);
		return false;
	}
	return true;
}

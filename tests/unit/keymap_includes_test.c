/*
 * Which files a keymap includes, before libxkbcommon sees it.
 */
#include "keymap_includes.h"

#include "runner.h"
#include <stdio.h>
#include <string.h>

static char reason[128];

static void expect_count(const char *text, size_t wanted) {
	size_t len;
	printf("%s\n", text);
	expect(keymap_includes_count(text, &len, reason, sizeof(reason)));
	expect_int(len, ==, wanted);
}

static void expect_refused(const char *text, const char *why) {
	size_t len;
	printf("%s\n", text);
	expect(!keymap_includes_count(text, &len, reason, sizeof(reason)));
	expect_contains(reason, why);
	expect_int(strlen(reason), <, sizeof(reason) - 1);
}

TEST("keymap_includes@each-name-counts") {
	expect_count("xkb_keymap { xkb_types \"a\" { include \"complete\" }; xkb_compat { include \"complete\" }; };", 2);
	expect_count("include \"pc+us(altgr-intl)+de:2|inet(evdev)\"", 4);
	expect_count("include \"sun_vndr/us\" augment \"us\" override \"us\" replace \"us\" alternate \"us\"", 5);
	expect_count("InClUdE\t\n\"us\"", 1);
	expect_count("include\"us\"include\"de\"", 2);
	expect_count("1include \"us\" 0x1fINCLUDE \"us\" 1.5include \"us\"", 3);
	expect_count("include // \"us\n# comment \"de\n\"fr\"", 1);
	expect_count("include \"\"", 1);
	expect_count("\xef\xbb\xbfinclude \"us\"", 1);
}

TEST("keymap_includes@whatever-else-has-such-words-does-not-count") {
	expect_count("", 0);
	expect_count("// include \"../x\"\n# include \"../x\"\nkey <include> { [ a ] };", 0);
	expect_count("name[1] = \"include\"; name[2]=\"include /x\"; type \"include\" \"us\"", 0);
	expect_count("included \"us\"; _include \"us\"; include1 \"us\"", 0);
	expect_count("augment virtual_modifiers Alt; override key <AE01> { [ a ], type=\"ALPHABETIC\" };", 0);
}

TEST("keymap_includes@names-that-lead-elsewhere-are-refused") {
	expect_refused("include \"../../../tmp/fifo\"", "includes \"../../../tmp/fifo\": only files of the system's");
	expect_refused("include \"/etc/passwd\"", "/etc/passwd");
	expect_refused("include \"us+/etc/passwd\"", "/etc/passwd");
	expect_refused("include \"us|/etc/passwd\"", "/etc/passwd");
	expect_refused("include \"us+..(x)\"", "..");
	expect_refused("include \"us", "byte 0x00 at 11");
	expect_refused("include \"%H/.xkb/symbols/x\"", "%H");
	expect_refused("include \"%E/x\"", "%E");
	expect_refused("include \"~/x\"", "~");
	expect_refused("include \"us de\"", "us de");
	expect_refused("augment\"..\"", "..");
	expect_refused("<a> include \"..\"", "..");
	expect_refused("include \"us\" include // \"us\"\n\"..\"", "..");
	char text[300];
	snprintf(text, sizeof(text), "include \"%0200d~\"", 0);
	expect_refused(text, "0000");
}

TEST("keymap_includes@many-are-refused") {
	expect_int(KEYMAP_INCLUDES_MAX, ==, 16);
	expect_count("include \"a+b+c+d+e+f+g+h|a|b|c|d|e|f|g|h\"", 16);
	expect_refused(
			"include \"a+b+c+d+e+f+g+h|a|b|c|d|e|f|g|h\" include \"i\"", "keymap includes 17 files: the limit is 16");
}

// An escaped quote ends the string in some versions of libxkbcommon, but not in others.
TEST("keymap_includes@what-is-read-in-different-ways-is-refused-only-together-with-files") {
	static const char *const odd[] = {"\"a\\\"\"", "\"a\\\\\"", "\"a\n\"", "\xe2\x80\x8e", "<a", "$", "\x01", "<a b>"};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char text[100];
		expect_count(odd[i], 0);
		snprintf(text, sizeof(text), "include \"us\" %s", odd[i]);
		expect_refused(text, "is refused");
	}
	expect_count("name[Group1] = \"Fran\xc3\xa7"
				 "ais\"; // \xe2\x80\x8e \\\ninclude \"us\"",
			1);
}

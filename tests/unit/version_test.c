/*
 * The version of the headers and of both libraries.
 */
#include "runner.h"
#include <lido/version.h>
#include <stdio.h>

TEST("version@is-that-of-the-build") {
	char text[32];
	snprintf(text, sizeof(text), "%d.%d.%d", LIDO_VERSION_MAJOR, LIDO_VERSION_MINOR, LIDO_VERSION_MICRO);
	expect_string(text, LIDO_VERSION);
}

TEST("version@libraries-report-that-of-the-headers") {
	expect_int(lido_shm_get_version(), ==, LIDO_VERSION_NUMBER);
	expect_int(lido_client_get_version(), ==, LIDO_VERSION_NUMBER);
}

TEST("version@later-ones-are-greater") {
	expect_int(LIDO_MAKE_VERSION(0, 1, 1), >, LIDO_MAKE_VERSION(0, 1, 0));
	expect_int(LIDO_MAKE_VERSION(0, 2, 0), >, LIDO_MAKE_VERSION(0, 1, 255));
	expect_int(LIDO_MAKE_VERSION(1, 0, 0), >, LIDO_MAKE_VERSION(0, 255, 255));
}

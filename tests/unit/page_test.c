/*
 * Rounding to pages.
 */
#include "base/number.h"
#include "base/page.h"
#include "runner.h"
#include <unistd.h>

TEST("page@size-is-the-kernels") {
	expect_int(lido_page_get_size(), ==, sysconf(_SC_PAGESIZE));
}

TEST("page@rounding-changes-no-whole-page-and-goes-to-the-next-one") {
	const int64_t page = lido_page_get_size();
	for (int64_t i = 0; i < 4; i++) {
		expect_int(lido_page_round_up(i * page), ==, i * page);
		expect_int(lido_page_round_down(i * page), ==, i * page);
		expect_int(lido_page_round_up(i * page + 1), ==, (i + 1) * page);
		expect_int(lido_page_round_up(i * page + page - 1), ==, (i + 1) * page);
		expect_int(lido_page_round_down(i * page + 1), ==, i * page);
		expect_int(lido_page_round_down(i * page + page - 1), ==, i * page);
	}
}

TEST("page@largest-sizes-do-not-overflow") {
	const int64_t page = lido_page_get_size();
	int64_t largest = INT64_MAX - page;
	expect_int(lido_page_round_up(largest), >=, largest);
	expect_int(lido_page_round_up(largest) % page, ==, 0);
	expect_int(lido_page_round_down(INT64_MAX) % page, ==, 0);
}

TEST("page@smaller-and-larger-of-two-numbers") {
	expect_int(lido_min(-1, 2), ==, -1);
	expect_int(lido_min(INT64_MAX, INT64_MIN), ==, INT64_MIN);
	expect_int(lido_max(-1, 2), ==, 2);
	expect_int(lido_max(INT64_MAX, INT64_MIN), ==, INT64_MAX);
}

/*
 * The limits on connections and on received fds.
 */
#include "account.h"
#include "clients.h"
#include "runner.h"

TEST("clients@connections-are-exactly-their-share-of-the-files-and-at-least-two") {
	static const struct {
		uint64_t files;
		size_t max;
	} cases[] = {{0, 2}, {1, 2}, {20, 2}, {28, 2}, {29, 3}, {64, 6}, {99, 10}, {100, 10}, {199, 20}, {200, 21},
		{1024, 107}, {20000, 2100}, {524288, 55050}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_int(clients_get_max(cases[i].files), ==, cases[i].max);
	}
}

TEST("clients@more-files-never-mean-fewer-connections") {
	for (uint64_t files = 0; files < 5000; files++) {
		size_t max = clients_get_max(files);
		expect_int(max, ==, files * 21 / 200 > 2 ? files * 21 / 200 : 2);
		expect_int(clients_get_max(files + 1), >=, max);
	}
	// RLIM_INFINITY
	const uint64_t share = UINT64_MAX / 200 * 21 + UINT64_MAX % 200 * 21 / 200;
	expect(clients_get_max(UINT64_MAX) == (share < SIZE_MAX ? (size_t)share : SIZE_MAX));
}

TEST("account@fds-are-exactly-their-share-of-the-files") {
	static const struct {
		uint64_t files;
		size_t max;
	} cases[] = {{0, 0}, {20, 15}, {64, 48}, {99, 74}, {100, 75}, {199, 149}, {1024, 768}, {20000, 15000}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_int(account_get_fds_total_max(cases[i].files), ==, cases[i].max);
	}
}

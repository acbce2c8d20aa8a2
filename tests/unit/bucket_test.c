/*
 * The bucket that limits rates.
 */
#include "runner.h"
#include <bucket.h>

TEST("bucket@drains-at-its-rate-and-never-below-empty") {
	struct bucket bucket = {.level = 100, .time = 5000};
	expect_int(bucket_drain(&bucket, 5000, 20), ==, 100);
	expect_int(bucket_drain(&bucket, 6000, 20), ==, 80);
	expect_int(bucket_drain(&bucket, 7500, 20), ==, 50);
	expect_int(bucket_drain(&bucket, 100000, 20), ==, 0);
}

TEST("bucket@drains-as-much-however-often-it-is-called") {
	struct bucket bucket = {.level = 100};
	for (int64_t now = 0; now <= 1000; now++) {
		bucket_drain(&bucket, now, 20);
	}
	expect_int(bucket.level, ==, 80);
}

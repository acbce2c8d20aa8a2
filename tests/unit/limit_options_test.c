#include "memory/quota.h"
#include "runner.h"
#include <lido/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

TEST("limit_options@defaults-are-those-of-the-header") {
	struct lido_limits limits = lido_limits_default();
	expect_int(limits.files_max, ==, LIDO_FILES_MAX_DEFAULT);
	expect_int(limits.shm_pools_max, ==, LIDO_SHM_POOLS_MAX_DEFAULT);
	expect_int(limits.buffers_max, ==, LIDO_BUFFERS_MAX_DEFAULT);
	expect_int(limits.areas_max, ==, LIDO_AREAS_MAX_DEFAULT);
	expect_int(limits.blocks_max, ==, LIDO_BLOCKS_MAX_DEFAULT);
	expect_int(limits.area_bytes_max, ==, LIDO_AREA_BYTES_MAX_DEFAULT);
	expect_int(limits.scratch_bytes_max, ==, LIDO_SCRATCH_BYTES_MAX_DEFAULT);
	expect_int(limits.pinned_bytes_max, ==, LIDO_PINNED_BYTES_MAX_DEFAULT);
}

static void expect_parsed(const char *text, struct lido_limits wanted) {
	struct lido_limits limits = lido_limits_default();
	const char *error = NULL;
	if (!lido_limits_parse(&limits, text, &error)) {
		fail("%s: %s", text, error);
	}
	expect_int(limits.files_max, ==, wanted.files_max);
	expect_int(limits.shm_pools_max, ==, wanted.shm_pools_max);
	expect_int(limits.buffers_max, ==, wanted.buffers_max);
	expect_int(limits.areas_max, ==, wanted.areas_max);
	expect_int(limits.blocks_max, ==, wanted.blocks_max);
	expect_int(limits.area_bytes_max, ==, wanted.area_bytes_max);
	expect_int(limits.scratch_bytes_max, ==, wanted.scratch_bytes_max);
	expect_int(limits.pinned_bytes_max, ==, wanted.pinned_bytes_max);
}

TEST("limit_options@each-key-sets-its-own-limit-alone") {
	struct lido_limits wanted = lido_limits_default();
	wanted.files_max = 7;
	expect_parsed("files=7", wanted);
	wanted = lido_limits_default();
	wanted.shm_pools_max = 1;
	expect_parsed("shm-pools=1", wanted);
	wanted = lido_limits_default();
	wanted.buffers_max = UINT32_MAX;
	expect_parsed("buffers=4294967295", wanted);
	wanted = lido_limits_default();
	wanted.areas_max = 3;
	expect_parsed("areas=3", wanted);
	wanted = lido_limits_default();
	wanted.blocks_max = 12;
	expect_parsed("blocks=12", wanted);
	wanted = lido_limits_default();
	wanted.area_bytes_max = 5 << 20;
	expect_parsed("area-bytes=5M", wanted);
	wanted = lido_limits_default();
	wanted.scratch_bytes_max = INT64_MAX;
	expect_parsed("scratch-bytes=9223372036854775807", wanted);
	wanted = lido_limits_default();
	wanted.pinned_bytes_max = 9;
	expect_parsed("pinned-bytes=9", wanted);
}

TEST("limit_options@bytes-take-suffixes-of-1024") {
	struct lido_limits wanted = lido_limits_default();
	wanted.scratch_bytes_max = 3 << 10;
	expect_parsed("scratch-bytes=3K", wanted);
	wanted.scratch_bytes_max = 3 << 20;
	expect_parsed("scratch-bytes=3M", wanted);
	wanted.scratch_bytes_max = INT64_C(3) << 30;
	expect_parsed("scratch-bytes=3G", wanted);
	wanted.scratch_bytes_max = INT64_C(8589934591) << 30;
	expect_parsed("scratch-bytes=8589934591G", wanted);
}

TEST("limit_options@invalid-text-is-refused-with-a-reason-and-changes-nothing") {
	static const char *const wrong[] = {"", "=", "files", "files=", "files=0", "files=-1", "files=+1", "files= 1",
		"files=1 ", "files=1K", "files=4294967296", "files=99999999999999999999", "file=1", "filess=1", "Files=1",
		"files=0x10", "scratch-bytes=K", "scratch-bytes=1k", "scratch-bytes=1KB", "scratch-bytes=1T", "scratch-bytes=0",
		"scratch-bytes=0G", "scratch-bytes=9223372036854775808", "scratch-bytes=8589934592G", "scratch-bytes=1.5G",
		"area=1", "areas=1K", "area-bytes=", "area_bytes=1", "buffers=1\n"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct lido_limits limits, before;
		memset(&limits, 0x5a, sizeof(limits));
		before = limits;
		const char *error = NULL;
		if (lido_limits_parse(&limits, wrong[i], &error)) {
			fail("\"%s\" was accepted", wrong[i]);
		}
		expect(error != NULL && error[0] != '\0');
		expect_bytes(&limits, &before, sizeof(limits));
		expect(!lido_limits_parse(&limits, wrong[i], NULL));
	}
}

TEST("limit_options@help-names-every-key-and-default") {
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	lido_limits_print_help(stream);
	fclose(stream);
	expect_contains(text, "files");
	expect_contains(text, "shm-pools");
	expect_contains(text, "buffers");
	expect_contains(text, "areas");
	expect_contains(text, "blocks");
	expect_contains(text, "area-bytes");
	expect_contains(text, "\n  scratch-bytes");
	expect_contains(text, "\n  pinned-bytes");
	expect_contains(text, "1024");
	expect_contains(text, "536870912");
	free(text);
}

TEST("limit_options@nofile-is-raised-to-the-hard-limit-and-restored") {
	struct rlimit limit = {.rlim_cur = 123, .rlim_max = 456};
	expect_int(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	expect_int(lido_limits_raise_nofile(), ==, 456);
	expect_int(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	expect_int(limit.rlim_cur, ==, 456);
	// A second call must keep the first saved value.
	expect_int(lido_limits_raise_nofile(), ==, 456);
	lido_limits_restore_nofile();
	expect_int(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	expect_int(limit.rlim_cur, ==, 123);
	expect_int(limit.rlim_max, ==, 456);
}

TEST("limit_options@total-of-files-is-a-share-of-the-process-limit") {
	struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
	expect_int(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	expect_int(lido_limits_get_files_total_max(), ==, 700);
	limit.rlim_cur = 10;
	expect_int(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	expect_int(lido_limits_get_files_total_max(), ==, 7);
}

TEST("limit_options@total-of-mappings-is-a-share-of-the-kernels-limit") {
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	long count;
	expect(file != NULL);
	expect_int(fscanf(file, "%ld", &count), ==, 1);
	fclose(file);
	expect_int(lido_limits_get_mappings_total_max(), ==, count * 7 / 10);
	// One client may have 15 % of them at most.
	struct lido_limits limits = lido_limits_default();
	struct lido_quota quota;
	lido_quota_init(&quota, NULL, NULL, &limits);
	expect_int(quota.counts[LIDO_QUOTA_MAPPINGS].max, ==, 4112);
	expect_int(quota.counts[LIDO_QUOTA_MAPPINGS].max, <, 65530 * 15 / 100);
}

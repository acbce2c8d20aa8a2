/*
 * The quota: each kind has its limit, all clients together have theirs, and no client takes what is left for the
 * others.
 */
#include "base/os.h"
#include "memory/quota.h"
#include "pair.h"
#include "runner.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct lido_limits limits = {
	.files_max = 60,
	.shm_pools_max = 2,
	.buffers_max = 3,
	.areas_max = 4,
	.blocks_max = 5,
	.area_bytes_max = 600,
	.scratch_bytes_max = 700,
	.pinned_bytes_max = 800,
};

struct fixture {
	struct pair pair; // whose clients are those of the quotas
	struct lido_quota_total total;
	struct lido_quota first, second;
};

static void fixture_init(struct fixture *fixture, uint32_t files_max) {
	pair_init(&fixture->pair, NULL);
	lido_quota_total_init(&fixture->total, files_max, 1000);
	lido_quota_init(&fixture->first, client_get_peer(&fixture->pair.client), &fixture->total, &limits);
	lido_quota_init(&fixture->second, client_get_peer(&fixture->pair.other), &fixture->total, &limits);
}

static int64_t get_total(const struct fixture *fixture, enum lido_quota_kind kind) {
	return fixture->total.counts[kind].used;
}

// As much as is allowed, one by one.
static int64_t take_all(struct lido_quota *quota, enum lido_quota_kind kind) {
	int64_t taken = 0;
	for (; taken < 1000 && lido_quota_allows(quota, kind, 1); taken++) {
		lido_quota_add(quota, kind, 1);
	}
	return taken;
}

TEST("quota@each-kind-stops-at-its-own-limit") {
	static const struct {
		enum lido_quota_kind kind;
		int64_t max;
	} cases[] = {
		{LIDO_QUOTA_FILES, 60},
		{LIDO_QUOTA_MAPPINGS, 60 * LIDO_MAPPINGS_PER_FILE + LIDO_SCRATCH_MAPPINGS_MIN},
		{LIDO_QUOTA_SHM_POOLS, 2},
		{LIDO_QUOTA_OBJECTS, 5 * LIDO_OBJECTS_PER_BLOCK},
		{LIDO_QUOTA_BUFFERS, 3},
		{LIDO_QUOTA_AREAS, 4},
		{LIDO_QUOTA_BLOCKS, 5},
		{LIDO_QUOTA_BLOCK_BYTES, 600},
		{LIDO_QUOTA_SCRATCH_BYTES, 700},
		{LIDO_QUOTA_UNREAD_FDS, LIDO_UNREAD_FDS_MAX},
	};
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_int(take_all(&fixture.first, cases[i].kind), ==, cases[i].max);
		expect_int(get_total(&fixture, cases[i].kind), ==, cases[i].max);
	}
	pair_finish(&fixture.pair);
}

TEST("quota@kind-without-a-limit-never-stops") {
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	for (int kind = LIDO_QUOTA_SEALED_FILES; kind < LIDO_QUOTA_KINDS_LEN; kind++) {
		lido_quota_add(&fixture.first, kind, INT64_MAX - 1);
		expect(lido_quota_allows(&fixture.first, kind, 1));
		lido_quota_subtract(&fixture.first, kind, INT64_MAX - 1);
	}
	pair_finish(&fixture.pair);
}

TEST("quota@asking-changes-nothing") {
	struct fixture fixture;
	fixture_init(&fixture, 1000);
	struct lido_quota before = fixture.first;
	struct lido_quota_total total_before = fixture.total;
	for (int i = 0; i < 10; i++) {
		expect(lido_quota_allows(&fixture.first, LIDO_QUOTA_BUFFERS, 3));
		expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_BUFFERS, 4));
	}
	expect_bytes(fixture.first.counts, before.counts, sizeof(before.counts));
	expect_bytes(&fixture.total, &total_before, sizeof(total_before));
	pair_finish(&fixture.pair);
}

TEST("quota@lowered-limit-forbids-growth-alone") {
	struct fixture fixture;
	struct lido_limits lower = limits;
	fixture_init(&fixture, 1000);
	lido_quota_add(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 600);
	lower.area_bytes_max = 100;
	lido_quota_set_limits(&fixture.first, &lower);
	expect_int(lido_quota_get_used(&fixture.first, LIDO_QUOTA_BLOCK_BYTES), ==, 600);
	expect(lido_quota_allows(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 0));
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 1));
	expect_contains(fixture.first.failure, "600 bytes held, the limit (area-bytes) is 100");
	lido_quota_subtract(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 501);
	expect(lido_quota_allows(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 1));
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 2));
	// The other client has its own.
	expect(lido_quota_allows(&fixture.second, LIDO_QUOTA_BLOCK_BYTES, 600));
	lido_quota_set_limits(&fixture.first, &limits);
	expect(lido_quota_allows(&fixture.first, LIDO_QUOTA_BLOCK_BYTES, 501));
	pair_finish(&fixture.pair);
}

struct limit_listener {
	struct wl_listener listener;
	struct lido_limit_event last;
	char text[LIDO_ERROR_TEXT_SIZE];
	int len;
};

static void handle_limit(struct wl_listener *listener, void *data) {
	struct limit_listener *limit = wl_container_of(listener, limit, listener);
	limit->last = *(const struct lido_limit_event *)data;
	snprintf(limit->text, sizeof(limit->text), "%s", limit->last.text);
	limit->len++;
}

static int64_t milliseconds;

static int get_time(clockid_t clock, struct timespec *now) {
	*now = (struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
	return 0;
}

TEST("quota@event-tells-which-limit-was-met-whose-and-what-follows") {
	struct fixture fixture;
	struct limit_listener limit = {.listener.notify = handle_limit};
	fixture_init(&fixture, 100);
	wl_signal_add(&fixture.total.limit_met, &limit.listener);
	lido_quota_add(&fixture.first, LIDO_QUOTA_BUFFERS, 2);
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_BUFFERS, 2));
	expect_int(limit.len, ==, 0); // refused, but whoever asked may find another way
	expect(!lido_quota_allows_or_tells(&fixture.first, LIDO_QUOTA_BUFFERS, 2));
	expect_int(limit.len, ==, 1);
	expect(limit.last.client == fixture.first.client && !limit.last.is_fatal);
	expect_string(limit.last.key, "buffers");
	expect_int(limit.last.scope, ==, LIDO_LIMIT_OF_CLIENT);
	expect_int(limit.last.used, ==, 2);
	expect_int(limit.last.wanted, ==, 2);
	expect_int(limit.last.max, ==, 3);
	expect_string(limit.text, "too many wl_buffer objects: 2 held, 2 more wanted, the limit (buffers) is 3");
	expect_int(take_all(&fixture.first, LIDO_QUOTA_FILES), ==, 50);
	expect(!lido_quota_allows_or_tells(&fixture.first, LIDO_QUOTA_FILES, 1));
	expect_int(limit.last.scope, ==, LIDO_LIMIT_TOTAL);
	expect_int(limit.last.used, ==, 50);
	expect_int(limit.last.max, ==, 100);
	expect_string(limit.last.key, "files");
	expect(!lido_quota_allows_or_tells(&fixture.second, LIDO_QUOTA_SCRATCH_BYTES, 701));
	expect(limit.last.client == fixture.second.client);
	expect_string(limit.last.key, "scratch-bytes");
	expect_int(limit.len, ==, 3);
	pair_finish(&fixture.pair);
}

TEST("quota@one-event-tells-that-the-client-is-disconnected-and-none-follows") {
	struct fixture fixture;
	struct limit_listener limit = {.listener.notify = handle_limit};
	fixture_init(&fixture, 100);
	wl_signal_add(&fixture.total.limit_met, &limit.listener);
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_OBJECTS, 21));
	lido_quota_post_no_memory(&fixture.first);
	expect(limit.last.client == fixture.first.client && limit.last.is_fatal && limit.last.key == NULL);
	expect_string(limit.text, "too many lido_shm_v1 objects: 0 held, 21 more wanted, the limit is 20");
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_BUFFERS, 21));
	lido_quota_post_no_memory(&fixture.first);
	expect(!lido_quota_allows_or_tells(&fixture.first, LIDO_QUOTA_BUFFERS, 21));
	expect_int(limit.len, ==, 1);
	expect_no_memory(&fixture.pair.client, limit.text);
	pair_finish(&fixture.pair);
}

TEST("quota@shortage-of-memory-is-no-limit") {
	struct fixture fixture;
	struct limit_listener limit = {.listener.notify = handle_limit};
	fixture_init(&fixture, 100);
	wl_signal_add(&fixture.total.limit_met, &limit.listener);
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_OBJECTS, 21));
	lido_quota_fail(&fixture.first, "out of memory for a test");
	lido_quota_post_no_memory(&fixture.first);
	expect_int(limit.len, ==, 0);
	expect_no_memory(&fixture.pair.client, "out of memory for a test");
	pair_finish(&fixture.pair);
}

TEST("quota@events-about-one-limit-of-a-client-keep-their-distance") {
	struct fixture fixture;
	struct limit_listener limit = {.listener.notify = handle_limit};
	fixture_init(&fixture, 1000);
	lido_os.clock_gettime = get_time;
	milliseconds = 1000000;
	wl_signal_add(&fixture.total.limit_met, &limit.listener);
	for (int minute = 1; minute <= 3; minute++) {
		for (int i = 0; i < 1000; i++) {
			expect(!lido_quota_allows_or_tells(&fixture.first, LIDO_QUOTA_BLOCKS, 6));
		}
		expect_int(limit.len, ==, 3 * minute - 2);
		expect(!lido_quota_allows_or_tells(&fixture.first, LIDO_QUOTA_AREAS, 6));
		expect(!lido_quota_allows_or_tells(&fixture.second, LIDO_QUOTA_BLOCKS, 6));
		milliseconds += LIDO_LIMIT_EVENT_INTERVAL_MS - 1;
		expect(!lido_quota_allows_or_tells(&fixture.second, LIDO_QUOTA_BLOCKS, 6));
		expect_int(limit.len, ==, 3 * minute);
		milliseconds++;
	}
	pair_finish(&fixture.pair);
}

TEST("quota@no-client-takes-more-than-is-left-for-the-others") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	expect_int(take_all(&fixture.first, LIDO_QUOTA_FILES), ==, 50);
	expect_contains(fixture.first.failure, "50 held, all clients together leave 50 of 100");
	expect_int(take_all(&fixture.second, LIDO_QUOTA_FILES), ==, 25);
	expect_int(get_total(&fixture, LIDO_QUOTA_FILES), ==, 75);
	// However many follow, there is something left for one more.
	for (int i = 0; i < 4; i++) {
		struct lido_quota next;
		lido_quota_init(&next, fixture.first.client, &fixture.total, &limits);
		expect_int(take_all(&next, LIDO_QUOTA_FILES), >, 0);
	}
	pair_finish(&fixture.pair);
}

// Connects sockets that another process has created. Returns the server's ends.
static void connect_foreign(int fds[], int len) {
	struct sockaddr_un address = {.sun_family = AF_UNIX}; // the kernel chooses a name
	socklen_t size = sizeof(address);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	expect_int(listener, >=, 0);
	expect_int(bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)), ==, 0);
	expect_int(getsockname(listener, (struct sockaddr *)&address, &size), ==, 0);
	expect_int(listen(listener, len), ==, 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < len; i++) {
			int fd = socket(AF_UNIX, SOCK_STREAM, 0);
			if (fd == -1 || connect(fd, (struct sockaddr *)&address, size) != 0) {
				_exit(1);
			}
		}
		_exit(0);
	}
	for (int i = 0; i < len; i++) {
		fds[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		expect_int(fds[i], >=, 0);
	}
	close(listener);
	waitpid(pid, NULL, 0);
}

TEST("quota@clients-of-one-process-share-its-limits") {
	struct fixture fixture;
	struct lido_quota quotas[3];
	int fds[3];
	fixture_init(&fixture, 1000);
	connect_foreign(fds, 2);
	connect_foreign(&fds[2], 1);
	for (int i = 0; i < 3; i++) {
		struct wl_client *client = wl_client_create(fixture.pair.server.display, fds[i]);
		expect(client != NULL);
		lido_quota_init(&quotas[i], client, &fixture.total, &limits);
	}
	expect_int(take_all(&quotas[0], LIDO_QUOTA_FILES), ==, 60);
	expect_contains(quotas[0].failure, "60 held, the limit (files) is 60");
	expect_int(take_all(&quotas[1], LIDO_QUOTA_FILES), ==, 15);
	expect_contains(quotas[1].failure, "75 held, the limit of a process is 75");
	expect_int(take_all(&quotas[2], LIDO_QUOTA_FILES), ==, 60);
	lido_quota_subtract(&quotas[0], LIDO_QUOTA_FILES, 10);
	expect_int(take_all(&quotas[1], LIDO_QUOTA_FILES), ==, 10);
	// A client that is gone leaves its share, the total, or both.
	lido_quota_subtract(&quotas[0], LIDO_QUOTA_FILES, 50);
	lido_quota_add(&quotas[0], LIDO_QUOTA_READ_BYTES, 1);
	lido_quota_finish(&quotas[0]);
	expect_int(take_all(&quotas[1], LIDO_QUOTA_FILES), ==, 35);
	lido_quota_detach(&quotas[1]);
	expect(!lido_quota_allows(&quotas[1], LIDO_QUOTA_FILES, 1));
	for (int i = 1; i < 3; i++) {
		lido_quota_subtract(&quotas[i], LIDO_QUOTA_FILES, 60);
		lido_quota_finish(&quotas[i]);
	}
	pair_finish(&fixture.pair);
}

TEST("quota@rule-for-the-others-holds-for-every-kind-with-a-total-limit") {
	struct fixture fixture;
	struct lido_limits unlimited = {.files_max = UINT32_MAX,
		.shm_pools_max = UINT32_MAX,
		.buffers_max = UINT32_MAX,
		.areas_max = UINT32_MAX,
		.blocks_max = UINT32_MAX,
		.area_bytes_max = INT64_MAX,
		.scratch_bytes_max = INT64_MAX,
		.pinned_bytes_max = INT64_MAX};
	fixture_init(&fixture, 100);
	lido_quota_init(&fixture.first, fixture.first.client, &fixture.total, &unlimited);
	lido_quota_init(&fixture.second, fixture.second.client, &fixture.total, &unlimited);
	for (int kind = 0; kind < LIDO_QUOTA_KINDS_LEN; kind++) {
		fixture.first.counts[kind].max = fixture.second.counts[kind].max = INT64_MAX;
		fixture.total.counts[kind].max = 100;
		expect_int(take_all(&fixture.first, kind), ==, 50);
		expect_int(take_all(&fixture.second, kind), ==, 25);
		expect(!lido_quota_allows(&fixture.second, kind, 1));
		lido_quota_set(&fixture.first, kind, 0);
		expect(lido_quota_allows(&fixture.second, kind, 1));
		lido_quota_set(&fixture.second, kind, 0);
		expect_int(get_total(&fixture, kind), ==, 0);
	}
	pair_finish(&fixture.pair);
}

TEST("quota@what-waits-to-be-closed-counts-in-the-total") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	lido_quota_total_add(&fixture.total, LIDO_QUOTA_FILES, 40);
	expect_int(take_all(&fixture.first, LIDO_QUOTA_FILES), ==, 30);
	lido_quota_total_subtract(&fixture.total, LIDO_QUOTA_FILES, 40);
	expect_int(take_all(&fixture.first, LIDO_QUOTA_FILES), ==, 20);
	lido_quota_total_add(NULL, LIDO_QUOTA_FILES, 1);
	lido_quota_total_subtract(NULL, LIDO_QUOTA_FILES, 1);
	pair_finish(&fixture.pair);
}

TEST("quota@without-a-total-its-own-limit-remains") {
	struct fixture fixture;
	fixture_init(&fixture, 10);
	fixture.first.total = NULL;
	expect_int(take_all(&fixture.first, LIDO_QUOTA_FILES), ==, 60);
	expect_int(get_total(&fixture, LIDO_QUOTA_FILES), ==, 0);
	lido_quota_subtract(&fixture.first, LIDO_QUOTA_FILES, 60);
	pair_finish(&fixture.pair);
}

TEST("quota@peak-is-the-most-that-was-used") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	lido_quota_add(&fixture.first, LIDO_QUOTA_BUFFER_BYTES, 30);
	lido_quota_subtract(&fixture.first, LIDO_QUOTA_BUFFER_BYTES, 20);
	lido_quota_add(&fixture.first, LIDO_QUOTA_BUFFER_BYTES, 15);
	expect_int(lido_quota_get_used(&fixture.first, LIDO_QUOTA_BUFFER_BYTES), ==, 25);
	expect_int(fixture.first.counts[LIDO_QUOTA_BUFFER_BYTES].peak, ==, 30);
	lido_quota_set(&fixture.first, LIDO_QUOTA_BUFFER_BYTES, 31);
	lido_quota_set(&fixture.first, LIDO_QUOTA_BUFFER_BYTES, 0);
	expect_int(fixture.first.counts[LIDO_QUOTA_BUFFER_BYTES].peak, ==, 31);
	expect_int(get_total(&fixture, LIDO_QUOTA_BUFFER_BYTES), ==, 0);
	pair_finish(&fixture.pair);
}

TEST("quota@message-names-kind-value-and-limit-and-fits") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	take_all(&fixture.first, LIDO_QUOTA_BUFFERS);
	expect_string(fixture.first.failure, "too many wl_buffer objects: 3 held, the limit (buffers) is 3");
	lido_quota_add(&fixture.first, LIDO_QUOTA_SCRATCH_BYTES, 690);
	expect(!lido_quota_allows(&fixture.first, LIDO_QUOTA_SCRATCH_BYTES, 20));
	expect_string(fixture.first.failure,
			"too much server memory: 690 bytes held, 20 more wanted, the limit (scratch-bytes) is 700");
	for (int kind = 0; kind < LIDO_QUOTA_SEALED_FILES; kind++) {
		fixture.first.counts[kind].used = LIDO_SCRATCH_BYTES_MAX_DEFAULT;
		expect(!lido_quota_allows(&fixture.first, kind, INT64_MAX));
		expect_int(strlen(fixture.first.failure), <, LIDO_ERROR_TEXT_SIZE - 1);
		fixture.first.counts[kind].used = 0;
	}
	pair_finish(&fixture.pair);
}

TEST("quota@client-is-disconnected-with-what-failed-last") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	expect(!lido_quota_fail(&fixture.first, "first"));
	expect(!lido_quota_fail(&fixture.first, "second %d", 2));
	lido_quota_post_no_memory(&fixture.first);
	expect_no_memory(&fixture.pair.client, "second 2");
	pair_finish(&fixture.pair);
}

TEST("quota@client-that-is-gone-is-never-disconnected") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	lido_quota_leave_client(&fixture.first);
	lido_quota_post_no_memory(&fixture.first);
	expect_alive(&fixture.pair.client);
	pair_finish(&fixture.pair);
}

TEST("quota@work-is-counted-for-one-dispatch") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	for (int i = 0; i < 2; i++) {
		expect(lido_quota_spend(&fixture.first, LIDO_QUOTA_COPIED_BYTES, LIDO_DISPATCH_BYTES_MAX));
		expect(!lido_quota_spend(&fixture.first, LIDO_QUOTA_COPIED_BYTES, 1));
		expect_contains(fixture.first.failure, "201326592 bytes copied, the limit is 201326592");
		expect(lido_quota_spend(&fixture.second, LIDO_QUOTA_COPIED_BYTES, 1));
		expect_int(get_total(&fixture, LIDO_QUOTA_COPIED_BYTES), ==, LIDO_DISPATCH_BYTES_MAX + 1);
		server_dispatch(&fixture.pair.server, 0);
		expect_int(get_total(&fixture, LIDO_QUOTA_COPIED_BYTES), ==, 0);
	}
	pair_finish(&fixture.pair);
}

TEST("quota@work-ends-with-its-client") {
	struct fixture fixture;
	fixture_init(&fixture, 100);
	expect(lido_quota_spend(&fixture.first, LIDO_QUOTA_COPIED_BYTES, 100));
	lido_quota_leave_client(&fixture.first);
	expect_int(get_total(&fixture, LIDO_QUOTA_COPIED_BYTES), ==, 0);
	// For nobody there is no limit, and nothing to count.
	expect(lido_quota_spend(&fixture.first, LIDO_QUOTA_COPIED_BYTES, INT64_MAX));
	expect_int(lido_quota_get_used(&fixture.first, LIDO_QUOTA_COPIED_BYTES), ==, 0);
	server_dispatch(&fixture.pair.server, 0);
	pair_finish(&fixture.pair);
}

TEST("quota@keys-are-those-that-lido_limits_parse-accepts") {
	int keys_len = 0;
	for (int kind = 0; kind < LIDO_QUOTA_KINDS_LEN; kind++) {
		const char *key = lido_quota_get_key(kind), *error;
		char text[64];
		if (key != NULL) {
			struct lido_limits parsed = lido_limits_default();
			snprintf(text, sizeof(text), "%s=1", key);
			expect(lido_limits_parse(&parsed, text, &error));
			keys_len++;
		}
	}
	expect_int(keys_len, ==, 8);
}

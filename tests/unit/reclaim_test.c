/*
 * Giving idle memory back: when the timer looks, how much it does at a time, and what becomes of it in the end.
 */
#include "base/os.h"
#include "file.h"
#include "memory/reclaim.h"
#include "runner.h"
#include <fcntl.h>
#include <unistd.h>

static int64_t now_ms = 5000; // of the fake clock

static int fake_clock_gettime(clockid_t clock, struct timespec *time) {
	expect_int(clock, ==, CLOCK_MONOTONIC);
	*time = (struct timespec){.tv_sec = now_ms / 1000, .tv_nsec = now_ms % 1000 * 1000000};
	return 0;
}

struct idle {
	struct lido_reclaimer reclaimer;
	int trims;
	int64_t before;      // of the last trim
	uint32_t calls_left; // the same
	uint32_t calls;      // that each trim takes
	bool is_left;
};

static bool handle_trim(struct lido_reclaimer *reclaimer, int64_t before, uint32_t *calls_left) {
	struct idle *idle = wl_container_of(reclaimer, idle, reclaimer);
	idle->trims++;
	idle->before = before;
	idle->calls_left = *calls_left;
	*calls_left -= idle->calls < *calls_left ? idle->calls : *calls_left;
	return idle->is_left;
}

struct fixture {
	struct wl_event_loop *loop;
	struct lido_quota_total total;
	struct lido_reclaim reclaim;
	struct idle first, second;
};

static void fixture_init(struct fixture *fixture) {
	*fixture = (struct fixture){.loop = wl_event_loop_create()};
	lido_os.clock_gettime = fake_clock_gettime;
	lido_quota_total_init(&fixture->total, 100, 100);
	expect(lido_reclaim_init(&fixture->reclaim, fixture->loop, &fixture->total));
	lido_reclaimer_init(&fixture->first.reclaimer, &fixture->reclaim, handle_trim);
	lido_reclaimer_init(&fixture->second.reclaimer, &fixture->reclaim, handle_trim);
}

static void fixture_finish(struct fixture *fixture) {
	lido_reclaim_finish(&fixture->reclaim);
	lido_reclaimer_finish(&fixture->first.reclaimer);
	wl_event_loop_destroy(fixture->loop);
}

// Waits for the timer, at most twice as long as it takes.
static void dispatch(struct fixture *fixture) {
	wl_event_loop_dispatch(fixture->loop, 2 * LIDO_TRIM_TICK_MS);
}

TEST("reclaim@nothing-is-trimmed-before-something-is-idle") {
	struct fixture fixture;
	fixture_init(&fixture);
	wl_event_loop_dispatch(fixture.loop, LIDO_TRIM_TICK_MS + 100);
	expect_int(fixture.first.trims, ==, 0);
	fixture_finish(&fixture);
}

TEST("reclaim@one-tick-after-something-is-idle-all-are-trimmed-once") {
	struct fixture fixture;
	fixture_init(&fixture);
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	lido_reclaimer_schedule(&fixture.second.reclaimer);
	dispatch(&fixture);
	expect_int(fixture.first.trims, ==, 1);
	expect_int(fixture.second.trims, ==, 1);
	expect_int(fixture.first.before, ==, now_ms - LIDO_IDLE_MS);
	expect(!fixture.reclaim.is_scheduled);
	fixture_finish(&fixture);
}

TEST("reclaim@timer-goes-on-while-something-is-left") {
	struct fixture fixture;
	fixture_init(&fixture);
	fixture.second.is_left = true;
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	dispatch(&fixture);
	expect(fixture.reclaim.is_scheduled);
	fixture.second.is_left = false;
	dispatch(&fixture);
	expect_int(fixture.first.trims, ==, 2);
	expect(!fixture.reclaim.is_scheduled);
	fixture_finish(&fixture);
}

TEST("reclaim@all-share-the-system-calls-of-one-trim-and-the-rest-follows-soon") {
	struct fixture fixture;
	fixture_init(&fixture);
	fixture.first.calls = 60;
	fixture.second.calls = 60;
	fixture.second.is_left = true;
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	dispatch(&fixture);
	expect_int(fixture.first.calls_left, ==, 64);
	expect_int(fixture.second.calls_left, ==, 4);
	// Long before the next tick.
	wl_event_loop_dispatch(fixture.loop, LIDO_TRIM_TICK_MS / 2);
	expect_int(fixture.first.trims, ==, 2);
	fixture_finish(&fixture);
}

TEST("reclaim@who-takes-all-system-calls-of-one-trim-comes-last-in-the-next") {
	struct fixture fixture;
	fixture_init(&fixture);
	fixture.first.calls = UINT32_MAX;
	fixture.first.is_left = true;
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	dispatch(&fixture);
	expect_int(fixture.first.calls_left, ==, 64);
	expect_int(fixture.second.calls_left, ==, 0);
	dispatch(&fixture);
	expect_int(fixture.second.calls_left, ==, 64);
	expect_int(fixture.first.calls_left, ==, 64);
	fixture_finish(&fixture);
}

TEST("reclaim@what-is-finished-is-not-trimmed") {
	struct fixture fixture;
	fixture_init(&fixture);
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	lido_reclaimer_finish(&fixture.first.reclaimer);
	lido_reclaimer_finish(&fixture.first.reclaimer);
	dispatch(&fixture);
	expect_int(fixture.first.trims, ==, 0);
	expect_int(fixture.second.trims, ==, 1);
	fixture_finish(&fixture);
}

TEST("reclaim@reclaimer-outlives-the-reclaim") {
	struct fixture fixture;
	fixture_init(&fixture);
	lido_reclaim_finish(&fixture.reclaim);
	expect(fixture.first.reclaimer.reclaim == NULL);
	lido_reclaimer_schedule(&fixture.first.reclaimer);
	int fd = file_create(FILE_SEALED, 4096);
	lido_reclaimer_close(&fixture.first.reclaimer, fd, true);
	expect_int(fcntl(fd, F_GETFD), ==, -1);
	lido_reclaimer_finish(&fixture.first.reclaimer);
	wl_event_loop_destroy(fixture.loop);
}

TEST("reclaim@large-files-count-in-the-total-until-they-are-closed") {
	struct fixture fixture;
	fixture_init(&fixture);
	int fd = file_create(FILE_SEALED, 64 << 20);
	expect(fallocate(fd, 0, 0, 64 << 20) == 0);
	lido_reclaimer_close(&fixture.first.reclaimer, fd, true);
	expect_int(fixture.total.counts[LIDO_QUOTA_FILES].used, ==, 1);
	for (int i = 0; i < 10; i++) {
		wl_event_loop_dispatch(fixture.loop, 0);
	}
	expect_int(fixture.total.counts[LIDO_QUOTA_FILES].used, ==, 0);
	expect_int(fcntl(fd, F_GETFD), ==, -1);
	fixture_finish(&fixture);
}

#include "memory/reclaim.h"

#include "base/clock.h"
#include "base/os.h"

// One trim of all clients makes at most this many slow system calls, of some microseconds each, so that no frame is
// late. If that was not enough, the next trim follows after this many milliseconds.
#define TRIM_CALLS_MAX 64
#define TRIM_AGAIN_MS 10

static void schedule(struct lido_reclaim *reclaim, int delay) {
	reclaim->is_scheduled = wl_event_source_timer_update(reclaim->timer, delay) == 0;
}

static void reclaim_trim(struct lido_reclaim *reclaim) {
	int64_t before = reclaim->is_under_pressure ? 0 : lido_clock_now() - LIDO_IDLE_MS;
	uint32_t calls_left = TRIM_CALLS_MAX;
	bool is_left = false;
	struct lido_reclaimer *reclaimer;
	wl_list_for_each(reclaimer, &reclaim->reclaimers, link) {
		is_left |= reclaimer->trim(reclaimer, before, &calls_left);
	}
	is_left |= lido_unmapping_retry(&reclaim->unmapping, &calls_left);
	if (calls_left == 0 && !wl_list_empty(&reclaim->reclaimers)) {
		// Whoever was first has taken the most, and comes last the next time.
		struct wl_list *first = reclaim->reclaimers.next;
		wl_list_remove(first);
		wl_list_insert(reclaim->reclaimers.prev, first);
	}
	reclaim->is_under_pressure &= calls_left == 0;
	reclaim->is_scheduled = false;
	if (is_left) {
		schedule(reclaim, calls_left == 0 ? TRIM_AGAIN_MS : LIDO_TRIM_TICK_MS);
	}
}

static int handle_timer(void *data) {
	reclaim_trim(data);
	return 0;
}

static void handle_pressure(void *data) {
	struct lido_reclaim *reclaim = data;
	reclaim->is_under_pressure = true;
	reclaim_trim(reclaim);
}

bool lido_reclaim_init(struct lido_reclaim *reclaim, struct wl_event_loop *loop, struct lido_quota_total *total) {
	*reclaim = (struct lido_reclaim){.timer = wl_event_loop_add_timer(loop, handle_timer, reclaim)};
	if (reclaim->timer == NULL) {
		return false;
	}
	wl_list_init(&reclaim->reclaimers);
	lido_disposal_init(&reclaim->disposal, loop, total);
	lido_unmapping_init(&reclaim->unmapping, total);
	lido_pressure_init(&reclaim->pressure, loop, handle_pressure, reclaim);
	return true;
}

void lido_reclaim_finish(struct lido_reclaim *reclaim) {
	struct lido_reclaimer *reclaimer, *next;
	wl_list_for_each_safe(reclaimer, next, &reclaim->reclaimers, link) {
		lido_reclaimer_finish(reclaimer);
	}
	wl_event_source_remove(reclaim->timer);
	lido_pressure_finish(&reclaim->pressure);
	lido_disposal_finish(&reclaim->disposal);
	lido_unmapping_finish(&reclaim->unmapping);
}

void lido_reclaimer_init(struct lido_reclaimer *reclaimer, struct lido_reclaim *reclaim,
		bool (*trim)(struct lido_reclaimer *reclaimer, int64_t before, uint32_t *calls_left)) {
	reclaimer->reclaim = reclaim;
	reclaimer->trim = trim;
	wl_list_insert(reclaim->reclaimers.prev, &reclaimer->link);
}

void lido_reclaimer_finish(struct lido_reclaimer *reclaimer) {
	if (reclaimer->reclaim != NULL) {
		wl_list_remove(&reclaimer->link);
		reclaimer->reclaim = NULL;
	}
}

void lido_reclaimer_schedule(struct lido_reclaimer *reclaimer) {
	if (reclaimer->reclaim != NULL && !reclaimer->reclaim->is_scheduled) {
		schedule(reclaimer->reclaim, LIDO_TRIM_TICK_MS);
	}
}

void lido_reclaimer_unmap(struct lido_reclaimer *reclaimer, struct lido_quota *quota, struct lido_mapping *mapping) {
	struct lido_unmapping *unmapping = reclaimer->reclaim != NULL ? &reclaimer->reclaim->unmapping : NULL;
	if (!lido_unmapping_unmap(unmapping, quota, mapping)) {
		lido_reclaimer_schedule(reclaimer);
	}
}

void lido_reclaimer_close(struct lido_reclaimer *reclaimer, int fd, bool is_ours) {
	if (reclaimer->reclaim != NULL) {
		lido_disposal_close(&reclaimer->reclaim->disposal, fd, is_ours);
	} else {
		lido_os.close(fd);
	}
}

/*
 * Giving idle memory back: after some seconds or, when the kernel reports memory pressure, at once.
 *
 * Each client's pool registers a reclaimer. A timer runs only while some reclaimer has something idle.
 */
#ifndef LIDO_RECLAIM_H
#define LIDO_RECLAIM_H

#include "memory/disposal.h"
#include "memory/mapping.h"
#include "memory/pressure.h"

/* How long memory may be idle, and how often the timer looks. Milliseconds. */
#define LIDO_IDLE_MS 2000
#define LIDO_TRIM_TICK_MS 1000

struct lido_reclaim {
	struct wl_event_source *timer;
	bool is_scheduled;
	bool is_under_pressure; // idle memory is given back however short a time it has been idle
	struct lido_pressure pressure;
	struct lido_disposal disposal;
	struct lido_unmapping unmapping;
	struct wl_list reclaimers; // lido_reclaimer.link, in the order in which they are trimmed
};

/* The idle memory of one client. */
struct lido_reclaimer {
	struct wl_list link;          // lido_reclaim.reclaimers
	struct lido_reclaim *reclaim; // NULL once it is finished

	/*
	 * Gives back what has been idle since before that time in milliseconds, or everything idle for 0. Uses at most
	 * *calls_left slow system calls, and takes those it used off. Returns whether something idle is left.
	 */
	bool (*trim)(struct lido_reclaimer *reclaimer, int64_t before, uint32_t *calls_left);
};

/* total: counts files and mappings of no client. Returns false if memory is short; then nothing is left to finish. */
bool lido_reclaim_init(struct lido_reclaim *reclaim, struct wl_event_loop *loop, struct lido_quota_total *total);

/* Detaches all reclaimers, and closes and unmaps all that waits. */
void lido_reclaim_finish(struct lido_reclaim *reclaim);

void lido_reclaimer_init(struct lido_reclaimer *reclaimer, struct lido_reclaim *reclaim,
		bool (*trim)(struct lido_reclaimer *reclaimer, int64_t before, uint32_t *calls_left));

void lido_reclaimer_finish(struct lido_reclaimer *reclaimer);

/* Something became idle: the timer will look at it. */
void lido_reclaimer_schedule(struct lido_reclaimer *reclaimer);

/* As lido_unmapping_unmap(), with a retry by the timer; with none if the reclaim is finished. */
void lido_reclaimer_unmap(struct lido_reclaimer *reclaimer, struct lido_quota *quota, struct lido_mapping *mapping);

/* As lido_disposal_close(); at once if the reclaim is finished. */
void lido_reclaimer_close(struct lido_reclaimer *reclaimer, int fd, bool is_ours);

#endif

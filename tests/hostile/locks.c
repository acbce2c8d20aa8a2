// Attacks that lock the session. Victims get no frames while it is locked, so each attack unlocks it in the end.
#include "attack.h"
#include "bystander.h"

#include "ext-session-lock-v1-client-protocol.h"

#include <time.h>

struct locker {
	struct attacker attacker;
	struct ext_session_lock_manager_v1 *manager;
	struct ext_session_lock_v1 *lock;
	bool locked, finished;
};

static void handle_locked(void *data, struct ext_session_lock_v1 *lock) {
	((struct locker *)data)->locked = true;
}

static void handle_finished(void *data, struct ext_session_lock_v1 *lock) {
	((struct locker *)data)->finished = true;
}

static const struct ext_session_lock_v1_listener lock_listener = {
	.locked = handle_locked,
	.finished = handle_finished,
};

static void locker_connect(struct locker *locker) {
	*locker = (struct locker){0};
	attacker_connect(&locker->attacker);
	locker->manager = attacker_bind(&locker->attacker, &ext_session_lock_manager_v1_interface, 1);
}

// Returns whether the session is locked by this client; false: by another one.
static bool lock(struct locker *locker) {
	locker->locked = locker->finished = false;
	locker->lock = ext_session_lock_manager_v1_lock(locker->manager);
	ext_session_lock_v1_add_listener(locker->lock, &lock_listener, locker);
	while (!locker->locked && !locker->finished) {
		expect_alive(&locker->attacker);
	}
	return locker->locked;
}

// Takes over from a locker that is gone. The server may not have noticed that yet.
static void restore(void) {
	struct locker locker;
	locker_connect(&locker);
	for (int i = 0; i < 500; i++) {
		if (lock(&locker)) {
			ext_session_lock_v1_unlock_and_destroy(locker.lock);
			expect_alive(&locker.attacker);
			sleep_ms(300); // an unlock may be delayed
			return;
		}
		ext_session_lock_v1_destroy(locker.lock);
		sleep_ms(10);
	}
	fail("the session stays locked");
}

static void toggle_for_ever(void *data) {
	struct locker locker;
	locker_connect(&locker);
	for (;;) {
		if (!lock(&locker)) {
			fail("the server refuses the only locker");
		}
		ext_session_lock_v1_unlock_and_destroy(locker.lock);
	}
}

// All windows are hidden and shown, and their clients are told each time.
ATTACK("session-locked-and-unlocked-without-end") {
	static struct bystander bystander;
	bystander_init(&bystander, true, 64, 64);
	for (int i = 0; i < 500; i++) {
		struct window window;
		window_init(&window, &bystander.attacker);
		window_commit(&window, bystander.picture.buffer);
	}
	pid_t child = start_child(toggle_for_ever, NULL);
	for (int i = 0; i < 3; i++) {
		bystander_stall(&bystander, 400);
	}
	expect_child_alive(child);
	stop_child(child);
	restore();
	expect_alive(&bystander.attacker);
}

// Each stays locked, and the next takes over.
ATTACK("session-lockers-that-die") {
	for (int i = 0; i < attack_count(200); i++) {
		struct locker locker;
		locker_connect(&locker);
		locker.lock = ext_session_lock_manager_v1_lock(locker.manager);
		struct wl_surface *surface = wl_compositor_create_surface(locker.attacker.compositor);
		ext_session_lock_v1_get_lock_surface(locker.lock, surface, locker.attacker.output);
		if (i % 2 == 0) {
			expect_alive(&locker.attacker);
		} else {
			wl_display_flush(locker.attacker.display);
		}
		attacker_disconnect(&locker.attacker);
	}
	restore();
}

static void hold_the_lock(void *data) {
	struct locker locker;
	locker_connect(&locker);
	for (int i = 0; !lock(&locker); i++) {
		sleep_ms(10);
	}
	// A surface that never acknowledges its size and never draws.
	struct wl_surface *surface = wl_compositor_create_surface(locker.attacker.compositor);
	ext_session_lock_v1_get_lock_surface(locker.lock, surface, locker.attacker.output);
	for (;;) {
		expect_alive(&locker.attacker);
		sleep_ms(20);
	}
}

ATTACK("session-locks-without-end") {
	struct locker locker;
	pid_t child = start_child(hold_the_lock, NULL);
	sleep_ms(200);
	locker_connect(&locker);
	for (int i = 0; i < 16; i++) {
		if (lock(&locker)) {
			fail("the session has two lockers");
		}
	}
	expect_alive(&locker.attacker);
	ext_session_lock_manager_v1_lock(locker.manager);
	expect_no_memory(&locker.attacker);
	expect_child_alive(child);
	stop_child(child);
	restore();
}

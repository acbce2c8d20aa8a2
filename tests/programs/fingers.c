/*
 * Lido with a touchscreen, which clients cannot create by any protocol. At each SIGUSR1, two fingers touch it at once,
 * move to the right, and lift.
 *
 *     fingers SIZE SOCKET
 *
 * The output is SIZE pixels wide and high. The fingers move from a tenth to three tenths of its width, the first at a
 * tenth of its height, the second at two tenths. SIGTERM ends the program.
 */
#include "server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_touch.h>

#define FINGERS 2
#define STEPS 20

struct screen {
	struct compositor *compositor;
	struct wlr_touch touch;
};

static const struct wlr_touch_impl touch_impl = {
	.name = "fingers",
};

static uint32_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

static double height(int32_t finger) {
	return 0.1 * (finger + 1);
}

static void put_down(struct screen *screen) {
	for (int32_t i = 0; i < FINGERS; i++) {
		struct wlr_touch_down_event event = {
			.touch = &screen->touch, .time_msec = now(), .touch_id = i, .x = 0.1, .y = height(i)};
		wl_signal_emit_mutable(&screen->touch.events.down, &event);
	}
	wl_signal_emit_mutable(&screen->touch.events.frame, NULL);
}

static void move_to(struct screen *screen, double x) {
	for (int32_t i = 0; i < FINGERS; i++) {
		struct wlr_touch_motion_event event = {
			.touch = &screen->touch, .time_msec = now(), .touch_id = i, .x = x, .y = height(i)};
		wl_signal_emit_mutable(&screen->touch.events.motion, &event);
	}
	wl_signal_emit_mutable(&screen->touch.events.frame, NULL);
}

static void lift(struct screen *screen) {
	for (int32_t i = 0; i < FINGERS; i++) {
		struct wlr_touch_up_event event = {.touch = &screen->touch, .time_msec = now(), .touch_id = i};
		wl_signal_emit_mutable(&screen->touch.events.up, &event);
	}
	wl_signal_emit_mutable(&screen->touch.events.frame, NULL);
}

static int handle_play(int number, void *data) {
	struct screen *screen = data;
	put_down(screen);
	for (int i = 1; i <= STEPS; i++) {
		move_to(screen, 0.1 + 0.2 * i / STEPS);
	}
	lift(screen);
	return 0;
}

static int handle_end(int number, void *data) {
	struct screen *screen = data;
	compositor_terminate(screen->compositor);
	return 0;
}

int main(int argc, char *argv[]) {
	if (argc != 3) {
		fputs("usage: fingers SIZE SOCKET\n", stderr);
		return EXIT_FAILURE;
	}
	const struct compositor_options options = {
		.backend = COMPOSITOR_BACKEND_HEADLESS,
		.width = atoi(argv[1]),
		.height = atoi(argv[1]),
		.socket = argv[2],
	};
	struct screen screen = {.compositor = compositor_create(&options)};
	if (screen.compositor == NULL) {
		return EXIT_FAILURE;
	}
	struct wl_event_loop *loop = wl_display_get_event_loop(compositor_get_display(screen.compositor));
	struct wl_event_source *play = wl_event_loop_add_signal(loop, SIGUSR1, handle_play, &screen);
	struct wl_event_source *end = wl_event_loop_add_signal(loop, SIGTERM, handle_end, &screen);
	wlr_touch_init(&screen.touch, &touch_impl, touch_impl.name);
	wl_signal_emit_mutable(&screen.compositor->backend->events.new_input, &screen.touch.base);
	bool has_run = compositor_run(screen.compositor);
	wlr_touch_finish(&screen.touch);
	wl_event_source_remove(play);
	wl_event_source_remove(end);
	compositor_destroy(screen.compositor);
	return has_run ? EXIT_SUCCESS : EXIT_FAILURE;
}

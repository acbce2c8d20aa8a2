// Unbounded work: commits, damage, regions, captures.
#include "attack.h"

#include "wlr-screencopy-unstable-v1-client-protocol.h"

#include <fcntl.h>
#include <lido/limits.h>
#include <poll.h>

static void storm(int count, int32_t width, int32_t height, int seals, int rectangles) {
	struct attacker attacker;
	struct window window;
	struct picture pictures[2];
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	for (int i = 0; i < 2; i++) {
		picture_init(&pictures[i], &attacker, seals, true, width, height);
	}
	for (int i = 0; i < count; i++) {
		for (int j = 0; j < rectangles; j++) {
			int32_t x = (int32_t)random_below((uint32_t)width), y = (int32_t)random_below((uint32_t)height);
			wl_surface_damage_buffer(window.surface, x, y, 1, 1);
		}
		wl_surface_attach(window.surface, pictures[i % 2].buffer, 0, 0);
		if (rectangles == 0) {
			wl_surface_damage_buffer(window.surface, 0, 0, INT32_MAX, INT32_MAX);
		}
		wl_surface_commit(window.surface);
		attacker_flush(&attacker);
		if (i % 16 == 15) {
			expect_alive(&attacker);
		}
	}
	expect_alive(&attacker);
}

ATTACK("commit-storm") {
	storm(attack_count(3000), 640, 480, 0, 0);
}

ATTACK("commit-storm-that-is-read") {
	storm(attack_count(3000), 640, 480, -1, 0);
}

ATTACK("commit-storm-of-small-pictures") {
	storm(attack_count(60000), 1, 1, 0, 0);
}

ATTACK("commit-storm-with-a-thousand-rectangles") {
	storm(attack_count(300), 640, 480, 0, 1000);
}

ATTACK("commits-of-8k") {
	storm(attack_count(20), 7680, 4320, 0, 0);
}

ATTACK("commits-of-8k-that-are-read") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, -1, true, 7680, 4320);
	for (int i = 0; i < attack_count(20); i++) {
		window_commit(&window, picture.buffer);
		expect_alive(&attacker);
	}
}

// A commit of as many bytes as the limit of scratch: it must not take long.
ATTACK("commits-of-all-bytes") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, -1, true, 16384, (int32_t)(LIDO_SCRATCH_BYTES_MAX_DEFAULT / 65536));
	struct window window = {.surface = wl_compositor_create_surface(attacker.compositor)};
	window_commit(&window, picture.buffer);
	expect_no_memory(&attacker);
}

// Many commits at once, each of which would be accepted alone.
ATTACK("commits-of-4k-in-one-dispatch") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, -1, true, 3840, 2160);
	struct window window = {.surface = wl_compositor_create_surface(attacker.compositor)};
	for (int i = 0; i < 20; i++) {
		window_commit(&window, picture.buffer);
	}
	expect_no_memory(&attacker);
}

// Snapshots for as many surfaces as the limit allows.
ATTACK("snapshots-of-all-bytes") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, -1, true, 2048, 2048);
	int count = attack_count((int)(LIDO_SCRATCH_BYTES_MAX_DEFAULT / (int64_t)picture.size) - 1);
	for (int i = 0; i < count; i++) {
		window_init(&window, &attacker);
		window_commit(&window, picture.buffer);
		expect_alive(&attacker);
	}
	hold();
	expect_alive(&attacker);
}

// A process has little more than one of its connections.
ATTACK("snapshots-of-three-connections") {
	struct attacker attackers[3];
	struct window window;
	struct picture picture;
	for (int i = 0; i < 3; i++) {
		attacker_connect(&attackers[i]);
		picture_init(&picture, &attackers[i], -1, true, 2048, 2048);
		for (int64_t bytes = 0; bytes < LIDO_SCRATCH_BYTES_MAX_DEFAULT * 3 / 4; bytes += (int64_t)picture.size) {
			window.surface = wl_compositor_create_surface(attackers[i].compositor);
			window_commit(&window, picture.buffer);
			if (!attacker_try_roundtrip(&attackers[i])) {
				expect_no_memory(&attackers[i]);
				hold();
				return;
			}
		}
	}
	fail("the server has no limit");
}

ATTACK("snapshots-without-end") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, -1, true, 2048, 2048);
	for (int64_t bytes = 0; bytes <= LIDO_SCRATCH_BYTES_MAX_DEFAULT; bytes += (int64_t)picture.size) {
		window.surface = wl_compositor_create_surface(attacker.compositor);
		window_commit(&window, picture.buffer);
		if (!attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

// No two rectangles touch, so that none can be merged.
static void add_rectangle(struct wl_region *region, int number) {
	wl_region_add(region, (number * 7919 % 60000) * 2, number % 2000 * 2, 1, 1);
}

// Each rectangle costs more than the previous one.
ATTACK("rectangles-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct wl_region *region = wl_compositor_create_region(attacker.compositor);
	for (int i = 0; i < 60000; i++) {
		add_rectangle(region, i);
		// Synchronize after each request near the limit: closing a connection with unread requests may lose the error.
		if ((i >= 2047 || i % 512 == 511) && !attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

static struct wl_region *create_large_region(struct attacker *attacker) {
	struct wl_region *region = wl_compositor_create_region(attacker->compositor);
	for (int i = 0; i < 2048; i++) {
		add_rectangle(region, i);
	}
	return region;
}

// Each of both regions of each surface is a copy, or two. False: the server has disconnected this client.
static bool copy_region(struct attacker *attacker, struct wl_region *region, int count) {
	bool alive = true;
	for (int i = 0; alive && i < count; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker->compositor);
		wl_surface_set_input_region(surface, region);
		wl_surface_set_opaque_region(surface, region);
		wl_surface_commit(surface);
		alive = i % 16 != 15 || attacker_try_roundtrip(attacker);
	}
	return alive;
}

ATTACK("rectangles-in-all-surfaces") {
	struct attacker attacker;
	attacker_connect(&attacker);
	copy_region(&attacker, create_large_region(&attacker), 1024);
	expect_no_memory(&attacker);
}

// A process gains nothing by further connections.
ATTACK("rectangles-in-all-surfaces-of-many-connections") {
	static struct attacker attackers[20];
	int ended = 0;
	for (int i = 0; i < 20; i++) {
		if (attacker_try_connect(&attackers[i])) {
			ended += !copy_region(&attackers[i], create_large_region(&attackers[i]), 128);
		}
	}
	if (ended == 0) {
		fail("the server has no limit for a process");
	}
}

// Adding an existing rectangle costs as much without increasing their number. Send as many as fit into a dispatch.
ATTACK("rectangles-added-again") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct wl_region *region = create_large_region(&attacker);
	for (int i = 0; i < attack_count(10000); i++) {
		add_rectangle(region, i % 2048);
	}
	expect_alive(&attacker);
}

// A process has no more time for many connections than for one.
ATTACK("rectangles-added-again-by-100-connections") {
	static struct attacker attackers[100];
	struct wl_region *regions[100];
	for (int i = 0; i < 100; i++) {
		attacker_connect(&attackers[i]);
		regions[i] = create_large_region(&attackers[i]);
		expect_alive(&attackers[i]);
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			for (int j = 0; j < 1000; j++) {
				add_rectangle(regions[i], j);
			}
			wl_display_flush(attackers[i].display);
		}
	}
	for (int i = 0; i < 100; i++) {
		expect_alive(&attackers[i]);
	}
}

// Damage of one commit, with far more rectangles than fit into a dispatch.
ATTACK("damage-of-sixty-thousand-rectangles") {
	struct attacker attacker;
	struct window window;
	struct picture picture;
	attacker_connect(&attacker);
	window_init(&window, &attacker);
	picture_init(&picture, &attacker, 0, true, 640, 480);
	for (int i = 0; i < 60000; i++) {
		wl_surface_damage_buffer(window.surface, i * 2 % 640, i / 320 * 2, 1, 1);
		wl_surface_damage(window.surface, i * 2 % 640, i / 320 * 2, 1, 1);
		if (i % 512 == 511) {
			expect_alive(&attacker);
		}
	}
	wl_surface_attach(window.surface, picture.buffer, 0, 0);
	wl_surface_commit(window.surface);
	expect_alive(&attacker);
}

ATTACK("captures-all-the-time") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 640, 480);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(picture.pool, 0, 640, 480, 2560, WL_SHM_FORMAT_XRGB8888);
	for (int i = 0; i < attack_count(400); i++) {
		struct zwlr_screencopy_frame_v1 *frame =
				zwlr_screencopy_manager_v1_capture_output(attacker.screencopy, 0, attacker.output);
		zwlr_screencopy_frame_v1_copy(frame, buffer);
		if (i % 8 == 7) {
			expect_alive(&attacker);
		}
		zwlr_screencopy_frame_v1_destroy(frame);
	}
	expect_alive(&attacker);
}

// Sends continuously, and never reads.
static bool flood(struct attacker *attacker, int64_t count, void (*send)(struct attacker *attacker)) {
	for (int64_t i = 0; i < count; i++) {
		send(attacker);
		struct pollfd pollfd = {.fd = wl_display_get_fd(attacker->display), .events = POLLOUT};
		if (wl_display_flush(attacker->display) == -1 && poll(&pollfd, 1, 2000) == 0) {
			return false; // the server has stopped reading, as it does for any client
		}
		if (wl_display_get_error(attacker->display) != 0 || (pollfd.revents & POLLHUP) != 0) {
			return false;
		}
	}
	return true;
}

static void send_sync(struct attacker *attacker) {
	wl_display_sync(attacker->display);
}

ATTACK("never-reads-events") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (flood(&attacker, 1 << 20, send_sync)) {
		fail("the server keeps unread events without a limit");
	}
	hold();
}

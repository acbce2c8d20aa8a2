/*
 * A client that dies after any step leaves nothing behind: no window, no open file, no mapping, no pool.
 */
#include "runner.h"
#include "stage.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 520 // pixels across and down: more than a MiB, so that a video is read in place

// The objects of a victim, created by the steps below. NULL: not yet.
struct victim {
	struct screen screen;
	enum file_kind kind;
	enum window_kind window_kind;
	struct window window;
	struct picture first, second, child_picture, cursor_picture;
	struct wl_surface *child, *cursor;
	struct wl_subsurface *child_role;
	struct zwlr_screencopy_frame_v1 *frame;
};

static void make_window(struct victim *victim) {
	window_init(&victim->window, &victim->screen, victim->window_kind, SIZE, SIZE);
}

static void make_pictures(struct victim *victim) {
	struct client *client = &victim->screen.client;
	uint32_t format = screen_get_capture_format(&victim->screen);
	picture_init(&victim->first, client, victim->kind, format, SIZE, SIZE, SIZE * 4);
	picture_init(&victim->second, client, victim->kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&victim->first, 1);
	picture_fill(&victim->second, 2);
}

static void attach(struct victim *victim) {
	wl_surface_attach(victim->window.surface, victim->first.buffer, 0, 0);
	wl_surface_damage(victim->window.surface, 0, 0, SIZE, SIZE);
}

static void commit(struct victim *victim) {
	wl_surface_commit(victim->window.surface);
}

static void commit_with_callback(struct victim *victim) {
	wl_surface_frame(victim->window.surface);
	attach(victim);
	commit(victim);
}

static void commit_second(struct victim *victim) {
	wl_surface_attach(victim->window.surface, victim->second.buffer, 0, 0);
	wl_surface_damage_buffer(victim->window.surface, 3, 3, 30, 30);
	commit(victim);
}

// Commits enough whole frames that the server may read in place.
static void play_video(struct victim *victim) {
	for (int i = 0; i < 30; i++) {
		struct picture *picture = i % 2 == 0 ? &victim->first : &victim->second;
		window_commit(&victim->window, picture->buffer);
	}
}

static void make_child(struct victim *victim) {
	struct screen *screen = &victim->screen;
	victim->child = wl_compositor_create_surface(screen->compositor);
	victim->child_role = wl_subcompositor_get_subsurface(screen->subcompositor, victim->child, victim->window.surface);
	picture_init(&victim->child_picture, &screen->client, victim->kind, WL_SHM_FORMAT_ARGB8888, 32, 32, 128);
}

static void commit_child(struct victim *victim) {
	for (int i = 0; i < 5; i++) {
		wl_surface_attach(victim->child, victim->child_picture.buffer, 0, 0);
		wl_surface_damage(victim->child, 0, 0, 32, 32);
		wl_surface_commit(victim->child);
	}
}

static void make_cursor(struct victim *victim) {
	victim->cursor = wl_compositor_create_surface(victim->screen.compositor);
	struct client *client = &victim->screen.client;
	picture_init(&victim->cursor_picture, client, victim->kind, WL_SHM_FORMAT_ARGB8888, 24, 24, 96);
	wl_surface_attach(victim->cursor, victim->cursor_picture.buffer, 0, 0);
	wl_surface_commit(victim->cursor);
}

static void start_capture(struct victim *victim) {
	struct screen *screen = &victim->screen;
	victim->frame =
			zwlr_screencopy_manager_v1_capture_output_region(screen->screencopy, 0, screen->output, 0, 0, SIZE, SIZE);
	client_roundtrip(&screen->client);
	zwlr_screencopy_frame_v1_copy(victim->frame, victim->first.buffer);
}

static void destroy_shown_buffer(struct victim *victim) {
	wl_buffer_destroy(victim->first.buffer);
	victim->first.buffer = NULL;
}

static void destroy_pools(struct victim *victim) {
	wl_shm_pool_destroy(victim->first.pool);
	wl_shm_pool_destroy(victim->second.pool);
	victim->first.pool = victim->second.pool = NULL;
}

static void resize_child_pool(struct victim *victim) {
	wl_shm_pool_resize(victim->child_picture.pool, 1 << 20);
}

static void unmap(struct victim *victim) {
	wl_surface_attach(victim->window.surface, NULL, 0, 0);
	commit(victim);
}

static void destroy_window(struct victim *victim) {
	window_finish(&victim->window);
}

static const struct step {
	const char *name;
	void (*run)(struct victim *victim);
} steps[] = {
	{"window", make_window},
	{"pictures", make_pictures},
	{"attach", attach},
	{"commit", commit},
	{"commit with callback", commit_with_callback},
	{"commit of second", commit_second},
	{"video", play_video},
	{"child", make_child},
	{"commits of child", commit_child},
	{"commit of parent", commit},
	{"commits of child again", commit_child},
	{"cursor", make_cursor},
	{"capture", start_capture},
	{"destroy shown buffer", destroy_shown_buffer},
	{"destroy pools", destroy_pools},
	{"resize pool", resize_child_pool},
	{"unmap", unmap},
	{"destroy window", destroy_window},
};
#define STEPS_LEN (sizeof(steps) / sizeof(steps[0]))

static void close_picture(struct picture *picture, bool *leaves) {
	if (picture->data == NULL) {
		return;
	}
	*leaves = *leaves || file_count_fds(picture->fd) != 1 || file_count_mappings(picture->fd, NULL) != 0;
	// The connection's end destroyed the proxies.
	picture->buffer = NULL;
	picture->pool = NULL;
	close(picture->fd);
	free(picture->data);
}

static void run_life(struct stage *stage, enum file_kind kind, enum window_kind window_kind, size_t len, bool heard) {
	struct victim victim = {.kind = kind, .window_kind = window_kind};
	screen_init(&victim.screen, &stage->server);
	for (size_t i = 0; i < len; i++) {
		steps[i].run(&victim);
	}
	if (heard) {
		client_roundtrip(&victim.screen.client);
	} else {
		wl_display_flush(victim.screen.client.display);
	}
	client_finish(&victim.screen.client);
	bool leaves = false;
	close_picture(&victim.first, &leaves);
	close_picture(&victim.second, &leaves);
	close_picture(&victim.child_picture, &leaves);
	close_picture(&victim.cursor_picture, &leaves);
	char what[100];
	snprintf(what, sizeof(what), "%s, window %d, died after \"%s\"", file_kind_names[kind], (int)window_kind,
			len > 0 ? steps[len - 1].name : "nothing");
	// The scene may hold a picture until the next frame.
	stage_expect(stage, NULL, 0, 0, what);
	if (leaves) {
		fail("%s: its files are still open or mapped", what);
	}
}

static void count_pool(const struct lido_pool_stats *stats, void *data) {
	size_t *count = data;
	(*count)++;
}

static void die_at_every_step(enum file_kind kind, enum window_kind window_kind, bool heard) {
	struct stage stage;
	stage_init(&stage, SIZE, SIZE);
	for (size_t len = 0; len <= STEPS_LEN; len++) {
		run_life(&stage, kind, window_kind, len, heard);
		size_t pools = 0;
		lido_manager_for_each_pool(stage.server.manager, count_pool, &pools);
		expect_int(pools, ==, 1);
	}
	stage_finish(&stage);
}

TEST("session@client-with-sealed-files-may-die-at-any-step") {
	die_at_every_step(FILE_SEALED, WINDOW_LAYER, true);
}

TEST("session@client-with-unsealable-files-may-die-at-any-step") {
	die_at_every_step(FILE_UNSEALABLE, WINDOW_LAYER, true);
}

TEST("session@client-with-a-toplevel-may-die-at-any-step") {
	die_at_every_step(FILE_SEALABLE, WINDOW_TOPLEVEL, true);
}

TEST("session@client-with-a-fullscreen-window-may-die-at-any-step") {
	die_at_every_step(FILE_SEALED_FAST, WINDOW_FULLSCREEN, true);
}

TEST("session@client-may-die-at-any-step-before-the-server-reads-its-requests") {
	die_at_every_step(FILE_SEALED, WINDOW_TOPLEVEL, false);
	die_at_every_step(FILE_RUNTIME_DIR, WINDOW_LAYER, false);
}

TEST("session@server-may-end-at-any-step") {
	for (size_t len = 0; len <= STEPS_LEN; len++) {
		struct server server;
		struct victim victim = {.kind = FILE_SEALED, .window_kind = len % 3};
		bool leaves = false;
		server_init_compositor(&server, SIZE, SIZE, NULL);
		screen_init(&victim.screen, &server);
		for (size_t i = 0; i < len; i++) {
			steps[i].run(&victim);
		}
		client_roundtrip(&victim.screen.client);
		server_finish(&server);
		client_finish(&victim.screen.client);
		close_picture(&victim.first, &leaves);
		close_picture(&victim.second, &leaves);
		close_picture(&victim.child_picture, &leaves);
		close_picture(&victim.cursor_picture, &leaves);
		if (leaves) {
			fail("the server left files open or mapped when it ended after %zu steps", len);
		}
	}
}

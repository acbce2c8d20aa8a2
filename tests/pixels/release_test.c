/*
 * wl_buffer.release is sent at once if the pixels were copied, and is never lost if they were not.
 */
#include "runner.h"
#include "stage.h"
#include <fcntl.h>
#include <lido/wlroots.h>
#include <stdio.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

#define VIDEO 520 // across and down: more than a MiB, so that it may be read in place

// Makes 12 commits; the round trip after each must bring its release.
static void expect_early(struct stage *stage, enum window_kind kind, enum file_kind file, int32_t size, int buffers) {
	struct window window;
	struct picture pictures[2];
	window_init(&window, &stage->screen, kind, size, size);
	for (int i = 0; i < buffers; i++) {
		picture_init(&pictures[i], &stage->screen.client, file, WL_SHM_FORMAT_XRGB8888, size, size, size * 4);
	}
	for (int i = 0; i < 12; i++) {
		struct picture *picture = &pictures[i % buffers];
		picture_fill(picture, (uint32_t)i);
		// Damage only a tenth, so that the server does not take it for a video.
		window_commit_box(&window, picture->buffer, 0, 0, size, i < buffers ? size : size / 10);
		if (picture->releases != i / buffers + 1) {
			fail("%s, %d buffers: commit %d: %d releases", file_kind_names[file], buffers, i, picture->releases);
		}
	}
	for (int i = 0; i < buffers; i++) {
		picture_finish(&pictures[i]);
	}
	window_finish(&window);
}

TEST("release@comes-in-the-round-trip-after-the-commit") {
	struct stage stage;
	stage_init(&stage, 200, 200);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		for (int buffers = 1; buffers <= 2; buffers++) {
			expect_early(&stage, WINDOW_LAYER, kind, 32, buffers);
			expect_early(&stage, WINDOW_TOPLEVEL, kind, 200, buffers);
			expect_early(&stage, WINDOW_FULLSCREEN, kind, 200, buffers);
		}
	}
	stage_finish(&stage);
}

TEST("release@of-the-only-buffer-comes-when-it-is-waited-for") {
	struct stage stage;
	struct window window;
	struct picture picture, shown;
	int late = 0;
	stage_init(&stage, VIDEO, VIDEO);
	window_init(&window, &stage.screen, WINDOW_LAYER, VIDEO, VIDEO);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
	picture_init(&shown, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
	for (int i = 0; i < 60; i++) {
		picture_fill(&picture, (uint32_t)i);
		picture_copy(&shown, &picture);
		window_commit(&window, picture.buffer);
		bool is_late = picture.releases == i;
		for (int tries = 0; picture.releases == i && tries < 1000; tries++) {
			usleep(2000);
			client_roundtrip(&stage.screen.client);
		}
		expect_int(picture.releases, ==, i + 1);
		if (is_late) {
			// The window shows a copy by now: the client may draw.
			late++;
			picture_fill(&picture, (uint32_t)i + 100);
			stage_expect(&stage, &shown, 0, 0, "released early");
		}
	}
	// The server has tried a few times whether the client has another buffer, then stopped.
	expect((late > 0) == server_shows_in_place(&stage.server));
	expect_int(late, <=, 4);
	picture_finish(&picture);
	picture_finish(&shown);
	window_finish(&window);
	stage_finish(&stage);
}

static struct wl_resource *get_resource(struct stage *stage, void *proxy) {
	return wl_client_get_object(client_get_peer(&stage->screen.client), wl_proxy_get_id(proxy));
}

static struct lido_buffer *get_shown(struct stage *stage, const struct window *window) {
	struct wlr_surface *surface = wlr_surface_from_resource(get_resource(stage, window->surface));
	return lido_wlroots_buffer_try_from_wlr_buffer(&surface->buffer->base);
}

TEST("release@buffer-of-what-a-surface-shows-is-found-until-its-client-has-it-back") {
	struct stage stage;
	struct window window;
	struct picture picture;
	bool was_held = false, was_released = false;
	stage_init(&stage, VIDEO, VIDEO);
	skip_unless_in_place(&stage.server);
	window_init(&window, &stage.screen, WINDOW_LAYER, VIDEO, VIDEO);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
	client_roundtrip(&stage.screen.client);
	struct lido_buffer *buffer = lido_buffer_try_from_resource(get_resource(&stage, picture.buffer));
	expect(buffer != NULL);
	for (int i = 0; i < 60; i++) {
		picture_fill(&picture, (uint32_t)i);
		window_commit(&window, picture.buffer);
		bool is_held = picture.releases == i;
		expect(get_shown(&stage, &window) == (is_held ? buffer : NULL));
		was_held |= is_held;
		was_released |= !is_held;
		for (int tries = 0; picture.releases == i && tries < 1000; tries++) {
			usleep(2000);
			client_roundtrip(&stage.screen.client);
		}
	}
	expect(was_held && was_released);
	// The wlr_buffer of the wl_buffer itself.
	struct wlr_buffer *locked = wlr_buffer_try_from_resource(get_resource(&stage, picture.buffer));
	expect(lido_wlroots_buffer_try_from_wlr_buffer(locked) == buffer);
	wl_buffer_destroy(picture.buffer);
	picture.buffer = NULL;
	client_roundtrip(&stage.screen.client);
	expect(lido_wlroots_buffer_try_from_wlr_buffer(locked) == NULL);
	wlr_buffer_unlock(locked);
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}

// Draws frames of a video as clients do: into a released picture, or a new one. Returns the number of pictures created.
// Pictures that are released late are thrown away, or kept for reuse if keeps is set. *late: number of late releases
// among the last 20 frames.
static int draw_video(struct stage *stage, bool keeps, int *late) {
	struct window window;
	struct picture pictures[60];
	bool is_thrown_away[60] = {false};
	int commits[60] = {0}, len = 0, last = -1;
	*late = 0;
	window_init(&window, &stage->screen, WINDOW_LAYER, VIDEO, VIDEO);
	for (int frame = 0; frame < 60; frame++) {
		int i = 0;
		while (i < len && (is_thrown_away[i] || pictures[i].releases != commits[i])) {
			i++;
		}
		if (i == len) {
			picture_init(&pictures[len++], &stage->screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO,
					VIDEO * 4);
			if (!keeps && last != -1) {
				is_thrown_away[last] = true;
			}
		}
		picture_fill(&pictures[i], (uint32_t)frame);
		window_commit(&window, pictures[i].buffer);
		commits[i]++;
		last = i;
		*late += frame >= 40 && pictures[i].releases != commits[i];
		stage_expect(stage, &pictures[i], 0, 0, "video");
	}
	for (int i = 0; i < len; i++) {
		picture_finish(&pictures[i]);
	}
	window_finish(&window);
	return len;
}

TEST("release@client-that-discards-buffers-released-late-gets-them-at-once") {
	struct stage stage;
	int late;
	stage_init(&stage, VIDEO, VIDEO);
	int made = draw_video(&stage, false, &late);
	// The server has tried reading in place, and stopped.
	expect((made > 1) == server_shows_in_place(&stage.server));
	expect_int(made, <=, 5);
	expect_int(late, ==, 0);
	stage_finish(&stage);
}

TEST("release@client-that-creates-a-second-buffer-when-needed-is-read-in-place") {
	struct stage stage;
	int late;
	stage_init(&stage, VIDEO, VIDEO);
	bool is_in_place = server_shows_in_place(&stage.server);
	expect_int(draw_video(&stage, true, &late), ==, is_in_place ? 2 : 1);
	expect_int(late, ==, is_in_place ? 20 : 0);
	stage_finish(&stage);
}

TEST("release@of-a-video-comes-with-the-next-frame-at-the-latest") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct stage stage;
		struct window window;
		struct picture pictures[2];
		int late = 0;
		stage_init(&stage, VIDEO, VIDEO);
		window_init(&window, &stage.screen, WINDOW_LAYER, VIDEO, VIDEO);
		for (int i = 0; i < 2; i++) {
			picture_init(&pictures[i], &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
		}
		for (int i = 0; i < 40; i++) {
			struct picture *now = &pictures[i % 2], *before = &pictures[1 - i % 2];
			// The buffer must have been released as often as it was committed.
			expect_int(now->releases, ==, i / 2);
			picture_fill(now, (uint32_t)i);
			window_commit(&window, now->buffer);
			late += now->releases == i / 2;
			expect_int(before->releases, ==, (i + 1) / 2);
			if (i % 5 == 0) {
				stage_expect(&stage, now, 0, 0, "video");
			}
		}
		// Late releases show that the server read in place, the case this test is about.
		expect((late > 0) == (FILE_KIND_IS_SEALABLE(kind) && server_shows_in_place(&stage.server)));
		picture_finish(&pictures[0]);
		picture_finish(&pictures[1]);
		window_finish(&window);
		stage_finish(&stage);
	}
}

TEST("release@mapping-of-a-buffer-read-in-place-stays-until-release") {
	struct stage stage;
	struct window windows[2];
	struct picture pictures[2];
	stage_init(&stage, VIDEO, VIDEO);
	skip_unless_in_place(&stage.server);
	for (int i = 0; i < 2; i++) {
		window_init(&windows[i], &stage.screen, WINDOW_LAYER, VIDEO, VIDEO);
		picture_init(&pictures[i], &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, VIDEO, VIDEO, VIDEO * 4);
		picture_fill(&pictures[i], (uint32_t)i);
	}
	for (int i = 0; i < 40; i++) {
		window_commit(&windows[0], pictures[i % 2].buffer);
		window_commit(&windows[1], pictures[i % 2].buffer);
	}
	// The first window shows picture 0 in place. The second commits it too, but now it has a hole, so it is copied.
	window_commit(&windows[0], pictures[0].buffer);
	int releases = pictures[0].releases;
	expect(fallocate(pictures[0].fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
	window_commit(&windows[1], pictures[0].buffer);
	expect_int(pictures[0].releases, ==, releases);
	expect_int(file_count_mappings(pictures[0].fd, NULL), ==, 1);
	// The client destroys it, but the first window still shows it.
	int fd = dup(pictures[0].fd);
	picture_finish(&pictures[0]);
	client_roundtrip(&stage.screen.client);
	expect_int(file_count_mappings(fd, NULL), ==, 1);
	window_finish(&windows[1]);
	struct image image;
	stage_capture(&stage, &image);
	image_finish(&image);
	window_commit(&windows[0], pictures[1].buffer);
	expect_int(file_count_mappings(fd, NULL), ==, 0);
	close(fd);
	picture_finish(&pictures[1]);
	window_finish(&windows[0]);
	stage_finish(&stage);
}

TEST("release@is-not-sent-for-a-buffer-that-was-never-committed") {
	struct stage stage;
	struct window window;
	struct picture picture;
	stage_init(&stage, 64, 64);
	window_init(&window, &stage.screen, WINDOW_LAYER, 32, 32);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	client_roundtrip(&stage.screen.client);
	wl_surface_attach(window.surface, picture.buffer, 0, 0);
	client_roundtrip(&stage.screen.client);
	expect_int(picture.releases, ==, 0);
	wl_surface_attach(window.surface, NULL, 0, 0);
	picture_finish(&picture);
	window_finish(&window);
	stage_finish(&stage);
}

TEST("release@of-the-same-buffer-on-two-surfaces-comes-for-both") {
	struct stage stage;
	struct window windows[2];
	struct picture picture;
	stage_init(&stage, 64, 64);
	picture_init(&picture, &stage.screen.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 32, 32, 128);
	picture_fill(&picture, 3);
	for (int i = 0; i < 2; i++) {
		window_init(&windows[i], &stage.screen, WINDOW_LAYER, 32, 32);
		window_commit(&windows[i], picture.buffer);
		expect_int(picture.releases, ==, i + 1);
	}
	stage_expect(&stage, &picture, 0, 0, "one of both");
	window_finish(&windows[0]);
	stage_expect(&stage, &picture, 0, 0, "the other");
	window_finish(&windows[1]);
	stage_expect(&stage, NULL, 0, 0, "neither");
	picture_finish(&picture);
	stage_finish(&stage);
}

TEST("release@drawing-after-release-does-not-change-the-picture") {
	struct stage stage;
	struct window window;
	stage_init(&stage, 200, 200);
	window_init(&window, &stage.screen, WINDOW_LAYER, 200, 200);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct picture picture, shown;
		picture_init(&picture, &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, 200, 200, 800);
		picture_init(&shown, &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, 200, 200, 800);
		for (uint32_t i = 0; i < 5; i++) {
			picture_fill(&picture, i);
			picture_copy(&shown, &picture);
			window_commit(&window, picture.buffer);
			expect_int(picture.releases, ==, i + 1);
			picture_fill(&picture, i + 100);
			stage_expect(&stage, &shown, 0, 0, file_kind_names[kind]);
		}
		picture_finish(&picture);
		picture_finish(&shown);
	}
	window_finish(&window);
	stage_finish(&stage);
}

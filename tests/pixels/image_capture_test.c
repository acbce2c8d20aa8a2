/*
 * ext-image-copy-capture-v1: outputs, and with wlroots 0.20 and later windows.
 */
#include <compositor/compat.h>

#if WLR_SINCE(19)
#include "ext-foreign-toplevel-list-v1-client-protocol.h"
#include "ext-image-capture-source-v1-client-protocol.h"
#include "ext-image-copy-capture-v1-client-protocol.h"
#include "locker.h"
#include "mouse.h"
#include "runner.h"
#include "stage.h"
#include "xdg-shell-client-protocol.h"
#include <compositor/image_capture.h>
#include <compositor/server.h>
#include <compositor/window_capture.h>
#include <string.h>
#include <wlr/backend/headless.h>
#include <wlr/types/wlr_ext_image_copy_capture_v1.h>
#include <wlr/types/wlr_output.h>

#define SIZE 64

// A client that records an output or a window.
struct recorder {
	struct client client;
	struct wl_output *output;
	struct ext_output_image_capture_source_manager_v1 *outputs;
	struct ext_image_copy_capture_manager_v1 *manager;
	struct ext_image_capture_source_v1 *source;
	struct ext_image_copy_capture_session_v1 *session;
	struct ext_image_copy_capture_frame_v1 *frame; // the last one
	uint32_t width, height, format;                // that the session wants
	bool constrained, stopped;
	bool ended, ready; // of the frame
	uint32_t reason;   // why the frame failed
	struct picture picture;
	struct ext_foreign_toplevel_list_v1 *list;
	struct ext_foreign_toplevel_handle_v1 *handle; // the newest window
};

static void handle_buffer_size(
		void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t width, uint32_t height) {
	struct recorder *recorder = data;
	recorder->width = width;
	recorder->height = height;
}

static void handle_shm_format(void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format) {
	((struct recorder *)data)->format = format;
}

static void handle_array(void *data, struct ext_image_copy_capture_session_v1 *session, struct wl_array *device) {
}

static void handle_dmabuf_format(
		void *data, struct ext_image_copy_capture_session_v1 *session, uint32_t format, struct wl_array *modifiers) {
}

static void handle_done(void *data, struct ext_image_copy_capture_session_v1 *session) {
	((struct recorder *)data)->constrained = true;
}

static void handle_stopped(void *data, struct ext_image_copy_capture_session_v1 *session) {
	((struct recorder *)data)->stopped = true;
}

static const struct ext_image_copy_capture_session_v1_listener session_listener = {
	.buffer_size = handle_buffer_size,
	.shm_format = handle_shm_format,
	.dmabuf_device = handle_array,
	.dmabuf_format = handle_dmabuf_format,
	.done = handle_done,
	.stopped = handle_stopped,
};

static void handle_transform(void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t transform) {
	expect_int(transform, ==, WL_OUTPUT_TRANSFORM_NORMAL);
}

static void handle_damage(void *data, struct ext_image_copy_capture_frame_v1 *frame, int32_t x, int32_t y,
		int32_t width, int32_t height) {
}

static void handle_time(
		void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t high, uint32_t low, uint32_t nsec) {
}

static void handle_ready(void *data, struct ext_image_copy_capture_frame_v1 *frame) {
	struct recorder *recorder = data;
	recorder->ended = recorder->ready = true;
}

static void handle_failed(void *data, struct ext_image_copy_capture_frame_v1 *frame, uint32_t reason) {
	struct recorder *recorder = data;
	recorder->ended = true;
	recorder->reason = reason;
}

static const struct ext_image_copy_capture_frame_v1_listener frame_listener = {
	.transform = handle_transform,
	.damage = handle_damage,
	.presentation_time = handle_time,
	.ready = handle_ready,
	.failed = handle_failed,
};

static void recorder_connect(struct recorder *recorder, struct server *server) {
	*recorder = (struct recorder){0};
	client_init(&recorder->client, server);
	recorder->output = client_bind(&recorder->client, &wl_output_interface, 1);
	recorder->outputs = client_bind(&recorder->client, &ext_output_image_capture_source_manager_v1_interface, 1);
	recorder->manager = client_bind(&recorder->client, &ext_image_copy_capture_manager_v1_interface, 1);
}

static void recorder_start(struct recorder *recorder) {
	recorder->session = ext_image_copy_capture_manager_v1_create_session(recorder->manager, recorder->source, 0);
	ext_image_copy_capture_session_v1_add_listener(recorder->session, &session_listener, recorder);
	client_roundtrip(&recorder->client);
}

static void recorder_init(struct recorder *recorder, struct server *server) {
	recorder_connect(recorder, server);
	recorder->source = ext_output_image_capture_source_manager_v1_create_source(recorder->outputs, recorder->output);
	recorder_start(recorder);
	expect(recorder->constrained && !recorder->stopped);
}

static void recorder_finish(struct recorder *recorder) {
	if (recorder->picture.buffer != NULL) {
		picture_finish(&recorder->picture);
	}
	if (recorder->frame != NULL) {
		ext_image_copy_capture_frame_v1_destroy(recorder->frame);
	}
	if (recorder->handle != NULL) {
		ext_foreign_toplevel_handle_v1_destroy(recorder->handle);
	}
	if (recorder->list != NULL) {
		ext_foreign_toplevel_list_v1_destroy(recorder->list);
	}
	if (recorder->session != NULL) {
		ext_image_copy_capture_session_v1_destroy(recorder->session);
	}
	if (recorder->source != NULL) {
		ext_image_capture_source_v1_destroy(recorder->source);
	}
	ext_image_copy_capture_manager_v1_destroy(recorder->manager);
	ext_output_image_capture_source_manager_v1_destroy(recorder->outputs);
	wl_output_destroy(recorder->output);
	client_finish(&recorder->client);
}

// A frame with a buffer of this size, which is not captured yet.
static void recorder_prepare(struct recorder *recorder, uint32_t width, uint32_t height) {
	if (recorder->frame != NULL) {
		ext_image_copy_capture_frame_v1_destroy(recorder->frame);
	}
	if (recorder->picture.buffer != NULL) {
		picture_finish(&recorder->picture);
	}
	picture_init(&recorder->picture, &recorder->client, FILE_SEALABLE, recorder->format, (int32_t)width,
			(int32_t)height, (int32_t)width * 4);
	recorder->ended = recorder->ready = false;
	recorder->frame = ext_image_copy_capture_session_v1_create_frame(recorder->session);
	ext_image_copy_capture_frame_v1_add_listener(recorder->frame, &frame_listener, recorder);
	ext_image_copy_capture_frame_v1_attach_buffer(recorder->frame, recorder->picture.buffer);
}

// Captures it, and returns whether it is ready.
static bool recorder_capture(struct recorder *recorder) {
	ext_image_copy_capture_frame_v1_capture(recorder->frame);
	expect(client_wait(&recorder->client, &recorder->ended));
	return recorder->ready;
}

// The picture that was captured must have these pixels.
static void recorder_expect(const struct recorder *recorder, const struct image *wanted) {
	const struct picture *picture = &recorder->picture;
	for (int32_t y = 0; y < picture->height; y++) {
		for (int32_t x = 0; x < picture->width; x++) {
			uint32_t got;
			file_read(picture->fd, (y * picture->width + x) * 4, &got, 4);
			expect_int(got & 0xffffff, ==, wanted->pixels[y * picture->width + x] & 0xffffff);
		}
	}
}

TEST("image_capture@output-is-copied-as-it-is-shown") {
	struct stage stage;
	struct recorder recorder;
	struct window window;
	struct picture picture;
	stage_init_tracking(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	expect(recorder.width == SIZE && recorder.height == SIZE);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &stage.screen.client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (uint32_t i = 0; i < 4; i++) {
		struct image image;
		picture_fill(&picture, i);
		window_commit(&window, picture.buffer);
		window_show(&window);
		recorder_prepare(&recorder, SIZE, SIZE);
		expect(recorder_capture(&recorder));
		stage_capture(&stage, &image);
		recorder_expect(&recorder, &image);
		image_finish(&image);
	}
	picture_finish(&picture);
	window_finish(&window);
	recorder_finish(&recorder);
	stage_finish(&stage);
}

// wlroots would write what lies beyond the buffer.
TEST("image_capture@damage-beyond-the-buffer-is-not-written") {
	struct stage stage;
	struct recorder recorder;
	struct window window;
	struct picture picture;
	static const int32_t boxes[][4] = {
		{0, 0, INT32_MAX, INT32_MAX},
		{SIZE - 1, SIZE - 1, 4096, 4096},
		{SIZE * 100, SIZE * 100, 64, 64},
		{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX},
		{0, 0, 1 << 20, 1},
	};
	stage_init(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&picture, &stage.screen.client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (uint32_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		struct image image;
		picture_fill(&picture, i);
		window_commit(&window, picture.buffer);
		recorder_prepare(&recorder, SIZE, SIZE);
		ext_image_copy_capture_frame_v1_damage_buffer(
				recorder.frame, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
		expect(recorder_capture(&recorder));
		stage_capture(&stage, &image);
		recorder_expect(&recorder, &image);
		image_finish(&image);
	}
	picture_finish(&picture);
	window_finish(&window);
	recorder_finish(&recorder);
	stage_finish(&stage);
}

TEST("image_capture@damage-of-many-rectangles-becomes-one") {
	struct stage stage;
	struct recorder recorder;
	stage_init(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	recorder_prepare(&recorder, SIZE, SIZE);
	client_roundtrip(&recorder.client);
	struct wl_resource *resource =
			wl_client_get_object(client_get_peer(&recorder.client), wl_proxy_get_id((struct wl_proxy *)recorder.frame));
	const struct wlr_ext_image_copy_capture_frame_v1 *frame = wl_resource_get_user_data(resource);
	int most = 0;
	for (int32_t i = 0; i < IMAGE_CAPTURE_DAMAGE_MAX * 4; i++) {
		ext_image_copy_capture_frame_v1_damage_buffer(recorder.frame, i % 32 * 2, i / 32 * 2, 1, 1);
		if (i % 16 == 0) {
			client_roundtrip(&recorder.client);
			int n = pixman_region32_n_rects(&frame->buffer_damage);
			most = n > most ? n : most;
		}
	}
	expect_int(most, >, IMAGE_CAPTURE_DAMAGE_MAX / 2);
	expect_int(most, <=, IMAGE_CAPTURE_DAMAGE_MAX);
	expect(recorder_capture(&recorder));
	recorder_expect(&recorder, &stage.background);
	recorder_finish(&recorder);
	stage_finish(&stage);
}

TEST("image_capture@buffer-of-the-wrong-size-fails-and-harms-nobody") {
	struct stage stage;
	struct recorder recorder;
	static const uint32_t sizes[][2] = {{SIZE, SIZE - 1}, {1, 1}, {SIZE * 2, SIZE}};
	stage_init(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	for (int i = 0; i < 3; i++) {
		recorder_prepare(&recorder, sizes[i][0], sizes[i][1]);
		expect(!recorder_capture(&recorder));
		expect_int(recorder.reason, ==, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_FAILURE_REASON_BUFFER_CONSTRAINTS);
	}
	recorder_prepare(&recorder, SIZE, SIZE);
	expect(recorder_capture(&recorder));
	recorder_expect(&recorder, &stage.background);
	expect_alive(&stage.screen.client);
	recorder_finish(&recorder);
	stage_finish(&stage);
}

// The session has seen damage of the larger output.
TEST("image_capture@output-that-becomes-smaller-tells-its-size-and-is-copied") {
	struct stage stage;
	struct recorder recorder;
	stage_init(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	struct output *output = wl_container_of(stage.server.compositor->desktop->outputs.next, output, link);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_custom_mode(&state, SIZE / 2, SIZE / 4, 0);
	expect(wlr_output_commit_state(output->wlr, &state));
	wlr_output_state_finish(&state);
	client_roundtrip(&recorder.client);
	expect(recorder.width == SIZE / 2 && recorder.height == SIZE / 4);
	recorder_prepare(&recorder, recorder.width, recorder.height);
	expect(recorder_capture(&recorder));
	recorder_finish(&recorder);
	stage_finish(&stage);
}

static void destroy_output(struct stage *stage) {
	struct output *output = wl_container_of(stage->server.compositor->desktop->outputs.next, output, link);
	wlr_output_destroy(output->wlr);
}

TEST("image_capture@session-stops-with-its-output") {
	struct stage stage;
	struct recorder recorder;
	stage_init(&stage, SIZE, SIZE);
	recorder_init(&recorder, &stage.server);
	recorder_prepare(&recorder, SIZE, SIZE);
	destroy_output(&stage);
	client_roundtrip(&recorder.client);
	expect(recorder.stopped);
	ext_image_copy_capture_session_v1_destroy(recorder.session);
	recorder.stopped = false;
	recorder_start(&recorder); // of a source that is gone
	expect(recorder.stopped);
	expect_alive(&stage.screen.client);
	recorder_finish(&recorder);
	stage_finish(&stage);
}

TEST("image_capture@cursor-of-an-output-that-is-gone-harms-nobody") {
	for (int before = 0; before < 2; before++) {
		struct stage stage;
		struct recorder recorder;
		struct mouse mouse;
		stage_init(&stage, SIZE, SIZE);
		mouse_init(&mouse, &stage.screen, SIZE);
		recorder_init(&recorder, &stage.server);
		struct wl_seat *seat = client_bind(&recorder.client, &wl_seat_interface, 1);
		struct wl_pointer *pointer = wl_seat_get_pointer(seat);
		if (before != 0) {
			destroy_output(&stage);
		}
		struct ext_image_copy_capture_cursor_session_v1 *cursor =
				ext_image_copy_capture_manager_v1_create_pointer_cursor_session(
						recorder.manager, recorder.source, pointer);
		client_roundtrip(&recorder.client);
		if (before == 0) {
			destroy_output(&stage);
		}
		struct ext_image_copy_capture_session_v1 *session =
				ext_image_copy_capture_cursor_session_v1_get_capture_session(cursor);
		client_try_roundtrip(&recorder.client);
		ext_image_copy_capture_session_v1_destroy(session);
		ext_image_copy_capture_cursor_session_v1_destroy(cursor);
		client_try_roundtrip(&recorder.client);
		expect_alive(&stage.screen.client);
		wl_pointer_destroy(pointer);
		wl_seat_destroy(seat);
		recorder_finish(&recorder);
		mouse_finish(&mouse);
		stage_finish(&stage);
	}
}

#if WLR_SINCE(20)
static void handle_toplevel(
		void *data, struct ext_foreign_toplevel_list_v1 *list, struct ext_foreign_toplevel_handle_v1 *handle) {
	struct recorder *recorder = data;
	if (recorder->handle != NULL) {
		ext_foreign_toplevel_handle_v1_destroy(recorder->handle);
	}
	recorder->handle = handle;
}

static void handle_finished(void *data, struct ext_foreign_toplevel_list_v1 *list) {
}

static const struct ext_foreign_toplevel_list_v1_listener list_listener = {
	.toplevel = handle_toplevel,
	.finished = handle_finished,
};

// Records the newest window.
static void recorder_init_window(struct recorder *recorder, struct server *server) {
	recorder_connect(recorder, server);
	recorder->list = client_bind(&recorder->client, &ext_foreign_toplevel_list_v1_interface, 1);
	ext_foreign_toplevel_list_v1_add_listener(recorder->list, &list_listener, recorder);
	client_roundtrip(&recorder->client);
	expect(recorder->handle != NULL);
	struct ext_foreign_toplevel_image_capture_source_manager_v1 *windows =
			client_bind(&recorder->client, &ext_foreign_toplevel_image_capture_source_manager_v1_interface, 1);
	recorder->source = ext_foreign_toplevel_image_capture_source_manager_v1_create_source(windows, recorder->handle);
	ext_foreign_toplevel_image_capture_source_manager_v1_destroy(windows);
	recorder_start(recorder);
}

// A stage with a window, and a smaller one over it, which are not recorded, and a recorder of the first one.
struct studio {
	struct stage stage;
	struct window window, above;
	struct picture picture, other;
	struct recorder recorder;
};

static void studio_init(struct studio *studio) {
	struct client *client = &studio->stage.screen.client;
	stage_init(&studio->stage, SIZE, SIZE);
	window_init(&studio->window, &studio->stage.screen, WINDOW_TOPLEVEL, 0, 0);
	picture_init(&studio->picture, client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, 32, 24, 128);
	picture_fill(&studio->picture, 1);
	window_commit(&studio->window, studio->picture.buffer);
	recorder_init_window(&studio->recorder, &studio->stage.server);
	window_init(&studio->above, &studio->stage.screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&studio->other, client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&studio->other, 2);
	window_commit(&studio->above, studio->other.buffer);
}

static void studio_finish(struct studio *studio) {
	recorder_finish(&studio->recorder);
	picture_finish(&studio->other);
	window_finish(&studio->above);
	picture_finish(&studio->picture);
	window_finish(&studio->window);
	stage_finish(&studio->stage);
}

static void expect_window(struct studio *studio, const struct picture *picture) {
	struct image image;
	image_init(&image, picture->width, picture->height);
	picture_draw(picture, &image, 0, 0);
	recorder_expect(&studio->recorder, &image);
	image_finish(&image);
}

TEST("image_capture@window-is-copied-though-another-one-covers-it") {
	struct studio studio;
	studio_init(&studio);
	struct recorder *recorder = &studio.recorder;
	expect(recorder->constrained && recorder->width == 32 && recorder->height == 24);
	for (uint32_t i = 0; i < 4; i++) {
		picture_fill(&studio.picture, i);
		window_commit(&studio.window, studio.picture.buffer);
		recorder_prepare(recorder, 32, 24);
		expect(recorder_capture(recorder));
		expect_window(&studio, &studio.picture);
	}
	// Nothing has changed: the next frame comes with the next commit.
	recorder_prepare(recorder, 32, 24);
	ext_image_copy_capture_frame_v1_capture(recorder->frame);
	for (int i = 0; i < 10; i++) {
		client_pump(&recorder->client, WINDOW_CAPTURE_FRAME_MS);
	}
	client_roundtrip(&recorder->client);
	expect(!recorder->ended);
	picture_fill(&studio.picture, 9);
	window_commit(&studio.window, studio.picture.buffer);
	expect(client_wait(&recorder->client, &recorder->ended) && recorder->ready);
	expect_window(&studio, &studio.picture);
	studio_finish(&studio);
}

TEST("image_capture@window-that-changes-its-size-tells-it-and-is-copied") {
	struct studio studio;
	studio_init(&studio);
	struct recorder *recorder = &studio.recorder;
	static const int32_t sizes[][2] = {{10, 50}, {1, 1}, {40, 20}, {SIZE * 2, SIZE * 3}};
	recorder_prepare(recorder, 32, 24);
	expect(recorder_capture(recorder));
	for (int i = 0; i < 4; i++) {
		struct picture picture;
		picture_init(&picture, &studio.stage.screen.client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, sizes[i][0],
				sizes[i][1], sizes[i][0] * 4);
		picture_fill(&picture, 7);
		window_commit(&studio.window, picture.buffer);
		recorder_prepare(recorder, recorder->width, recorder->height);
		expect(!recorder_capture(recorder));
		expect_int(recorder->reason, ==, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_FAILURE_REASON_BUFFER_CONSTRAINTS);
		// No more than all outputs.
		expect_int(recorder->width, ==, (sizes[i][0] < SIZE ? sizes[i][0] : SIZE));
		expect_int(recorder->height, ==, (sizes[i][1] < SIZE ? sizes[i][1] : SIZE));
		recorder_prepare(recorder, recorder->width, recorder->height);
		expect(recorder_capture(recorder));
		if (i < 3) {
			expect_window(&studio, &picture);
		}
		picture_finish(&picture);
	}
	studio_finish(&studio);
}

TEST("image_capture@window-shows-its-subsurfaces-but-not-those-that-cover-it-too-often") {
	struct studio studio;
	studio_init(&studio);
	struct recorder *recorder = &studio.recorder;
	struct screen *screen = &studio.stage.screen;
	struct picture parts[WINDOW_CAPTURE_OVERDRAW_MAX];
	struct wl_surface *surfaces[WINDOW_CAPTURE_OVERDRAW_MAX];
	struct wl_subsurface *subsurfaces[WINDOW_CAPTURE_OVERDRAW_MAX];
	for (int i = 0; i < WINDOW_CAPTURE_OVERDRAW_MAX; i++) {
		picture_init(&parts[i], &screen->client, FILE_SEALABLE, WL_SHM_FORMAT_XRGB8888, 32, 24, 128);
		picture_fill(&parts[i], 100 + (uint32_t)i);
		surfaces[i] = wl_compositor_create_surface(screen->compositor);
		subsurfaces[i] = wl_subcompositor_get_subsurface(screen->subcompositor, surfaces[i], studio.window.surface);
		wl_surface_attach(surfaces[i], parts[i].buffer, 0, 0);
		wl_surface_commit(surfaces[i]);
	}
	window_commit(&studio.window, studio.picture.buffer);
	recorder_prepare(recorder, 32, 24);
	expect(recorder_capture(recorder));
	// The window itself is one of them.
	expect_window(&studio, &parts[WINDOW_CAPTURE_OVERDRAW_MAX - 2]);
	for (int i = 0; i < WINDOW_CAPTURE_OVERDRAW_MAX; i++) {
		wl_subsurface_destroy(subsurfaces[i]);
		wl_surface_destroy(surfaces[i]);
		picture_finish(&parts[i]);
	}
	studio_finish(&studio);
}

TEST("image_capture@window-is-not-copied-while-the-session-is-locked") {
	struct studio studio;
	struct locker locker;
	struct recorder late;
	studio_init(&studio);
	struct recorder *recorder = &studio.recorder;
	recorder_prepare(recorder, 32, 24);
	expect(recorder_capture(recorder));
	recorder_prepare(recorder, 32, 24);
	ext_image_copy_capture_frame_v1_capture(recorder->frame);
	client_roundtrip(&recorder->client);
	locker_init(&locker, &studio.stage.server);
	locker_wait(&locker);
	client_roundtrip(&recorder->client);
	expect(recorder->stopped && recorder->ended && !recorder->ready);
	expect_int(recorder->reason, ==, EXT_IMAGE_COPY_CAPTURE_FRAME_V1_FAILURE_REASON_STOPPED);
	recorder_init_window(&late, &studio.stage.server);
	expect(late.stopped && !late.constrained);
	recorder_finish(&late);
	locker_unlock(&locker);
	locker_finish(&locker);
	recorder_init_window(&late, &studio.stage.server);
	recorder_prepare(&late, 32, 24);
	expect(recorder_capture(&late));
	recorder_finish(&late);
	studio_finish(&studio);
}

TEST("image_capture@session-stops-with-its-window") {
	struct studio studio;
	studio_init(&studio);
	struct recorder *recorder = &studio.recorder;
	recorder_prepare(recorder, 32, 24);
	ext_image_copy_capture_frame_v1_capture(recorder->frame);
	wl_surface_attach(studio.window.surface, NULL, 0, 0);
	wl_surface_commit(studio.window.surface);
	client_roundtrip(&studio.stage.screen.client);
	client_roundtrip(&recorder->client);
	expect(recorder->stopped);
	studio_finish(&studio);
}
#endif

#endif

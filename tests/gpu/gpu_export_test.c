/*
 * Frames of a headless output as DMA-BUFs (wlr-export-dmabuf): their pixels, and what a client can do with them.
 */
#include "ext-session-lock-v1-client-protocol.h"
#include "locker.h"
#include "runner.h"
#include "stage.h"
#include "wlr-export-dmabuf-unstable-v1-client-protocol.h"
#include <compositor/account.h>
#include <compositor/clients.h>
#include <compositor/exports.h>
#include <compositor/object_limits.h>
#include <compositor/server.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/backend/headless.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_output.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define SIZE 96
#define FRAMES 6
#define FRAMES_MAX 16 // at once, of one process

struct frame {
	struct zwlr_export_dmabuf_frame_v1 *proxy;
	uint32_t width, height, flags, format, objects_len;
	int fd; // of the last object; -1: none
	uint32_t size, offset, stride;
	bool over; // ready or canceled
	bool canceled;
	uint32_t reason;
};

static void handle_frame(void *data, struct zwlr_export_dmabuf_frame_v1 *proxy, uint32_t width, uint32_t height,
		uint32_t offset_x, uint32_t offset_y, uint32_t buffer_flags, uint32_t flags, uint32_t format, uint32_t mod_high,
		uint32_t mod_low, uint32_t objects_len) {
	struct frame *frame = data;
	expect(offset_x == 0 && offset_y == 0 && buffer_flags == 0);
	frame->width = width;
	frame->height = height;
	frame->flags = flags;
	frame->format = format;
	frame->objects_len = objects_len;
}

static void handle_object(void *data, struct zwlr_export_dmabuf_frame_v1 *proxy, uint32_t index, int32_t fd,
		uint32_t size, uint32_t offset, uint32_t stride, uint32_t plane) {
	struct frame *frame = data;
	expect(frame->fd == -1 && index == 0 && plane == 0);
	frame->fd = fd;
	frame->size = size;
	frame->offset = offset;
	frame->stride = stride;
}

static void handle_ready(
		void *data, struct zwlr_export_dmabuf_frame_v1 *proxy, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	struct frame *frame = data;
	expect(!frame->over && nsec < 1000000000);
	frame->over = true;
}

static void handle_cancel(void *data, struct zwlr_export_dmabuf_frame_v1 *proxy, uint32_t reason) {
	struct frame *frame = data;
	expect(!frame->over);
	frame->over = frame->canceled = true;
	frame->reason = reason;
}

static const struct zwlr_export_dmabuf_frame_v1_listener frame_listener = {
	.frame = handle_frame,
	.object = handle_object,
	.ready = handle_ready,
	.cancel = handle_cancel,
};

struct desk {
	struct stage stage;
	struct window window; // over all of the output
	struct picture picture;
	struct zwlr_export_dmabuf_manager_v1 *manager;
};

static void desk_init(struct desk *desk) {
	if (getenv("LIDO_VKMS") == NULL) {
		skip("LIDO_VKMS names no GPU: run it by ./dev test --gpu");
	}
	*desk = (struct desk){0};
	stage_init_tracking(&desk->stage, SIZE, SIZE);
	struct screen *screen = &desk->stage.screen;
	if (client_find_global(&screen->client, zwlr_export_dmabuf_manager_v1_interface.name, NULL) == NULL) {
		skip("the renderer draws without a GPU: run it by ./dev test --gpu");
	}
	desk->manager = client_bind(&screen->client, &zwlr_export_dmabuf_manager_v1_interface, 1);
	picture_init(&desk->picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_fill(&desk->picture, 1);
	window_init(&desk->window, screen, WINDOW_LAYER, SIZE, SIZE);
	window_commit(&desk->window, desk->picture.buffer);
	window_show(&desk->window);
}

static void desk_finish(struct desk *desk) {
	zwlr_export_dmabuf_manager_v1_destroy(desk->manager);
	window_finish(&desk->window);
	picture_finish(&desk->picture);
	stage_finish(&desk->stage);
}

static void frame_init(struct frame *frame, struct desk *desk, struct wl_output *output) {
	*frame = (struct frame){.fd = -1};
	frame->proxy = zwlr_export_dmabuf_manager_v1_capture_output(desk->manager, 0, output);
	zwlr_export_dmabuf_frame_v1_add_listener(frame->proxy, &frame_listener, frame);
}

static void frame_finish(struct frame *frame) {
	zwlr_export_dmabuf_frame_v1_destroy(frame->proxy);
	if (frame->fd != -1) {
		close(frame->fd);
	}
}

static void frame_wait(struct frame *frame, struct desk *desk) {
	expect(client_wait(&desk->stage.screen.client, &frame->over));
}

// Captures the output, and waits for the frame.
static void frame_take(struct frame *frame, struct desk *desk) {
	frame_init(frame, desk, desk->stage.screen.output);
	frame_wait(frame, desk);
}

static void frame_read(const struct frame *frame, struct image *image) {
	expect(frame->over && !frame->canceled && frame->fd != -1);
	expect_int(frame->objects_len, ==, 1);
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
	expect_int(ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &sync), ==, 0);
	uint8_t *data = mmap(NULL, frame->size, PROT_READ, MAP_SHARED, frame->fd, 0);
	expect(data != MAP_FAILED);
	image_init(image, (int32_t)frame->width, (int32_t)frame->height);
	image_draw(image, 0, 0, frame->format, data + frame->offset, image->width, image->height, (int32_t)frame->stride);
	munmap(data, frame->size);
}

// The frame must have the window's picture.
static void expect_picture(const struct frame *frame, struct desk *desk, const char *what) {
	struct image wanted, got;
	expect(frame->width == SIZE && frame->height == SIZE);
	image_init(&wanted, SIZE, SIZE);
	picture_draw(&desk->picture, &wanted, 0, 0);
	frame_read(frame, &got);
	expect_image_of(&got, &wanted, what);
	image_finish(&wanted);
	image_finish(&got);
}

TEST("gpu_export@frame-has-the-pixels-of-the-output") {
	struct desk desk;
	struct frame frame;
	desk_init(&desk);
	frame_take(&frame, &desk);
	expect_picture(&frame, &desk, "the frame");
	expect_int(frame.flags, ==, ZWLR_EXPORT_DMABUF_FRAME_V1_FLAGS_TRANSIENT);
	frame_finish(&frame);
	desk_finish(&desk);
}

TEST("gpu_export@frames-alternate-between-two-copies") {
	struct desk desk;
	struct frame frames[FRAMES];
	struct stat first, second, stat;
	desk_init(&desk);
	for (uint32_t i = 0; i < FRAMES; i++) {
		picture_fill(&desk.picture, i + 10);
		window_commit(&desk.window, desk.picture.buffer);
		frame_take(&frames[i], &desk);
		expect_picture(&frames[i], &desk, "a frame");
		expect_int(fstat(frames[i].fd, &stat), ==, 0);
		if (i < 2) {
			*(i == 0 ? &first : &second) = stat;
		} else {
			expect_int(stat.st_ino, ==, i % 2 == 0 ? first.st_ino : second.st_ino);
		}
	}
	expect_int(first.st_ino, !=, second.st_ino);
	for (int i = 0; i < FRAMES; i++) {
		frame_finish(&frames[i]);
	}
	desk_finish(&desk);
}

// The frame's memory, as a client of the GPU may write into it: the fd itself may be for reading only.
struct memory {
	int card;
	uint32_t handle;
	uint8_t *data;
	size_t size;
};

static void memory_init(struct memory *memory, const struct frame *frame, struct desk *desk) {
	char *path = drmGetDeviceNameFromFd2(wlr_renderer_get_drm_fd(desk->stage.server.compositor->renderer));
	expect(path != NULL);
	memory->card = open(path, O_RDWR | O_CLOEXEC);
	expect(memory->card != -1);
	free(path);
	expect_int(drmPrimeFDToHandle(memory->card, frame->fd, &memory->handle), ==, 0);
	uint64_t offset;
	expect_int(drmModeMapDumbBuffer(memory->card, memory->handle, &offset), ==, 0);
	memory->size = frame->size;
	memory->data = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory->card, (off_t)offset);
	expect(memory->data != MAP_FAILED);
}

static void memory_finish(struct memory *memory) {
	munmap(memory->data, memory->size);
	drmCloseBufferHandle(memory->card, memory->handle);
	close(memory->card);
}

TEST("gpu_export@writing-into-frames-changes-nothing-that-is-shown") {
	struct desk desk;
	struct frame frames[FRAMES];
	struct memory memory[FRAMES];
	desk_init(&desk);
	for (int i = 0; i < FRAMES; i++) {
		frame_take(&frames[i], &desk);
		memory_init(&memory[i], &frames[i], &desk);
	}
	// Each buffer of the output is drawn in its damaged part only, and keeps the rest.
	for (int i = 0; i < FRAMES; i++) {
		for (int j = 0; j < FRAMES; j++) {
			memset(memory[j].data, 0x55, memory[j].size);
		}
		picture_fill_box(&desk.picture, i, i, 4, 4, (uint32_t)i + 20);
		window_commit_box(&desk.window, desk.picture.buffer, i, i, 4, 4);
		window_show(&desk.window);
		stage_expect(&desk.stage, &desk.picture, 0, 0, "the output");
	}
	for (int i = 0; i < FRAMES; i++) {
		memory_finish(&memory[i]);
		frame_finish(&frames[i]);
	}
	desk_finish(&desk);
}

TEST("gpu_export@frame-waits-while-the-session-is-locked") {
	struct desk desk;
	struct frame early, frame;
	struct locker locker;
	desk_init(&desk);
	frame_take(&early, &desk);
	locker_init(&locker, &desk.stage.server);
	frame_init(&frame, &desk, desk.stage.screen.output);
	locker_show(&locker, 3);
	for (int i = 0; i < FRAMES; i++) {
		struct image got, wanted;
		stage_capture(&desk.stage, &got);
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&locker.picture, &wanted, 0, 0);
		expect_image_of(&got, &wanted, "the output");
		image_finish(&got);
		image_finish(&wanted);
	}
	expect(!frame.over && frame.fd == -1);
	expect_picture(&early, &desk, "the frame from before"); // it has nothing of the locker
	locker_unlock(&locker);
	frame_wait(&frame, &desk);
	expect_picture(&frame, &desk, "the frame that waited");
	locker_finish(&locker);
	frame_finish(&frame);
	frame_finish(&early);
	desk_finish(&desk);
}

TEST("gpu_export@copies-for-one-process-are-limited") {
	struct desk desk;
	struct frame frame;
	desk_init(&desk);
	struct account *account = client_get_account(client_get_peer(&desk.stage.screen.client));
	account->exported_size = EXPORTS_SIZE_MAX - 1;
	frame_take(&frame, &desk);
	expect_picture(&frame, &desk, "the last copy");
	frame_finish(&frame);
	expect_int(account->exported_size, >=, EXPORTS_SIZE_MAX - 1 + SIZE * SIZE * 4);
	frame_take(&frame, &desk);
	expect(frame.canceled && frame.fd == -1);
	expect_int(frame.reason, ==, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
	frame_finish(&frame);
	desk_finish(&desk);
}

TEST("gpu_export@fds-of-unread-frames-are-limited") {
	struct desk desk;
	struct client attacker;
	desk_init(&desk);
	client_init(&attacker, &desk.stage.server);
	struct zwlr_export_dmabuf_manager_v1 *manager = client_bind(&attacker, &zwlr_export_dmabuf_manager_v1_interface, 1);
	struct wl_output *output = client_bind(&attacker, &wl_output_interface, 1);
	client_roundtrip(&attacker);
	// The kernel keeps what the client does not read, and its fds, until this is full.
	const int few = 1;
	int fd = wl_client_get_fd(client_get_peer(&attacker));
	expect_int(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &few, sizeof(few)), ==, 0);
	for (int i = 0; i < ACCOUNT_OTHER_FDS_MAX && client_get_peer(&attacker) != NULL; i++) {
		struct zwlr_export_dmabuf_frame_v1 *proxies[FRAMES_MAX];
		for (int j = 0; j < FRAMES_MAX; j++) {
			proxies[j] = zwlr_export_dmabuf_manager_v1_capture_output(manager, 0, output);
		}
		wl_display_flush(attacker.display);
		stage_expect(&desk.stage, &desk.picture, 0, 0, "the output");
		for (int j = 0; j < FRAMES_MAX; j++) {
			zwlr_export_dmabuf_frame_v1_destroy(proxies[j]);
		}
		wl_display_flush(attacker.display);
		server_dispatch(&desk.stage.server, 0);
	}
	expect(client_get_peer(&attacker) == NULL);
	expect(!client_try_roundtrip(&attacker));
	wl_output_destroy(output);
	zwlr_export_dmabuf_manager_v1_destroy(manager);
	client_finish(&attacker);
	stage_expect(&desk.stage, &desk.picture, 0, 0, "the output in the end");
	desk_finish(&desk);
}

TEST("gpu_export@frames-at-once-reach-the-limit-and-no-more") {
	struct desk desk;
	struct frame frames[FRAMES_MAX + 1];
	expect_int(object_limits_get(zwlr_export_dmabuf_frame_v1_interface.name), ==, FRAMES_MAX);
	desk_init(&desk);
	for (int i = 0; i < FRAMES_MAX; i++) {
		frame_init(&frames[i], &desk, desk.stage.screen.output);
	}
	for (int i = 0; i < FRAMES_MAX; i++) {
		frame_wait(&frames[i], &desk);
		expect_picture(&frames[i], &desk, "one of many");
	}
	frame_init(&frames[FRAMES_MAX], &desk, desk.stage.screen.output);
	expect_no_memory(&desk.stage.screen.client, "too many zwlr_export_dmabuf_frame_v1: ");
	for (int i = 0; i <= FRAMES_MAX; i++) {
		frame_finish(&frames[i]);
	}
	desk_finish(&desk);
}

static void expect_canceled(struct frame *frame, struct desk *desk) {
	frame_wait(frame, desk);
	expect(frame->canceled && frame->fd == -1);
	expect_int(frame->reason, ==, ZWLR_EXPORT_DMABUF_FRAME_V1_CANCEL_REASON_PERMANENT);
	frame_finish(frame);
}

TEST("gpu_export@frame-of-an-output-that-is-off-or-gone-is-canceled") {
	struct desk desk;
	struct frame frame;
	struct locker locker;
	desk_init(&desk);
	struct client *client = &desk.stage.screen.client;
	struct wlr_output *added = wlr_headless_add_output(desk.stage.server.compositor->backend, SIZE, SIZE);
	expect(added != NULL);
	client_roundtrip(client);
	struct wl_output *output = client_bind(client, &wl_output_interface, 1); // the last one announced
	frame_init(&frame, &desk, output);
	frame_wait(&frame, &desk);
	expect(!frame.canceled);
	frame_finish(&frame);

	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, false);
	expect(wlr_output_commit_state(added, &state));
	frame_init(&frame, &desk, output);
	expect_canceled(&frame, &desk);
	wlr_output_state_set_enabled(&state, true);
	expect(wlr_output_commit_state(added, &state));
	wlr_output_state_finish(&state);

	locker_init(&locker, &desk.stage.server); // so the frame waits
	frame_init(&frame, &desk, output);
	client_roundtrip(client);
	wlr_output_destroy(added);
	expect_canceled(&frame, &desk);
	frame_init(&frame, &desk, output);
	expect_canceled(&frame, &desk);
	locker_wait(&locker);
	locker_unlock(&locker);
	locker_finish(&locker);
	wl_output_destroy(output);
	desk_finish(&desk);
}

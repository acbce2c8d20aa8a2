#include "screen.h"
#include "file.h"
#include "picture.h"
#include "runner.h"
#include "server.h"
#include "viewporter-client-protocol.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <string.h>
#include <unistd.h>

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {
	.ping = handle_ping,
};

// A global that the screen binds: its place, and the version that the code below needs.
struct wanted {
	const struct wl_interface *interface;
	uint32_t version;
	size_t offset; // in struct screen, of a pointer
	void (*destroy)(void *proxy);
};

#define DESTROY(type, name) \
	static void destroy_##type(void *proxy) { \
		type##_##name(proxy); \
	}
DESTROY(wl_compositor, destroy)
DESTROY(wl_subcompositor, destroy)
DESTROY(wl_output, release)
DESTROY(wl_seat, release)
DESTROY(xdg_wm_base, destroy)
DESTROY(zwlr_layer_shell_v1, destroy)
DESTROY(zwlr_screencopy_manager_v1, destroy)
DESTROY(wp_viewporter, destroy)

#define WANTED(type, version, field) {&type##_interface, version, offsetof(struct screen, field), destroy_##type}

static const struct wanted wanted[] = {
	WANTED(wl_compositor, 5, compositor),
	WANTED(wl_subcompositor, 1, subcompositor),
	WANTED(wl_output, 3, output),
	WANTED(wl_seat, 5, seat),
	WANTED(xdg_wm_base, 1, wm_base),
	WANTED(zwlr_layer_shell_v1, 1, layer_shell),
	WANTED(zwlr_screencopy_manager_v1, 3, screencopy),
	WANTED(wp_viewporter, 1, viewporter),
};

static void **find_place(struct screen *screen, const struct wanted *global) {
	return (void **)(void *)((uint8_t *)screen + global->offset);
}

void screen_init_sparse(struct screen *screen, struct server *server) {
	*screen = (struct screen){0};
	struct client *client = &screen->client;
	client_init(client, server);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct client_global *offered = client_find_global(client, wanted[i].interface->name, NULL);
		if (offered != NULL && offered->version >= wanted[i].version) {
			*find_place(screen, &wanted[i]) = client_bind(client, wanted[i].interface, wanted[i].version);
		}
	}
	if (screen->wm_base != NULL) {
		xdg_wm_base_add_listener(screen->wm_base, &wm_base_listener, NULL);
	}
	client_roundtrip(client);
}

void screen_init(struct screen *screen, struct server *server) {
	screen_init_sparse(screen, server);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (*find_place(screen, &wanted[i]) == NULL) {
			fail("the server has no %s of version %u", wanted[i].interface->name, wanted[i].version);
		}
	}
}

void screen_finish(struct screen *screen) {
	for (size_t i = sizeof(wanted) / sizeof(wanted[0]); i-- > 0;) {
		if (*find_place(screen, &wanted[i]) != NULL) {
			wanted[i].destroy(*find_place(screen, &wanted[i]));
		}
	}
	client_finish(&screen->client);
}

// State of one screencopy frame.
struct capture {
	uint32_t format;
	int32_t width, height, stride;
	bool has_buffer, ended, ready;
};

static void handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width,
		uint32_t height, uint32_t stride) {
	struct capture *capture = data;
	capture->format = format;
	capture->width = (int32_t)width;
	capture->height = (int32_t)height;
	capture->stride = (int32_t)stride;
}

static void handle_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags) {
	expect_int(flags, ==, 0);
}

static void handle_ready(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	struct capture *capture = data;
	capture->ended = capture->ready = true;
}

static void handle_failed(void *data, struct zwlr_screencopy_frame_v1 *frame) {
	struct capture *capture = data;
	capture->has_buffer = capture->ended = true;
}

static void handle_damage(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
}

static void handle_linux_dmabuf(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width, uint32_t height) {
}

static void handle_buffer_done(void *data, struct zwlr_screencopy_frame_v1 *frame) {
	struct capture *capture = data;
	capture->has_buffer = true;
}

static const struct zwlr_screencopy_frame_v1_listener frame_listener = {
	.buffer = handle_buffer,
	.flags = handle_flags,
	.ready = handle_ready,
	.failed = handle_failed,
	.damage = handle_damage,
	.linux_dmabuf = handle_linux_dmabuf,
	.buffer_done = handle_buffer_done,
};

struct area {
	int32_t x, y, width, height;
};

static struct zwlr_screencopy_frame_v1 *start(
		struct screen *screen, const struct area *area, bool cursor, struct capture *capture) {
	struct zwlr_screencopy_frame_v1 *frame = zwlr_screencopy_manager_v1_capture_output_region(
			screen->screencopy, cursor, screen->output, area->x, area->y, area->width, area->height);
	zwlr_screencopy_frame_v1_add_listener(frame, &frame_listener, capture);
	expect(client_wait(&screen->client, &capture->has_buffer));
	return frame;
}

static bool copy(struct screen *screen, struct zwlr_screencopy_frame_v1 *frame, struct wl_buffer *buffer,
		struct capture *capture) {
	if (!capture->ended) {
		zwlr_screencopy_frame_v1_copy(frame, buffer);
		client_wait(&screen->client, &capture->ended);
	}
	zwlr_screencopy_frame_v1_destroy(frame);
	return capture->ready;
}

static void capture_image(struct screen *screen, const struct area *area, bool cursor, struct image *image) {
	struct capture capture = {0};
	struct picture picture;
	struct zwlr_screencopy_frame_v1 *frame = start(screen, area, cursor, &capture);
	expect(!capture.ended);
	expect_int(capture.width, ==, area->width);
	expect_int(capture.height, ==, area->height);
	picture_init(
			&picture, &screen->client, FILE_SEALABLE, capture.format, capture.width, capture.height, capture.stride);
	if (!copy(screen, frame, picture.buffer, &capture)) {
		fail("capture failed: %s",
				screen->client.error[0] != '\0' ? screen->client.error : "the server sent the failed event");
	}
	image_init(image, capture.width, capture.height);
	file_read(picture.fd, 0, picture.data, (size_t)capture.height * (size_t)capture.stride);
	picture_draw(&picture, image, 0, 0);
	picture_finish(&picture);
}

void screen_capture(struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image) {
	capture_image(screen, &(struct area){x, y, width, height}, false, image);
}

void screen_capture_with_cursor(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct image *image) {
	capture_image(screen, &(struct area){x, y, width, height}, true, image);
}

bool screen_capture_into(
		struct screen *screen, int32_t x, int32_t y, int32_t width, int32_t height, struct wl_buffer *buffer) {
	struct capture capture = {0};
	struct zwlr_screencopy_frame_v1 *frame = start(screen, &(struct area){x, y, width, height}, false, &capture);
	return copy(screen, frame, buffer, &capture);
}

uint32_t screen_get_capture_format(struct screen *screen) {
	struct capture capture = {0};
	zwlr_screencopy_frame_v1_destroy(start(screen, &(struct area){0, 0, 1, 1}, false, &capture));
	return capture.format;
}

void screen_convert(struct screen *screen, const uint8_t *data, int32_t width, int32_t height, struct image *image) {
	image_init(image, width, height);
	image_draw(image, 0, 0, picture_get_drm_format(screen_get_capture_format(screen)), data, width, height, width * 4);
}

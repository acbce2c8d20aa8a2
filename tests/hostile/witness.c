/*
 * A victim that verifies its own pixels on the screen.
 *
 *     witness pool|wl_shm X [timer]
 *
 * Draws frames forever with the client library, on an overlay layer, X pixels from the left edge of the output. Each
 * frame changes some rows and damages only these. It waits for a frame callback between two frames or, with "timer",
 * for the server's answer and 16 ms: others may then cover it, and a gap still shows how long the server was busy. On
 * SIGUSR1, captures its part of the screen, compares each pixel with the committed ones, and prints "picture: right",
 * or the differences.
 */
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"

#include <lido/client.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

// 64 KiB: the server maps files of at least this size after some commits.
#define SIZE 128
#define ROWS 16 // each frame changes every 16th row

#define TIMER 16000 // us

struct witness {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct zwlr_layer_shell_v1 *layer_shell;
	struct zwlr_screencopy_manager_v1 *screencopy;
	uint32_t output; // name of the newest global; disabling an output removes its global
	struct wl_surface *surface;
	struct lido_swapchain *swapchain;
	int32_t x;
	bool is_configured, is_shown, has_timer;
	uint32_t rows[SIZE]; // color of each row
};

struct capture {
	struct witness *witness;
	uint32_t *pixels; // mapped
	struct wl_buffer *buffer;
	bool ended, ready;
};

static volatile sig_atomic_t is_asked;

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "witness: %s\n", text);
	exit(EXIT_FAILURE);
}

static void handle_signal(int number) {
	is_asked = 1;
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct witness *witness = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		witness->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		witness->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, zwlr_layer_shell_v1_interface.name) == 0) {
		witness->layer_shell = wl_registry_bind(registry, name, &zwlr_layer_shell_v1_interface, 1);
	} else if (strcmp(interface, zwlr_screencopy_manager_v1_interface.name) == 0) {
		witness->screencopy = wl_registry_bind(registry, name, &zwlr_screencopy_manager_v1_interface, 1);
	} else if (strcmp(interface, wl_output_interface.name) == 0) {
		witness->output = name;
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_configure(
		void *data, struct zwlr_layer_surface_v1 *layer_surface, uint32_t serial, uint32_t width, uint32_t height) {
	struct witness *witness = data;
	zwlr_layer_surface_v1_ack_configure(layer_surface, serial);
	witness->is_configured = true;
}

static void handle_closed(void *data, struct zwlr_layer_surface_v1 *layer_surface) {
	fail("the layer surface was closed");
}

static const struct zwlr_layer_surface_v1_listener layer_surface_listener = {
	.configure = handle_configure,
	.closed = handle_closed,
};

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time) {
	struct witness *witness = data;
	witness->is_shown = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

static void wait_for(struct witness *witness, const bool *flag) {
	while (!*flag) {
		if (wl_display_dispatch(witness->display) < 0) {
			fail("the connection is broken");
		}
	}
}

static void open_layer(struct witness *witness) {
	witness->surface = wl_compositor_create_surface(witness->compositor);
	struct zwlr_layer_surface_v1 *layer_surface = zwlr_layer_shell_v1_get_layer_surface(
			witness->layer_shell, witness->surface, NULL, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, "witness");
	zwlr_layer_surface_v1_add_listener(layer_surface, &layer_surface_listener, witness);
	zwlr_layer_surface_v1_set_size(layer_surface, SIZE, SIZE);
	zwlr_layer_surface_v1_set_anchor(
			layer_surface, ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT);
	zwlr_layer_surface_v1_set_margin(layer_surface, 0, 0, 0, witness->x);
	zwlr_layer_surface_v1_set_exclusive_zone(layer_surface, -1);
	wl_surface_commit(witness->surface);
	wait_for(witness, &witness->is_configured);
}

// Draws all rows, since the image may be old or uninitialized, but damages only the new ones.
static void show_frame(struct witness *witness, uint32_t number) {
	// ARGB: the compositor still draws the windows below, which continue to receive frame callbacks.
	struct lido_image *image = lido_swapchain_acquire(witness->swapchain, SIZE, SIZE, WL_SHM_FORMAT_ARGB8888);
	uint8_t *row = image != NULL ? lido_image_get_pixels(image) : NULL;
	if (row == NULL) {
		fail("cannot acquire an image");
	}
	bool is_first = number == 0;
	for (uint32_t y = 0; y < SIZE; y++, row += lido_image_get_stride(image)) {
		if (is_first || y % ROWS == number % ROWS) {
			witness->rows[y] = 0xff000000 | ((number * 2654435761U + y * 40503U) & 0xffffff);
			wl_surface_damage_buffer(witness->surface, 0, (int32_t)y, SIZE, 1);
		}
		for (uint32_t x = 0; x < SIZE; x++) {
			((uint32_t *)(void *)row)[x] = witness->rows[y];
		}
	}
	wl_surface_attach(witness->surface, lido_image_get_buffer(image), 0, 0);
	witness->is_shown = false;
	if (!witness->has_timer) {
		wl_callback_add_listener(wl_surface_frame(witness->surface), &frame_listener, witness);
	}
	wl_surface_commit(witness->surface);
	if (witness->has_timer) {
		usleep(TIMER);
		wl_callback_add_listener(wl_display_sync(witness->display), &frame_listener, witness);
	}
	wait_for(witness, &witness->is_shown);
}

static void handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width,
		uint32_t height, uint32_t stride) {
	struct capture *capture = data;
	if (width != SIZE || height != SIZE || stride != SIZE * 4) {
		capture->ended = true; // the layer extends beyond the output
		return;
	}
	int fd = memfd_create("witness", MFD_CLOEXEC);
	if (fd == -1 || ftruncate(fd, SIZE * SIZE * 4) != 0) {
		fail("cannot create a file");
	}
	capture->pixels = mmap(NULL, SIZE * SIZE * 4, PROT_READ, MAP_SHARED, fd, 0);
	if (capture->pixels == MAP_FAILED) {
		fail("cannot map the file");
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(capture->witness->shm, fd, SIZE * SIZE * 4);
	capture->buffer = wl_shm_pool_create_buffer(pool, 0, SIZE, SIZE, SIZE * 4, format);
	wl_shm_pool_destroy(pool);
	close(fd);
	zwlr_screencopy_frame_v1_copy(frame, capture->buffer);
}

static void handle_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags) {
}

static void handle_ready(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	struct capture *capture = data;
	capture->ended = capture->ready = true;
}

static void handle_failed(void *data, struct zwlr_screencopy_frame_v1 *frame) {
	((struct capture *)data)->ended = true;
}

static const struct zwlr_screencopy_frame_v1_listener screencopy_listener = {
	.buffer = handle_buffer,
	.flags = handle_flags,
	.ready = handle_ready,
	.failed = handle_failed,
};

static void compare(const struct witness *witness, const uint32_t *pixels) {
	int wrong = 0, first = 0;
	for (int i = SIZE * SIZE - 1; i >= 0; i--) {
		if (((pixels[i] ^ witness->rows[i / SIZE]) & 0xffffff) != 0) {
			wrong++;
			first = i;
		}
	}
	if (wrong == 0) {
		printf("picture: right\n");
	} else {
		printf("picture: %d of %d pixels are wrong; the first, at %d,%d, is %06x instead of %06x\n", wrong, SIZE * SIZE,
				first % SIZE, first / SIZE, pixels[first] & 0xffffff, witness->rows[first / SIZE] & 0xffffff);
	}
}

// Captures and compares the last frame, which has been shown.
static void look(struct witness *witness) {
	struct capture capture = {.witness = witness};
	struct wl_output *output = wl_registry_bind(witness->registry, witness->output, &wl_output_interface, 3);
	struct zwlr_screencopy_frame_v1 *frame =
			zwlr_screencopy_manager_v1_capture_output_region(witness->screencopy, 0, output, witness->x, 0, SIZE, SIZE);
	zwlr_screencopy_frame_v1_add_listener(frame, &screencopy_listener, &capture);
	wait_for(witness, &capture.ended);
	zwlr_screencopy_frame_v1_destroy(frame);
	wl_output_release(output);
	if (capture.buffer != NULL) {
		wl_buffer_destroy(capture.buffer);
	}
	// Make sure that the server has released everything before the result is printed.
	wl_display_roundtrip(witness->display);
	if (capture.ready) {
		compare(witness, capture.pixels);
	} else {
		printf("picture: the screen cannot be captured\n");
	}
	if (capture.pixels != NULL) {
		munmap(capture.pixels, SIZE * SIZE * 4);
	}
}

int main(int argc, char *argv[]) {
	struct witness witness = {.display = wl_display_connect(NULL)};
	witness.has_timer = argc == 4 && strcmp(argv[3], "timer") == 0;
	if ((argc != 3 && !witness.has_timer) || witness.display == NULL) {
		fail(witness.display != NULL ? "usage: witness pool|wl_shm X [timer]" : "cannot connect");
	}
	setlinebuf(stdout);
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = handle_signal, .sa_flags = SA_RESTART}, NULL);
	witness.x = atoi(argv[2]);
	witness.registry = wl_display_get_registry(witness.display);
	wl_registry_add_listener(witness.registry, &registry_listener, &witness);
	wl_display_roundtrip(witness.display);
	if (witness.compositor == NULL || witness.shm == NULL || witness.layer_shell == NULL ||
			witness.screencopy == NULL || witness.output == 0) {
		fail("the compositor lacks a global");
	}
	bool is_pool = strcmp(argv[1], "pool") == 0;
	struct lido_client_options options = {
		.backend = is_pool ? LIDO_CLIENT_BACKEND_POOL : LIDO_CLIENT_BACKEND_WL_SHM,
	};
	struct lido_client *client = lido_client_create(witness.display, &options, NULL);
	witness.swapchain = client != NULL ? lido_swapchain_create(client) : NULL;
	if (witness.swapchain == NULL) {
		fail("cannot create a swapchain");
	}
	open_layer(&witness);
	for (uint32_t number = 0;; number++) {
		show_frame(&witness, number);
		if (is_asked != 0) {
			is_asked = 0;
			look(&witness);
		}
	}
}

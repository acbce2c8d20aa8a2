/*
 * Unusual things that programs do with the files of their pools, by plain libwayland. With lido-run the same pixels
 * must be shown as without. The server is a headless Lido; screen capture tells what it shows.
 *
 *     traps NAME
 *
 * Exits with 0 if the case NAME passes, otherwise with 1 and a message.
 */
#include "kernel_call.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <aio.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wayland-client.h>

// The words of an offset below 4 GiB as arguments of a system call, after an even and after an odd number of others.
#if __SIZEOF_LONG__ == 8
#define WORDS(offset) (long)(offset)
#else
#define WORDS(offset) (long)(offset), 0L
#endif
#ifdef __arm__
#define ODD_WORDS(offset) 0L, WORDS(offset)
#else
#define ODD_WORDS(offset) WORDS(offset)
#endif

#define WIDTH 64
#define HEIGHT 64
#define STRIDE (WIDTH * 4)
#define SIZE ((size_t)STRIDE * HEIGHT)

struct session {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct xdg_wm_base *shell;
	struct wl_output *output;
	struct zwlr_screencopy_manager_v1 *screencopy;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	bool is_configured;
	int releases;
};

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "traps: %s\n", text);
	exit(EXIT_FAILURE);
}

static void check(bool condition, const char *text) {
	if (!condition) {
		fail(text);
	}
}

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct session *session = data;
	const struct {
		const struct wl_interface *interface;
		void *place;
	} globals[] = {
		{&wl_compositor_interface, &session->compositor},
		{&wl_shm_interface, &session->shm},
		{&xdg_wm_base_interface, &session->shell},
		{&wl_output_interface, &session->output},
		{&zwlr_screencopy_manager_v1_interface, &session->screencopy},
	};
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (strcmp(interface, globals[i].interface->name) == 0) {
			void *proxy = wl_registry_bind(registry, name, globals[i].interface, 1);
			memcpy(globals[i].place, &proxy, sizeof(proxy));
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct session *session = data;
	xdg_surface_ack_configure(xdg_surface, serial);
	session->is_configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = handle_configure,
};

static void handle_release(void *data, struct wl_buffer *buffer) {
	struct session *session = data;
	session->releases++;
}

static const struct wl_buffer_listener buffer_listener = {
	.release = handle_release,
};

static void session_init(struct session *session) {
	*session = (struct session){.display = wl_display_connect(NULL)};
	check(session->display != NULL, "cannot connect to the compositor");
	struct wl_registry *registry = wl_display_get_registry(session->display);
	wl_registry_add_listener(registry, &registry_listener, session);
	wl_display_roundtrip(session->display);
	wl_registry_destroy(registry);
	check(session->compositor != NULL && session->shm != NULL && session->shell != NULL,
			"wl_compositor, wl_shm or xdg_wm_base is missing");
	session->surface = wl_compositor_create_surface(session->compositor);
	session->xdg_surface = xdg_wm_base_get_xdg_surface(session->shell, session->surface);
	xdg_surface_add_listener(session->xdg_surface, &xdg_surface_listener, session);
	session->toplevel = xdg_surface_get_toplevel(session->xdg_surface);
	wl_surface_commit(session->surface);
	while (!session->is_configured) {
		check(wl_display_dispatch(session->display) >= 0, "the connection is broken");
	}
}

static void session_finish(struct session *session) {
	xdg_toplevel_destroy(session->toplevel);
	xdg_surface_destroy(session->xdg_surface);
	wl_surface_destroy(session->surface);
	xdg_wm_base_destroy(session->shell);
	wl_compositor_destroy(session->compositor);
	wl_shm_destroy(session->shm);
	wl_output_destroy(session->output);
	if (session->screencopy != NULL) {
		zwlr_screencopy_manager_v1_destroy(session->screencopy);
	}
	wl_display_disconnect(session->display);
}

static int create_file(size_t size) {
	int fd = memfd_create("traps", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	check(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "cannot create a file");
	return fd;
}

static uint32_t *map(int fd, size_t size, off_t offset) {
	uint32_t *pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	check(pixels != MAP_FAILED, "cannot map the file");
	return pixels;
}

static void fill(uint32_t *pixels, uint32_t color) {
	for (size_t i = 0; i < SIZE / sizeof(*pixels); i++) {
		pixels[i] = color;
	}
}

static struct wl_buffer *create_buffer(struct session *session, struct wl_shm_pool *pool, int32_t offset) {
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, offset, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_XRGB8888);
	wl_buffer_add_listener(buffer, &buffer_listener, session);
	return buffer;
}

static void show(struct session *session, struct wl_buffer *buffer) {
	wl_surface_attach(session->surface, buffer, 0, 0);
	wl_surface_damage(session->surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(session->surface);
	check(wl_display_roundtrip(session->display) >= 0, "the connection is broken");
}

struct capture {
	struct session *session;
	struct wl_buffer *buffer;
	uint32_t *pixels;
	uint32_t width, height, stride;
	bool is_done;
};

static void handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width,
		uint32_t height, uint32_t stride) {
	struct capture *capture = data;
	int fd = create_file((size_t)stride * height);
	capture->pixels = map(fd, (size_t)stride * height, 0);
	capture->width = width;
	capture->height = height;
	capture->stride = stride;
	struct wl_shm_pool *pool = wl_shm_create_pool(capture->session->shm, fd, (int32_t)(stride * height));
	capture->buffer = wl_shm_pool_create_buffer(pool, 0, (int32_t)width, (int32_t)height, (int32_t)stride, format);
	wl_shm_pool_destroy(pool);
	close(fd);
	zwlr_screencopy_frame_v1_copy(frame, capture->buffer);
}

static void handle_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags) {
}

static void handle_ready(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t high, uint32_t low, uint32_t nanoseconds) {
	struct capture *capture = data;
	capture->is_done = true;
}

static void handle_failed(void *data, struct zwlr_screencopy_frame_v1 *frame) {
	fail("the screen capture has failed");
}

static const struct zwlr_screencopy_frame_v1_listener frame_listener = {
	.buffer = handle_buffer,
	.flags = handle_flags,
	.ready = handle_ready,
	.failed = handle_failed,
};

// Number of pixels on the screen that have this color.
static size_t count_shown(struct session *session, uint32_t color) {
	struct capture capture = {.session = session};
	struct zwlr_screencopy_frame_v1 *frame =
			zwlr_screencopy_manager_v1_capture_output(session->screencopy, 0, session->output);
	zwlr_screencopy_frame_v1_add_listener(frame, &frame_listener, &capture);
	while (!capture.is_done) {
		check(wl_display_dispatch(session->display) >= 0, "the connection is broken");
	}
	size_t number = 0;
	for (size_t i = 0; i < (size_t)capture.stride * capture.height / sizeof(uint32_t); i++) {
		number += (capture.pixels[i] & 0xffffff) == color;
	}
	zwlr_screencopy_frame_v1_destroy(frame);
	wl_buffer_destroy(capture.buffer);
	munmap(capture.pixels, (size_t)capture.stride * capture.height);
	return number;
}

static void check_shown(struct session *session, uint32_t color, const char *text) {
	// The compositor may not have drawn the latest commit yet.
	for (int tries = 0; tries < 50; tries++) {
		if (count_shown(session, color) == (size_t)WIDTH * HEIGHT) {
			return;
		}
		usleep(20000);
	}
	fail(text);
}

#include "traps_cases.h"

int main(int argc, char *argv[]) {
	if (argc == 4 && strcmp(argv[1], "see") == 0) {
		uint32_t color = (uint32_t)strtoul(argv[3], NULL, 10);
		return see((int)strtol(argv[2], NULL, 10), color, color + 1);
	}
	check(argc == 2, "usage: traps NAME");
	alarm(30);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(cases[i].name, argv[1]) == 0) {
			struct session session;
			session_init(&session);
			cases[i].run(&session);
			session_finish(&session);
			return EXIT_SUCCESS;
		}
	}
	fprintf(stderr, "traps: there is no case %s\n", argv[1]);
	return EXIT_FAILURE;
}

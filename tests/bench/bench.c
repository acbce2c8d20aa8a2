#include "bench.h"

#include "xdg-shell-client-protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void fail(const char *text) {
	fprintf(stderr, "bench: %s\n", text);
	exit(EXIT_FAILURE);
}

int parse_number(const char *text) {
	int number = atoi(text);
	if (number < 1) {
		fail("the counts and the PID must be numbers of 1 or more");
	}
	return number;
}

enum memory parse_memory(const char *text) {
	static const char *const names[] = {"sealed", "unsealable", "library"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			return (enum memory)i;
		}
	}
	fail("unknown kind of memory: must be sealed, unsealable or library");
}

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct bench *bench = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		bench->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
	} else if (strcmp(interface, wl_subcompositor_interface.name) == 0) {
		bench->subcompositor = wl_registry_bind(registry, name, &wl_subcompositor_interface, 1);
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		bench->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		bench->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(bench->wm_base, &wm_base_listener, bench);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void bench_init(struct bench *bench) {
	*bench = (struct bench){.display = wl_display_connect(NULL)};
	if (bench->display == NULL) {
		fail("cannot connect to WAYLAND_DISPLAY");
	}
	bench->registry = wl_display_get_registry(bench->display);
	wl_registry_add_listener(bench->registry, &registry_listener, bench);
	bench_round_trip(bench);
	if (bench->compositor == NULL || bench->subcompositor == NULL || bench->shm == NULL || bench->wm_base == NULL) {
		fail("the compositor lacks wl_compositor, wl_subcompositor, wl_shm or xdg_wm_base");
	}
	bench->client = lido_client_create(bench->display, NULL, NULL);
	if (bench->client == NULL) {
		fail("lido_client_create: out of memory");
	}
}

void bench_finish(struct bench *bench) {
	lido_client_destroy(bench->client);
	xdg_wm_base_destroy(bench->wm_base);
	wl_shm_destroy(bench->shm);
	wl_subcompositor_destroy(bench->subcompositor);
	wl_compositor_destroy(bench->compositor);
	wl_registry_destroy(bench->registry);
	wl_display_disconnect(bench->display);
}

void bench_dispatch(struct bench *bench) {
	if (wl_display_dispatch(bench->display) == -1) {
		fail("lost the connection to the compositor");
	}
}

void bench_round_trip(struct bench *bench) {
	if (wl_display_roundtrip(bench->display) == -1) {
		fail("lost the connection to the compositor");
	}
}

void bench_flush(struct bench *bench) {
	while (wl_display_flush(bench->display) == -1) {
		struct pollfd wait = {.fd = wl_display_get_fd(bench->display), .events = POLLOUT};
		if (errno != EAGAIN || poll(&wait, 1, -1) == -1) {
			fail("lost the connection to the compositor");
		}
	}
}

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct window *window = data;
	xdg_surface_ack_configure(surface, serial);
	window->is_configured = true;
}

static const struct xdg_surface_listener surface_listener = {.configure = handle_configure};

static void handle_toplevel_configure(
		void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height, struct wl_array *states) {
}

static void handle_close(void *data, struct xdg_toplevel *toplevel) {
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_close,
};

void window_init(struct window *window, struct bench *bench) {
	*window = (struct window){.surface = wl_compositor_create_surface(bench->compositor)};
	window->xdg_surface = xdg_wm_base_get_xdg_surface(bench->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	wl_surface_commit(window->surface);
	while (!window->is_configured) {
		bench_dispatch(bench);
	}
}

void window_finish(struct window *window) {
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t time) {
	bool *is_done = data;
	*is_done = true;
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

struct wl_callback *surface_request_frame(struct wl_surface *surface, bool *is_done) {
	struct wl_callback *callback = wl_surface_frame(surface);
	wl_callback_add_listener(callback, &callback_listener, is_done);
	return callback;
}

static void attach(struct wl_surface *surface, struct buffer *buffer, int32_t damaged_rows) {
	buffer->is_busy = true;
	wl_surface_attach(surface, buffer->image != NULL ? lido_image_get_buffer(buffer->image) : buffer->wl, 0, 0);
	wl_surface_damage(surface, 0, 0, buffer->width, damaged_rows);
}

void surface_show(struct wl_surface *surface, struct bench *bench, struct buffer *buffer, int32_t damaged_rows) {
	bool is_done = false;
	attach(surface, buffer, damaged_rows);
	struct wl_callback *callback = surface_request_frame(surface, &is_done);
	wl_surface_commit(surface);
	while (!is_done) {
		bench_dispatch(bench);
	}
	wl_callback_destroy(callback);
}

void surface_commit(struct wl_surface *surface, struct buffer *buffer) {
	attach(surface, buffer, buffer->height);
	wl_surface_commit(surface);
}

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	buffer->is_busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void image_init(struct buffer *buffer, struct bench *bench) {
	buffer->image = lido_image_create(bench->client, buffer->width, buffer->height, WL_SHM_FORMAT_XRGB8888);
	buffer->pixels = buffer->image != NULL ? lido_image_get_pixels(buffer->image) : NULL;
	if (buffer->pixels == NULL) {
		fail(lido_client_error_to_string(lido_client_get_error(bench->client)));
	}
	buffer->size = (size_t)lido_image_get_stride(buffer->image) * (size_t)buffer->height;
}

// As toolkits do: a file, a mapping, and a wl_shm_pool that is destroyed at once.
static void file_init(struct buffer *buffer, struct bench *bench, bool is_sealed) {
	int32_t stride = buffer->width * 4, size = stride * buffer->height;
	int fd = memfd_create("frame", MFD_CLOEXEC | (is_sealed ? MFD_ALLOW_SEALING : 0));
	if (fd == -1 || ftruncate(fd, size) != 0 || (is_sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)) {
		fail("cannot create a file");
	}
	buffer->size = (size_t)size;
	buffer->pixels = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buffer->pixels == MAP_FAILED) {
		fail("cannot map a file");
	}
	struct wl_shm_pool *shm_pool = wl_shm_create_pool(bench->shm, fd, size);
	buffer->wl = wl_shm_pool_create_buffer(shm_pool, 0, buffer->width, buffer->height, stride, WL_SHM_FORMAT_XRGB8888);
	wl_buffer_add_listener(buffer->wl, &buffer_listener, buffer);
	wl_shm_pool_destroy(shm_pool);
	close(fd);
}

void buffer_init(struct buffer *buffer, struct bench *bench, enum memory memory, int32_t width, int32_t height) {
	*buffer = (struct buffer){.width = width, .height = height};
	if (memory == MEMORY_LIBRARY) {
		image_init(buffer, bench);
	} else {
		file_init(buffer, bench, memory == MEMORY_SEALED);
	}
}

void buffer_finish(struct buffer *buffer) {
	if (buffer->image != NULL) {
		lido_image_destroy(buffer->image);
		return;
	}
	wl_buffer_destroy(buffer->wl);
	munmap(buffer->pixels, buffer->size);
}

void buffer_fill(struct buffer *buffer, int value) {
	memset(buffer->pixels, value, buffer->size);
}

bool buffer_is_busy(struct bench *bench, const struct buffer *buffer) {
	if (buffer->image == NULL) {
		return buffer->is_busy;
	}
	lido_client_dispatch(bench->client);
	return lido_image_is_busy(buffer->image);
}

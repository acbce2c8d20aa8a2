/*
 * What does a frame cost? A client that draws and commits frames, one after the other, and reads from the kernel what
 * the compositor's process and its own used meanwhile.
 *
 *     commit_bench PID FRAMES
 *
 * Prints a line per case: name, CPU time per frame (µs) and page faults per frame, of the compositor, and both of the
 * client.
 */
#include "xdg-shell-client-protocol.h"

#include <fcntl.h>
#include <lido/client.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#define BUFFERS_MAX 2
#define WARM_UP_FRAMES 20

enum memory {
	MEMORY_SEALED,     // a file that bears F_SEAL_SHRINK
	MEMORY_UNSEALABLE, // a file that cannot be sealed
	MEMORY_LIBRARY,    // what the client library gives: the server's pool, or wl_shm where it has none
};

struct frame_case {
	const char *name;
	int32_t width, height;
	int buffers; // in rotation; 0: a new one for each frame
	enum memory memory;
	int damage_percent; // of the rows
};

static const struct frame_case cases[] = {
	{"1080p new pool, sealed, all damaged", 1920, 1080, 0, MEMORY_SEALED, 100},
	{"1080p new pool, unsealable, all damaged", 1920, 1080, 0, MEMORY_UNSEALABLE, 100},
	{"1080p new image of the library, all damaged", 1920, 1080, 0, MEMORY_LIBRARY, 100},
	{"1080p two buffers, sealed, all damaged", 1920, 1080, 2, MEMORY_SEALED, 100},
	{"1080p two buffers, sealed, 5 % damaged", 1920, 1080, 2, MEMORY_SEALED, 5},
	{"1080p two buffers, unsealable, all damaged", 1920, 1080, 2, MEMORY_UNSEALABLE, 100},
	{"1080p two buffers, unsealable, 5 % damaged", 1920, 1080, 2, MEMORY_UNSEALABLE, 5},
	{"1080p two images, all damaged", 1920, 1080, 2, MEMORY_LIBRARY, 100},
	{"1080p two images, 5 % damaged", 1920, 1080, 2, MEMORY_LIBRARY, 5},
	{"64x64 new pool, sealed, all damaged", 64, 64, 0, MEMORY_SEALED, 100},
	{"64x64 new image of the library, all damaged", 64, 64, 0, MEMORY_LIBRARY, 100},
};

struct buffer {
	struct lido_image *image; // NULL: of a file
	struct wl_buffer *wl;     // of a file
	uint8_t *pixels;
	size_t size; // bytes
	bool is_busy;
};

struct bench {
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct lido_client *client;
	struct xdg_wm_base *wm_base;
	struct wl_surface *surface;
	bool is_configured;
	int pid;    // of the compositor
	int frames; // measured per case
};

// What a process has used so far.
struct usage {
	double cpu;    // µs
	double faults; // minor and major
};

_Noreturn static void fail(const char *text) {
	fprintf(stderr, "commit_bench: %s\n", text);
	exit(EXIT_FAILURE);
}

static struct usage usage_read(int pid) {
	char path[64], line[1024] = "";
	unsigned long minor = 0, major = 0;
	unsigned long long cpu = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
		fail("cannot read what the compositor uses");
	}
	fclose(file);
	const char *fields = strrchr(line, ')');
	if (fields == NULL || sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &minor, &major) != 2) {
		fail("cannot understand /proc/PID/stat");
	}
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%llu", &cpu) != 1) {
		fail("cannot read /proc/PID/schedstat");
	}
	fclose(file);
	return (struct usage){.cpu = (double)cpu / 1000, .faults = (double)(minor + major)};
}

static void handle_release(void *data, struct wl_buffer *wl_buffer) {
	struct buffer *buffer = data;
	buffer->is_busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void handle_done(void *data, struct wl_callback *callback, uint32_t time) {
	bool *is_done = data;
	*is_done = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

static void handle_configure(void *data, struct xdg_surface *surface, uint32_t serial) {
	struct bench *bench = data;
	xdg_surface_ack_configure(surface, serial);
	bench->is_configured = true;
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

static void handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial) {
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = handle_ping};

static void handle_global(
		void *data, struct wl_registry *registry, uint32_t name, const char *interface, uint32_t version) {
	struct bench *bench = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		bench->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
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

static void image_init(struct buffer *buffer, struct bench *bench, const struct frame_case *frame_case) {
	*buffer = (struct buffer){
		.image = lido_image_create(bench->client, frame_case->width, frame_case->height, WL_SHM_FORMAT_XRGB8888)};
	buffer->pixels = buffer->image != NULL ? lido_image_get_pixels(buffer->image) : NULL;
	if (buffer->pixels == NULL) {
		fail(lido_client_error_to_string(lido_client_get_error(bench->client)));
	}
	buffer->size = (size_t)lido_image_get_stride(buffer->image) * (size_t)frame_case->height;
}

// As a toolkit does it: a file, a mapping, a pool that is destroyed at once.
static void file_init(struct buffer *buffer, struct bench *bench, const struct frame_case *frame_case) {
	bool is_sealed = frame_case->memory == MEMORY_SEALED;
	int32_t stride = frame_case->width * 4;
	int32_t size = stride * frame_case->height;
	int fd = memfd_create("frame", MFD_CLOEXEC | (is_sealed ? MFD_ALLOW_SEALING : 0));
	if (fd == -1 || ftruncate(fd, size) != 0 || (is_sealed && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)) {
		fail("cannot make a file");
	}
	void *pixels = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		fail("cannot map a file");
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(bench->shm, fd, size);
	*buffer = (struct buffer){
		.wl = wl_shm_pool_create_buffer(pool, 0, frame_case->width, frame_case->height, stride, WL_SHM_FORMAT_XRGB8888),
		.pixels = pixels,
		.size = (size_t)size,
	};
	wl_buffer_add_listener(buffer->wl, &buffer_listener, buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
}

static void buffer_init(struct buffer *buffer, struct bench *bench, const struct frame_case *frame_case) {
	(frame_case->memory == MEMORY_LIBRARY ? image_init : file_init)(buffer, bench, frame_case);
}

static void buffer_finish(struct buffer *buffer) {
	if (buffer->image != NULL) {
		lido_image_destroy(buffer->image);
		return;
	}
	wl_buffer_destroy(buffer->wl);
	munmap(buffer->pixels, buffer->size);
}

static bool buffer_is_busy(struct bench *bench, const struct buffer *buffer) {
	if (buffer->image == NULL) {
		return buffer->is_busy;
	}
	lido_client_dispatch(bench->client);
	return lido_image_is_busy(buffer->image);
}

static struct buffer *wait_for_buffer(struct bench *bench, struct buffer *buffers, int buffers_len, int last) {
	for (;;) {
		for (int i = 1; i <= buffers_len; ++i) {
			struct buffer *buffer = &buffers[(last + i) % buffers_len];
			if (!buffer_is_busy(bench, buffer)) {
				return buffer;
			}
		}
		if (wl_display_dispatch(bench->display) == -1) {
			fail("the compositor is gone");
		}
	}
}

static void commit(struct bench *bench, struct buffer *buffer, const struct frame_case *frame_case, int frame) {
	bool is_done = false;
	memset(buffer->pixels, frame, buffer->size * (size_t)frame_case->damage_percent / 100);
	buffer->is_busy = true;
	wl_surface_attach(bench->surface, buffer->image != NULL ? lido_image_get_buffer(buffer->image) : buffer->wl, 0, 0);
	wl_surface_damage(bench->surface, 0, 0, frame_case->width, frame_case->height * frame_case->damage_percent / 100);
	wl_callback_add_listener(wl_surface_frame(bench->surface), &callback_listener, &is_done);
	wl_surface_commit(bench->surface);
	while (!is_done) {
		if (wl_display_dispatch(bench->display) == -1) {
			fail("the compositor is gone");
		}
	}
}

static void run(struct bench *bench, const struct frame_case *frame_case) {
	struct buffer buffers[BUFFERS_MAX], fresh, *buffer = &fresh;
	struct usage before = {0}, own_before = {0};
	for (int i = 0; i < frame_case->buffers; ++i) {
		buffer_init(&buffers[i], bench, frame_case);
		memset(buffers[i].pixels, i, buffers[i].size);
	}
	for (int i = 0; i < WARM_UP_FRAMES + bench->frames; ++i) {
		if (i == WARM_UP_FRAMES) {
			before = usage_read(bench->pid);
			own_before = usage_read(getpid());
		}
		if (frame_case->buffers == 0) {
			buffer_init(&fresh, bench, frame_case);
			commit(bench, &fresh, frame_case, i);
			buffer_finish(&fresh);
		} else {
			int last = buffer == &fresh ? 0 : (int)(buffer - buffers);
			buffer = wait_for_buffer(bench, buffers, frame_case->buffers, last);
			commit(bench, buffer, frame_case, i);
		}
	}
	struct usage after = usage_read(bench->pid), own_after = usage_read(getpid());
	printf("%s\t%.0f\t%.1f\t%.0f\t%.1f\n", frame_case->name, (after.cpu - before.cpu) / bench->frames,
			(after.faults - before.faults) / bench->frames, (own_after.cpu - own_before.cpu) / bench->frames,
			(own_after.faults - own_before.faults) / bench->frames);
	fflush(stdout);
	for (int i = 0; i < frame_case->buffers; ++i) {
		buffer_finish(&buffers[i]);
	}
}

int main(int argc, char *argv[]) {
	if (argc != 3) {
		fail("usage: commit_bench PID FRAMES");
	}
	struct bench bench = {.display = wl_display_connect(NULL), .pid = atoi(argv[1]), .frames = atoi(argv[2])};
	if (bench.display == NULL || bench.frames <= 0) {
		fail("cannot connect");
	}
	struct wl_registry *registry = wl_display_get_registry(bench.display);
	wl_registry_add_listener(registry, &registry_listener, &bench);
	wl_display_roundtrip(bench.display);
	if (bench.compositor == NULL || bench.shm == NULL || bench.wm_base == NULL) {
		fail("the compositor has no wl_compositor, wl_shm or xdg_wm_base");
	}
	bench.client = lido_client_create(bench.display, NULL, NULL);
	if (bench.client == NULL) {
		fail("the client library finds no memory");
	}
	bench.surface = wl_compositor_create_surface(bench.compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(bench.wm_base, bench.surface);
	xdg_surface_add_listener(xdg_surface, &surface_listener, &bench);
	struct xdg_toplevel *toplevel = xdg_surface_get_toplevel(xdg_surface);
	xdg_toplevel_add_listener(toplevel, &toplevel_listener, &bench);
	wl_surface_commit(bench.surface);
	while (!bench.is_configured && wl_display_dispatch(bench.display) != -1) {
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
		run(&bench, &cases[i]);
	}
	lido_client_destroy(bench.client);
	wl_display_disconnect(bench.display);
	return EXIT_SUCCESS;
}

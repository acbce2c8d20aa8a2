/*
 * Lido's client library: pixels in memory that the server owns, for toolkits and for programs without one.
 *
 *     struct lido_client *client = lido_client_create(display, NULL, NULL);
 *     struct lido_swapchain *swapchain = lido_swapchain_create(client);
 *     // for each frame:
 *     struct lido_image *image = lido_swapchain_acquire(swapchain, width, height, WL_SHM_FORMAT_XRGB8888);
 *     draw(lido_image_get_pixels(image), lido_image_get_stride(image));
 *     wl_surface_attach(surface, lido_image_get_buffer(image), 0, 0);
 *     wl_surface_damage_buffer(surface, 0, 0, width, height);
 *     wl_surface_commit(surface);
 *
 * Where the compositor has no lido_shm_manager_v1 the same functions work on wl_shm.
 *
 * An *image* is a wl_buffer with its pixels. A *swapchain* recycles images for one surface, whatever their sizes.
 *
 * Events: a client has an event queue of its own. Whoever reads the display's socket (wl_display_dispatch(),
 * wl_display_read_events()) fills it; the functions here dispatch it when they need to. A program that only acquires
 * images never needs lido_client_dispatch(). Functions that may block say so; all others never do. Those that may
 * must not be called between wl_display_prepare_read() and wl_display_read_events() of the same thread, since they read
 * themselves.
 *
 * Threads: a client, its swapchains and images belong to one thread at a time. Different clients, also of the same
 * display, may be used by different threads at once. There are no globals.
 */
#ifndef LIDO_CLIENT_H
#define LIDO_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client-core.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct wl_buffer;

/* One use of a server's memory, by one wl_display. Opaque. */
struct lido_client;

/* A wl_buffer and its pixels. Opaque. */
struct lido_image;

/* Images for a surface. Opaque. */
struct lido_swapchain;

/* Why something failed. */
enum lido_client_error {
	LIDO_CLIENT_ERROR_NONE,
	LIDO_CLIENT_ERROR_CONNECTION,  // the display is broken: wl_display_get_error() says why
	LIDO_CLIENT_ERROR_UNSUPPORTED, // no wl_shm, or no lido_shm_manager_v1 for POOL; or the format is not offered
	LIDO_CLIENT_ERROR_INVALID,     // a size below 1x1, or of more bytes than the wire can name
	LIDO_CLIENT_ERROR_LIMIT,       // over the server's limit for this client, or all 16 of a swapchain are busy
	LIDO_CLIENT_ERROR_MEMORY,      // no memory, address space or files, here or in the server
};

/* Where the pixels are. */
enum lido_client_backend {
	LIDO_CLIENT_BACKEND_AUTO, // only in options: the server's pool if there is one
	LIDO_CLIENT_BACKEND_POOL, // lido_shm_v1
	LIDO_CLIENT_BACKEND_WL_SHM,
};

/* Zeroed, these are the defaults. */
struct lido_client_options {
	enum lido_client_backend backend; // WL_SHM: even if the server has a pool; POOL: fail if it has none
	uint32_t reserve_max;             // bytes of address space; 0: without bound on 64 bits, 256 MiB on 32 bits
};

/* What a client holds; for statistics. */
struct lido_client_stats {
	uint32_t areas;    // of the pool; on wl_shm: files
	uint32_t mappings; // of this process
	uint32_t images;
	uint32_t round_trips; // how often a function waited for the server, since the start
	int64_t bytes_mapped; // address space
	int64_t bytes_files;  // that the files have; those never written need no memory
	int64_t bytes_images; // of the pixels of all images
};

/*
 * Binds what the server has. Blocks for two round trips. options: NULL for the defaults. NULL on failure, with *error
 * (may be NULL) set. The display must outlive the client.
 */
struct lido_client *lido_client_create(
		struct wl_display *display, const struct lido_client_options *options, enum lido_client_error *error);

/* Destroys its swapchains and images as well, and unmaps everything. NULL is fine. */
void lido_client_destroy(struct lido_client *client);

/* POOL or WL_SHM. */
enum lido_client_backend lido_client_get_backend(const struct lido_client *client);

/* Is the format (enum wl_shm_format) one that the server takes, and of one plane that this library knows? */
bool lido_client_has_format(const struct lido_client *client, uint32_t format);

/* Why the last function of this client that failed did so. */
enum lido_client_error lido_client_get_error(const struct lido_client *client);

/* A static text for an error: a sentence in English without a full stop. */
const char *lido_client_error_to_string(enum lido_client_error error);

/* Handles events that were read already: releases, places. Returns false when the connection is broken. */
bool lido_client_dispatch(struct lido_client *client);

/* Fills in what the client holds now. */
void lido_client_get_stats(const struct lido_client *client, struct lido_client_stats *stats);

/*
 * Asks for an image of that size and format (enum wl_shm_format). Does not wait: any number can be asked for before the
 * first is used; lido_image_wait() then costs one round trip for all. NULL on failure. Its pixels are zero, or what
 * this client has drawn before.
 */
struct lido_image *lido_image_create(struct lido_client *client, int32_t width, int32_t height, uint32_t format);

/* Gives it back to the server, which keeps it as long as it shows it. NULL is fine. Not for images of a swapchain. */
void lido_image_destroy(struct lido_image *image);

/* Waits until the image has its memory: blocks for a round trip if that is not known yet. False: it has failed. */
bool lido_image_wait(struct lido_image *image);

/* The pixels, row by row, writable; NULL if it has failed. Waits as lido_image_wait() does. Owned by the image. */
void *lido_image_get_pixels(struct lido_image *image);

/* Bytes from one row to the next: the row's own, up to a multiple of 4; from 2 KiB on, of 256, as GPUs import it. */
int32_t lido_image_get_stride(const struct lido_image *image);

/* In pixels. */
int32_t lido_image_get_width(const struct lido_image *image);
int32_t lido_image_get_height(const struct lido_image *image);

/*
 * For wl_surface_attach(). Owned by the image, on the client's queue: neither destroy it nor listen to it. NULL if the
 * image has failed; waits as lido_image_wait() does. Asking makes the image busy, so ask anew for each commit, and not
 * without one: the server releases only what was committed. An image that is committed again while it is busy, or to
 * several surfaces, may be called released too early, by the release of an earlier commit.
 */
struct wl_buffer *lido_image_get_buffer(struct lido_image *image);

/* Does the server use it: was its wl_buffer asked for, and not released since? Drawing would be seen half done. */
bool lido_image_is_busy(const struct lido_image *image);

/* For one surface; takes no memory yet. NULL: no memory. */
struct lido_swapchain *lido_swapchain_create(struct lido_client *client);

/* With all its images. NULL is fine. */
void lido_swapchain_destroy(struct lido_swapchain *swapchain);

/*
 * An image of that size and format that the server does not use, to be drawn, attached and committed. Recycles memory:
 * as long as sizes stay below the largest so far, and the server releases, this is no system call and no wait. When a
 * surface outgrows its memory, it asks for half as much again as it needs, or for no more than it needs if that fails.
 * With a pool it blocks for a round trip whenever it asks. It blocks for one as well when two images or more are all
 * busy, before it asks for another one: a release may be on its way. NULL on failure.
 *
 * The image is the swapchain's, and valid until the next acquire. To acquire without asking for the buffer wastes
 * nothing: the image is there for the next acquire.
 */
struct lido_image *lido_swapchain_acquire(
		struct lido_swapchain *swapchain, int32_t width, int32_t height, uint32_t format);

/*
 * How old the image's pixels are: 0: unknown, draw all; 1: those of the last image that was acquired and had its buffer
 * asked for; 2: those of the one before, and so on. As EGL_EXT_buffer_age has it.
 */
uint32_t lido_image_get_age(const struct lido_image *image);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

/*
 * Lido's client library: pixels in memory that the server owns. For toolkits, and for programs that use none.
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
 * If the compositor has no lido_shm_manager_v1, or a proxy is in between, or the environment has LIDO_POOL=0, the same
 * functions use wl_shm. If the server's pool refuses memory, an image, a block or an image of a swapchain uses a file
 * of wl_shm for as long as it exists; a client has up to 64 such files. With BACKEND_POOL, these functions fail
 * instead.
 *
 * An *image* is a wl_buffer with its pixels. A *swapchain* recycles images of any size for one surface. A *block* is
 * memory in which a program places several images, such as an atlas or a cursor theme.
 *
 * Events: each client has its own event queue. Any function that reads the display's socket (wl_display_dispatch(),
 * wl_display_read_events()) fills the queue; the functions here dispatch it when they need to. A program that only
 * acquires images never needs lido_client_dispatch(). One that waits for a release handler, or for
 * lido_image_is_ready(), calls it after reading, and also after wl_display_prepare_read(), before it polls the socket:
 * events may have been read already, and the socket does not become readable for them again. A function blocks only if
 * its comment says so. Functions that may block read the socket: in a thread that has called wl_display_prepare_read(),
 * and has neither read nor canceled, they would wait for their own thread, unless lido_client_set_read_prepared() has
 * told them. If they leave the program's own events on the default queue, they have the server send an event, on the
 * client's queue: so a program that polls the socket wakes up for them. One that dispatches other queues, and does not
 * call wl_display_prepare_read_queue() before it polls, dispatches their pending events first.
 *
 * Threads: only one thread at a time may use a client with its swapchains, blocks and images. Different threads may use
 * different clients at the same time, even on the same display. The library has no global state.
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
struct wl_shm;

/* One user of the server's shared memory, on one wl_display. Opaque. */
struct lido_client;

/* A wl_buffer and its pixels. Opaque. */
struct lido_image;

/* Memory for several images. Opaque. */
struct lido_client_block;

/* The images of one surface. Opaque. */
struct lido_swapchain;

/* The file that has the pixels of an image. */
struct lido_image_file {
	int fd;          // readable and writable; the library closes it
	uint32_t id;     // of the file: never 0, and no other file of the same client ever has it
	uint32_t size;   // bytes of the file, which never change
	uint32_t offset; // bytes from the start of the file to the first row
};

/* Why a function failed. */
enum lido_client_error {
	LIDO_CLIENT_ERROR_NONE,
	LIDO_CLIENT_ERROR_CONNECTION,  // the connection is broken; wl_display_get_error() has the cause
	LIDO_CLIENT_ERROR_UNSUPPORTED, // no wl_shm; no pool for POOL; the format is not offered; or no private client
	LIDO_CLIENT_ERROR_INVALID,     // width, height or a block's size below 1, or more than INT32_MAX bytes
	LIDO_CLIENT_ERROR_LIMIT,       // a limit of the server for this client, or all 16 images of a swapchain are busy
	LIDO_CLIENT_ERROR_MEMORY,      // out of memory, address space or files, here or in the server
	LIDO_CLIENT_ERROR_STRIDE,      // a stride that is less than a row, or no multiple of the bytes of a pixel
	LIDO_CLIENT_ERROR_RANGE,       // the image ends beyond its block
};

/* Where the pixels lie. */
enum lido_client_backend {
	LIDO_CLIENT_BACKEND_AUTO,   // only in options: POOL if it can be used, WL_SHM otherwise and for what POOL refuses
	LIDO_CLIENT_BACKEND_POOL,   // lido_shm_v1: the server's pool for this client
	LIDO_CLIENT_BACKEND_WL_SHM, // wl_shm: files of the library
};

/* Options of lido_client_create(). All zero: the defaults. */
struct lido_client_options {
	enum lido_client_backend backend; // WL_SHM: even if the server has POOL; POOL: fail if it has none
	uint32_t reserve_max;             // bytes of address space; 0: no limit on 64 bits, 256 MiB on 32 bits
	bool is_read_prepared;            // as for lido_client_set_read_prepared()
	bool is_private;                  // the files have no other client's memory: see lido_image_get_file()
};

/* What a client uses. */
struct lido_client_stats {
	uint32_t areas;       // areas of the pool, and files of wl_shm
	uint32_t mappings;    // mappings of these files in this process
	uint32_t images;      // images that exist, including those of swapchains
	uint32_t round_trips; // how often a function waited for the server, since the client was created
	int64_t bytes_mapped; // address space of the mappings
	int64_t bytes_files;  // size of the files; pages that were never written use no memory
	int64_t bytes_images; // pixels of all images, with the padding of their rows
	uint32_t files;       // of the areas: files of wl_shm; with POOL, those for memory that the server refused
};

/*
 * Creates a client and binds the server's globals. Blocks for two round trips. options: NULL for the defaults. Returns
 * NULL on failure. Sets *error, also on success (to NONE); error may be NULL. The display must outlive the client.
 */
struct lido_client *lido_client_create(
		struct wl_display *display, const struct lido_client_options *options, enum lido_client_error *error);

/* Destroys the client with all its swapchains, blocks and images, and unmaps all memory. NULL is fine. */
void lido_client_destroy(struct lido_client *client);

/* Returns the backend in use: POOL or WL_SHM, never AUTO. With POOL, some images may use wl_shm; see the statistics. */
enum lido_client_backend lido_client_get_backend(const struct lido_client *client);

/* Returns whether the server accepts the format (enum wl_shm_format), and this library knows it: one plane only. */
bool lido_client_has_format(const struct lido_client *client, uint32_t format);

/* Returns why the last function of this client failed. Valid only after a function has returned NULL or false. */
enum lido_client_error lido_client_get_error(const struct lido_client *client);

/* Returns a static text for an error: in English, lower case, without a period. */
const char *lido_client_error_to_string(enum lido_client_error error);

/* Dispatches events that were already read, such as releases. Returns false if the connection is broken. */
bool lido_client_dispatch(struct lido_client *client);

/*
 * Tells whether this thread has prepared to read the display's socket: true after wl_display_prepare_read(), false
 * after wl_display_read_events() or wl_display_cancel_read(). For programs whose event loop stays prepared while they
 * call functions that may block. These give it up meanwhile, and are prepared again when they return. Events of the
 * program's own queues may have been read then, and are not dispatched; the socket becomes readable once more, whatever
 * queue they are on, so that the event loop dispatches them.
 */
void lido_client_set_read_prepared(struct lido_client *client, bool is_prepared);

/*
 * Returns the wl_shm that the client has bound, on its queue: for libraries that need one, such as libwayland-cursor.
 * It is there with POOL as well. The client owns it.
 */
struct wl_shm *lido_client_get_shm(const struct lido_client *client);

/* Fills in what the client uses now. */
void lido_client_get_stats(const struct lido_client *client, struct lido_client_stats *stats);

/*
 * Creates an image. width, height: pixels; format: enum wl_shm_format. Does not wait for the server: a program can
 * create many images, and the first lido_image_wait() then blocks for one round trip for all of them. The pixels are
 * zero, or what this client drew earlier. Returns NULL on failure. The caller destroys it with lido_image_destroy();
 * lido_client_destroy() destroys those that remain.
 */
struct lido_image *lido_image_create(struct lido_client *client, int32_t width, int32_t height, uint32_t format);

/*
 * As lido_image_create(), with rows that start stride bytes apart: for programs whose drawing code chooses the stride.
 * It must hold a row, and be a multiple of the bytes of a pixel, or of a pair of pixels that share their bytes as in
 * YUYV. 0: as lido_image_get_stride() describes. GPUs import only some strides; compositors copy images with others.
 */
struct lido_image *lido_image_create_with_stride(
		struct lido_client *client, int32_t width, int32_t height, int32_t stride, uint32_t format);

/*
 * Destroys an image; the server keeps its memory while it shows it. NULL is fine. Not for images of a swapchain. Once a
 * busy image of a block is destroyed, drawing in its place may show unfinished pixels.
 */
void lido_image_destroy(struct lido_image *image);

/*
 * Waits until the image has memory. Blocks for a round trip if the server has not answered yet, and for a second one to
 * repeat a request that the server refused because of unread events. Returns false if the image has no memory.
 */
bool lido_image_wait(struct lido_image *image);

/*
 * Has the server answered, so that lido_image_wait() would not block, unless it repeats a request? Dispatches events
 * that were already read, and does not block. Whether the image has memory is what lido_image_wait() returns.
 */
bool lido_image_is_ready(struct lido_image *image);

/*
 * Returns the pixels, writable, row by row from the top; NULL if the image has no memory. Blocks as lido_image_wait()
 * does. The image owns them.
 */
void *lido_image_get_pixels(struct lido_image *image);

/*
 * Returns the bytes from one row to the next: those that the program chose, or else the row's own, padded to a multiple
 * of 4, or of 256 if the row has 2 KiB or more, so that GPUs can import it. Formats of 3 bytes per pixel have three
 * times these numbers.
 */
int32_t lido_image_get_stride(const struct lido_image *image);

/* Return the size in pixels. */
int32_t lido_image_get_width(const struct lido_image *image);
int32_t lido_image_get_height(const struct lido_image *image);

/*
 * Returns the wl_buffer for wl_surface_attach(). The image owns it, and it is on the client's queue: do not destroy it,
 * and add no listener. Returns NULL if the image has no memory, or on failure. Blocks as lido_image_wait() does.
 *
 * Each call marks the image as busy until the server releases it. Call this once for each commit, and only if a commit
 * follows: the server releases only committed buffers. If an image is committed again while it is busy, or to several
 * surfaces, the release of an earlier commit may mark it as free too early.
 */
struct wl_buffer *lido_image_get_buffer(struct lido_image *image);

/*
 * Returns whether the server may be reading the image: lido_image_get_buffer() was called, and the release has not
 * arrived. Drawing into a busy image may show unfinished pixels.
 */
bool lido_image_is_busy(const struct lido_image *image);

/*
 * Tells which file has the pixels, so that another process can draw them: of a client with the option is_private, which
 * a program creates for each such process, beside others on the same display. Pass it a copy of the fd (SCM_RIGHTS),
 * which lasts; the library closes its own when it unmaps the file. The process maps the file once, as a whole, from its
 * start, shared, and draws at the offset, with lido_image_get_stride(). It can write what it likes, into all images of
 * this client and no other memory, but can neither change the size of the file nor end the program. This program
 * creates, commits and destroys images as ever, and tells the process when one is not busy.
 *
 * Images share files. A swapchain's image can move to another place when lido_swapchain_acquire() returns it: ask each
 * time. With POOL, a compositor allows few files in all, some 16. What it refuses, and everything with WL_SHM or a
 * compositor whose pool has version 3 or less, has a file of its own, whose fd stays open.
 *
 * Blocks as lido_image_wait() does. Returns false if the image has no memory, or its client is not private.
 */
bool lido_image_get_file(struct lido_image *image, struct lido_image_file *file);

/*
 * Gives up the pixels of an image that is not busy, and keeps the image: the server can return their memory to the
 * system, for instance while a window is hidden. Does not wait. The pixels are unknown afterwards, and so are those of
 * images that overlap with it; until they are drawn again, they are what they were, or zeros. Call
 * lido_image_get_pixels() before drawing again: it blocks for a round trip if the server has not answered by then. Does
 * nothing if the image is busy or has no memory yet, with WL_SHM, and if the server cannot do it.
 */
void lido_image_discard(struct lido_image *image);

/* The same for all images of a swapchain. The acquired image, if there is one, must not be drawn in any more. */
void lido_swapchain_discard(struct lido_swapchain *swapchain);

/*
 * Sets a function that is called whenever the image stops being busy, while events are dispatched: by
 * lido_client_dispatch(), or by a function that blocks. It may destroy no image or swapchain. NULL: none. An image of a
 * swapchain keeps it until the image is destroyed.
 */
void lido_image_set_release_handler(
		struct lido_image *image, void (*fn)(struct lido_image *image, void *data), void *data);

/*
 * Creates a block of size bytes, 1 to INT32_MAX, for images that the program places in it. It is one block of the
 * server's pool, or one file of wl_shm, however many images it has. Does not wait for the server. Its bytes are zero,
 * or what this client drew earlier; the first is aligned to 64 bytes. Returns NULL on failure. The caller destroys it
 * with lido_client_block_destroy(); lido_client_destroy() destroys those that remain.
 */
struct lido_client_block *lido_client_block_create(struct lido_client *client, uint32_t size);

/* Destroys a block. Its memory stays until the images in it are destroyed as well. NULL is fine. */
void lido_client_block_destroy(struct lido_client_block *block);

/*
 * Creates an image whose first row is offset bytes from the start of a block; otherwise as
 * lido_image_create_with_stride(). stride * height bytes from there must lie in the block, also if the last row is
 * shorter: to show parts of an atlas, add a row to the block. Images may overlap, and then share these pixels. Each has
 * its own wl_buffer, once it is requested, and is busy by itself. The first function that waits for one of them waits
 * for the block. Returns NULL on failure. The caller destroys it with lido_image_destroy(), before or after the block.
 */
struct lido_image *lido_client_block_create_image(struct lido_client_block *block, uint32_t offset, int32_t width,
		int32_t height, int32_t stride, uint32_t format);

/* Creates a swapchain for one surface. It has no images yet. Returns NULL if out of memory. */
struct lido_swapchain *lido_swapchain_create(struct lido_client *client);

/* Destroys a swapchain with all its images. NULL is fine. */
void lido_swapchain_destroy(struct lido_swapchain *swapchain);

/*
 * Returns an image of this size and format that is not busy, to draw, attach and commit. width, height: pixels; format:
 * enum wl_shm_format. Returns NULL on failure.
 *
 * Recycles memory: while no size exceeds the largest so far, and the server releases images, this makes no system call
 * and does not wait. When an image outgrows its memory, this requests 1.5 times the bytes that it needs or, if that
 * fails, exactly what it needs. With POOL, each request for memory blocks for a round trip. If two or more images exist
 * and all are busy, this blocks for a round trip before it adds an image, because a release may be on its way.
 *
 * The swapchain owns the image. It is valid until the next acquire. A program may acquire an image and not commit it;
 * the image is then available to the next acquire.
 */
struct lido_image *lido_swapchain_acquire(
		struct lido_swapchain *swapchain, int32_t width, int32_t height, uint32_t format);

/*
 * As lido_swapchain_acquire(), with a stride as for lido_image_create_with_stride(). A swapchain may have images of
 * different strides.
 */
struct lido_image *lido_swapchain_acquire_with_stride(
		struct lido_swapchain *swapchain, int32_t width, int32_t height, int32_t stride, uint32_t format);

/*
 * Returns the age of an acquired image's pixels, as in EGL_EXT_buffer_age. 0: unknown, draw everything; 1: the pixels
 * of the last frame; 2: those of the frame before, and so on. A frame is an acquired image whose buffer was requested.
 */
uint32_t lido_image_get_age(const struct lido_image *image);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

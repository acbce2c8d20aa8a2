/*
 * Lido's shared-memory backend for Wayland compositors: its own wl_shm and lido_shm_manager_v1 globals, with one pool
 * of memory per client.
 *
 * This header needs libwayland-server and libc only. A wlroots compositor uses <lido/wlroots.h>, which does everything
 * below by itself.
 *
 * Vocabulary: a *manager* is the globals. A *pool* is all the memory of one client, with its quota and statistics. An
 * *area* is one file with its mappings: *imported* from a client by wl_shm, or *exported* to it by lido_shm_v1. A
 * *block* is a range of an exported area. A *buffer* is a wl_buffer, validated when it was created. A *lock* keeps a
 * buffer's memory alive for a reader. A *scratch* is a buffer of the server's own memory, charged to one pool: for
 * snapshots of pixels.
 *
 * The rule: no function here touches memory that a client can take away, so none raises SIGBUS, and no handler for it
 * is installed.
 *
 * Threads: everything belongs to the thread that runs the wl_display.
 */
#ifndef LIDO_SHM_H
#define LIDO_SHM_H

#include <lido/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <wayland-server-core.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct lido_area;
struct lido_block;
struct lido_format;
struct lido_pin;
struct lido_pool;
struct lido_scratch;

/* The globals and what they know. Opaque. */
struct lido_manager;

/* A rectangle of pixels, in buffer coordinates. */
struct lido_box {
	int32_t x, y;          // pixels
	int32_t width, height; // pixels
};

/* Internal: what is known of the pages of a buffer. Zero at first. */
struct lido_pages {
	bool populated;      // the page table was filled once
	uint32_t generation; // of an exported area in which they had no holes
};

/*
 * A wl_buffer, in a wl_shm pool or a block. Its fields never change, except resource, commits, data and the internal
 * ones.
 */
struct lido_buffer {
	struct wl_resource *resource;     // NULL once the client has destroyed the wl_buffer
	struct lido_pool *pool;           // of the client that created it
	const struct lido_format *format; // internal; see drm_format
	uint32_t drm_format;              // as in drm_fourcc.h
	int32_t width, height;            // pixels
	int32_t stride;                   // bytes from one row to the next
	int64_t offset;                   // bytes from the start of the file
	int64_t size;                     // bytes, all planes

	uint32_t commits; // see struct lido_commit; stops at UINT32_MAX
	void *data;       // for the user of this library; not touched by it

	struct {
		/* The client has destroyed its wl_buffer, or is gone. The memory stays while locked. data: this buffer */
		struct wl_signal destroy;
	} events;

	struct {
		struct lido_area *area;   // NULL: its block has no memory
		struct lido_block *block; // NULL: in an imported area
		uint32_t locks;
		struct lido_pages pages;
		bool is_used;
	} internal;
};

/*
 * Creates the globals wl_shm, version 2, and lido_shm_manager_v1, version 4, on the display. formats: the DRM formats
 * (drm_fourcc.h) that the renderer reads, ARGB8888 and XRGB8888 among them; those that this library does not know are
 * not offered. limits: NULL for the defaults.
 *
 * Also sets the default maximal buffer size of the display's clients to LIDO_UNREAD_BYTES_MAX, without which malformed
 * messages would make the event loop spin. A compositor that wants larger ones calls
 * wl_display_set_default_max_buffer_size() afterwards.
 *
 * Returns NULL, with errno: EINVAL if a required format is missing, or if the limit on files, wl_shm_pools, buffers or
 * scratch bytes is 0 (begin with lido_limits_default()); EEXIST if the display has a manager; ENOMEM. It is destroyed
 * with the display, or earlier by lido_manager_destroy().
 */
struct lido_manager *lido_manager_create(
		struct wl_display *display, const uint32_t *formats, size_t formats_len, const struct lido_limits *limits);

/*
 * Offers one more DRM format, as when the compositor has replaced its renderer: clients that have bound wl_shm receive
 * a format event. No format can be taken back. Does nothing if it is offered already. Returns false, with errno: EINVAL
 * if this library does not know the format, ENOMEM.
 */
bool lido_manager_add_format(struct lido_manager *manager, uint32_t format);

/*
 * Removes the globals. Clients that bound them must be gone (wl_display_destroy_clients()). Pools with locked buffers
 * or scratches in use live until these are unlocked and destroyed. NULL is fine.
 */
void lido_manager_destroy(struct lido_manager *manager);

/* The pool of a client. It is created on first use and dropped with the client. Returns NULL if memory is short. */
struct lido_pool *lido_pool_from_client(struct lido_manager *manager, struct wl_client *client);

/* The client of a pool; NULL once it is gone, while something of the pool is locked. */
struct wl_client *lido_pool_get_client(const struct lido_pool *pool);

/*
 * Adds a listener for new pools, whose data is a struct lido_pool *: before its client can use anything of it, so this
 * is where to give it limits of its own. It must not destroy the client. Remove it with wl_list_remove(), before or
 * after the manager is destroyed, or never if it outlives the manager.
 */
void lido_manager_add_pool_listener(struct lido_manager *manager, struct wl_listener *listener);

/*
 * Replaces the limits of one client, at any time. If more is used already, nothing is taken away from the client; what
 * it requests beyond is answered as at any limit, so it may be disconnected (see the head of <lido/limits.h>). All
 * clients of its process together may use a quarter more than the limit of the one that requests.
 *
 * Returns false, with errno EINVAL and the limits unchanged, for limits that lido_manager_create() refuses. Clients are
 * told the limits that concern them once, with their lido_shm_pool_v1: one that has it already keeps the old values.
 */
bool lido_pool_set_limits(struct lido_pool *pool, const struct lido_limits *limits);

/*
 * Adds a listener for limits that clients meet, whose data is a struct lido_limit_event *: one event for a client that
 * is being disconnected, and others, for what a client goes without, not more often than once in
 * LIDO_LIMIT_EVENT_INTERVAL_MS for each limit of each client. A hostile client can connect again and again: bound what
 * you write to a log. The listener must not destroy the client; lido_pool_set_limits() may be called, for the next
 * request. Remove it as a listener for pools.
 */
void lido_manager_add_limit_listener(struct lido_manager *manager, struct wl_listener *listener);

/* The buffer behind a wl_buffer. Returns NULL if no lido_manager created the wl_buffer. */
struct lido_buffer *lido_buffer_try_from_resource(struct wl_resource *resource);

/* Keeps the memory of a buffer, and its struct, until it is unlocked. Returns the buffer. */
struct lido_buffer *lido_buffer_lock(struct lido_buffer *buffer);

/* Releases a lock; the buffer is freed with the last one if the wl_buffer is gone. Sends no release event. */
void lido_buffer_unlock(struct lido_buffer *buffer);

/* What the library knows of a buffer when it is committed. */
struct lido_commit {
	uint32_t commits;      // of this buffer before this one; stops at UINT32_MAX
	uint32_t file_commits; // of any buffer in its file before this one; stops at UINT32_MAX
	bool is_sealed;        // lido_buffer_is_sealed()
	bool is_exported;      // lido_buffer_is_exported()
	bool is_new_block;     // the same, and no buffer in its block was committed before
	bool is_inspected;     // internal: the size of its file was compared for this commit
	int64_t bytes_copied;  // lido_buffer_get_bytes_copied()
};

/*
 * Call it for each commit of the buffer, before its pixels are read. Compares the size of the file with what the server
 * made it, which takes a system call if the buffer is in a block, and counts the commit. Returns false if the client
 * has tampered with the file; the client is disconnected with lido_shm_block_v1.file_changed on the wl_buffer then.
 */
bool lido_buffer_begin_commit(struct lido_buffer *buffer, struct lido_commit *commit);

/*
 * The same comparison without a commit, for those who read the buffer at other times. Returns true if the client has
 * tampered with the file; it is disconnected then.
 */
bool lido_buffer_detect_tampering(struct lido_buffer *buffer);

/* Tells the client that the server no longer reads the buffer. Does nothing if the wl_buffer is gone. */
void lido_buffer_send_release(struct lido_buffer *buffer);

/*
 * Can the server read this fd with pread(), without being made to wait? It must be a regular, readable file on a file
 * system that needs no other process to answer. If not, reason (LIDO_FILE_REASON_SIZE bytes are enough) says why. Use
 * it for whatever else clients send files for, such as keymaps; wl_shm calls it by itself.
 */
bool lido_file_probe(int fd, char *reason, size_t reason_size);

/* Bytes of the longest reason, with its terminating zero. */
#define LIDO_FILE_REASON_SIZE 128

enum lido_read_result {
	LIDO_READ_OK,
	LIDO_READ_TRUNCATED, // the file is shorter than the buffer, or cannot be read: the client's fault
};

/*
 * Copies the pixels of a box from the file to dst, which points to where the *buffer's* first pixel belongs: row y goes
 * to dst + y * dst_stride. dst_stride must be at least stride, and dst must hold all of the buffer at that stride. The
 * box is clipped to the buffer. Pixels of the same rows outside the box may be overwritten with those in the file. A
 * format with several planes is read as a whole, whatever the box; dst_stride must equal stride then.
 *
 * A buffer without memory (its block has failed) is all zeros. On LIDO_READ_TRUNCATED the missing pixels are zero; call
 * lido_buffer_post_truncated() to disconnect the client.
 */
enum lido_read_result lido_buffer_read(
		struct lido_buffer *buffer, const struct lido_box *box, void *dst, size_t dst_stride);

/* The same, from pixels in place, as lido_buffer_map() returned them. */
void lido_buffer_copy(
		const struct lido_buffer *buffer, const void *pixels, const struct lido_box *box, void *dst, size_t dst_stride);

/*
 * Counts pixels that somebody else copies from where lido_buffer_map() has returned: a renderer that uploads them. The
 * functions above count by themselves. See lido_pool_stats.bytes_read.
 */
void lido_buffer_count_read(const struct lido_buffer *buffer, int64_t pixels);

/*
 * Returns a pointer to the buffer's first pixel in place, read-only, of which the given rows may be read now. The
 * address never changes while the buffer is locked. Maps the file on first use.
 *
 * Returns NULL if the file is unsealable, does not hold these rows, or has holes in them (reading a hole would make the
 * kernel allocate its pages), or if the buffer has no memory; use lido_buffer_read() then. A format with several planes
 * is mapped as a whole or not at all.
 *
 * commit: of lido_buffer_begin_commit() for the request being handled, so that the file is not inspected twice; NULL
 * outside of commits.
 */
const void *lido_buffer_map(struct lido_buffer *buffer, int32_t y, int32_t height, const struct lido_commit *commit);

/* Is its file sealed against shrinking, so that lido_buffer_map() may succeed? No system call. */
bool lido_buffer_is_sealed(const struct lido_buffer *buffer);

/* Is it in a block of lido_shm_v1, so that the server owns its memory? No system call. */
bool lido_buffer_is_exported(const struct lido_buffer *buffer);

/*
 * Writes the pixels of a box to the file, as screen capture does, and nothing else: neither the padding of rows nor
 * what lies around. src points to the first pixel of the *box*; its rows are src_stride bytes apart, and the last one
 * ends with its last pixel. A format with several planes is written as a whole: the box is the buffer, src_stride its
 * stride, and src has its size bytes.
 *
 * Returns false, with nothing written, if the box is not within the buffer, or cuts a group of pixels that share bytes
 * (YUYV); if the client has no write access (a read-only or write-sealed file); or if the file does not hold the
 * buffer. If a system call fails, part of the box may be written. Never grows the file.
 */
bool lido_buffer_write(struct lido_buffer *buffer, const struct lido_box *box, const void *src, size_t src_stride);

/* May lido_buffer_write() succeed? */
bool lido_buffer_is_writable(const struct lido_buffer *buffer);

/* Disconnects the client with wl_shm.invalid_fd on the wl_buffer; the message names the sizes. */
void lido_buffer_post_truncated(struct lido_buffer *buffer);

/*
 * Call it before copying that many bytes of the buffer. Returns false if its client would exceed
 * LIDO_DISPATCH_BYTES_MAX in this dispatch, during which no other client is served; disconnect it with
 * lido_pool_post_no_memory() then.
 */
bool lido_buffer_spend(struct lido_buffer *buffer, int64_t bytes);

/* Bytes that were spent in this dispatch, for all buffers of its client. */
int64_t lido_buffer_get_bytes_copied(const struct lido_buffer *buffer);

/*
 * Opens /dev/udmabuf, which pins need. Returns false if it cannot be opened, with errno of open(); further calls return
 * the same and do not try again. Call it where a GPU that imports DMA-BUFs will read the buffers.
 */
bool lido_manager_open_udmabuf(struct lido_manager *manager);

/*
 * A pin: a DMA-BUF of the pages of one buffer, from which a GPU reads them with no copy. The pages cannot be swapped
 * out meanwhile, and count against the client's limit pinned_bytes_max. It locks the buffer.
 */
enum lido_pin_result {
	LIDO_PIN_OK,
	LIDO_PIN_LATER, // a limit does not allow it, or the buffer has holes: try again with a later commit
	LIDO_PIN_NEVER, // this buffer cannot be pinned
};

/*
 * Can the buffer be pinned: is its file sealed, as those of blocks are, and has it a whole page as its offset, a
 * multiple of LIDO_PIN_STRIDE_ALIGNMENT as its stride, one plane, and at most LIDO_PIN_SIZE_MAX bytes? No system call.
 */
bool lido_buffer_is_pinnable(const struct lido_buffer *buffer);

/*
 * Pins a buffer for which lido_buffer_is_pinnable() is true. Allocates no pages: a buffer with holes is not pinned.
 * commit: of lido_buffer_begin_commit() for the request being handled. *pin is set on LIDO_PIN_OK only.
 *
 * If the client punches holes into its file later, readers of the DMA-BUF continue to see the old pages: in the
 * client's own picture only.
 */
enum lido_pin_result lido_pin_create(
		struct lido_buffer *buffer, const struct lido_commit *commit, struct lido_pin **pin);

/* Closes the DMA-BUF, of which no reader may be left, and unlocks the buffer. NULL is fine. */
void lido_pin_destroy(struct lido_pin *pin);

/*
 * Is it, as far as is known, still of the pages of the file? False if the file has lost pages; then make another one.
 * commit: as above.
 */
bool lido_pin_is_current(const struct lido_pin *pin, const struct lido_commit *commit);

/* The DMA-BUF, owned by the pin. The buffer begins at its first byte. */
int lido_pin_get_fd(const struct lido_pin *pin);

/*
 * Makes what the client has written visible to the GPU. Call it for each commit that the GPU will read. Does nothing
 * where CPU caches are coherent with all devices.
 */
void lido_pin_flush(struct lido_pin *pin);

/*
 * Does a GPU still read, by the fences in the DMA-BUF? If so, the fd polls as writable when it has finished. Does not
 * wait.
 */
bool lido_pin_is_read(const struct lido_pin *pin);

/*
 * Allocates scratch memory, charged to a client's pool and recycled within it. It is zeroed, or holds old pixels of the
 * same client, never of another. size: bytes, not 0. Returns NULL if the pool's limit (scratch_bytes_max) is exceeded
 * or memory is short.
 */
struct lido_scratch *lido_scratch_create(struct lido_pool *pool, size_t size);

/* Returns it to its pool, which keeps it for a while. The client may be gone. NULL is fine. */
void lido_scratch_destroy(struct lido_scratch *scratch);

/* The memory itself, aligned to a page. */
void *lido_scratch_get_data(struct lido_scratch *scratch);

/*
 * Disconnects the client with wl_display.no_memory. The message describes the last failure of a function that received
 * this pool or one of its buffers: the value and the limit. Does nothing if the client is gone.
 */
void lido_pool_post_no_memory(struct lido_pool *pool);

/* What one client uses. */
struct lido_pool_stats {
	uint32_t id;               // of the client's pool; not 0, never reused
	struct wl_client *client;  // NULL once it is gone, while something of its pool is locked
	char name[32];             // of the program, as far as known, in printable ASCII; truncated if longer; never empty
	pid_t pid;                 // 0: not known
	uint32_t exported_areas;   // files that the server made
	uint32_t sealed_files;     // imported files that can be mapped
	uint32_t unsealable_files; // imported files that are only read with pread()
	uint32_t mappings;         // of files
	uint32_t fds;
	uint32_t pins; // buffers that a GPU reads with no copy
	uint32_t blocks;
	uint32_t buffers;
	uint32_t buffers_peak;      // the most there were
	int64_t bytes_mapped;       // address space of the mappings
	int64_t bytes_used;         // of the wl_buffers
	int64_t bytes_used_peak;    // the most there were
	int64_t bytes_resident;     // of the files, in memory or on a disk
	int64_t bytes_cached;       // of memory kept for reuse: bytes_scratch_idle, and pages of freed blocks
	int64_t bytes_scratch;      // of scratch memory, in use or idle
	int64_t bytes_scratch_peak; // the most there were
	int64_t bytes_scratch_idle; // the idle part of bytes_scratch
	int64_t bytes_pinned;       // of memory that a GPU reads with no copy
	int64_t bytes_read;         // copied out of buffers since the client connected, also by renderers that upload
	const char *limit_key;      // the limit of which the largest share is used, as lido_limits_parse() names it; static
	int64_t limit_used;         // the value
	int64_t limit_max;          // the limit
};

/* What the client of this pool uses. Asks the kernel for the size of each of its files, and visits all its blocks. */
void lido_pool_get_stats(const struct lido_pool *pool, struct lido_pool_stats *stats);

/*
 * Calls fn for each client that has a pool, in the order in which they came. Asks the kernel for the size of each file,
 * which takes a while with many clients. <lido/monitor.h> has a way in small portions.
 */
void lido_manager_for_each_pool(
		struct lido_manager *manager, void (*fn)(const struct lido_pool_stats *stats, void *data), void *data);

/* Writes the statistics of all clients as an array of JSON objects, one per client, and a newline. */
void lido_manager_write_json(struct lido_manager *manager, FILE *stream);

/* Writes them as a table for people. */
void lido_manager_write_table(struct lido_manager *manager, FILE *stream);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

/*
 * Lido's shared-memory backend for Wayland compositors: a wl_shm and a lido_shm_manager_v1 global of its own, one pool
 * of memory per client.
 *
 * This header needs libwayland-server and libc alone. A wlroots compositor wants <lido/wlroots.h>, which does all of
 * what follows by itself.
 *
 * Vocabulary: a *manager* is the globals. A *pool* is all the memory of one client, with its quota and statistics. An
 * *area* is one file with its mappings: *imported* from a client by wl_shm, or *exported* to it by lido_shm_v1. A
 * *block* is a range of an exported area. A *buffer* is a wl_buffer, checked when it was made. A *lock* keeps a
 * buffer's memory alive for a reader. A *memory* is the server's own, charged to one pool: for snapshots of pixels.
 *
 * The rule: no function here ever touches memory that a client can take away, so nothing here raises SIGBUS and no
 * handler for it is installed.
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
struct lido_memory;
struct lido_pool;

/* The globals and what they know. Opaque. */
struct lido_manager;

/* A rectangle of pixels, in buffer coordinates. */
struct lido_box {
	int32_t x, y;          // pixels
	int32_t width, height; // pixels
};

/* What is known of the pages of a buffer; internal. Zero at first. */
struct lido_pages {
	bool populated;      // the page table was filled once
	uint32_t generation; // of an exported area: there were no holes then
};

/*
 * A wl_buffer, in a wl_shm pool or a block. Its fields never change, but for resource, commits, data and the internal
 * ones.
 */
struct lido_buffer {
	struct wl_resource *resource;     // NULL once the client has destroyed the wl_buffer
	struct lido_pool *pool;           // the memory of the client it belongs to
	const struct lido_format *format; // internal; see drm_format
	uint32_t drm_format;              // as in drm_fourcc.h
	int32_t width, height;            // pixels
	int32_t stride;                   // bytes from one row to the next
	int64_t offset;                   // bytes from the start of the file
	int64_t size;                     // bytes, all planes

	uint32_t commits; // how often it was committed: see lido_buffer_count_commit()
	void *data;       // for the user of this library; not touched by it

	struct {
		/* The client has destroyed its wl_buffer (or is gone). Memory lives on while locked. data: this buffer */
		struct wl_signal destroy;
	} events;

	struct {
		struct lido_area *area;   // NULL: its block has no memory
		struct lido_block *block; // NULL: in an imported area
		uint32_t locks;
		struct lido_pages pages;
	} internal;
};

/*
 * Creates the globals wl_shm, version 2, and lido_shm_manager_v1, version 1, on the display. formats: DRM formats that
 * the renderer reads (drm_fourcc.h); those that this library does not know are not offered; ARGB8888 and XRGB8888 must
 * be among them. limits: NULL for the defaults. Returns NULL when memory is short or a required format is missing
 * (errno EINVAL).
 *
 * A display has one manager at most. It is destroyed with the display, or earlier by lido_manager_destroy().
 */
struct lido_manager *lido_manager_create(
		struct wl_display *display, const uint32_t *formats, size_t formats_len, const struct lido_limits *limits);

/*
 * Removes the globals. Clients that bound them must be gone (wl_display_destroy_clients()). Pools with locked buffers
 * or memory live until these are unlocked and freed. NULL is fine.
 */
void lido_manager_destroy(struct lido_manager *manager);

/* The pool of a client; it is made when first asked for, and dropped with the client. NULL: out of memory. */
struct lido_pool *lido_pool_from_client(struct lido_manager *manager, struct wl_client *client);

/* The buffer behind a wl_buffer; NULL if the wl_buffer was not made by a lido_manager. */
struct lido_buffer *lido_buffer_try_from_resource(struct wl_resource *resource);

/* Keeps the memory of a buffer alive, and its struct, until unlocked. Returns the buffer. */
struct lido_buffer *lido_buffer_lock(struct lido_buffer *buffer);

/* Gives a lock back; the buffer is freed with the last one if the wl_buffer is gone. Sends no release event. */
void lido_buffer_unlock(struct lido_buffer *buffer);

/*
 * Is its file still as large as the server made it? To be asked at each commit of the buffer; costs a system call if it
 * is in a block, nothing otherwise. False: the client is ended with lido_shm_block_v1.file_changed on the wl_buffer.
 */
bool lido_buffer_check(struct lido_buffer *buffer);

/* Tells the client that the server reads the buffer no more. Does nothing when the wl_buffer is gone. */
void lido_buffer_send_release(struct lido_buffer *buffer);

/*
 * May a server read this fd of a client's by pread(), without being made to wait? It must be a regular, readable file
 * on a file system that answers by itself. Otherwise reason (127 bytes and a zero are enough) says why not. For
 * whatever else clients send files for, such as keymaps; wl_shm looks by itself.
 */
bool lido_file_check(int fd, char *reason, size_t reason_size);

/* What became of a read. */
enum lido_read_result {
	LIDO_READ_OK,
	LIDO_READ_TRUNCATED, // the file is shorter than the buffer, or cannot be read: the client's fault
};

/*
 * Copies the pixels of a box from the file into dst, which points to where the *buffer's* first pixel belongs: row y
 * goes to dst + y * dst_stride. dst_stride must be at least stride, and dst hold all of the buffer at that stride. The
 * box is clipped to the buffer. Pixels of the same rows outside the box may be overwritten with what the file has
 * there. Of a format with several planes all is read, whatever the box, and dst_stride must equal stride.
 *
 * A buffer without memory (its block has failed) is all zeros. On LIDO_READ_TRUNCATED what could not be read is zero:
 * end the client with lido_buffer_post_truncated().
 */
enum lido_read_result lido_buffer_read(
		struct lido_buffer *buffer, const struct lido_box *box, void *dst, size_t dst_stride);

/* The same, from pixels in place, as lido_buffer_map() returned them. */
void lido_buffer_copy(
		const struct lido_buffer *buffer, const void *pixels, const struct lido_box *box, void *dst, size_t dst_stride);

/*
 * The buffer's pixels in place, read-only: a pointer to where its first pixel is, of which the given rows may be read
 * now. The address never changes while the buffer is locked. NULL when the file cannot be sealed against shrinking,
 * does not hold these rows (or the buffer has no memory), or has holes in them (reading a hole would make the kernel
 * allocate it): use lido_buffer_read() then. Maps the file when first asked for. Of a format with several planes all
 * may be read, or nothing.
 */
const void *lido_buffer_map(struct lido_buffer *buffer, int32_t y, int32_t height);

/* May lido_buffer_map() ever succeed: is the file sealed against shrinking? Costs nothing. */
bool lido_buffer_is_sealed(const struct lido_buffer *buffer);

/* Does it lie in memory that the server gave, in a block of lido_shm_v1? Costs nothing. */
bool lido_buffer_is_exported(const struct lido_buffer *buffer);

/*
 * Writes the whole buffer back into the file, as screen capture does. src: buffer->size bytes, laid out as the buffer.
 * Returns false if the client may not (read-only or write-sealed file) or the file is too short; the file may then
 * be partly written. Never grows the file.
 */
bool lido_buffer_write(struct lido_buffer *buffer, const void *src);

/* May lido_buffer_write() succeed? */
bool lido_buffer_is_writable(const struct lido_buffer *buffer);

/* Ends the client with wl_shm.invalid_fd on the wl_buffer, once; the message names the sizes. */
void lido_buffer_post_truncated(struct lido_buffer *buffer);

/*
 * Notes that so many bytes are about to be copied from it. False: for its client that would be too many in this turn of
 * the event loop, in which nobody else is served (LIDO_TURN_BYTES_MAX); end it with lido_pool_post_no_memory().
 */
bool lido_buffer_spend(struct lido_buffer *buffer, int64_t bytes);

/* How many bytes that were in this turn, of all buffers of its client. */
int64_t lido_buffer_get_turn(const struct lido_buffer *buffer);

/*
 * Notes a commit of this buffer, for the policy. Tells how many there were before: of this buffer, and of all that were
 * in its file. Each stops at UINT32_MAX.
 */
void lido_buffer_count_commit(struct lido_buffer *buffer, uint32_t *commits, uint32_t *file_commits);

/*
 * How the pixels of a commit reach the renderer: the backend's policy, a pure function. See docs/architecture.md.
 */
enum lido_policy {
	LIDO_POLICY_READ,     // pread the damage into a snapshot, release at once
	LIDO_POLICY_COPY,     // copy the damage from the mapping into a snapshot, release at once
	LIDO_POLICY_IN_PLACE, // let the renderer read the mapping, release when the next commit replaces it
};

/* What is known of a surface from its commits; keep one per surface, zeroed at first. */
struct lido_policy_history {
	uint32_t run;     // commits in a row for which reading in place was right
	uint32_t run_new; // commits in a row that were each of a new buffer of the server's own pool
	uint32_t lacks;   // how often the client had no other buffer while one was read in place
	bool is_kept;     // the last one is, to see whether it has
	int64_t size;     // bytes of the last one
};

/* Inputs of one decision. */
struct lido_policy_commit {
	uint32_t commits;      // of this buffer before this one
	uint32_t file_commits; // of any buffers in its file before this one
	bool is_sealed;        // lido_buffer_is_sealed()
	bool is_exported;      // lido_buffer_is_exported()
	bool is_other;         // than what was committed to this surface before
	bool is_held;          // that is read in place until now, or was until the client destroyed it
	int64_t size;          // bytes of the buffer
	int64_t damage;        // bytes of it that are damaged
	int64_t turn;          // lido_buffer_get_turn()
};

/* Decides, and updates the history. */
enum lido_policy lido_policy_decide(struct lido_policy_history *history, const struct lido_policy_commit *commit);

/*
 * To be called when nothing was committed for a while after a commit that is read in place, and the client may have no
 * other buffer: give its buffer back, it may be waiting for it.
 */
void lido_policy_give_up(struct lido_policy_history *history);

/*
 * The server's own memory, charged to a client's pool and recycled within it. Zeroed, or holding this same client's old
 * pixels, never another's. Returns NULL when the pool's quota (bytes_max) or the memory is used up. size: bytes, not 0.
 */
struct lido_memory *lido_memory_create(struct lido_pool *pool, size_t size);

/* Gives it back to its pool, which keeps it warm for a while. NULL is fine. May be called after the client is gone. */
void lido_memory_destroy(struct lido_memory *memory);

/* The bytes themselves; aligned to a page. */
void *lido_memory_get_data(struct lido_memory *memory);

/*
 * Ends the client with wl_display.no_memory; the message tells of the last failure of a function that was given this
 * pool: what there was too much of, the value and the limit. Does nothing when the client is gone.
 */
void lido_pool_post_no_memory(struct lido_pool *pool);

/* What one client uses. Bytes are as the names say: mapped is address space, live and copied are memory. */
struct lido_pool_stats {
	uint32_t id;             // of the client's pool, not 0; never used again
	char name[32];           // of the program, as far as known; cut if longer
	pid_t pid;               // 0: not known
	uint32_t exported_areas; // files that the server made
	uint32_t imported_areas; // files that can be mapped
	uint32_t copied_files;   // files that are only ever read
	uint32_t mappings;
	uint32_t fds;
	uint32_t blocks;
	uint32_t buffers;
	uint32_t buffers_peak;     // the most that there were
	int64_t bytes_mapped;      // address space of the mappings
	int64_t bytes_live;        // of the wl_buffers
	int64_t bytes_live_peak;   // the most that these were
	int64_t bytes_resident;    // that the files take, in memory or, if they are there, on a disk
	int64_t bytes_cached;      // kept for reuse: bytes_warm, and whole pages of freed blocks
	int64_t bytes_copied;      // server memory: snapshots, and what is kept warm for them
	int64_t bytes_copied_peak; // the most that this was
	int64_t bytes_warm;        // the part of it that nothing uses at present
	int64_t bytes_read;        // of pixels, copied out of the buffers since the client came
	const char *limit_key;     // the limit of which most is used, as lido_limits_parse() calls it; static
	int64_t limit_used;        // of it
	int64_t limit_max;         // the limit itself
};

/*
 * Calls fn for each client that has a pool, in the order in which they came. Asks the kernel for the size of each file:
 * with many clients that takes a while. See <lido/monitor.h> for small portions.
 */
void lido_manager_for_each_pool(
		struct lido_manager *manager, void (*fn)(const struct lido_pool_stats *stats, void *data), void *data);

/* Writes the statistics of all clients: an array of JSON objects, one per client, and a newline. */
void lido_manager_write_json(struct lido_manager *manager, FILE *stream);

/* The same for people: a table. */
void lido_manager_write_table(struct lido_manager *manager, FILE *stream);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

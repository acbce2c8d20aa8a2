/*
 * Every limit of Lido's shared memory, with its arithmetic.
 *
 * A limit holds for each client (one struct wl_client), unless its name says "total"; lido_pool_set_limits() sets those
 * of one client. All clients of a process together may use a quarter more (LIDO_PROCESS_PERCENT). Exceeding a limit
 * affects that client only: memory requested through lido_shm_v1 fails with a reason, everything else disconnects the
 * client with wl_display.no_memory and a message that names the limit and its value.
 */
#ifndef LIDO_LIMITS_H
#define LIDO_LIMITS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/*
 * Files of one client, imported and exported. Each costs the server one fd and at most two mappings. Of the stock
 * clients measured, weston-simple-touch, which never destroys a pool, held the most: 124.
 */
#define LIDO_FILES_MAX_DEFAULT 1024

/* wl_shm_pool objects of one client. Those that name the same file cost no further fd, only memory. */
#define LIDO_SHM_POOLS_MAX_DEFAULT 16384

/* wl_buffer objects of one client, alive or still locked. About 300 bytes each, with libwayland's own records. */
#define LIDO_BUFFERS_MAX_DEFAULT 32768

/*
 * Bytes of scratch memory for one client: snapshots, bounce buffers, and what is idle of both. 512 MiB holds three 8K
 * windows (7680 x 4320 x 4 bytes = 127 MiB each) or fifteen 4K windows.
 */
#define LIDO_SCRATCH_BYTES_MAX_DEFAULT (INT64_C(512) << 20)

/*
 * Bytes of one client's buffers that a GPU reads with no copy, in whole pages: they cannot be swapped out meanwhile.
 * Two buffers of an 8K window, or eight of a 4K one. Buffers beyond the limit are uploaded.
 */
#define LIDO_PINNED_BYTES_MAX_DEFAULT (INT64_C(256) << 20)

/*
 * All clients together may pin this part of the system's memory: a quarter. No client may pin more than is left for all
 * others.
 */
#define LIDO_PINNED_TOTAL_DIVISOR 4

/* The kernel makes no larger udmabuf (udmabuf.size_limit_mb). Bytes. */
#define LIDO_PIN_SIZE_MAX (INT64_C(64) << 20)

/*
 * The layout of a buffer that any GPU can read with no copy: bytes of which its stride must be a multiple. Its offset
 * must be at a page.
 */
#define LIDO_PIN_STRIDE_ALIGNMENT 256

/*
 * Bytes of all blocks of one client in the server's areas, in whole pages from one page up. Four times the scratch
 * memory: a client may want several buffers of what the server keeps one copy of. A terminal (foot) has three pools of
 * 512 MiB while it is resized, most of which it never uses. A process with 32-bit pointers has no address space for
 * that.
 */
#define LIDO_AREA_BYTES_MAX_DEFAULT (UINTPTR_MAX > UINT32_MAX ? INT64_C(2) << 30 : INT64_C(512) << 20)

/*
 * Blocks of one client that have memory. Each costs the server about 400 bytes, with its objects. As many as buffers,
 * since each icon of a list may be a block with a buffer.
 */
#define LIDO_BLOCKS_MAX_DEFAULT 32768

/*
 * Areas of one client, private ones included. Each costs the server one fd and one mapping. Each is twice as large as
 * the last, as far as the client has address space, so that few are ever needed; a private one for each process that
 * draws for the client.
 */
#define LIDO_AREAS_MAX_DEFAULT 16

/*
 * Address space of the first area: everything that the default limit allows, so that one area is enough. It costs no
 * memory; ten thousand clients take a sixth of the 128 TiB of a process. A process with 32-bit pointers has no more
 * than 4 GiB, which a hundred clients share. Bytes.
 */
#define LIDO_RESERVE_FIRST (UINTPTR_MAX > UINT32_MAX ? LIDO_AREA_BYTES_MAX_DEFAULT : INT64_C(16) << 20)

/*
 * The first private area of a pool object (lido_shm_manager_v1.get_private_pool) has room for so many blocks of the
 * size that is requested first, or for so many bytes if that is more. Its file has this size from the start, so the
 * client can make all of it take memory, as it can in the file of any other area.
 */
#define LIDO_PRIVATE_BLOCKS 4
#define LIDO_RESERVE_PRIVATE_MIN (INT64_C(1) << 20)

/* Address space of any area: the wire can name no more. Bytes. */
#define LIDO_RESERVE_MAX (INT64_C(1) << 31)

/*
 * Pool objects and blocks of lido_shm_v1 that one client may have for each block that it may have, or as for one block
 * if it may have none. Blocks that failed or lost their memory are objects too, and are allowed as long as they do not
 * become a load themselves. The protocol names this number.
 */
#define LIDO_OBJECTS_PER_BLOCK 4

/*
 * Fds of areas that are sent to a client while it does not read. Each stays open somewhere, and the kernel limits them
 * for all programs of a user together.
 */
#define LIDO_UNREAD_FDS_MAX 64

/*
 * Share of a client's limit that all clients of one process may use together: whoever connects often gains little, and
 * a connection beside one that uses all of its own limit still gets something. Clients that the server connects through
 * socket pairs of its own do not count as of one process.
 */
#define LIDO_PROCESS_PERCENT 125

/*
 * Share of the process's resources that all clients together may take: of RLIMIT_NOFILE in files, and of
 * vm.max_map_count in mappings. The rest is for connections, the compositor's own files, and fds in flight. No client
 * may hold more of either than is left for all others: the first may hold half of the total, and however many clients
 * exhaust their share, another one still finds some.
 */
#define LIDO_TOTAL_SHARE_PERCENT 70

/*
 * Address space that the mappings of all clients together may take, of which no client may hold more than is left for
 * all others. Only with 32-bit pointers, where a process has 3 GiB: half of it. Bytes.
 */
#define LIDO_ADDRESS_TOTAL_MAX (UINTPTR_MAX > UINT32_MAX ? INT64_MAX : INT64_C(3) << 29)

/*
 * Mappings of scratch memory for one client: one for each of so many bytes that it may have, and these. Scratches of
 * more than 341 KiB have a mapping of their own, smaller ones share some. With the defaults and two for each file, one
 * client may have 4,112 mappings: 6.3 % of those that Linux allows a process.
 */
#define LIDO_SCRATCH_BYTES_PER_MAPPING (256 << 10)
#define LIDO_SCRATCH_MAPPINGS_MIN 16

/* Mappings of one file: the first, and another one when the file has grown beyond it. */
#define LIDO_MAPPINGS_PER_FILE 2

/*
 * The display's limit on a client's unread events, and on its requests that wait in the server, which
 * lido_manager_create() sets: bytes, for each direction. A client that leaves more unread is disconnected.
 *
 * It is the size of the longest message. With less, as is libwayland's default, a message that does not fit is never
 * read to its end, and the event loop spins. Each fd that a client has sent ahead of its request takes four of these
 * bytes: with this value one client can hold 16,384 fds of the server, so call lido_limits_raise_nofile().
 */
#define LIDO_UNREAD_BYTES_MAX (64 * 1024)

/* No answer to a monitor is longer, so that it fits into any socket's buffer. Bytes. */
#define LIDO_MONITOR_ANSWER_SIZE_MAX 4096

/*
 * Bytes copied for one client in one dispatch (iteration of the event loop), before the other clients are served: a
 * client can send many commits at once. Beyond the first limit, commits are read in place where possible; beyond the
 * second, the client is disconnected. Copying to fresh memory takes
 * 0.5 to 1 ms per MiB. One commit of an 8K surface (127 MiB) fits.
 */
#define LIDO_DISPATCH_BYTES_IN_PLACE (INT64_C(64) << 20)
#define LIDO_DISPATCH_BYTES_MAX (INT64_C(192) << 20)

/*
 * A renderer that uploads reads pixels in place when it applies a commit. Of these bytes one in so many counts: they
 * take 0.06 to 0.1 ms per MiB (OpenGL in software), for a texture that exists and for a new one.
 */
#define LIDO_DISPATCH_UPLOADED_PER_BYTE 4

/*
 * Bytes of mapped files searched for holes for one client in one dispatch, at up to 60 ns a page: 4 ms. Beyond, commits
 * are read with pread(). Two commits of 8K surfaces fit.
 */
#define LIDO_DISPATCH_SEARCHED_BYTES_MAX (INT64_C(256) << 20)

/*
 * Bytes of mapped files put into the page table for one client in one dispatch: 3 to 6 ms for pages that were written,
 * 90 ms for pages that the client has only allocated, which the kernel zeroes then. The rest follows as it is read.
 */
#define LIDO_DISPATCH_POPULATED_BYTES_MAX (INT64_C(64) << 20)

/*
 * Bytes of blocks that are returned to the kernel for one client in one dispatch, because it discards them: a buffer of
 * a 4K window, in up to 9 ms if the client has all pages in its page table. What it discards beyond stays. Each request
 * counts as at least the second number: it takes 4 to 8 us, also where no page is.
 */
#define LIDO_DISPATCH_DISCARDED_BYTES_MAX (INT64_C(32) << 20)
#define LIDO_DISPATCH_DISCARD_COST_MIN (INT64_C(256) << 10)

/*
 * Least time between two events about one limit of one client that has not been disconnected (struct lido_limit_event):
 * a client can request what it does not get any number of times. Milliseconds.
 */
#define LIDO_LIMIT_EVENT_INTERVAL_MS 60000

/* Monitors connected at once; see <lido/monitor.h>. */
#define LIDO_MONITORS_MAX 8

/*
 * One answer to a monitor: clients or ranges of an area, so that it fits into LIDO_MONITOR_ANSWER_SIZE_MAX; and files
 * and blocks visited, at a microsecond or less each, except that an answer always has one client.
 */
#define LIDO_MONITOR_CLIENTS_MAX 4
#define LIDO_MONITOR_RANGES_MAX 64
#define LIDO_MONITOR_STEPS_MAX 2000

/* The wire carries offsets, sizes and strides as int32: no imported file is used beyond this. Bytes. */
#define LIDO_IMPORT_SIZE_MAX INT32_MAX

static_assert(LIDO_BUFFERS_MAX_DEFAULT >= LIDO_SHM_POOLS_MAX_DEFAULT, "most wl_shm_pools hold exactly one buffer");
static_assert(LIDO_SCRATCH_BYTES_MAX_DEFAULT >= 4 * INT64_C(7680) * 4320, "one 8K surface fits");
static_assert(LIDO_AREA_BYTES_MAX_DEFAULT >= 2 * 4 * INT64_C(7680) * 4320, "two 8K buffers fit");
static_assert(LIDO_RESERVE_MAX <= UINT32_MAX, "lido_shm_pool_v1.area carries the reserve as uint32");

/*
 * The limits that options set. Begin with lido_limits_default(). Without areas, blocks or bytes of blocks (0), clients
 * get no memory by lido_shm_v1; without pinned bytes, GPUs read copies. No other limit may be 0.
 */
struct lido_limits {
	uint32_t files_max;        // files
	uint32_t shm_pools_max;    // wl_shm_pool objects
	uint32_t buffers_max;      // wl_buffer objects
	uint32_t areas_max;        // files that the server makes
	uint32_t blocks_max;       // blocks with memory
	int64_t area_bytes_max;    // bytes of these blocks
	int64_t scratch_bytes_max; // bytes of scratch memory
	int64_t pinned_bytes_max;  // bytes of buffers that a GPU reads with no copy
};

/* Whose limit it is. */
enum lido_limit_scope {
	LIDO_LIMIT_OF_CLIENT,
	LIDO_LIMIT_OF_PROCESS, // of all clients of its process together
	LIDO_LIMIT_TOTAL,      // of all clients; each may hold no more than is left for all others
};

struct wl_client;

/* A limit that a client has met; see lido_manager_add_limit_listener(). Valid during the call. */
struct lido_limit_event {
	struct wl_client *client;
	const char *key; // as lido_limits_parse() names it; static; NULL: no option sets this limit
	enum lido_limit_scope scope;
	int64_t used;     // by those whose limit it is
	int64_t wanted;   // more than that
	int64_t max;      // the limit
	bool is_fatal;    // the client is being disconnected; otherwise it goes without
	const char *text; // all of that in words, as in the message to the client; one line of printable ASCII
};

/* Returns the defaults above. */
struct lido_limits lido_limits_default(void);

/*
 * Sets one limit from a text "KEY=VALUE". KEY is files, shm-pools, buffers, areas, blocks, area-bytes, scratch-bytes or
 * pinned-bytes; VALUE is a positive decimal number, for bytes with an optional suffix K, M or G (powers of 1024).
 * Returns false for any other text and leaves the limits unchanged; *error (may be NULL) is set to a static text that
 * says what is wrong.
 */
bool lido_limits_parse(struct lido_limits *limits, const char *text, const char **error);

/* Prints the keys that lido_limits_parse() accepts, one per line: name, default, meaning. */
void lido_limits_print_help(FILE *stream);

/*
 * The number of files that all clients together may hold, by LIDO_TOTAL_SHARE_PERCENT. Asks the kernel: call it after
 * lido_limits_raise_nofile().
 */
uint32_t lido_limits_get_files_total_max(void);

/* The same for mappings. */
uint32_t lido_limits_get_mappings_total_max(void);

/* The bytes that all clients together may pin, by LIDO_PINNED_TOTAL_DIVISOR. Asks the kernel. */
int64_t lido_limits_get_pinned_bytes_total_max(void);

/*
 * Raises RLIMIT_NOFILE to its hard limit. Returns the limit in force. Call it once, early; start children that use
 * select() with the old limit (lido_limits_restore_nofile()).
 */
uint64_t lido_limits_raise_nofile(void);

/* Restores the soft RLIMIT_NOFILE from before lido_limits_raise_nofile(); for use between fork and exec. */
void lido_limits_restore_nofile(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

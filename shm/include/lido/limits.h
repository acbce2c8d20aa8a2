/*
 * Every limit of Lido's shared memory, in one place, with its arithmetic.
 *
 * A limit holds per client (one struct wl_client), unless its name says "total". Crossing one costs only that client.
 * Memory that it asks for by lido_shm_v1 fails, with the reason. Everything else disconnects it with
 * wl_display.no_memory and a message that names the limit and its value.
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
 * Files one client may have, imported and exported, each of which costs the server one fd and at most two mappings. Of
 * the stock clients that were measured, the greediest (weston-simple-touch, which never destroys a pool) held 124.
 */
#define LIDO_FILES_MAX_DEFAULT 1024

/* wl_shm_pool objects of one client: several may name the same file, and then cost no further fd, only memory. */
#define LIDO_HANDLES_MAX_DEFAULT 16384

/* wl_buffer objects of one client, alive or still locked. About 300 bytes each, with libwayland's own records. */
#define LIDO_BUFFERS_MAX_DEFAULT 32768

/*
 * Bytes of its own memory that the server spends on one client's pixels (snapshots and what it keeps warm for them).
 * 512 MiB is three 8K windows (7680 x 4320 x 4 = 127 MiB each), or fifteen of 4K.
 */
#define LIDO_BYTES_MAX_DEFAULT (INT64_C(512) << 20)

/*
 * Bytes of all blocks that one client may have in the server's areas, in whole pages from one page up. Twice what
 * snapshots may have: a client may want two buffers of what the server keeps one copy of.
 */
#define LIDO_AREA_BYTES_MAX_DEFAULT (INT64_C(1) << 30)

/*
 * Blocks of one client that have memory: about 400 bytes of the server's each, with their objects. As many as buffers,
 * since each icon of a list may be a block with its buffer.
 */
#define LIDO_BLOCKS_MAX_DEFAULT 32768

/*
 * Areas of one client, each of which costs the server one fd and one mapping. Each is twice as large as the last, as
 * far as the client can spare that, so that few are ever needed.
 */
#define LIDO_AREAS_MAX_DEFAULT 16

/*
 * Address space of the first area: all that the default allows, so that one is enough. It costs no memory: of the 128
 * TiB of a process, ten thousand clients take a twelfth. What the wire can name bounds it above. Bytes.
 */
#define LIDO_RESERVE_FIRST LIDO_AREA_BYTES_MAX_DEFAULT
#define LIDO_RESERVE_MAX (INT64_C(1) << 31)

/*
 * Objects of lido_shm_v1 that one client may have for each block that it may have: blocks that have failed, or lost
 * their memory, are answered and not punished, as long as they do not become a load themselves.
 */
#define LIDO_OBJECTS_PER_BLOCK 4

/*
 * Fds of areas that are sent to a client while it does not read: each stays open somewhere, and the kernel bounds them
 * for all programs of a user together.
 */
#define LIDO_UNREAD_FDS_MAX 64

/*
 * What all clients together may take of the process: this share of RLIMIT_NOFILE in files, and of vm.max_map_count in
 * mappings. The rest is for connections, the compositor's own files, and fds that are in flight. Of this total, a
 * client may never hold more files than are left for the others: so the first takes half of it at most, and however
 * many greedy clients there are, another one still finds some.
 */
#define LIDO_TOTAL_SHARE_PERCENT 70

/* A file costs at most this many mappings: the first, and one more after a growth beyond it. */
#define LIDO_MAPPINGS_PER_FILE 2

/*
 * Bytes of events that a client may leave unread before it is disconnected, if files are plenty; see
 * lido_limits_get_unread_bytes_max().
 */
#define LIDO_UNREAD_BYTES_MAX (64 * 1024)
#define LIDO_UNREAD_BYTES_MIN 4096

/*
 * Bytes that are copied for one client in one turn of the event loop, before the others are served: a client can send
 * many commits at once. Beyond the first limit, what can be read in place is; beyond the second, the client is ended.
 * Fresh memory takes 0.5 to 1 ms per MiB. One commit of an 8K surface (127 MiB) is possible.
 */
#define LIDO_TURN_BYTES_IN_PLACE (INT64_C(64) << 20)
#define LIDO_TURN_BYTES_MAX (INT64_C(192) << 20)

/*
 * Monitors that are served at once (<lido/monitor.h>), and what one answer to them costs at most: clients, or ranges of
 * an area, that it tells of, so that it fits into LIDO_UNREAD_BYTES_MIN; and files and blocks of clients that are
 * looked at, at a microsecond or less each, except that there is always one client.
 */
#define LIDO_MONITORS_MAX 8
#define LIDO_MONITOR_CLIENTS_MAX 4
#define LIDO_MONITOR_RANGES_MAX 64
#define LIDO_MONITOR_STEPS_MAX 2000

/* The wire carries offsets, sizes and strides as int32: no imported file is ever used beyond this. */
#define LIDO_IMPORT_SIZE_MAX INT32_MAX

static_assert(LIDO_BUFFERS_MAX_DEFAULT >= LIDO_HANDLES_MAX_DEFAULT, "most pools hold exactly one buffer");
static_assert(LIDO_BYTES_MAX_DEFAULT >= 4 * INT64_C(7680) * 4320, "one 8K surface must fit");
static_assert(LIDO_AREA_BYTES_MAX_DEFAULT >= 2 * 4 * INT64_C(7680) * 4320, "two 8K buffers must fit");
static_assert(LIDO_RESERVE_MAX <= UINT32_MAX, "lido_shm_pool_v1.area carries the reserve as uint32");

struct lido_limits {
	uint32_t files_max;     // files, per client
	uint32_t handles_max;   // wl_shm_pool objects, per client
	uint32_t buffers_max;   // wl_buffer objects, per client
	uint32_t areas_max;     // files that the server makes, per client
	uint32_t blocks_max;    // blocks with memory, per client
	int64_t area_bytes_max; // bytes of blocks, per client
	int64_t bytes_max;      // bytes of server memory, per client
};

/* The defaults above. */
struct lido_limits lido_limits_default(void);

/*
 * Sets one limit from a text "KEY=VALUE": KEY is files, handles, buffers, areas, blocks, area-bytes or bytes; VALUE a
 * positive decimal number, for bytes optionally with a suffix K, M or G (powers of 1024). Returns false, and leaves the
 * limits as they were, when the text is none of these; then *error (may be NULL) is set to a static text that says what
 * is wrong.
 */
bool lido_limits_parse(struct lido_limits *limits, const char *text, const char **error);

/* Prints the keys that lido_limits_parse() takes, a line each: name, default, meaning. */
void lido_limits_print_help(FILE *stream);

/*
 * How many files all clients together may hold, by LIDO_TOTAL_SHARE_PERCENT. Asks the kernel: call it after
 * lido_limits_raise_nofile().
 */
uint32_t lido_limits_get_files_total_max(void);

/*
 * For wl_display_set_default_max_buffer_size(). What libwayland keeps of a client's fds until a request needs them has
 * the size of the same buffer, four bytes each, whether or not a request ever does: so that one client can have an
 * eighth of RLIMIT_NOFILE open in the server, at most. And what is kept of its requests is handled in one turn of the
 * event loop, while the others wait. A power of two, from LIDO_UNREAD_BYTES_MIN to LIDO_UNREAD_BYTES_MAX. Asks the
 * kernel: call it after lido_limits_raise_nofile().
 */
size_t lido_limits_get_unread_bytes_max(void);

/*
 * Raises RLIMIT_NOFILE to its hard limit. Returns the limit that is now in force. Call it once, early; children that
 * use select() should be started with the old limit (lido_limits_restore_nofile()).
 */
uint64_t lido_limits_raise_nofile(void);

/* Puts the soft RLIMIT_NOFILE back to what it was before lido_limits_raise_nofile(); for use between fork and exec. */
void lido_limits_restore_nofile(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif

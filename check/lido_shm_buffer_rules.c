/*
 * lido_shm_block_v1.create_buffer: which buffers fit into a block, and in which formats.
 */
#include "rule.h"
#include <limits.h>

#define REQUEST "lido_shm_block_v1.create_buffer"
#define BLOCK_SIZE 65536

#define MEANING_CLAUSE \
	"The arguments have the same meaning as in wl_shm_pool.create_buffer; offset 0 is the start of the block."
#define FORMATS_CLAUSE "The formats are those that wl_shm offers."
#define INVALID_FORMAT_CLAUSE "A format that is not offered raises the invalid_format error."
#define INVALID_STRIDE_CLAUSE \
	"An offset, width, height or stride that does not describe an image, or an end beyond the size of the block, " \
	"raises the invalid_stride error."
#define SIZE_CLAUSE \
	"lido_shm_block_v1: From that request on, the size is at least the requested one. Only the answer to that request " \
	"can make it larger"
#define FAILED_SIZE_CLAUSE \
	"lido_shm_block_v1: after failed the size is that of the place that the block keeps, if that is larger than " \
	"requested."
#define EARLIER_CLAUSE "lido_shm_block_v1: Earlier requests and the answers to them no longer count"
#define NUMBERS_CLAUSE \
	"lido_shm_block_v1.error: The first two have the same meaning and the same number as in wl_shm.error."
#define STAYS_CLAUSE "The buffer stays in place when the block is resized or destroyed."

struct request {
	int32_t offset, width, height, stride;
	uint32_t format;
};

static void create(struct actor *actor, struct pool_block *block, const struct request *request) {
	lido_shm_block_v1_create_buffer(
			block->block, request->offset, request->width, request->height, request->stride, request->format);
	actor_blame(actor, block->block);
}

// In a new block. waits: whether to wait for its placed event before.
static void create_in_new(struct actor *actor, bool waits, const struct request *request) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	if (waits) {
		expect_place(block);
		if (block->size != BLOCK_SIZE) {
			skip("the server makes a block of 64 KiB larger");
		}
	}
	create(actor, block, request);
}

// Tries an 8x8 buffer in a new client, which must be disconnected.
static void expect_stride_refused(struct actor *actor, int32_t stride, uint32_t format) {
	struct client client;
	struct pool_client pool;
	struct pool_block block;
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	client_init(&client, actor->server);
	pool_client_init(&pool, &client, 0);
	pool_block_init(&block, &pool, BLOCK_SIZE);
	struct wl_buffer *buffer = lido_shm_block_v1_create_buffer(block.block, 0, 8, 8, stride, format);
	expect_protocol_error(&client, block.block, LIDO_SHM_BLOCK_V1_ERROR_INVALID_STRIDE, "");
	wl_buffer_destroy(buffer);
	pool_client_finish(&pool);
	client_finish(&client);
}

#define REFUSED(name_, clause_, silent_, error, message, ...) \
	RULE(REQUEST "@" name_, .clause = (clause_), .silent = (silent_), \
			.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, error)}, .lido_message = (message)) { \
		create_in_new(actor, true, &(struct request){__VA_ARGS__}); \
	}

#define FITS(name_, clause_, silent_, ...) \
	RULE(REQUEST "@" name_, .clause = (clause_), .silent = (silent_), .expected = {ACCEPTED}) { \
		create_in_new(actor, false, &(struct request){__VA_ARGS__}); \
	}

#define CREATE(actor, ...) create_in_new(actor, false, &(struct request){__VA_ARGS__})
#define SIZE BLOCK_SIZE
#define FORMAT_CLAUSE INVALID_FORMAT_CLAUSE
#define GEOMETRY_CLAUSE MEANING_CLAUSE
#define STRIDE_CLAUSE MEANING_CLAUSE
#include "create_buffer_rules.h"

FITS("that-fills-the-block", MEANING_CLAUSE, NULL, 0, 128, 128, 512, ARGB)
FITS("one-row-of-the-whole-block", MEANING_CLAUSE, NULL, 0, BLOCK_SIZE / 4, 1, BLOCK_SIZE, ARGB)
FITS("one-column-of-the-whole-block", MEANING_CLAUSE, NULL, 0, 1, BLOCK_SIZE / 4, 4, WL_SHM_FORMAT_XRGB8888)

RULE("lido_shm_block_v1.create_buffer@invalid_stride-has-the-number-of-wl_shm", .clause = NUMBERS_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, WL_SHM, INVALID_STRIDE)}) {
	create_in_new(actor, true, &(struct request){0, 8, 8, 0, ARGB});
}

RULE("lido_shm_block_v1.create_buffer@invalid_format-has-the-number-of-wl_shm", .clause = NUMBERS_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, WL_SHM, INVALID_FORMAT)}) {
	create_in_new(actor, true, &(struct request){0, 8, 8, 32, UINT32_MAX});
}

RULE("lido_shm_block_v1.create_buffer@first-of-several-errors-counts", .clause = INVALID_STRIDE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}, .lido_message = "offset -1") {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	pool_block_create_buffer(block, -1, 8, 8);
	lido_shm_block_v1_create_buffer(block->block, 0, 8, 8, 32, 99);
	pool_block_create_buffer(block, 0, 8, 8);
	pool_block_resize(block, 0);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@buffers-may-overlap", .clause = MEANING_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	for (int i = 0; i < 20; i++) {
		pool_block_create_buffer(block, i * 100, 64, 64);
	}
}

RULE("lido_shm_block_v1.create_buffer@in-the-smallest-block", .clause = MEANING_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 8);
	pool_block_create_buffer(block, 0, 1, 1);
	pool_block_create_buffer(block, 4, 1, 1);
}

RULE("lido_shm_block_v1.create_buffer@format-that-is-known-but-not-offered-is-refused", .clause = INVALID_FORMAT_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_FORMAT)}, .lido_message = "not offered") {
	static const uint32_t candidates[] = {WL_SHM_FORMAT_C8, WL_SHM_FORMAT_AYUV, WL_SHM_FORMAT_RGB332,
		WL_SHM_FORMAT_BGR233, WL_SHM_FORMAT_NV42, WL_SHM_FORMAT_YUV410};
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		const uint32_t *offered;
		bool is_offered = false;
		wl_array_for_each(offered, &actor->client->formats) {
			is_offered = is_offered || *offered == candidates[i];
		}
		if (!is_offered) {
			create_in_new(actor, true, &(struct request){0, 8, 8, 32, candidates[i]});
			return;
		}
	}
	skip("the compositor offers every format that was tried");
}

RULE("lido_shm_block_v1.create_buffer@every-offered-format", .clause = FORMATS_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	const uint32_t *format;
	wl_array_for_each(format, &actor->client->formats) {
		// 48 bytes are a whole number of pixels in each format.
		wl_buffer_destroy(lido_shm_block_v1_create_buffer(block->block, 0, 6, 6, 48, *format));
		if (!client_try_roundtrip(actor->client)) {
			printf("format 0x%x\n", *format);
			return;
		}
	}
}

RULE("lido_shm_block_v1.create_buffer@second-plane-beyond-the-block-is-refused", .clause = INVALID_STRIDE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	const uint32_t *format;
	wl_array_for_each(format, &actor->client->formats) {
		if (*format == WL_SHM_FORMAT_NV12) {
			create_in_new(actor, true, &(struct request){0, 256, 256, 256, *format});
			return;
		}
	}
	skip("no format with two planes is offered");
}

// Pipelined: the last requested size counts.
RULE("lido_shm_block_v1.create_buffer@beyond-what-was-asked-for-is-refused-before-the-answer", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	create_in_new(actor, false, &(struct request){0, 128, 1 << 20, 512, ARGB});
}

RULE("lido_shm_block_v1.create_buffer@in-what-a-resize-adds-at-once", .clause = SIZE_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 4096);
	for (int32_t i = 2; i < 10; i++) {
		pool_block_resize(block, (uint32_t)i * 4096);
		pool_block_create_buffer(block, 4096 * (i - 1), 32, 32);
	}
	expect_place(block);
}

RULE("lido_shm_block_v1.create_buffer@all-of-what-a-resize-asks-for-at-once", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), 4096);
	pool_block_resize(block, BLOCK_SIZE);
	pool_block_create_buffer(block, 0, 128, 128);
	expect_place(block);
}

RULE("lido_shm_block_v1.create_buffer@all-of-what-the-placed-event-told", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {1, 65, 4095, 4097, 100001};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), sizes[i]);
		if (block->size >= 4) {
			pool_block_create_buffer(block, 0, (int32_t)block->size / 4, 1);
		}
	}
}

RULE("lido_shm_block_v1.create_buffer@beyond-what-the-placed-event-told-is-refused", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 4097);
	pool_block_create_buffer(block, 4, (int32_t)block->size / 4, 1);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@beyond-a-shrunk-block-is-refused", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	pool_block_resize(block, 4096);
	expect_place(block);
	pool_block_create_buffer(block, 4, (int32_t)block->size / 4, 1);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@of-a-shrunk-block-with-buffers-beyond-is-refused", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	pool_block_create_buffer(block, BLOCK_SIZE / 2, 64, 64);
	pool_block_resize(block, 4096);
	expect_place(block);
	pool_block_create_buffer(block, 4, (int32_t)block->size / 4, 1);
	actor_blame(actor, block->block);
}

// The server may leave the block as it is, but then it must say so.
RULE("lido_shm_block_v1.create_buffer@beyond-a-smaller-size-that-is-not-yet-answered-is-refused",
		.clause = EARLIER_CLAUSE, .expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE), ACCEPTED},
		.lido_message = "4096") {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), BLOCK_SIZE);
	pool_block_resize(block, 4096);
	expect_int(pool_block_get_size(block), ==, 4096);
	pool_block_create_buffer(block, 0, 128, 128);
	actor_blame(actor, block->block);
	if (client_try_roundtrip(actor->client)) {
		expect_int(block->size, >=, BLOCK_SIZE);
	}
}

// In a random order: sizes that are and are not to be had, buffers at the end of the block, reading of events.
RULE("lido_shm_block_v1.create_buffer@up-to-the-size-that-requests-and-read-events-define", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t sizes[] = {4, 64, 100, 4096, 5000, BLOCK_SIZE, BLOCK_SIZE + 4, 10 * BLOCK_SIZE};
	struct pool_client *pools[2] = {actor_get_pool(actor), actor_add_pool(actor, 2 * BLOCK_SIZE)};
	struct pool_block *blocks[4];
	for (int i = 0; i < 4; i++) {
		blocks[i] = actor_create_block(actor, pools[i / 2], 100);
	}
	uint32_t seed = 1;
	for (int i = 0; i < 1000; i++) {
		seed = seed * 1103515245 + 12345;
		struct pool_block *block = blocks[seed >> 16 & 3];
		switch (seed >> 18 & 3) {
		case 0:
			pool_block_resize(block, sizes[seed >> 20 & 7]);
			break;
		case 1:
			client_roundtrip(actor->client);
			break;
		default:
			wl_buffer_destroy(pool_block_create_buffer(block, (int32_t)(pool_block_get_size(block) - 4) & ~3, 1, 1));
			break;
		}
	}
	client_roundtrip(actor->client);
	expect_int(pool_client_count(pools[0], POOL_EVENT_PLACED), >, 0);
	expect_int(pool_client_count(pools[1], POOL_EVENT_FAILED), >, 0);
}

RULE("lido_shm_block_v1.create_buffer@within-what-a-failed-block-asked-for", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	pool_block_create_buffer(actor_create_failed_block(actor, BLOCK_SIZE), 0, 128, 128);
}

RULE("lido_shm_block_v1.create_buffer@beyond-what-a-failed-block-asked-for-is-refused", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}, .lido_message = "65537") {
	struct pool_block *block = actor_create_failed_block(actor, BLOCK_SIZE);
	pool_block_create_buffer(block, 1, 128, 128);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@within-what-a-failed-resize-asked-for", .clause = SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, 4096), 4096);
	pool_block_resize(block, BLOCK_SIZE);
	pool_block_create_buffer(block, BLOCK_SIZE - 4096, 32, 32);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	pool_block_create_buffer(block, BLOCK_SIZE - 4096, 32, 32);
}

RULE("lido_shm_block_v1.create_buffer@beyond-what-was-last-asked-for-is-refused", .clause = EARLIER_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}, .lido_message = "65540") {
	struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, 4096), 4096);
	// Both fail. The first request was larger, but it is not the last one.
	pool_block_resize(block, 2 * BLOCK_SIZE);
	pool_block_resize(block, BLOCK_SIZE);
	pool_block_create_buffer(block, 0, 128, 128);
	client_roundtrip(actor->client);
	pool_block_create_buffer(block, BLOCK_SIZE - 4, 1, 2);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@within-the-place-after-more-was-asked-for-in-vain", .clause = FAILED_SIZE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, BLOCK_SIZE), BLOCK_SIZE);
	pool_block_resize(block, 2 * BLOCK_SIZE);
	pool_block_create_buffer(block, 0, 128, 128);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	pool_block_create_buffer(block, 0, 128, 128);
}

RULE("lido_shm_block_v1.create_buffer@after-failures-the-placed-size-counts", .clause = SIZE_CLAUSE,
		.expected = {ERROR(lido_shm_block_v1, LIDO_SHM_BLOCK_V1, INVALID_STRIDE)}) {
	struct pool_block *block = actor_create_failed_block(actor, BLOCK_SIZE);
	pool_block_resize(block, 4096);
	expect_place(block);
	pool_block_create_buffer(block, 4, 32, 32);
	actor_blame(actor, block->block);
}

RULE("lido_shm_block_v1.create_buffer@lives-on-without-its-block", .clause = STAYS_CLAUSE, .expected = {ACCEPTED}) {
	for (int i = 0; i < 10; i++) {
		struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), BLOCK_SIZE);
		struct wl_buffer *buffer = pool_block_create_buffer(block, 0, 64, 64);
		pool_block_finish(block);
		actor_commit(actor, buffer);
		client_roundtrip(actor->client);
		actor_commit(actor, buffer);
		wl_buffer_destroy(buffer);
	}
}

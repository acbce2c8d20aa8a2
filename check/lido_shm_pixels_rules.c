/*
 * lido_shm_block_v1.create_buffer: what the output shows of buffers in blocks, and what captures write into them.
 */
#include "rule.h"
#include "sight.h"
#include <string.h>
#include <viewporter-client-protocol.h>
#include <wlr-screencopy-unstable-v1-client-protocol.h>

#define MEANING_CLAUSE \
	"The arguments have the same meaning as in wl_shm_pool.create_buffer; offset 0 is the start of the block."
#define FORMATS_CLAUSE "The formats are those that wl_shm offers."
#define WAIT_CLAUSE "lido_shm_block_v1: so a client does not need to wait for events."
#define ZEROS_CLAUSE \
	"If the server could not provide the requested memory, and the buffer does not lie within the memory that the " \
	"block has, then the buffer has no memory: it shows zeros instead of pixels."
#define STAYS_CLAUSE "The buffer stays in place when the block is resized or destroyed."
#define MINE_CLAUSE \
	"lido_shm_v1: The memory of a block belongs to the client until the block and all buffers created in it are " \
	"destroyed and no longer used by the server."

RULE("lido_shm_block_v1.create_buffer@is-shown", .clause = MEANING_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 1);
	for (uint32_t seed = 1; seed < 6; seed++) {
		pool_picture_fill(picture, seed);
		actor_commit(actor, picture->picture.buffer);
		sight_expect_shown(actor, &picture->picture, "drawn anew");
	}
}

RULE("lido_shm_block_v1.create_buffer@two-in-turn-are-shown", .clause = MEANING_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *pictures[2] = {actor_create_pool_picture(actor, 1), actor_create_pool_picture(actor, 2)};
	for (uint32_t i = 0; i < 20; i++) {
		pool_picture_fill(pictures[i % 2], i);
		actor_commit(actor, pictures[i % 2]->picture.buffer);
		sight_expect_shown(actor, &pictures[i % 2]->picture, "of the buffer whose turn it is");
	}
}

RULE("lido_shm_block_v1.create_buffer@damaged-boxes-are-shown", .clause = MEANING_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 3);
	struct wl_surface *surface = actor_get_surface(actor);
	actor_commit(actor, picture->picture.buffer);
	for (int32_t i = 0; i < 20; i++) {
		int32_t x = i * 13 % (picture->picture.width - 40), y = i * 7 % (picture->picture.height - 40);
		pool_picture_fill_box(picture, x, y, 10 + i, 30 - i, 100 + (uint32_t)i);
		wl_surface_attach(surface, picture->picture.buffer, 0, 0);
		wl_surface_damage_buffer(surface, x, y, 10 + i, 30 - i);
		wl_surface_commit(surface);
		sight_expect_shown(actor, &picture->picture, "a damaged box");
	}
}

RULE("lido_shm_block_v1.create_buffer@every-offered-format-is-shown", .clause = FORMATS_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct window *window = actor_get_sized_window(actor);
	struct pool_client *pool = actor_get_pool(actor);
	int32_t width = window->configured_width, height = window->configured_height;
	const uint32_t *format;
	int bytes;
	wl_array_for_each(format, &actor->client->formats) {
		uint32_t drm = *format == WL_SHM_FORMAT_ARGB8888   ? 0x34325241
					   : *format == WL_SHM_FORMAT_XRGB8888 ? 0x34325258
														   : *format;
		char what[32];
		snprintf(what, sizeof(what), "format 0x%08x", *format);
		if (image_knows_format(drm, &bytes)) {
			int32_t stride = (width * bytes + 3) / 4 * 4;
			struct picture *picture = actor_create_picture(actor, FILE_SEALED, *format, width, height, stride);
			picture_fill(picture, *format);
			struct pool_block *block = actor_place_block(actor, pool, (uint32_t)(stride * height));
			memcpy(pool_block_get_data(block), picture->data, (size_t)stride * (size_t)height);
			actor_commit(actor, lido_shm_block_v1_create_buffer(block->block, 0, width, height, stride, *format));
			sight_expect_shown(actor, picture, what);
		}
	}
}

RULE("lido_shm_block_v1.create_buffer@offsets-and-strides-are-shown", .clause = MEANING_CLAUSE,
		.expected = {ACCEPTED}) {
	static const int32_t offsets[] = {0, 4, 100, 4096, 5000, 65536};
	sight_need(actor);
	struct window *window = actor_get_sized_window(actor);
	int32_t width = window->configured_width, height = window->configured_height, stride = width * 4 + 52;
	struct picture *picture = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, width, height, stride);
	struct pool_client *pool = actor_get_pool(actor);
	actor_place_block(actor, pool, 4096); // so that the block does not start at the start of the area
	struct pool_block *block = actor_place_block(actor, pool, (uint32_t)(stride * height) + 65536);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		picture_fill(picture, (uint32_t)i);
		memcpy(pool_block_get_data(block) + offsets[i], picture->data, (size_t)stride * (size_t)height);
		actor_commit(actor, lido_shm_block_v1_create_buffer(
									block->block, offsets[i], width, height, stride, WL_SHM_FORMAT_XRGB8888));
		sight_expect_shown(actor, picture, "at an offset");
	}
}

RULE("lido_shm_block_v1.create_buffer@before-the-block-is-placed-is-shown", .clause = WAIT_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 4);
	uint32_t size = (uint32_t)(picture->stride * picture->height);
	struct pool_block *block = actor_create_block(actor, actor_get_pool(actor), size);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, picture->width, picture->height);
	pool_block_resize(block, 2 * size);
	struct wl_buffer *second = pool_block_create_buffer(block, (int32_t)size, picture->width, picture->height);
	expect_place(block);
	memcpy(pool_block_get_data(block) + size, picture->data, size);
	actor_commit(actor, second);
	sight_expect_shown(actor, picture, "in what a resize has added");
	picture_fill(picture, 5);
	memcpy(pool_block_get_data(block), picture->data, size);
	actor_commit(actor, buffer);
	sight_expect_shown(actor, picture, "created with the block");
}

RULE("lido_shm_block_v1.create_buffer@undrawn-shows-zeros",
		.clause = "lido_shm_pool_v1: Memory contains zeros, or what this client, or the server on its behalf, has "
				  "written to it before.",
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *first = actor_create_window_picture(actor, FILE_SEALED, 6);
	struct picture *black = actor_create_picture(
			actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, first->width, first->height, first->stride);
	struct pool_block *block =
			actor_create_block(actor, actor_get_pool(actor), (uint32_t)(first->stride * first->height));
	actor_commit(actor, first->buffer);
	sight_expect_shown(actor, first, "before");
	actor_commit(actor, pool_block_create_buffer(block, 0, first->width, first->height));
	sight_expect_shown(actor, black, "of memory that nobody has drawn in");
}

RULE("lido_shm_block_v1.create_buffer@without-memory-shows-zeros", .clause = ZEROS_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *first = actor_create_window_picture(actor, FILE_SEALED, 7);
	struct picture *black = actor_create_picture(
			actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, first->width, first->height, first->stride);
	struct pool_block *block = actor_create_failed_block(actor, (uint32_t)(first->stride * first->height));
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, first->width, first->height);
	for (int i = 0; i < 5; i++) {
		actor_commit(actor, first->buffer);
		sight_expect_shown(actor, first, "before");
		actor_commit(actor, buffer);
		sight_expect_shown(actor, black, "without memory");
	}
	actor_place_block(actor, block->pool, 4096);
	actor_commit(actor, buffer);
	sight_expect_shown(actor, black, "without memory, while others have some");
}

RULE("lido_shm_block_v1.create_buffer@across-the-end-of-memory-shows-zeros", .clause = ZEROS_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *first = actor_create_window_picture(actor, FILE_SEALED, 8);
	struct picture *black = actor_create_picture(
			actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, first->width, first->height, first->stride);
	uint32_t size = (uint32_t)(first->stride * first->height);
	uint32_t reserve = (size + 4095) / 4096 * 4096;
	struct pool_block *block = actor_place_block(actor, actor_add_pool(actor, reserve), size);
	memcpy(pool_block_get_data(block), first->data, size);
	pool_block_resize(block, 2 * reserve);
	struct wl_buffer *within = pool_block_create_buffer(block, 0, first->width, first->height);
	struct wl_buffer *across = pool_block_create_buffer(block, (int32_t)reserve - 8, first->width, first->height);
	struct wl_buffer *beyond = pool_block_create_buffer(block, (int32_t)reserve, first->width, first->height);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	actor_commit(actor, within);
	sight_expect_shown(actor, first, "within the memory");
	actor_commit(actor, across);
	sight_expect_shown(actor, black, "across its end");
	actor_commit(actor, within);
	sight_expect_shown(actor, first, "within the memory again");
	actor_commit(actor, beyond);
	sight_expect_shown(actor, black, "beyond its end");
}

RULE("lido_shm_block_v1.create_buffer@without-memory-has-none-later", .clause = STAYS_CLAUSE,
		.silent = "a buffer without a place cannot get one later", .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *first = actor_create_window_picture(actor, FILE_SEALED, 9);
	struct picture *black = actor_create_picture(
			actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, first->width, first->height, first->stride);
	uint32_t size = (uint32_t)(first->stride * first->height);
	struct pool_client *pool = actor_add_pool(actor, size + 4096);
	struct pool_block *block = actor_create_block(actor, pool, size + 8192);
	struct wl_buffer *buffer = pool_block_create_buffer(block, 0, first->width, first->height);
	pool_block_resize(block, size);
	expect_place(block);
	memcpy(pool_block_get_data(block), first->data, size);
	actor_commit(actor, first->buffer);
	sight_expect_shown(actor, first, "before");
	actor_commit(actor, buffer);
	sight_expect_shown(actor, black, "created before the block had memory");
	actor_commit(actor, pool_block_create_buffer(block, 0, first->width, first->height));
	sight_expect_shown(actor, first, "created since");
}

RULE("lido_shm_block_v1.create_buffer@stays-shown-when-its-block-is-destroyed", .clause = STAYS_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 10);
	actor_commit(actor, picture->picture.buffer);
	pool_picture_drop_block(picture);
	struct pool_block *other = actor_place_block(actor, &actor->pool, 1 << 20);
	memset(pool_block_get_data(other), 0xee, other->size);
	sight_expect_shown(actor, &picture->picture, "without its block");
	pool_picture_fill(picture, 11);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "drawn anew without its block");
}

// Commits a picture, destroys its buffer and block, and draws into all memory that the client gets next.
static void drop_while_shown(struct actor *actor, struct pool_picture *picture) {
	struct pool_client *pool = picture->block.pool;
	uint32_t size = picture->block.size;
	actor_commit(actor, picture->picture.buffer);
	pool_picture_drop_block(picture);
	pool_picture_drop_buffer(picture);
	for (int i = 0; i < 3; i++) {
		struct pool_block *other = actor_place_block(actor, pool, size);
		memset(pool_block_get_data(other), 0xee, other->size);
	}
	// Makes the compositor draw the output again.
	wl_surface_damage_buffer(actor_get_surface(actor), 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(actor_get_surface(actor));
	window_show(actor_get_window(actor));
}

RULE("lido_shm_block_v1.create_buffer@destroyed-while-shown-is-drawn-over-by-nobody", .clause = MINE_CLAUSE,
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 12);
	drop_while_shown(actor, picture);
	sight_expect_shown(actor, &picture->picture, "after its buffer and block were destroyed");
}

RULE("lido_shm_block_v1.create_buffer@destroyed-while-video-is-shown", .clause = MINE_CLAUSE, .expected = {ACCEPTED}) {
	// Large and frequent enough for servers to read in place if they can: at least 1 MiB, of which a part is shown.
	sight_need(actor);
	actor_need(actor, "wp_viewporter", 1);
	struct window *window = actor_get_sized_window(actor);
	struct pool_client *pool = actor_get_pool(actor);
	int32_t width = window->configured_width, height = window->configured_height, enough = (1 << 18) / width + 1;
	struct wp_viewport *viewport = wp_viewporter_get_viewport(actor->screen.viewporter, window->surface);
	wp_viewport_set_source(viewport, 0, 0, wl_fixed_from_int(width), wl_fixed_from_int(height));
	wp_viewport_set_destination(viewport, width, height);
	struct pool_picture pictures[2];
	for (int i = 0; i < 2; i++) {
		pool_picture_init(
				&pictures[i], pool, WL_SHM_FORMAT_XRGB8888, width, height > enough ? height : enough, width * 4);
		expect(pictures[i].pixels != NULL);
	}
	for (uint32_t i = 0; i < 24; i++) {
		pool_picture_fill(&pictures[i % 2], i);
		actor_commit(actor, pictures[i % 2].picture.buffer);
		window_show(window);
		sight_expect_shown(actor, &pictures[i % 2].picture, "of the video");
	}
	pool_picture_fill(&pictures[0], 99);
	drop_while_shown(actor, &pictures[0]);
	sight_expect_shown(actor, &pictures[0].picture, "after the video has ended");
	pool_picture_finish(&pictures[0]);
	pool_picture_finish(&pictures[1]);
	wp_viewport_destroy(viewport);
}

RULE("lido_shm_block_v1.create_buffer@is-released-when-it-was-replaced",
		.clause = "wl_buffer.release: Sent when this wl_buffer is no longer used by the compositor.",
		.expected = {ACCEPTED}) {
	actor_get_window(actor);
	struct pool_picture *pictures[2] = {actor_create_pool_picture(actor, 1), actor_create_pool_picture(actor, 2)};
	for (int i = 0; i < 10; i++) {
		actor_commit(actor, pictures[i % 2]->picture.buffer);
		actor_expect_releases(actor, &pictures[(i + 1) % 2]->picture, (i + 1) / 2);
		client_roundtrip(actor->client);
	}
}

// A block with a buffer in its middle, into which the screen is to be captured.
static struct pool_block *create_target(struct actor *actor, struct pool_client *pool, struct wl_buffer **buffer) {
	struct pool_block *block = actor_create_block(actor, pool, 4096 + 32 * 32 * 4 + 4096);
	*buffer =
			lido_shm_block_v1_create_buffer(block->block, 4096, 32, 32, 128, screen_get_capture_format(&actor->screen));
	return block;
}

RULE("lido_shm_block_v1.create_buffer@captured-into-is-written-there-and-not-beside-it",
		.clause = "passed to the server as the target of a screen capture", .expected = {ACCEPTED}) {
	struct image wanted;
	struct wl_buffer *buffer;
	sight_need(actor);
	struct pool_picture *picture = actor_create_pool_picture(actor, 13);
	struct pool_block *block = create_target(actor, &actor->pool, &buffer);
	expect_place(block);
	uint8_t *data = pool_block_get_data(block);
	actor_fill_block(block, 1);
	actor_commit(actor, picture->picture.buffer);
	sight_expect_shown(actor, &picture->picture, "before");
	expect(screen_capture_into(&actor->screen, 3, 5, 32, 32, buffer));
	screen_capture(&actor->screen, 3, 5, 32, 32, &wanted);
	for (size_t i = 0; i < 32 * 32; i++) {
		uint32_t got;
		memcpy(&got, data + 4096 + i * 4, 4);
		expect_int(got & 0xffffff, ==, wanted.pixels[i] & 0xffffff);
	}
	image_finish(&wanted);
	actor_expect_filled(data, 4096, 1);
	uint8_t rest[4096 + 32 * 32 * 4 + 4096];
	file_fill_memory(rest, 0, sizeof(rest), 1);
	expect_bytes(data + 8192, rest + 8192, 4096);
}

RULE("lido_shm_block_v1.create_buffer@captured-into-without-memory-harms-nobody", .clause = ZEROS_CLAUSE,
		.silent = "there is no memory to write to, so the capture may also raise an error",
		.expected = {ACCEPTED, ERROR(zwlr_screencopy_frame_v1, ZWLR_SCREENCOPY_FRAME_V1, INVALID_BUFFER)}) {
	struct wl_buffer *buffer;
	sight_need(actor);
	struct pool_block *block = create_target(actor, actor_add_pool(actor, 4096), &buffer);
	client_roundtrip(actor->client);
	expect_int(block->answer, ==, POOL_ANSWER_FAILED);
	expect(!screen_capture_into(&actor->screen, 0, 0, 32, 32, buffer));
}

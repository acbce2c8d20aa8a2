/*
 * Random sessions of lido_shm_v1, with few bytes, few blocks and little address space, so that each of them runs out
 * now and then. In all cases pixels stay where the client drew them until it returns the memory. Only these tests
 * validate the server's bookkeeping after each step.
 */
#include "base/clock.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pool_pair.h"
#include "runner.h"
#include <string.h>

#define BLOCKS 40
#define BUFFERS 40
#define STEPS 4000

// A buffer and its expected pixels.
struct drawn {
	struct wl_buffer *wl_buffer; // NULL: destroyed, but possibly locked
	struct lido_buffer *locked;  // NULL: not locked
	uint8_t *pixels;             // in the client's mapping; NULL: no memory
	int32_t width, height;
	uint8_t value;
};

struct session {
	struct pool_pair pair;
	uint32_t random;
	struct pool_block blocks[BLOCKS]; // .block is NULL: unused
	struct drawn drawn[BUFFERS];
	uint8_t last_value;
};

static uint32_t draw_lot(struct session *session, uint32_t below) {
	session->random = session->random * 1664525 + 1013904223;
	return (session->random >> 8) % below;
}

// All magnitudes are equally likely.
static uint32_t choose_size(struct session *session) {
	return 1 + draw_lot(session, 1u << (4 + draw_lot(session, 16)));
}

static void step_block(struct session *session) {
	struct pool_block *block = &session->blocks[draw_lot(session, BLOCKS)];
	if (block->block == NULL) {
		pool_block_init(block, &session->pair.pool, choose_size(session));
	} else if (draw_lot(session, 4) == 0) {
		uint32_t size = pool_block_get_size(block), offset = draw_lot(session, size);
		pool_block_discard(block, offset, draw_lot(session, size - offset + 1));
	} else if (draw_lot(session, 3) > 0) {
		pool_block_resize(block, choose_size(session));
	} else {
		pool_block_finish(block);
	}
}

static void expect_drawn(const struct drawn *drawn) {
	uint8_t row[4 * 64];
	if (drawn->pixels == NULL || drawn->locked == NULL) {
		return;
	}
	memset(row, drawn->value, sizeof(row));
	const uint8_t *pixels = lido_buffer_map(drawn->locked, 0, drawn->height, NULL);
	expect(pixels != NULL);
	for (int32_t y = 0; y < drawn->height; y++) {
		expect_bytes(pixels + y * drawn->width * 4, row, (size_t)drawn->width * 4);
		expect_bytes(drawn->pixels + y * drawn->width * 4, row, (size_t)drawn->width * 4);
	}
}

static void create_buffer(struct session *session, struct drawn *drawn) {
	struct pool_block *block = &session->blocks[draw_lot(session, BLOCKS)];
	// Place and size are only known after a round trip. Failed blocks have a size, too: the requested one.
	client_roundtrip(&session->pair.base.client);
	if (block->block == NULL || block->answer == POOL_ANSWER_FAILED || block->size < 256) {
		return;
	}
	int32_t width = 1 + (int32_t)draw_lot(session, 64), rows = (int32_t)(block->size / (uint32_t)(width * 4));
	if (rows == 0) {
		return;
	}
	drawn->width = width;
	drawn->height = 1 + (int32_t)draw_lot(session, (uint32_t)(rows < 200 ? rows : 200));
	int32_t offset = (int32_t)(draw_lot(session, block->size - (uint32_t)(width * 4 * drawn->height) + 1) & ~3u);
	struct lido_commit commit;
	drawn->wl_buffer = pool_block_create_buffer(block, offset, width, drawn->height);
	drawn->locked = lido_buffer_lock(pair_get_buffer(&session->pair.base, drawn->wl_buffer));
	expect(lido_buffer_begin_commit(drawn->locked, &commit)); // so that discarding its block changes nothing
	drawn->pixels = pool_block_get_data(block) + offset;
	drawn->value = ++session->last_value;
	// Buffers of one block may overlap, so each one is compared before another one is drawn over it.
	memset(drawn->pixels, drawn->value, (size_t)width * 4 * (size_t)drawn->height);
	expect_drawn(drawn);
}

static bool overlap(const struct drawn *a, const struct drawn *b) {
	return a->pixels != NULL && b->pixels != NULL && a->pixels < b->pixels + b->width * 4 * b->height &&
		   b->pixels < a->pixels + a->width * 4 * a->height;
}

static void step_buffer(struct session *session) {
	struct drawn *drawn = &session->drawn[draw_lot(session, BUFFERS)];
	if (drawn->wl_buffer == NULL && drawn->locked == NULL) {
		create_buffer(session, drawn);
		for (int i = 0; i < BUFFERS; i++) {
			if (&session->drawn[i] != drawn && overlap(drawn, &session->drawn[i])) {
				session->drawn[i].pixels = NULL; // overwritten, in the same block
			}
		}
	} else if (drawn->wl_buffer != NULL && draw_lot(session, 2) == 0) {
		wl_buffer_destroy(drawn->wl_buffer);
		drawn->wl_buffer = NULL;
	} else if (drawn->locked != NULL && drawn->wl_buffer == NULL) {
		expect_drawn(drawn);
		lido_buffer_unlock(drawn->locked);
		*drawn = (struct drawn){0};
	}
}

static void step(struct session *session) {
	struct lido_pool *pool = pair_get_pool(&session->pair.base);
	switch (draw_lot(session, 16)) {
	case 0:
		client_roundtrip(&session->pair.base.client);
		lido_pool_trim(pool, lido_clock_now() + 1000, &(uint32_t){draw_lot(session, 20)});
		break;
	case 1:
		for (int i = 0; i < BUFFERS; i++) {
			expect_drawn(&session->drawn[i]);
		}
		break;
	case 2:
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		step_buffer(session);
		break;
	default:
		step_block(session);
		break;
	}
	lido_pool_audit(pool);
}

// No two blocks may overlap.
static void expect_blocks_apart(struct session *session) {
	client_roundtrip(&session->pair.base.client);
	for (int i = 0; i < BLOCKS; i++) {
		const struct pool_block *a = &session->blocks[i];
		for (int j = 0; j < i && a->block != NULL && a->area != NULL; j++) {
			const struct pool_block *b = &session->blocks[j];
			bool is_apart = b->block == NULL || b->area != a->area || a->offset + a->size <= b->offset ||
							b->offset + b->size <= a->offset;
			expect(is_apart);
		}
	}
}

// Returns how many areas were removed.
static size_t run(uint32_t seed, uint32_t reserve_max) {
	static struct session session;
	struct lido_limits limits = lido_limits_default();
	limits.area_bytes_max = 1 << 21;
	limits.blocks_max = BLOCKS - 5;
	limits.areas_max = 4;
	session = (struct session){.random = seed};
	pool_pair_init(&session.pair, &limits, reserve_max);
	for (int i = 0; i < STEPS; i++) {
		step(&session);
		if (i % 64 == 0) {
			expect_blocks_apart(&session);
		}
	}
	for (int i = 0; i < BUFFERS; i++) {
		struct drawn *drawn = &session.drawn[i];
		expect_drawn(drawn);
		if (drawn->wl_buffer != NULL) {
			wl_buffer_destroy(drawn->wl_buffer);
		}
		if (drawn->locked != NULL) {
			lido_buffer_unlock(drawn->locked);
		}
	}
	size_t removed = pool_client_count(&session.pair.pool, POOL_EVENT_AREA_REMOVED);
	expect(pool_client_count(&session.pair.pool, POOL_EVENT_AREA_SIZE) > 0);
	expect(pool_client_count(&session.pair.pool, POOL_EVENT_FAILED) > 0);
	pool_pair_finish(&session.pair);
	return removed;
}

TEST("lido_shm_random@pixels-stay-and-books-are-right-in-one-area") {
	for (uint32_t seed = 1; seed <= 5; seed++) {
		run(seed, 0);
	}
}

TEST("lido_shm_random@pixels-stay-and-books-are-right-with-little-address-space") {
	size_t removed = 0;
	for (uint32_t seed = 1; seed <= 5; seed++) {
		removed += run(seed, 3 << 20);
	}
	expect_int(removed, >, 0);
}

// A number that is usually valid.
static uint32_t choose_any(struct session *session) {
	static const uint32_t edges[] = {0, 1, 63, 64, 4095, 4096, 4097, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
	if (draw_lot(session, 150) == 0) {
		return edges[draw_lot(session, sizeof(edges) / sizeof(edges[0]))];
	}
	return choose_size(session);
}

struct objects {
	struct lido_shm_manager_v1 *manager;
	struct lido_shm_pool_v1 *pools[4];
	struct lido_shm_block_v1 *blocks[16];
	struct wl_buffer *buffers[16];
};

static void create_any(struct session *session, struct objects *objects) {
	struct lido_shm_pool_v1 **pool = &objects->pools[draw_lot(session, 4)];
	struct lido_shm_block_v1 **block = &objects->blocks[draw_lot(session, 16)];
	struct wl_buffer **buffer = &objects->buffers[draw_lot(session, 16)];
	if (*pool == NULL) {
		*pool = draw_lot(session, 2) == 0 ? lido_shm_manager_v1_get_pool(objects->manager, choose_any(session))
										  : lido_shm_manager_v1_get_private_pool(objects->manager, choose_any(session));
	} else if (*block == NULL) {
		*block = lido_shm_pool_v1_create_block(*pool, choose_any(session));
	} else if (*buffer == NULL) {
		// Within 64 bytes, which each block has, unless a number is invalid.
		bool is_strange = draw_lot(session, 100) == 0;
		uint32_t width = is_strange ? choose_any(session) : 1 + draw_lot(session, 2);
		uint32_t height = is_strange ? choose_any(session) : 1 + draw_lot(session, 2);
		uint32_t stride = draw_lot(session, 200) == 0 ? choose_any(session) : width * 4;
		uint32_t format = draw_lot(session, 200) == 0 ? choose_any(session) : WL_SHM_FORMAT_XRGB8888;
		*buffer = lido_shm_block_v1_create_buffer(*block, 0, (int32_t)width, (int32_t)height, (int32_t)stride, format);
	}
}

static void use_any(struct session *session, struct objects *objects) {
	struct lido_shm_pool_v1 **pool = &objects->pools[draw_lot(session, 4)];
	struct lido_shm_block_v1 **block = &objects->blocks[draw_lot(session, 16)];
	struct wl_buffer **buffer = &objects->buffers[draw_lot(session, 16)];
	if (*buffer != NULL && draw_lot(session, 2) == 0) {
		wl_buffer_destroy(*buffer);
		*buffer = NULL;
	} else if (*block != NULL && draw_lot(session, 2) == 0) {
		lido_shm_block_v1_resize(*block, choose_any(session));
	} else if (*block != NULL) {
		lido_shm_block_v1_destroy(*block);
		*block = NULL;
	} else if (*pool != NULL && draw_lot(session, 60) == 0) {
		lido_shm_pool_v1_destroy(*pool); // blocks may exist
		*pool = NULL;
	}
}

// Proxies must be destroyed before their display, even if the server has disconnected the client.
static void destroy_all(struct objects *objects) {
	for (int i = 0; i < 16; i++) {
		if (objects->buffers[i] != NULL) {
			wl_buffer_destroy(objects->buffers[i]);
		}
		if (objects->blocks[i] != NULL) {
			lido_shm_block_v1_destroy(objects->blocks[i]);
		}
	}
	for (int i = 0; i < 4; i++) {
		if (objects->pools[i] != NULL) {
			lido_shm_pool_v1_destroy(objects->pools[i]);
		}
	}
	lido_shm_manager_v1_destroy(objects->manager);
}

TEST("lido_shm_random@wrong-requests-end-just-their-client") {
	static struct session session = {.random = 12345};
	struct pair pair;
	int alive = 0, ended = 0;
	pair_init(&pair, NULL);
	for (int i = 0; i < 100; i++) {
		struct client client;
		struct objects objects = {0};
		client_init(&client, &pair.server);
		objects.manager = client_bind(&client, &lido_shm_manager_v1_interface, 4);
		bool is_alive = true;
		for (int j = 0; j < 40 && is_alive; j++) {
			create_any(&session, &objects);
			use_any(&session, &objects);
			is_alive = j % 8 != 0 || client_try_roundtrip(&client);
		}
		is_alive = is_alive && client_try_roundtrip(&client);
		if (is_alive) {
			lido_pool_audit(lido_pool_from_client(pair.server.manager, client_get_peer(&client)));
		}
		alive += is_alive;
		ended += !is_alive;
		destroy_all(&objects);
		client_finish(&client);
	}
	expect_int(alive, >, 20);
	expect_int(ended, >, 20);
	pair_finish(&pair);
}

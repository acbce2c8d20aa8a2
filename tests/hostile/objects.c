// Attacks with unbounded numbers of objects, and with impossible sizes.
#include "attack.h"

#include "lido-shm-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#include <lido/limits.h>
#include <unistd.h>

ATTACK("buffers-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, file_create(4096, 0), 4096);
	for (int i = 0; i <= LIDO_BUFFERS_MAX_DEFAULT; i++) {
		wl_shm_pool_create_buffer(pool, 0, 1, 1, 4, WL_SHM_FORMAT_ARGB8888);
		if (i % 512 == 511 && !attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

ATTACK("resources-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	int fd = file_create(4096, 0);
	for (int i = 0; i <= LIDO_SHM_POOLS_MAX_DEFAULT; i++) {
		wl_shm_create_pool(attacker.shm, fd, 4096);
		if (i % 64 == 63 && !attacker_try_roundtrip(&attacker)) {
			break;
		}
	}
	expect_no_memory(&attacker);
}

static void handle_placed(void *data, struct lido_shm_block_v1 *block, uint32_t area, uint32_t offset, uint32_t size) {
	((int *)data)[0]++;
}

static void handle_failed(void *data, struct lido_shm_block_v1 *block, uint32_t reason) {
	((int *)data)[1]++;
}

static const struct lido_shm_block_v1_listener block_listener = {.placed = handle_placed, .failed = handle_failed};

static void handle_limits(void *data, struct lido_shm_pool_v1 *pool, uint32_t bytes_hi, uint32_t bytes_lo,
		uint32_t blocks, uint32_t buffers) {
}

static void handle_area(
		void *data, struct lido_shm_pool_v1 *pool, uint32_t area, int32_t fd, uint32_t size, uint32_t reserve) {
	close(fd);
}

static void handle_area_size(void *data, struct lido_shm_pool_v1 *pool, uint32_t area, uint32_t size) {
}

static void handle_area_removed(void *data, struct lido_shm_pool_v1 *pool, uint32_t area) {
}

static const struct lido_shm_pool_v1_listener pool_listener = {
	.limits = handle_limits,
	.area = handle_area,
	.area_size = handle_area_size,
	.area_removed = handle_area_removed,
};

// Creates blocks; returns whether the server accepts the requests. answers: number of placed and of failed blocks.
static bool create_blocks(struct attacker *attacker, int count, uint32_t size, int answers[2]) {
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(attacker->lido_shm, 0);
	lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
	for (int i = 0; i < count; i++) {
		lido_shm_block_v1_add_listener(lido_shm_pool_v1_create_block(pool, size), &block_listener, answers);
		if (i % 512 == 511 && !attacker_try_roundtrip(attacker)) {
			return false;
		}
	}
	return attacker_try_roundtrip(attacker);
}

ATTACK("blocks-just-below-the-limit") {
	struct attacker attacker;
	int answers[2] = {0};
	attacker_connect(&attacker);
	if (!create_blocks(&attacker, LIDO_BLOCKS_MAX_DEFAULT, 64, answers) || answers[0] != LIDO_BLOCKS_MAX_DEFAULT) {
		fail("%d placed, %d failed", answers[0], answers[1]);
	}
	hold();
}

ATTACK("blocks-without-end") {
	struct attacker attacker;
	int answers[2] = {0};
	attacker_connect(&attacker);
	if (create_blocks(&attacker, LIDO_BLOCKS_MAX_DEFAULT * LIDO_OBJECTS_PER_BLOCK + 1, 64, answers)) {
		fail("the server has no limit");
	}
	expect_no_memory(&attacker);
	if (answers[0] != LIDO_BLOCKS_MAX_DEFAULT) {
		fail("%d blocks were placed, and %d failed", answers[0], answers[1]);
	}
}

ATTACK("blocks-of-all-bytes") {
	struct attacker attacker;
	int answers[2] = {0};
	const uint32_t size = 64 << 20;
	attacker_connect(&attacker);
	if (!create_blocks(&attacker, 40, size, answers) || answers[0] + answers[1] != 40 ||
			answers[0] > LIDO_AREA_BYTES_MAX_DEFAULT / size) {
		fail("%d placed, %d failed", answers[0], answers[1]);
	}
	hold();
}

ATTACK("block-resized-all-the-time") {
	struct attacker attacker;
	int answers[2] = {0};
	attacker_connect(&attacker);
	struct lido_shm_pool_v1 *pool = lido_shm_manager_v1_get_pool(attacker.lido_shm, 0);
	lido_shm_pool_v1_add_listener(pool, &pool_listener, NULL);
	struct lido_shm_block_v1 *block = lido_shm_pool_v1_create_block(pool, 1);
	lido_shm_block_v1_add_listener(block, &block_listener, answers);
	for (int i = 0; i < attack_count(50000); i++) {
		lido_shm_block_v1_resize(block, 1 + random_below(UINT32_MAX - 1) / (1 + random_below(1U << 20)));
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	expect_alive(&attacker);
}

// Creates surfaces, regions or other objects. Returns whether the server accepts this many.
static bool create_objects(struct attacker *attacker, int count, void (*create)(struct attacker *attacker)) {
	for (int i = 0; i < count; i++) {
		create(attacker);
		if (i % 256 == 255 && !attacker_try_roundtrip(attacker)) {
			return false;
		}
	}
	return attacker_try_roundtrip(attacker);
}

static void create_surface(struct attacker *attacker) {
	wl_compositor_create_surface(attacker->compositor);
}

static void create_region(struct attacker *attacker) {
	wl_compositor_create_region(attacker->compositor);
}

static void create_frame_callback(struct attacker *attacker) {
	static struct wl_surface *surface;
	surface = surface != NULL ? surface : wl_compositor_create_surface(attacker->compositor);
	wl_surface_frame(surface);
}

static void create_registry(struct attacker *attacker) {
	wl_display_get_registry(attacker->display);
}

ATTACK("surfaces-just-below-the-limit") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 16, 16);
	for (int i = 0; i < 1024; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(attacker.compositor);
		wl_surface_attach(surface, picture.buffer, 0, 0);
		wl_surface_damage_buffer(surface, 0, 0, 16, 16);
		wl_surface_commit(surface);
		if (i % 256 == 255) {
			expect_alive(&attacker);
		}
	}
	hold();
	expect_alive(&attacker);
}

ATTACK("surfaces-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (create_objects(&attacker, 1 << 17, create_surface)) {
		fail("the server has no limit");
	}
	expect_no_memory(&attacker);
}

ATTACK("regions-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (create_objects(&attacker, 1 << 19, create_region)) {
		fail("the server has no limit");
	}
	expect_no_memory(&attacker);
}

ATTACK("frame-callbacks-without-end") {
	struct attacker attacker;
	attacker_connect(&attacker);
	if (create_objects(&attacker, 1 << 19, create_frame_callback)) {
		fail("the server has no limit");
	}
	expect_no_memory(&attacker);
}

ATTACK("registries") {
	struct attacker attacker;
	attacker_connect(&attacker);
	create_objects(&attacker, attack_count(4000), create_registry);
}

ATTACK("five-hundred-windows") {
	struct attacker attacker;
	struct picture picture;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 64, 64);
	for (int i = 0; i < attack_count(500); i++) {
		struct window window;
		window_init(&window, &attacker);
		window_commit(&window, picture.buffer);
	}
	expect_alive(&attacker);
	hold();
}

ATTACK("subsurfaces-nested") {
	struct attacker attacker;
	struct picture picture;
	struct window window;
	attacker_connect(&attacker);
	picture_init(&picture, &attacker, 0, true, 8, 8);
	window_init(&window, &attacker);
	struct wl_surface *parent = window.surface;
	for (int i = 0; i < attack_count(1000); i++) {
		struct wl_surface *child = wl_compositor_create_surface(attacker.compositor);
		wl_subcompositor_get_subsurface(attacker.subcompositor, child, parent);
		wl_surface_attach(child, picture.buffer, 0, 0);
		wl_surface_commit(child);
		parent = child;
		if (i % 64 == 63) {
			expect_alive(&attacker);
		}
	}
	window_commit(&window, picture.buffer);
	expect_alive(&attacker);
	hold();
}

ATTACK("huge-sizes-and-offsets") {
	static const struct {
		int32_t size, resized; // of the shm_pool; 0: not resized
		int32_t offset, width, height, stride;
		const struct wl_interface *interface;
		uint32_t code;
	} cases[] = {
		{0, 0, 0, 1, 1, 4, &wl_shm_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{-1, 0, 0, 1, 1, 4, &wl_shm_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MIN, 0, 0, 1, 1, 4, &wl_shm_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{4096, INT32_MIN, 0, 1, 1, 4, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_FD},
		{4096, 4095, 0, 1, 1, 4, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_FD},
		{INT32_MAX, 0, INT32_MAX, 1, 1, 4, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, -4, 1, 1, 4, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, 0, INT32_MAX, INT32_MAX, INT32_MAX, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, 0, 1 << 30, 1, INT32_MIN, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, 0, 1 << 30, 4, 0, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, 0, 65536, 65536, 262144, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		{INT32_MAX, 0, INT32_MAX - 3, 1, 1, 4, &wl_shm_pool_interface, WL_SHM_ERROR_INVALID_STRIDE},
		// These are valid, but the file is too short.
		{INT32_MAX, 0, 0, 16384, 16384, 65536, NULL, 0},
		{4096, INT32_MAX, 0, 23170, 23170, 92680, NULL, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct attacker attacker;
		attacker_connect(&attacker);
		struct wl_shm_pool *pool = wl_shm_create_pool(attacker.shm, file_create(4096, 0), cases[i].size);
		if (cases[i].resized != 0) {
			wl_shm_pool_resize(pool, cases[i].resized);
		}
		struct wl_buffer *buffer = wl_shm_pool_create_buffer(
				pool, cases[i].offset, cases[i].width, cases[i].height, cases[i].stride, WL_SHM_FORMAT_ARGB8888);
		if (cases[i].interface != NULL) {
			expect_error(&attacker, cases[i].interface, cases[i].code);
		} else {
			struct window window;
			window_init(&window, &attacker);
			window_commit(&window, buffer);
			// The error depends on the limits: a truncated file, or too many bytes.
			if (attacker_try_roundtrip(&attacker)) {
				fail("the server accepted a buffer beyond the end of its file");
			}
		}
		attacker_disconnect(&attacker);
	}
}

/*
 * wl_surface.attach, damage and commit, as far as they concern the memory of buffers.
 */
#include "rule.h"
#include "sight.h"
#include <limits.h>

#define COMMIT_CLAUSE "wl_surface.commit makes the pending wl_buffer the new surface contents"
#define REMOVE_CLAUSE \
	"If wl_surface.attach is sent with a NULL wl_buffer, the following wl_surface.commit will remove the surface " \
	"content."
#define OUTSIDE_CLAUSE "The compositor ignores the parts of the damage that fall outside of the surface."
#define REPAINT_CLAUSE "where the surface therefore needs to be repainted"

RULE("wl_surface.attach@contents-are-shown-at-commit", .clause = COMMIT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *first = actor_create_window_picture(actor, FILE_SEALED, 1);
	struct picture *second = actor_create_window_picture(actor, FILE_SEALED, 2);
	struct wl_surface *surface = actor_get_surface(actor);
	actor_commit(actor, first->buffer);
	sight_expect_shown(actor, first, "committed");
	wl_surface_attach(surface, second->buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
	client_roundtrip(actor->client);
	sight_expect_shown(actor, first, "while another is attached");
	wl_surface_commit(surface);
	sight_expect_shown(actor, second, "committed next");
}

RULE("wl_surface.attach@nothing-removes-the-content", .clause = REMOVE_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 3);
	struct wl_surface *surface = actor_get_surface(actor);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "committed");
	wl_surface_attach(surface, NULL, 0, 0);
	wl_surface_commit(surface);
	sight_expect_hidden(actor, picture, "after its content was removed");
}

RULE("wl_surface.attach@commit-without-attach-keeps-the-content",
		.clause = "After commit, there is no pending buffer until the next attach.", .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 4);
	actor_commit(actor, picture->buffer);
	for (int i = 0; i < 5; i++) {
		window_show(actor_get_window(actor));
	}
	sight_expect_shown(actor, picture, "after commits without attach");
}

RULE("wl_surface.attach@same-buffer-again", .clause = COMMIT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 5);
	for (uint32_t seed = 5; seed < 12; seed++) {
		picture_fill(picture, seed);
		actor_commit(actor, picture->buffer);
		sight_expect_shown(actor, picture, "committed again");
	}
}

RULE("wl_surface.attach@many-buffers-of-one-pool", .clause = COMMIT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 6);
	int32_t size = picture->stride * picture->height;
	file_set_size(picture->fd, 8 * (int64_t)size);
	wl_shm_pool_resize(picture->pool, 8 * size);
	for (int32_t i = 1; i < 8; i++) {
		picture_fill(picture, 6 + (uint32_t)i);
		file_write(picture->fd, (int64_t)i * size, picture->data, (size_t)size);
		actor_commit(actor, actor_create_buffer(picture->pool, i * size, picture->width, picture->height));
		sight_expect_shown(actor, picture, "of one pool");
	}
}

RULE("wl_surface.attach@one-buffer-on-two-surfaces",
		.clause = "If a pending wl_buffer has been committed to more than one wl_surface, the delivery of "
				  "wl_buffer.release events becomes undefined.",
		.expected = {ACCEPTED}) {
	sight_need(actor);
	actor_need(actor, "wl_subcompositor", 1);
	struct window *window = actor_get_window(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 7);
	struct wl_surface *child = wl_compositor_create_surface(actor->screen.compositor);
	struct wl_subsurface *subsurface =
			wl_subcompositor_get_subsurface(actor->screen.subcompositor, child, window->surface);
	wl_subsurface_set_desync(subsurface);
	wl_surface_attach(child, picture->buffer, 0, 0);
	wl_surface_damage_buffer(child, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(child);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "on both");
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(child);
	actor_commit(actor, picture->buffer);
	sight_expect_shown(actor, picture, "after one of both is gone");
}

RULE("wl_surface.attach@size-that-is-no-multiple-of-the-scale",
		.clause = "at commit time the supplied buffer size must be an integer multiple of the buffer_scale",
		.expected = {ERROR(wl_surface, WL_SURFACE, INVALID_SIZE)}) {
	struct window *window = actor_get_window(actor);
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 65536);
	wl_surface_set_buffer_scale(window->surface, 2);
	actor_commit(actor, actor_create_buffer(pool, 0, 33, 33));
	actor_blame(actor, window->surface);
}

RULE("wl_surface.attach@offset-is-refused-since-version-5",
		.clause = "passing any non-zero x or y is a protocol violation, and will result in an 'invalid_offset' error "
				  "being raised",
		.expected = {ERROR(wl_surface, WL_SURFACE, INVALID_OFFSET)}) {
	struct window *window = actor_get_window(actor);
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 4096);
	wl_surface_attach(window->surface, actor_create_buffer(pool, 0, 32, 32), 1, 0);
	actor_blame(actor, window->surface);
}

RULE("wl_surface.damage@outside-of-the-surface-is-ignored", .clause = OUTSIDE_CLAUSE, .expected = {ACCEPTED}) {
	static const int32_t boxes[][4] = {{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}, {INT32_MAX, INT32_MAX, 1, 1},
		{-10, -10, 5, 5}, {0, 0, -5, -5}, {1000000, 0, INT32_MAX, INT32_MAX}, {0, 0, 0, 0},
		{INT32_MIN, 0, INT32_MIN, INT32_MIN}, {5, 5, INT32_MAX, INT32_MIN}};
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 8);
	struct wl_surface *surface = actor_get_surface(actor);
	actor_commit(actor, picture->buffer);
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		wl_surface_attach(surface, picture->buffer, 0, 0);
		wl_surface_damage(surface, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
		wl_surface_damage_buffer(surface, boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
		wl_surface_commit(surface);
		client_roundtrip(actor->client);
	}
	sight_expect_shown(actor, picture, "after damage outside of it");
}

static void expect_damage_shown(struct actor *actor, bool in_buffer_coordinates) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 9);
	struct wl_surface *surface = actor_get_surface(actor);
	for (int i = 0; i < 3; i++) {
		actor_commit(actor, picture->buffer);
	}
	sight_expect_shown(actor, picture, "before");
	for (int32_t i = 0; i < 20; i++) {
		int32_t x = i * 13 % (picture->width - 40), y = i * 7 % (picture->height - 40);
		picture_fill_box(picture, x, y, 10 + i, 30 - i, 100 + (uint32_t)i);
		wl_surface_attach(surface, picture->buffer, 0, 0);
		if (in_buffer_coordinates) {
			wl_surface_damage_buffer(surface, x, y, 10 + i, 30 - i);
		} else {
			wl_surface_damage(surface, x, y, 10 + i, 30 - i);
		}
		wl_surface_commit(surface);
		sight_expect_shown(actor, picture, "a damaged box");
	}
}

RULE("wl_surface.damage@damaged-boxes-are-shown", .clause = REPAINT_CLAUSE, .expected = {ACCEPTED}) {
	expect_damage_shown(actor, false);
}

RULE("wl_surface.damage_buffer@damaged-boxes-are-shown", .clause = REPAINT_CLAUSE, .expected = {ACCEPTED}) {
	expect_damage_shown(actor, true);
}

RULE("wl_surface.damage_buffer@two-buffers-in-turn", .clause = REPAINT_CLAUSE, .expected = {ACCEPTED}) {
	// Like clients with two buffers: each buffer gets a copy of the other one plus a new box, and only the box is
	// damaged.
	sight_need(actor);
	struct picture *pictures[2] = {
		actor_create_window_picture(actor, FILE_SEALED, 10), actor_create_window_picture(actor, FILE_UNSEALABLE, 10)};
	struct wl_surface *surface = actor_get_surface(actor);
	actor_commit(actor, pictures[1]->buffer);
	for (int32_t i = 0; i < 20; i++) {
		struct picture *picture = pictures[i % 2];
		picture_copy(picture, pictures[(i + 1) % 2]);
		picture_fill_box(picture, i * 5, i * 3, 20, 20, 200 + (uint32_t)i);
		wl_surface_attach(surface, picture->buffer, 0, 0);
		wl_surface_damage_buffer(surface, i * 5, i * 3, 20, 20);
		wl_surface_commit(surface);
		sight_expect_shown(actor, picture, "of the buffer whose turn it is");
	}
}

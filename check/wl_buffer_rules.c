/*
 * wl_buffer: its lifetime, and when it is released.
 */
#include "rule.h"
#include "sight.h"

#define DESTROY_CLAUSE "Destroy a buffer."
#define RELEASE_CLAUSE "Sent when this wl_buffer is no longer used by the compositor."
#define KEPT_CLAUSE \
	"wl_surface.attach: Destroying the wl_buffer after wl_buffer.release does not change the surface contents."
#define IN_USE_CLAUSE "wl_surface.attach: Destroying the wl_buffer before wl_buffer.release is allowed"

RULE("wl_buffer.destroy@at-once", .clause = DESTROY_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 4096);
	for (int i = 0; i < 100; i++) {
		wl_buffer_destroy(actor_create_buffer(pool, 0, 32, 32));
	}
}

RULE("wl_buffer.destroy@while-it-is-pending",
		.clause = "wl_surface.attach: If a pending wl_buffer has been destroyed, the result is not specified.",
		.silent = "clients do so when they exit", .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 4096);
	struct wl_buffer *buffer = actor_create_buffer(pool, 0, 32, 32);
	struct wl_surface *surface = actor_get_surface(actor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_buffer_destroy(buffer);
	wl_surface_commit(surface);
}

RULE("wl_buffer.destroy@while-it-is-in-use", .clause = IN_USE_CLAUSE, .expected = {ACCEPTED}) {
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 65536);
	for (int i = 0; i < 16; i++) {
		struct wl_buffer *buffer = actor_create_buffer(pool, i * 4096, 32, 32);
		actor_commit(actor, buffer);
		wl_buffer_destroy(buffer);
		client_roundtrip(actor->client);
	}
}

RULE("wl_buffer.destroy@with-its-pool-while-it-is-in-use", .clause = IN_USE_CLAUSE, .expected = {ACCEPTED}) {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct wl_shm_pool *pool = actor_create_pool(actor, kind, 4096);
		struct wl_buffer *buffer = actor_create_buffer(pool, 0, 32, 32);
		actor_commit(actor, buffer);
		wl_shm_pool_destroy(pool);
		wl_buffer_destroy(buffer);
		client_roundtrip(actor->client);
	}
}

RULE("wl_buffer.destroy@in-use-stays-shown", .clause = IN_USE_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 1);
	actor_commit(actor, picture->buffer);
	wl_buffer_destroy(picture->buffer);
	picture->buffer = NULL;
	client_roundtrip(actor->client);
	sight_expect_shown(actor, picture, "after its buffer was destroyed");
}

RULE("wl_buffer.destroy@after-release-stays-shown", .clause = KEPT_CLAUSE, .expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALABLE, 2);
	actor_commit(actor, picture->buffer);
	window_show(actor_get_window(actor));
	if (picture->releases == 0) {
		skip("the compositor keeps a buffer until it is replaced");
	}
	wl_buffer_destroy(picture->buffer);
	wl_shm_pool_destroy(picture->pool);
	picture->buffer = NULL;
	picture->pool = NULL;
	file_fill(picture->fd, 0, (size_t)picture->stride * (size_t)picture->height, 77);
	client_roundtrip(actor->client);
	sight_expect_shown(actor, picture, "after its buffer was destroyed and its memory used otherwise");
}

RULE("wl_buffer.release@comes-when-it-was-replaced", .clause = RELEASE_CLAUSE, .expected = {ACCEPTED}) {
	struct picture *first = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	struct picture *second = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	actor_commit(actor, first->buffer);
	actor_commit(actor, second->buffer);
	actor_expect_releases(actor, first, 1);
}

RULE("wl_buffer.release@comes-when-it-was-removed", .clause = RELEASE_CLAUSE, .expected = {ACCEPTED}) {
	struct picture *picture = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	actor_commit(actor, picture->buffer);
	client_roundtrip(actor->client);
	struct wl_surface *surface = actor_get_surface(actor);
	wl_surface_attach(surface, NULL, 0, 0);
	wl_surface_commit(surface);
	actor_expect_releases(actor, picture, 1);
}

RULE("wl_buffer.release@comes-when-the-surface-is-gone", .clause = RELEASE_CLAUSE, .expected = {ACCEPTED}) {
	actor_need(actor, "wl_compositor", 5);
	struct picture *picture = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	struct wl_surface *surface = wl_compositor_create_surface(actor->screen.compositor);
	wl_surface_attach(surface, picture->buffer, 0, 0);
	wl_surface_commit(surface);
	wl_surface_destroy(surface);
	actor_expect_releases(actor, picture, 1);
}

RULE("wl_buffer.release@never-comes-for-what-was-never-committed",
		.clause = "wl_surface.attach: A wl_buffer that has been attached and then replaced by another attach instead "
				  "of committed will not receive a release event, and is not used by the compositor.",
		.expected = {ACCEPTED}) {
	struct picture *first = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	struct picture *second = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	struct wl_surface *surface = actor_get_surface(actor);
	wl_surface_attach(surface, first->buffer, 0, 0);
	actor_commit(actor, second->buffer);
	client_roundtrip(actor->client);
	actor_commit(actor, first->buffer);
	actor_commit(actor, second->buffer);
	actor_expect_releases(actor, first, 1);
	client_roundtrip(actor->client);
	client_roundtrip(actor->client);
	expect_int(first->releases, ==, 1);
}

RULE("wl_buffer.release@once-for-each-commit", .clause = RELEASE_CLAUSE,
		.silent = "clients count release events to know which buffers are free", .expected = {ACCEPTED}) {
	struct picture *pictures[2];
	for (int i = 0; i < 2; i++) {
		pictures[i] = actor_create_picture(actor, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, 64, 64, 256);
	}
	for (int i = 0; i < 20; i++) {
		actor_commit(actor, pictures[i % 2]->buffer);
		actor_expect_releases(actor, pictures[(i + 1) % 2], (i + 1) / 2);
		client_roundtrip(actor->client);
		expect_int(pictures[(i + 1) % 2]->releases, ==, (i + 1) / 2);
	}
}

RULE("wl_buffer.release@early-means-free-to-draw",
		.clause = "then the client is immediately free to reuse the buffer and its backing storage",
		.expected = {ACCEPTED}) {
	sight_need(actor);
	struct picture *picture = actor_create_window_picture(actor, FILE_SEALED, 3);
	actor_commit(actor, picture->buffer);
	client_roundtrip(actor->client);
	if (picture->releases == 0) {
		skip("the compositor does not release before the frame callback");
	}
	file_fill(picture->fd, 0, (size_t)picture->stride * (size_t)picture->height, 78);
	window_show(actor_get_window(actor));
	sight_expect_shown(actor, picture, "though its memory was drawn upon after the release");
}

/*
 * The wl_shm global: the formats that it offers, and the requests of its versions.
 */
#include "rule.h"

RULE("wl_shm@is-there-once", .clause = "A singleton global object that provides support for shared memory.",
		.expected = {ACCEPTED}) {
	size_t count;
	client_find_global(actor->client, wl_shm_interface.name, &count);
	expect_int(count, ==, 1);
}

struct formats {
	uint32_t codes[256];
	size_t len;
};

static void handle_format(void *data, struct wl_shm *shm, uint32_t format) {
	struct formats *formats = data;
	expect_int(formats->len, <, 256);
	formats->codes[formats->len++] = format;
}

static const struct wl_shm_listener shm_listener = {
	.format = handle_format,
};

static struct wl_shm *bind_shm(struct actor *actor, uint32_t version, struct formats *formats) {
	*formats = (struct formats){0};
	struct wl_shm *shm = client_bind(actor->client, &wl_shm_interface, version);
	wl_shm_add_listener(shm, &shm_listener, formats);
	client_roundtrip(actor->client);
	return shm;
}

static bool formats_have(const struct formats *formats, uint32_t code) {
	for (size_t i = 0; i < formats->len; i++) {
		if (formats->codes[i] == code) {
			return true;
		}
	}
	return false;
}

RULE("wl_shm@formats-come-on-each-binding",
		.clause = "On binding the wl_shm object one or more format events are emitted", .expected = {ACCEPTED}) {
	struct formats first, second;
	struct wl_shm *shm = bind_shm(actor, 1, &first);
	struct wl_shm *other = bind_shm(actor, 1, &second);
	expect_int(first.len, >, 0);
	expect_int(second.len, ==, first.len);
	wl_shm_destroy(shm);
	wl_shm_destroy(other);
}

RULE("wl_shm@version-1-has-formats-and-pools",
		.clause = "On binding the wl_shm object one or more format events are emitted", .expected = {ACCEPTED}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 1, &formats);
	expect_int(wl_shm_get_version(shm), ==, 1);
	expect_int(formats.len, >, 0);
	int file = actor_keep(actor, file_create(FILE_SEALED, 4096));
	actor_create_buffer(wl_shm_create_pool(shm, file, 4096), 0, 32, 32);
	client_roundtrip(actor->client);
	wl_shm_destroy(shm);
}

RULE("wl_shm.format@argb8888-and-xrgb8888-are-offered", .clause = "Known formats include argb8888 and xrgb8888.",
		.expected = {ACCEPTED}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 1, &formats);
	expect(formats_have(&formats, WL_SHM_FORMAT_ARGB8888));
	expect(formats_have(&formats, WL_SHM_FORMAT_XRGB8888));
	wl_shm_destroy(shm);
}

RULE("wl_shm.format@none-is-told-twice", .clause = "Informs the client about a valid pixel format that can be used",
		.silent = "each event announces one format", .expected = {ACCEPTED}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 1, &formats);
	for (size_t i = 0; i < formats.len; i++) {
		for (size_t j = 0; j < i; j++) {
			expect_int(formats.codes[i], !=, formats.codes[j]);
		}
	}
	wl_shm_destroy(shm);
}

RULE("wl_shm.format@drm-codes-of-the-first-two-are-not-used",
		.clause = "The drm format codes match the macros defined in drm_fourcc.h, except argb8888 and xrgb8888.",
		.expected = {ACCEPTED}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 1, &formats);
	expect(!formats_have(&formats, 0x34325241)); // AR24
	expect(!formats_have(&formats, 0x34325258)); // XR24
	wl_shm_destroy(shm);
}

RULE("wl_shm.release@objects-remain", .clause = "Objects created via this interface remain unaffected.",
		.expected = {ACCEPTED}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 2, &formats);
	int file = actor_keep(actor, file_create(FILE_SEALED, 8192));
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, file, 4096);
	struct wl_buffer *before = actor_create_buffer(pool, 0, 32, 32);
	wl_shm_release(shm);
	wl_shm_pool_resize(pool, 8192);
	struct wl_buffer *after = actor_create_buffer(pool, 4096, 32, 32);
	actor_commit(actor, before);
	actor_commit(actor, after);
}

RULE("wl_shm.release@others-of-the-same-client-go-on",
		.clause = "a client can tell the server that it is not going to use the shm object anymore",
		.expected = {ACCEPTED}) {
	struct formats formats;
	for (int i = 0; i < 100; i++) {
		wl_shm_release(bind_shm(actor, 2, &formats));
	}
	actor_create_buffer(actor_create_pool(actor, FILE_SEALED, 4096), 0, 32, 32);
}

RULE("wl_shm.release@is-not-there-in-version-1",
		.clause = "wl_display.error: method doesn't exist on the specified interface or malformed request",
		.expected = {ERROR(wl_display, WL_DISPLAY, INVALID_METHOD)}) {
	struct formats formats;
	struct wl_shm *shm = bind_shm(actor, 1, &formats);
	// Sent as raw bytes, since libwayland-client would refuse the request.
	const uint32_t message[] = {wl_proxy_get_id((struct wl_proxy *)shm), ACTOR_HEADER(8, WL_SHM_RELEASE)};
	actor_send_raw(actor, message, sizeof(message), -1, 0);
}

RULE("wl_shm.create_pool@without-an-fd-is-malformed",
		.clause = "wl_display.error: method doesn't exist on the specified interface or malformed request",
		.expected = {ERROR(wl_display, WL_DISPLAY, INVALID_METHOD)}) {
	uint32_t shm = wl_proxy_get_id((struct wl_proxy *)actor->client->shm);
	// An id that is in use in libwayland-client, but no longer in the server.
	struct wl_callback *callback = wl_display_sync(actor->client->display);
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)callback);
	client_roundtrip(actor->client);
	const uint32_t message[] = {shm, ACTOR_HEADER(16, WL_SHM_CREATE_POOL), id, 4096};
	actor_send_raw(actor, message, sizeof(message), -1, 0);
	client_try_roundtrip(actor->client);
	wl_callback_destroy(callback);
}

RULE("wl_shm@message-of-no-known-request",
		.clause = "wl_display.error: method doesn't exist on the specified interface or malformed request",
		.expected = {ERROR(wl_display, WL_DISPLAY, INVALID_METHOD)}) {
	const uint32_t message[] = {wl_proxy_get_id((struct wl_proxy *)actor->client->shm), ACTOR_HEADER(8, 99)};
	actor_send_raw(actor, message, sizeof(message), -1, 0);
}

/*
 * The global wl_shm. Only these tests choose the formats that the server gets, and look up its resources.
 */
#include "pair.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <errno.h>

static size_t count_format(const struct wl_array *formats, uint32_t wanted) {
	size_t count = 0;
	const uint32_t *format;
	wl_array_for_each(format, formats) {
		count += *format == wanted;
	}
	return count;
}

TEST("wl_shm_globals@there-is-one-wl_shm-of-version-2") {
	struct pair pair;
	pair_init(&pair, NULL);
	size_t count;
	const struct client_global *global = client_find_global(&pair.client, "wl_shm", &count);
	expect_int(count, ==, 1);
	expect_int(global->version, ==, 2);
	pair_finish(&pair);
}

TEST("wl_shm_globals@formats-are-announced-once-each-in-wl_shm-codes") {
	struct pair pair;
	pair_init(&pair, NULL);
	expect_int(pair.client.formats.size / sizeof(uint32_t), ==, server_core_formats_len);
	for (size_t i = 0; i < server_core_formats_len; i++) {
		uint32_t drm = server_core_formats[i];
		uint32_t code = drm == DRM_FORMAT_ARGB8888   ? WL_SHM_FORMAT_ARGB8888
						: drm == DRM_FORMAT_XRGB8888 ? WL_SHM_FORMAT_XRGB8888
													 : drm;
		expect_int(count_format(&pair.client.formats, code), ==, 1);
	}
	expect_int(count_format(&pair.client.formats, DRM_FORMAT_ARGB8888), ==, 0);
	expect_int(count_format(&pair.client.formats, DRM_FORMAT_XRGB8888), ==, 0);
	pair_finish(&pair);
}

TEST("wl_shm_globals@formats-that-are-unknown-or-doubled-are-left-out") {
	static const uint32_t formats[] = {
		DRM_FORMAT_XRGB8888, 0x12345678, DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888, DRM_FORMAT_INVALID};
	struct server server;
	struct client client;
	server_init_core(&server, NULL);
	lido_manager_destroy(server.manager);
	server.manager = lido_manager_create(server.display, formats, 5, NULL);
	expect(server.manager != NULL);
	client_init(&client, &server);
	expect_int(client.formats.size / sizeof(uint32_t), ==, 2);
	client_finish(&client);
	server_finish(&server);
}

TEST("wl_shm_globals@required-formats-must-be-there") {
	static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888};
	struct wl_display *display = wl_display_create();
	errno = 0;
	expect(lido_manager_create(display, formats, 1, NULL) == NULL);
	expect_int(errno, ==, EINVAL);
	expect(lido_manager_create(display, formats + 1, 1, NULL) == NULL);
	expect(lido_manager_create(display, NULL, 0, NULL) == NULL);
	wl_display_destroy(display);
}

TEST("wl_shm_globals@release-of-version-2-frees-the-object") {
	struct pair pair;
	pair_init(&pair, NULL);
	for (int i = 0; i < 100; i++) {
		struct wl_shm *shm = client_bind(&pair.client, &wl_shm_interface, 2);
		client_roundtrip(&pair.client);
		uint32_t id = wl_proxy_get_id((struct wl_proxy *)shm);
		expect(wl_client_get_object(client_get_peer(&pair.client), id) != NULL);
		wl_shm_release(shm);
		client_roundtrip(&pair.client);
		expect(wl_client_get_object(client_get_peer(&pair.client), id) == NULL);
	}
	pair_finish(&pair);
}

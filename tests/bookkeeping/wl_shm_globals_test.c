/*
 * The global wl_shm. Only these tests choose the formats that the server gets, and look up its resources.
 */
#include "faults.h"
#include "file.h"
#include "pair.h"
#include "runner.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <unistd.h>

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

// Can the client create a buffer of that format?
static bool try_create(struct client *client, uint32_t format) {
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 16, 16, 64, format);
	bool is_created = client_try_roundtrip(client);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	return is_created;
}

TEST("wl_shm_globals@format-added-later-is-announced-once-to-each-wl_shm-and-usable") {
	struct pair pair;
	struct client late;
	pair_init(&pair, NULL);
	struct lido_manager *manager = pair.server.manager;
	struct wl_shm *second = client_bind(&pair.client, &wl_shm_interface, 1);
	client_roundtrip(&pair.client);
	expect(lido_manager_add_format(manager, DRM_FORMAT_BGRA8888));
	expect(lido_manager_add_format(manager, DRM_FORMAT_BGRA8888));
	expect(lido_manager_add_format(manager, DRM_FORMAT_XRGB8888));
	client_roundtrip(&pair.client);
	client_roundtrip(&pair.other);
	client_init(&late, &pair.server);
	expect_int(count_format(&pair.client.formats, WL_SHM_FORMAT_BGRA8888), ==, 1);
	expect_int(count_format(&pair.other.formats, WL_SHM_FORMAT_BGRA8888), ==, 1);
	expect_int(count_format(&late.formats, WL_SHM_FORMAT_BGRA8888), ==, 1);
	expect_int(pair.client.formats.size / sizeof(uint32_t), ==, server_core_formats_len + 1);
	expect(try_create(&pair.client, WL_SHM_FORMAT_BGRA8888));
	// One that is not there any more receives nothing.
	wl_shm_release(pair.client.shm);
	pair.client.shm = second;
	client_finish(&late);
	client_roundtrip(&pair.client);
	expect(lido_manager_add_format(manager, DRM_FORMAT_RGBA8888));
	client_roundtrip(&pair.client);
	client_roundtrip(&pair.other);
	expect_int(count_format(&pair.client.formats, WL_SHM_FORMAT_RGBA8888), ==, 0);
	expect_int(count_format(&pair.other.formats, WL_SHM_FORMAT_RGBA8888), ==, 1);
	expect(try_create(&pair.client, WL_SHM_FORMAT_RGBA8888));
	pair_finish(&pair);
}

TEST("wl_shm_globals@format-that-cannot-be-added-is-not-offered") {
	struct pair pair;
	pair_init(&pair, NULL);
	errno = 0;
	expect(!lido_manager_add_format(pair.server.manager, 0x12345678));
	expect_int(errno, ==, EINVAL);
	faults_start_all_of(FAULT_CALLOC, 0);
	errno = 0;
	expect(!lido_manager_add_format(pair.server.manager, DRM_FORMAT_BGRA8888));
	expect_int(errno, ==, ENOMEM);
	faults_stop();
	client_roundtrip(&pair.client);
	expect_int(pair.client.formats.size / sizeof(uint32_t), ==, server_core_formats_len);
	expect(!try_create(&pair.client, WL_SHM_FORMAT_BGRA8888));
	expect(try_create(&pair.other, WL_SHM_FORMAT_RGB565));
	pair_finish(&pair);
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

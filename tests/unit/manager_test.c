/*
 * The manager: formats, order of pools, limits, and shortage of memory.
 */
#include "faults.h"
#include "file.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

TEST("manager@offered-formats-are-found-by-their-wl_shm-code-alone") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_manager *manager = pair.server.manager;
	expect_int(lido_format_list_find(&manager->formats, WL_SHM_FORMAT_ARGB8888)->drm, ==, DRM_FORMAT_ARGB8888);
	expect_int(lido_format_list_find(&manager->formats, WL_SHM_FORMAT_XRGB8888)->drm, ==, DRM_FORMAT_XRGB8888);
	expect_int(lido_format_list_find(&manager->formats, WL_SHM_FORMAT_NV12)->drm, ==, DRM_FORMAT_NV12);
	expect(lido_format_list_find(&manager->formats, DRM_FORMAT_ARGB8888) == NULL);
	expect(lido_format_list_find(&manager->formats, DRM_FORMAT_XRGB8888) == NULL);
	expect(lido_format_list_find(&manager->formats, WL_SHM_FORMAT_BGRA8888) == NULL);
	pair_finish(&pair);
}

TEST("manager@total-of-files-is-set-at-creation") {
	struct pair pair;
	pair_init(&pair, NULL);
	expect_int(pair.server.manager->total.counts[LIDO_QUOTA_FILES].max, ==, lido_limits_get_files_total_max());
	expect_int(manager_used(pair.server.manager, FILES), ==, 0);
	pair_finish(&pair);
}

static void handle_stats(const struct lido_pool_stats *stats, void *data) {
	uint32_t **next = data;
	*(*next)++ = stats->buffers;
}

static void set_buffers(struct lido_manager *manager, struct client *client, int64_t buffers) {
	lido_quota_set(&lido_pool_from_client(manager, client_get_peer(client))->quota, LIDO_QUOTA_BUFFERS, buffers);
}

TEST("manager@pools-come-in-the-order-of-their-clients-without-dead-ones") {
	struct server server;
	struct client clients[3];
	uint32_t counts[3], *end = counts;
	server_init_core(&server, NULL);
	for (int i = 0; i < 3; i++) {
		client_init(&clients[i], &server);
		set_buffers(server.manager, &clients[i], 10 + i);
	}
	lido_manager_for_each_pool(server.manager, handle_stats, &end);
	expect_int(end - counts, ==, 3);
	for (uint32_t i = 0; i < 3; i++) {
		expect_int(counts[i], ==, 10 + i);
		set_buffers(server.manager, &clients[i], 0);
	}
	// A client that is gone while a scratch of its pool is still used.
	struct lido_scratch *scratch =
			lido_scratch_create(lido_pool_from_client(server.manager, client_get_peer(&clients[1])), 4096);
	client_finish(&clients[1]);
	end = counts;
	lido_manager_for_each_pool(server.manager, handle_stats, &end);
	expect_int(end - counts, ==, 2);
	lido_scratch_destroy(scratch);
	client_finish(&clients[0]);
	client_finish(&clients[2]);
	server_finish(&server);
}

TEST("manager@limits-are-those-given-or-the-defaults") {
	struct pair pair;
	struct lido_limits limits = {.files_max = 1, .shm_pools_max = 2, .buffers_max = 3, .scratch_bytes_max = 4};
	pair_init(&pair, NULL);
	expect_int(pair_get_pool(&pair)->quota.counts[LIDO_QUOTA_FILES].max, ==, LIDO_FILES_MAX_DEFAULT);
	expect_int(pair_get_pool(&pair)->quota.counts[LIDO_QUOTA_SCRATCH_BYTES].max, ==, LIDO_SCRATCH_BYTES_MAX_DEFAULT);
	pair_finish(&pair);
	struct server server;
	struct client client;
	server_init_core(&server, &limits);
	client_init(&client, &server);
	struct lido_pool *pool = lido_pool_from_client(server.manager, client_get_peer(&client));
	const struct lido_quota_count *counts = pool->quota.counts;
	expect_int(counts[LIDO_QUOTA_FILES].max, ==, 1);
	expect_int(counts[LIDO_QUOTA_SHM_POOLS].max, ==, 2);
	expect_int(counts[LIDO_QUOTA_BUFFERS].max, ==, 3);
	expect_int(counts[LIDO_QUOTA_SCRATCH_BYTES].max, ==, 4);
	expect_int(counts[LIDO_QUOTA_AREAS].max, ==, 0);
	expect_int(counts[LIDO_QUOTA_BLOCKS].max, ==, 0);
	expect_int(counts[LIDO_QUOTA_BLOCK_BYTES].max, ==, 0);
	client_finish(&client);
	server_finish(&server);
}

TEST("manager@limits-with-which-no-client-could-have-a-buffer-are-refused") {
	static const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	struct lido_limits cases[7];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cases[i] = lido_limits_default();
	}
	cases[0] = (struct lido_limits){0};
	cases[1].files_max = 0;
	cases[2].shm_pools_max = 0;
	cases[3].buffers_max = 0;
	cases[4].scratch_bytes_max = 0;
	cases[5].area_bytes_max = -1;
	cases[6].pinned_bytes_max = -1;
	struct wl_display *display = wl_display_create();
	struct pair pair;
	pair_init(&pair, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		errno = 0;
		expect(lido_manager_create(display, formats, 2, &cases[i]) == NULL);
		expect_int(errno, ==, EINVAL);
		errno = 0;
		expect(!lido_pool_set_limits(pair_get_pool(&pair), &cases[i]));
		expect_int(errno, ==, EINVAL);
		expect_int(pair_get_pool(&pair)->quota.counts[LIDO_QUOTA_FILES].max, ==, LIDO_FILES_MAX_DEFAULT);
	}
	pair_finish(&pair);
	wl_display_destroy(display);
}

struct pool_listener {
	struct wl_listener listener;
	struct lido_pool *pools[4];
	size_t len;
	struct lido_limits limits; // of the first
};

static void handle_pool(struct wl_listener *listener, void *data) {
	struct pool_listener *pools = wl_container_of(listener, pools, listener);
	if (pools->len == 0) {
		expect(lido_pool_set_limits(data, &pools->limits));
	}
	expect_int(pools->len, <, 4);
	pools->pools[pools->len++] = data;
}

TEST("manager@listener-gives-each-new-pool-its-limits") {
	struct server server;
	struct client clients[2];
	struct pool_listener pools = {.listener.notify = handle_pool, .limits = lido_limits_default()};
	pools.limits.shm_pools_max = 1;
	server_init_core(&server, NULL);
	lido_manager_add_pool_listener(server.manager, &pools.listener);
	int fd = file_create(FILE_SEALED, 4096);
	for (int i = 0; i < 2; i++) {
		client_init(&clients[i], &server);
		expect_int(pools.len, ==, i + 1);
		expect(lido_pool_get_client(pools.pools[i]) == client_get_peer(&clients[i]));
		expect(lido_pool_from_client(server.manager, client_get_peer(&clients[i])) == pools.pools[i]);
		wl_shm_create_pool(clients[i].shm, fd, 4096);
		expect_alive(&clients[i]);
		wl_shm_create_pool(clients[i].shm, fd, 4096);
	}
	expect_no_memory(&clients[0], "the limit (shm-pools) is 1");
	expect_alive(&clients[1]);
	expect_int(pools.len, ==, 2);
	close(fd);
	client_finish(&clients[0]);
	client_finish(&clients[1]);
	server_finish(&server);
	// The manager is gone, and the listener may be removed.
	expect(wl_list_empty(&pools.listener.link));
}

TEST("manager@pool-without-its-client-has-none") {
	struct pair pair;
	struct client client;
	pair_init(&pair, NULL);
	client_init(&client, &pair.server);
	struct lido_pool *pool = lido_pool_from_client(pair.server.manager, client_get_peer(&client));
	struct lido_scratch *scratch = lido_scratch_create(pool, 4096);
	struct lido_limits limits = lido_limits_default();
	client_finish(&client);
	expect(lido_pool_get_client(pool) == NULL);
	expect(lido_pool_set_limits(pool, &limits));
	lido_scratch_destroy(scratch);
	pair_finish(&pair);
}

TEST("manager@second-one-of-a-display-is-refused") {
	static const uint32_t formats[] = {DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888};
	struct wl_display *display = wl_display_create();
	struct lido_manager *manager = lido_manager_create(display, formats, 2, NULL);
	expect(manager != NULL);
	errno = 0;
	expect(lido_manager_create(display, formats, 2, NULL) == NULL);
	expect_int(errno, ==, EEXIST);
	lido_manager_destroy(manager);
	expect(lido_manager_create(display, formats, 2, NULL) != NULL);
	wl_display_destroy(display);
}

// With a smaller buffer, a message of 64 KiB is never read to its end, and its socket wakes the event loop forever.
TEST("manager@connection-takes-the-longest-message") {
	struct pair pair;
	pair_init(&pair, NULL);
	int fd = wl_display_get_fd(pair.client.display);
	const uint32_t header[2] = {1, UINT32_C(0xfffc) << 16};
	uint8_t rest[4096] = {0};
	expect_int(send(fd, header, sizeof(header), MSG_NOSIGNAL), ==, sizeof(header));
	for (size_t left = 0xfffc - sizeof(header); left > 0;) {
		size_t part = left < sizeof(rest) ? left : sizeof(rest);
		if (send(fd, rest, part, MSG_NOSIGNAL) < 0) {
			// libwayland 1.26 does not wait for the rest.
			expect_int(errno, ==, EPIPE);
			break;
		}
		server_dispatch(&pair.server, 0);
		left -= part;
	}
	server_dispatch(&pair.server, 0);
	// The other client is left.
	expect_int(wl_list_length(wl_display_get_client_list(pair.server.display)), ==, 1);
	pair_finish(&pair);
}

TEST("manager@out-of-memory-for-a-pool-is-no_memory") {
	struct pair pair;
	struct client client;
	pair_init(&pair, NULL);
	faults_start_all_of(FAULT_CALLOC, 0);
	expect(!client_try_init(&client, &pair.server));
	faults_stop();
	expect_no_memory(&client, "no memory");
	client_finish(&client);
	pair_finish(&pair);
}

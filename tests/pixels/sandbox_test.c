/*
 * Clients in a sandbox (security-context-v1) see only the allowed globals, and cannot bind others by guessing names.
 */
#include "client.h"
#include "file.h"
#include "monitor_client.h"
#include "pool_client.h"
#include "runner.h"
#include "security-context-v1-client-protocol.h"
#include "server.h"
#include <compositor/clients.h>
#include <compositor/compat.h>
#include <compositor/parts.h>
#include <compositor/pools.h>
#include <compositor/sandboxes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// The complete list without a GPU.
static const char *const allowed[] = {
	"lido_shm_manager_v1",
	"org_kde_kwin_server_decoration_manager",
	"wl_compositor",
	"wl_data_device_manager",
#if WLR_SINCE(20)
	"wl_fixes",
#endif
	"wl_output",
	"wl_seat",
	"wl_shm",
	"wl_subcompositor",
	"wp_alpha_modifier_v1",
	"wp_content_type_manager_v1",
	"wp_cursor_shape_manager_v1",
	"wp_fractional_scale_manager_v1",
	"wp_presentation",
	"wp_single_pixel_buffer_manager_v1",
	"wp_tearing_control_manager_v1",
	"wp_viewporter",
	"xdg_activation_v1",
	"xdg_wm_base",
	"zwp_idle_inhibit_manager_v1",
	"zwp_keyboard_shortcuts_inhibit_manager_v1",
	"zwp_pointer_constraints_v1",
	"zwp_pointer_gestures_v1",
	"zwp_primary_selection_device_manager_v1",
	"zwp_relative_pointer_manager_v1",
	"zwp_tablet_manager_v2",
	"zwp_text_input_manager_v3",
	"zxdg_exporter_v1",
	"zxdg_exporter_v2",
	"zxdg_output_manager_v1",
};

struct sandbox {
	struct server server;
	struct client launcher; // outside; it created the sandbox
	struct server inner;    // the same server, with the sandbox's socket
	struct client client;   // inside
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int close_fds[2]; // the sandbox ends when the first is closed
};

static int listen_at(const char *path) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	expect(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 5) == 0);
	return fd;
}

// limits: of clients in the sandbox; NULL: as outside.
static void sandbox_init_limited(struct sandbox *sandbox, const struct lido_limits *limits) {
	*sandbox = (struct sandbox){0};
	server_init_compositor(&sandbox->server, 100, 100, NULL);
	pools_set_sandbox_limits(sandbox->server.compositor, limits);
	client_init(&sandbox->launcher, &sandbox->server);
	snprintf(sandbox->path, sizeof(sandbox->path), "%s/sandbox", getenv("XDG_RUNTIME_DIR"));
	int listener = listen_at(sandbox->path);
	expect(pipe(sandbox->close_fds) == 0);
	struct wp_security_context_manager_v1 *manager =
			client_bind(&sandbox->launcher, &wp_security_context_manager_v1_interface, 1);
	struct wp_security_context_v1 *context =
			wp_security_context_manager_v1_create_listener(manager, listener, sandbox->close_fds[1]);
	wp_security_context_v1_set_sandbox_engine(context, "test");
	wp_security_context_v1_commit(context);
	client_roundtrip(&sandbox->launcher);
	wp_security_context_v1_destroy(context);
	wp_security_context_manager_v1_destroy(manager);
	close(listener);
	close(sandbox->close_fds[1]);
	sandbox->inner = sandbox->server;
	sandbox->inner.socket = sandbox->path;
	client_init(&sandbox->client, &sandbox->inner);
}

static void sandbox_init(struct sandbox *sandbox) {
	sandbox_init_limited(sandbox, NULL);
}

static void sandbox_finish(struct sandbox *sandbox) {
	client_finish(&sandbox->client);
	client_finish(&sandbox->launcher);
	close(sandbox->close_fds[0]);
	server_finish(&sandbox->server);
	unlink(sandbox->path);
}

static int compare_globals(const void *left, const void *right) {
	return strcmp(((const struct client_global *)left)->interface, ((const struct client_global *)right)->interface);
}

static size_t count_globals(const struct client *client) {
	return client->globals.size / sizeof(struct client_global);
}

TEST("sandbox@client-sees-what-is-allowed-and-nothing-else") {
	struct sandbox sandbox;
	sandbox_init(&sandbox);
	struct client_global *globals = sandbox.client.globals.data;
	qsort(globals, count_globals(&sandbox.client), sizeof(*globals), compare_globals);
	for (size_t i = 0; i < count_globals(&sandbox.client); i++) {
		printf("%s\n", globals[i].interface);
	}
	size_t len = 0, dmabufs = 0;
	for (size_t i = 0; i < count_globals(&sandbox.client) && len < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (strcmp(globals[i].interface, "zwp_linux_dmabuf_v1") == 0) {
			dmabufs++;
		} else {
			expect_string(globals[i].interface, allowed[len++]);
		}
	}
	expect_int(count_globals(&sandbox.client), ==, sizeof(allowed) / sizeof(allowed[0]) + dmabufs);
	expect_int(dmabufs, ==, server_reads_dmabufs(&sandbox.server) ? 1 : 0);
	expect_int(count_globals(&sandbox.launcher), >, count_globals(&sandbox.client));
	sandbox_finish(&sandbox);
}

TEST("sandbox@hidden-globals-cannot-be-bound-by-guessing-their-names") {
	struct sandbox sandbox;
	sandbox_init(&sandbox);
	const struct client_global *global;
	wl_array_for_each(global, &sandbox.launcher.globals) {
		if (client_find_global(&sandbox.client, global->interface, NULL) != NULL) {
			continue;
		}
		// libwayland-client wants an interface; the wire carries its name alone.
		const struct wl_interface interface = {.name = global->interface, .version = 1};
		struct client guesser;
		client_init(&guesser, &sandbox.inner);
		struct wl_proxy *proxy = wl_registry_bind(guesser.registry, global->name, &interface, 1);
		char text[128]; // "invalid global ..." or, since libwayland 1.24, "global ... is unavailable"
		snprintf(text, sizeof(text), "global %s (", global->interface);
		expect_protocol_error(&guesser, guesser.registry, WL_DISPLAY_ERROR_INVALID_OBJECT, text);
		wl_proxy_destroy(proxy);
		client_finish(&guesser);
	}
	expect_alive(&sandbox.client);
	sandbox_finish(&sandbox);
}

TEST("sandbox@monitor-is-hidden-from-those-inside-and-outside") {
	struct sandbox sandbox;
	struct monitor_client monitor;
	sandbox_init(&sandbox);
	server_create_monitor(&sandbox.server, "test-monitor");
	monitor_client_init(&monitor, &sandbox.server, "test-monitor");
	expect_int(monitor.client.globals.size / sizeof(struct client_global), ==, 1);
	expect_int(monitor_client_get_all(&monitor), ==, 2);
	uint32_t name = client_find_global(&monitor.client, lido_monitor_v1_interface.name, NULL)->name;
	struct server *servers[] = {&sandbox.server, &sandbox.inner};
	for (int i = 0; i < 2; i++) {
		struct client guesser;
		client_init(&guesser, servers[i]);
		expect(client_find_global(&guesser, lido_monitor_v1_interface.name, NULL) == NULL);
		struct wl_proxy *proxy = wl_registry_bind(guesser.registry, name, &lido_monitor_v1_interface, 1);
		expect_protocol_error(&guesser, guesser.registry, WL_DISPLAY_ERROR_INVALID_OBJECT, "global lido_monitor_v1 (");
		wl_proxy_destroy(proxy);
		client_finish(&guesser);
	}
	monitor_client_finish(&monitor);
	sandbox_finish(&sandbox);
}

TEST("sandbox@client-has-its-own-pool-like-any-other") {
	struct sandbox sandbox;
	sandbox_init(&sandbox);
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(sandbox.client.shm, fd, 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
	expect_alive(&sandbox.client);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	sandbox_finish(&sandbox);
}

TEST("sandbox@client-has-the-limits-of-its-sandbox-and-those-outside-have-others") {
	struct lido_limits limits = lido_limits_default();
	limits.blocks_max = 1;
	limits.area_bytes_max = 8192;
	struct sandbox sandbox;
	sandbox_init_limited(&sandbox, &limits);
	struct client *clients[] = {&sandbox.client, &sandbox.launcher};
	for (int i = 0; i < 2; i++) {
		struct pool_client pool;
		struct pool_block blocks[2];
		pool_client_init(&pool, clients[i], 0);
		pool_block_init(&blocks[0], &pool, 8192);
		pool_block_init(&blocks[1], &pool, 4096);
		expect_place(&blocks[0]);
		expect_int(pool.blocks_max, ==, i == 0 ? 1 : LIDO_BLOCKS_MAX_DEFAULT);
		expect_int(pool.bytes_max, ==, i == 0 ? 8192 : LIDO_AREA_BYTES_MAX_DEFAULT);
		if (i == 0) {
			expect_reason(&blocks[1], BLOCKS);
		} else {
			expect_place(&blocks[1]);
		}
		pool_client_finish(&pool);
	}
	sandbox_finish(&sandbox);
}

// The runner compares the fds of this process, which is the server's, before and after.
TEST("sandbox@listener-that-is-no-listening-socket-is-refused-and-closed") {
	struct server server;
	server_init_compositor(&server, 100, 100, NULL);
	for (int i = 0; i < 3; i++) {
		struct client client;
		client_init(&client, &server);
		struct wp_security_context_manager_v1 *manager =
				client_bind(&client, &wp_security_context_manager_v1_interface, 1);
		int fds[2];
		expect((i == 0 ? pipe(fds) : socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) == 0);
		struct wp_security_context_v1 *context =
				wp_security_context_manager_v1_create_listener(manager, fds[0], fds[1]);
		close(fds[0]);
		close(fds[1]);
		expect_protocol_error(&client, manager, WP_SECURITY_CONTEXT_MANAGER_V1_ERROR_INVALID_LISTEN_FD, "listen_fd");
		wp_security_context_v1_destroy(context);
		wp_security_context_manager_v1_destroy(manager);
		client_finish(&client);
	}
	server_finish(&server);
}

// An eventfd is never hung up, so these contexts outlive their clients.
TEST("sandbox@contexts-reach-the-limit-and-no-more") {
	struct rlimit limit;
	expect(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = 1024;
	expect(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	struct server server;
	server_init_compositor(&server, 100, 100, NULL);
	size_t max = sandboxes_get_max(clients_get_max(limit.rlim_cur));
	expect_int(max, ==, 10);
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	snprintf(path, sizeof(path), "%s/sandbox", getenv("XDG_RUNTIME_DIR"));
	int listener = listen_at(path), endless = eventfd(0, EFD_CLOEXEC);
	for (size_t i = 0; i <= max; i++) {
		struct client client;
		client_init(&client, &server);
		struct wp_security_context_manager_v1 *manager =
				client_bind(&client, &wp_security_context_manager_v1_interface, 1);
		struct wp_security_context_v1 *context =
				wp_security_context_manager_v1_create_listener(manager, listener, endless);
		wp_security_context_v1_commit(context);
		if (i < max) {
			client_roundtrip(&client);
		} else {
			expect_no_memory(&client, "too many security contexts: 11, the limit is 10");
		}
		wp_security_context_v1_destroy(context);
		wp_security_context_manager_v1_destroy(manager);
		client_finish(&client);
	}
	close(listener);
	close(endless);
	server_finish(&server);
	unlink(path);
}

/*
 * The macros of <lido/compat-wl-shm.h>: a compositor that was not written for Lido sees the same as with libwayland,
 * and what libwayland does not bound is bounded.
 */
#include "client.h"
#include "file.h"
#include "runner.h"
#include "server.h"
#include "shm_user.h"
#include <errno.h>
#include <fcntl.h>
#include <lido/shm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 30
#define HEIGHT 20
#define STRIDE 128
#define SIZE (STRIDE * HEIGHT)

// The linker's --wrap dictates the names.
void *__real_calloc(size_t len, size_t size);
void *__wrap_calloc(size_t len, size_t size);
int __real_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout);
int __wrap_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout);

static struct {
	bool in_loop;
	uint64_t nth, count; // calls of calloc() in the event loop; nth: 0: none fails
} faults;

void *__wrap_calloc(size_t len, size_t size) {
	if (faults.in_loop && ++faults.count == faults.nth) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_calloc(len, size);
}

int __wrap_wl_event_loop_dispatch(struct wl_event_loop *loop, int timeout) {
	faults.in_loop = true;
	int result = __real_wl_event_loop_dispatch(loop, timeout);
	faults.in_loop = false;
	return result;
}

struct stage {
	struct server server;
	struct client client;
	struct wl_compositor *compositor;
	struct wl_surface *surface;
	FILE *log;
	char *text; // what was logged, once the stage is finished; the caller frees it
	size_t text_size;
};

static void finish_server(struct server *server) {
	wl_display_destroy_clients(server->display);
	wl_display_destroy(server->display);
}

static void server_init(struct stage *stage, const struct shm_user *user) {
	*stage = (struct stage){.server = {.finish = finish_server, .display = wl_display_create()}};
	stage->log = open_memstream(&stage->text, &stage->text_size);
	expect(stage->log != NULL && user->init(stage->server.display, stage->log));
}

static bool stage_connect(struct stage *stage) {
	if (!client_try_init(&stage->client, &stage->server)) {
		return false;
	}
	stage->compositor = client_bind(&stage->client, &wl_compositor_interface, 1);
	stage->surface = wl_compositor_create_surface(stage->compositor);
	return client_try_roundtrip(&stage->client);
}

static void stage_init(struct stage *stage, const struct shm_user *user) {
	server_init(stage, user);
	expect(stage_connect(stage));
}

static void stage_finish(struct stage *stage) {
	client_finish(&stage->client);
	server_finish(&stage->server);
	fclose(stage->log);
}

static bool commit(struct stage *stage, struct wl_buffer *buffer) {
	wl_surface_attach(stage->surface, buffer, 0, 0);
	wl_surface_commit(stage->surface);
	return client_try_roundtrip(&stage->client);
}

// What a client does with one file: two buffers in a pool that grows, drawn twice, and destroyed while they are shown.
static bool show_file(struct stage *stage, int fd) {
	struct wl_shm_pool *pool = wl_shm_create_pool(stage->client.shm, fd, SIZE);
	struct wl_buffer *first = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_ARGB8888);
	// Now: libwayland delays it while the compositor has a reference.
	wl_shm_pool_resize(pool, 3 * SIZE);
	file_fill(fd, 0, 3 * SIZE, 1);
	bool is_alive = commit(stage, first);
	is_alive = commit(stage, first) && is_alive;
	file_fill(fd, 0, 3 * SIZE, 2);
	is_alive = commit(stage, first) && is_alive;
	struct wl_buffer *second =
			wl_shm_pool_create_buffer(pool, SIZE + 100, WIDTH - 1, 2 * HEIGHT - 1, STRIDE, WL_SHM_FORMAT_XRGB8888);
	is_alive = commit(stage, second) && is_alive;
	wl_buffer_destroy(first);
	wl_buffer_destroy(second);
	wl_shm_pool_destroy(pool);
	is_alive = client_try_roundtrip(&stage->client) && is_alive;
	wl_surface_damage(stage->surface, 0, 0, 1, 1);
	return client_try_roundtrip(&stage->client) && is_alive;
}

static char *show_all_files(const struct shm_user *user) {
	struct stage stage;
	stage_init(&stage, user);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		int fd = file_create(kind, 3 * SIZE);
		expect(show_file(&stage, fd));
		close(fd);
	}
	stage_finish(&stage);
	return stage.text;
}

TEST("compat_wl_shm@unmodified-compositor-sees-what-it-sees-with-libwayland") {
	char *stock = show_all_files(&shm_user_stock);
	signal(SIGBUS, SIG_DFL); // libwayland has set its handler
	char *lido = show_all_files(&shm_user_lido);
	size_t lines = 0;
	for (const char *c = stock; *c != '\0'; c++) {
		lines += *c == '\n';
	}
	expect_int(lines, ==, FILE_KINDS_LEN * 5);
	expect_contains(stock, "30 x 20, stride 128, format 0, sum ");
	expect_contains(stock, "29 x 39, stride 128, format 1, sum ");
	expect_string(lido, stock);
	free(stock);
	free(lido);
}

static struct lido_buffer *get_buffer(struct stage *stage, struct wl_buffer *buffer) {
	client_roundtrip(&stage->client);
	struct wl_client *peer = client_get_peer(&stage->client);
	return lido_buffer_try_from_resource(wl_client_get_object(peer, wl_proxy_get_id((struct wl_proxy *)buffer)));
}

TEST("compat_wl_shm@holes-are-zeros-and-stay-holes") {
	struct stage stage;
	stage_init(&stage, &shm_user_lido);
	int fd = file_create(FILE_SEALED, 1 << 20);
	file_fill(fd, 0, 1 << 20, 1);
	struct wl_shm_pool *pool = wl_shm_create_pool(stage.client.shm, fd, 1 << 20);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 512, 512, 2048, WL_SHM_FORMAT_ARGB8888);
	expect(commit(&stage, buffer));
	expect_int(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1 << 20), ==, 0);
	expect(commit(&stage, buffer));
	expect_int(file_get_allocated(fd), ==, 0);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	stage_finish(&stage);
	expect_contains(stage.text, "stride 2048, format 0, sum 0\n");
	free(stage.text);
}

TEST("compat_wl_shm@truncated-file-ends-its-client-alone") {
	struct stage stage;
	stage_init(&stage, &shm_user_lido);
	int fd = file_create(FILE_UNSEALABLE, SIZE);
	struct wl_shm_pool *pool = wl_shm_create_pool(stage.client.shm, fd, SIZE);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, WIDTH, HEIGHT, STRIDE, WL_SHM_FORMAT_ARGB8888);
	expect(commit(&stage, buffer));
	file_set_size(fd, 100);
	wl_surface_attach(stage.surface, buffer, 0, 0);
	wl_surface_commit(stage.surface);
	expect_protocol_error(&stage.client, buffer, WL_SHM_ERROR_INVALID_FD, "the file has 100 bytes");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	client_finish(&stage.client);
	expect(stage_connect(&stage));
	stage_finish(&stage);
	free(stage.text);
}

TEST("compat_wl_shm@copies-count-against-the-clients-limit") {
	struct stage stage;
	struct lido_limits limits = lido_limits_default();
	limits.scratch_bytes_max = 4096;
	stage_init(&stage, &shm_user_lido);
	int fd = file_create(FILE_UNSEALABLE, 2 * 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(stage.client.shm, fd, 2 * 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 64, 32, 256, WL_SHM_FORMAT_ARGB8888);
	expect(lido_pool_set_limits(get_buffer(&stage, buffer)->pool, &limits));
	wl_surface_attach(stage.surface, buffer, 0, 0);
	wl_surface_commit(stage.surface);
	expect_no_memory(&stage.client, "the limit (scratch-bytes) is 4096");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	stage_finish(&stage);
	expect_string(stage.text, "not shared memory\n");
	free(stage.text);
}

TEST("compat_wl_shm@copies-of-one-dispatch-are-bounded-and-end-nobody") {
	const int32_t size = 32 << 20;
	struct stage stage;
	stage_init(&stage, &shm_user_lido);
	int fd = file_create(FILE_UNSEALABLE, size);
	struct wl_shm_pool *pool = wl_shm_create_pool(stage.client.shm, fd, size);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 2048, 4096, 8192, WL_SHM_FORMAT_ARGB8888);
	const struct lido_pool *known = get_buffer(&stage, buffer)->pool;
	struct lido_pool_stats stats;
	for (int i = 0; i < 10; i++) {
		wl_surface_attach(stage.surface, buffer, 0, 0);
		wl_surface_commit(stage.surface);
	}
	wl_display_flush(stage.client.display);
	server_dispatch(&stage.server, 0);
	lido_pool_get_stats(known, &stats);
	expect_int(stats.bytes_read, ==, LIDO_DISPATCH_BYTES_MAX);
	expect_alive(&stage.client);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
	stage_finish(&stage);
	free(stage.text);
}

// Returns the number of calls of calloc() in the server.
static uint64_t run_with_fault(uint64_t nth) {
	struct stage stage;
	server_init(&stage, &shm_user_lido);
	int fd = file_create(FILE_UNSEALABLE, 3 * SIZE);
	faults.nth = nth;
	faults.count = 0;
	bool is_alive = stage_connect(&stage) && show_file(&stage, fd);
	uint64_t calls = faults.count;
	faults.nth = 0;
	if (!is_alive && strstr(stage.client.error, ": error 2: ") == NULL) {
		fail("the server ended the client with \"%s\"", stage.client.error);
	}
	client_finish(&stage.client);
	// Another client is served.
	expect(stage_connect(&stage) && show_file(&stage, fd));
	close(fd);
	stage_finish(&stage);
	free(stage.text);
	return calls;
}

TEST("compat_wl_shm@nth-calloc-may-fail-for-every-n") {
	uint64_t calls = run_with_fault(0);
	expect_int(calls, >, 5);
	for (uint64_t n = 1; n <= calls; n++) {
		uint64_t now = run_with_fault(n);
		calls = now > calls ? now : calls;
		expect_int(calls, <, 1000);
	}
}

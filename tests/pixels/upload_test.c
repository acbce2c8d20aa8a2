/*
 * Renderers that upload: the renderer reads what is damaged, once, and the client has its buffer back. What is compared
 * with the wl_shm of wlroots is what the renderer passes to GL.
 */
#include "pool_picture.h"
#include "runner.h"
#include "stage.h"
#include "viewporter-client-protocol.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <lido/shm.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>

#define SIZE 160   // pixels
#define COMMITS 64 // the most that a record has

// Bytes that this process has passed to GL.
static int64_t uploaded;

// GL's codes for pixels of two bytes.
#define GL_UNSIGNED_SHORT_4_4_4_4 0x8033
#define GL_UNSIGNED_SHORT_5_5_5_1 0x8034
#define GL_UNSIGNED_SHORT_5_6_5 0x8363

static void count(int width, int height, unsigned type, const void *data) {
	bool is_short =
			type == GL_UNSIGNED_SHORT_4_4_4_4 || type == GL_UNSIGNED_SHORT_5_5_5_1 || type == GL_UNSIGNED_SHORT_5_6_5;
	uploaded += data != NULL ? (int64_t)width * height * (is_short ? 2 : 4) : 0;
}

static void find_next(const char *name, void *function) {
	void *address = dlsym(RTLD_NEXT, name);
	expect(address != NULL);
	memcpy(function, &address, sizeof(address));
}

#define PUBLIC __attribute__((visibility("default")))

// wlroots calls these two instead of those of libGLESv2.
PUBLIC void glTexImage2D(unsigned target, int level, int internal_format, int width, int height, int border,
		unsigned format, unsigned type, const void *data);
PUBLIC void glTexSubImage2D(unsigned target, int level, int x, int y, int width, int height, unsigned format,
		unsigned type, const void *data);

void glTexImage2D(unsigned target, int level, int internal_format, int width, int height, int border, unsigned format,
		unsigned type, const void *data) {
	void (*next)(unsigned, int, int, int, int, int, unsigned, unsigned, const void *);
	find_next("glTexImage2D", &next);
	count(width, height, type, data);
	next(target, level, internal_format, width, height, border, format, type, data);
}

void glTexSubImage2D(unsigned target, int level, int x, int y, int width, int height, unsigned format, unsigned type,
		const void *data) {
	void (*next)(unsigned, int, int, int, int, int, unsigned, unsigned, const void *);
	find_next("glTexSubImage2D", &next);
	count(width, height, type, data);
	next(target, level, x, y, width, height, format, type, data);
}

static void skip_unless_uploading(const struct server *server) {
	if (server_shows_in_place(server)) {
		skip("the renderer reads buffers in place: ./dev test --gpu has one that uploads");
	}
}

static void add_stats(const struct lido_pool_stats *stats, void *data) {
	struct lido_pool_stats *sum = data;
	sum->bytes_read += stats->bytes_read;
	sum->bytes_scratch += stats->bytes_scratch - stats->bytes_scratch_idle;
	sum->mappings += stats->mappings;
}

// Of all clients. bytes_scratch: in use.
static struct lido_pool_stats get_stats(const struct stage *stage) {
	struct lido_pool_stats sum = {0};
	if (stage->server.manager != NULL) {
		lido_manager_for_each_pool(stage->server.manager, add_stats, &sum);
	}
	return sum;
}

// What each commit of a scenario has caused.
struct record {
	struct stage *stage;
	int len;
	int64_t uploaded[COMMITS]; // bytes that the renderer has read
	int64_t read[COMMITS];     // bytes that have left the client's buffers, as Lido counts
};

// Makes a round trip, in which the server handles what was committed.
static void note(struct record *record) {
	expect_int(record->len, <, COMMITS);
	int64_t before = uploaded, read = get_stats(record->stage).bytes_read;
	client_roundtrip(&record->stage->screen.client);
	struct lido_pool_stats stats = get_stats(record->stage);
	record->uploaded[record->len] = uploaded - before;
	record->read[record->len++] = stats.bytes_read - read;
	expect_int(stats.bytes_scratch, ==, 0);
}

static void commit(struct record *record, struct wl_surface *surface, struct wl_buffer *buffer) {
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_commit(surface);
	note(record);
}

static void commit_boxes(struct record *record, struct wl_surface *surface, struct wl_buffer *buffer) {
	for (int32_t i = 0; i < 10; i++) {
		wl_surface_damage_buffer(surface, i * 3, i * 7, 1 + i * 11, 1 + i * 5 % 13);
		commit(record, surface, buffer);
	}
	// A row of boxes that do not touch.
	for (int32_t i = 0; i < 20; i++) {
		wl_surface_damage_buffer(surface, i * 8, 20 + i % 2 * 40, 4, 9);
	}
	commit(record, surface, buffer);
}

static void commit_geometries(struct record *record, struct wl_surface *surface, struct wl_buffer *buffer) {
	struct screen *screen = &record->stage->screen;
	wl_surface_set_buffer_scale(surface, 2);
	wl_surface_damage(surface, 3, 5, 20, 10);
	commit(record, surface, buffer);
	wl_surface_damage(surface, 3, 5, 20, 10);
	commit(record, surface, buffer);
	wl_surface_set_buffer_transform(surface, WL_OUTPUT_TRANSFORM_90);
	wl_surface_damage(surface, 30, 5, 20, 60);
	commit(record, surface, buffer);
	wl_surface_set_buffer_scale(surface, 1);
	wl_surface_set_buffer_transform(surface, WL_OUTPUT_TRANSFORM_NORMAL);
	struct wp_viewport *viewport = wp_viewporter_get_viewport(screen->viewporter, surface);
	wp_viewport_set_source(
			viewport, wl_fixed_from_int(10), wl_fixed_from_int(20), wl_fixed_from_int(50), wl_fixed_from_int(40));
	wp_viewport_set_destination(viewport, 100, 80);
	wl_surface_damage(surface, 10, 10, 50, 20);
	commit(record, surface, buffer);
	wp_viewport_destroy(viewport);
	wl_surface_damage(surface, 0, 0, INT32_MAX, INT32_MAX);
	commit(record, surface, buffer);
}

static void commit_subsurface(struct record *record, struct window *window, struct wl_buffer *buffer) {
	struct screen *screen = &record->stage->screen;
	struct wl_surface *child = wl_compositor_create_surface(screen->compositor);
	struct wl_subsurface *role = wl_subcompositor_get_subsurface(screen->subcompositor, child, window->surface);
	for (int32_t i = 0; i < 4; i++) {
		wl_surface_damage_buffer(child, 0, i * 10, SIZE, 20);
		commit(record, child, buffer);
		wl_surface_damage_buffer(child, 0, i * 10, SIZE, 5);
		commit(record, child, buffer);
		wl_surface_commit(window->surface);
		note(record);
	}
	wl_subsurface_destroy(role);
	wl_surface_destroy(child);
	note(record);
}

static void play(struct record *record, struct stage *stage, enum file_kind kind) {
	struct window window;
	struct picture pictures[2], small;
	*record = (struct record){.stage = stage};
	window_init(&window, &stage->screen, WINDOW_LAYER, SIZE, SIZE);
	for (uint32_t i = 0; i < 2; i++) {
		picture_init(&pictures[i], &stage->screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		picture_fill(&pictures[i], i);
	}
	picture_init(&small, &stage->screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE / 2, SIZE, SIZE * 2);
	picture_fill(&small, 2);
	for (int i = 0; i < 6; i++) {
		wl_surface_damage_buffer(window.surface, 0, 0, SIZE, i < 4 ? SIZE : SIZE / 10);
		commit(record, window.surface, pictures[i % 2].buffer);
	}
	commit_boxes(record, window.surface, pictures[0].buffer);
	commit_geometries(record, window.surface, pictures[0].buffer);
	commit(record, window.surface, pictures[1].buffer); // without damage
	wl_surface_damage_buffer(window.surface, 0, 0, 10, 10);
	commit(record, window.surface, small.buffer); // another size
	commit(record, window.surface, NULL);
	window.configured = false;
	wl_surface_commit(window.surface);
	client_roundtrip(&stage->screen.client);
	wl_surface_damage_buffer(window.surface, 0, 0, 10, 10);
	commit(record, window.surface, small.buffer); // mapped anew
	commit_subsurface(record, &window, pictures[0].buffer);
	picture_finish(&small);
	for (int i = 0; i < 2; i++) {
		picture_finish(&pictures[i]);
	}
	window_finish(&window);
}

TEST("upload@renderer-reads-as-many-bytes-as-with-the-shm-of-wlroots") {
	struct record records[FILE_KINDS_LEN], reference;
	struct stage stage;
	stage_init(&stage, SIZE, SIZE);
	skip_unless_uploading(&stage.server);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		play(&records[kind], &stage, kind);
	}
	stage_finish(&stage);
	stage_init_wlroots_shm(&stage, SIZE, SIZE);
	play(&reference, &stage, FILE_SEALED);
	stage_finish(&stage);
	int64_t sum = 0;
	for (int i = 0; i < reference.len; i++) {
		sum += reference.uploaded[i];
	}
	expect_int(sum, >, 6 * SIZE * SIZE * 4);
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		expect_int(records[kind].len, ==, reference.len);
		for (int i = 0; i < reference.len; i++) {
			const struct record *record = &records[kind];
			bool is_exact = record->uploaded[i] == reference.uploaded[i];
			// Damage of half a row or more is read from files in whole rows.
			if (FILE_KIND_IS_SEALABLE(kind)) {
				is_exact = is_exact && record->read[i] == reference.uploaded[i];
			} else {
				is_exact = is_exact && record->read[i] >= reference.uploaded[i] &&
						   record->read[i] <= reference.uploaded[i] * 2;
			}
			if (!is_exact) {
				fail("%s, commit %d: %lld bytes uploaded, %lld read, with the shm of wlroots %lld",
						file_kind_names[kind], i, (long long)record->uploaded[i], (long long)record->read[i],
						(long long)reference.uploaded[i]);
			}
		}
	}
}

TEST("upload@block-is-read-from-its-mapping-and-nothing-is-copied") {
	struct stage stage;
	struct pool_client pool;
	struct window window;
	struct pool_picture picture;
	stage_init(&stage, SIZE, SIZE);
	skip_unless_uploading(&stage.server);
	pool_client_init(&pool, &stage.screen.client, 0);
	window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
	pool_picture_init(&picture, &pool, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	for (uint32_t i = 0; i < 12; i++) {
		int32_t height = i == 0 ? SIZE : 10;
		int64_t before = uploaded, read = get_stats(&stage).bytes_read;
		pool_picture_fill_box(&picture, 0, 0, SIZE, height, i);
		window_commit_box(&window, picture.picture.buffer, 0, 0, SIZE, height);
		expect_int(picture.picture.releases, ==, (int)i + 1);
		expect_int(uploaded - before, ==, SIZE * height * 4);
		expect_int(get_stats(&stage).bytes_read - read, ==, SIZE * height * 4);
		expect_int(get_stats(&stage).bytes_scratch, ==, 0);
		stage_expect(&stage, &picture.picture, 0, 0, "a block");
	}
	pool_picture_finish(&picture);
	window_finish(&window);
	pool_client_finish(&pool);
	stage_finish(&stage);
}

// A window as large as the output, with a synchronized subsurface as large as that.
struct family {
	struct stage stage;
	struct window parent;
	struct picture parent_picture, picture;
	struct wl_surface *child;
	struct wl_subsurface *role;
};

static void family_init(struct family *family, enum file_kind kind) {
	stage_init(&family->stage, SIZE, SIZE);
	skip_unless_uploading(&family->stage.server);
	struct screen *screen = &family->stage.screen;
	window_init(&family->parent, screen, WINDOW_LAYER, SIZE, SIZE);
	picture_init(&family->parent_picture, &screen->client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	picture_init(&family->picture, &screen->client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
	family->child = wl_compositor_create_surface(screen->compositor);
	family->role = wl_subcompositor_get_subsurface(screen->subcompositor, family->child, family->parent.surface);
	window_commit(&family->parent, family->parent_picture.buffer);
	picture_fill(&family->picture, 7);
}

static void family_commit(struct family *family, struct wl_surface *surface) {
	wl_surface_attach(surface, family->picture.buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, SIZE, SIZE);
	wl_surface_commit(surface);
}

static void family_finish(struct family *family) {
	wl_subsurface_destroy(family->role);
	wl_surface_destroy(family->child);
	picture_finish(&family->picture);
	picture_finish(&family->parent_picture);
	window_finish(&family->parent);
	stage_finish(&family->stage);
}

TEST("upload@buffer-destroyed-before-its-commit-is-applied-is-shown") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		family_init(&family, kind);
		family_commit(&family, family.child);
		client_roundtrip(&family.stage.screen.client);
		expect_int(family.picture.releases, ==, 0);
		wl_buffer_destroy(family.picture.buffer);
		family.picture.buffer = NULL;
		client_roundtrip(&family.stage.screen.client);
		wl_surface_commit(family.parent.surface);
		client_roundtrip(&family.stage.screen.client);
		stage_expect(&family.stage, &family.picture, 0, 0, file_kind_names[kind]);
		expect_int(get_stats(&family.stage).bytes_scratch, ==, 0);
		family_finish(&family);
	}
}

TEST("upload@surface-destroyed-before-its-commit-is-applied-releases-the-buffer") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		family_init(&family, kind);
		family_commit(&family, family.child);
		client_roundtrip(&family.stage.screen.client);
		wl_subsurface_destroy(family.role);
		wl_surface_destroy(family.child);
		client_roundtrip(&family.stage.screen.client);
		expect_int(family.picture.releases, ==, 1);
		family.child = wl_compositor_create_surface(family.stage.screen.compositor);
		family.role =
				wl_subcompositor_get_subsurface(family.stage.screen.subcompositor, family.child, family.parent.surface);
		family_finish(&family);
	}
}

TEST("upload@buffer-that-two-surfaces-wait-for-is-shown-by-both") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		family_init(&family, kind);
		struct screen *screen = &family.stage.screen;
		struct wl_surface *other = wl_compositor_create_surface(screen->compositor);
		struct wl_subsurface *role =
				wl_subcompositor_get_subsurface(screen->subcompositor, other, family.parent.surface);
		wl_subsurface_set_position(role, 0, SIZE / 2);
		family_commit(&family, family.child);
		family_commit(&family, other);
		client_roundtrip(&screen->client);
		wl_surface_commit(family.parent.surface);
		client_roundtrip(&screen->client);
		expect_int(family.picture.releases, ==, 1);
		struct image wanted, got;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&family.picture, &wanted, 0, 0);
		picture_draw(&family.picture, &wanted, 0, SIZE / 2);
		stage_capture(&family.stage, &got);
		expect_image_of(&got, &wanted, file_kind_names[kind]);
		image_finish(&wanted);
		image_finish(&got);
		wl_subsurface_destroy(role);
		wl_surface_destroy(other);
		family_finish(&family);
	}
}

TEST("upload@file-truncated-before-its-commit-is-applied-is-invalid_fd") {
	struct family family;
	family_init(&family, FILE_UNSEALABLE);
	family_commit(&family, family.child);
	client_roundtrip(&family.stage.screen.client);
	expect(ftruncate(family.picture.fd, 4096) == 0);
	wl_surface_commit(family.parent.surface);
	expect_protocol_error(&family.stage.screen.client, family.picture.buffer, WL_SHM_ERROR_INVALID_FD, "invalid fd");
	picture_finish(&family.picture);
	picture_finish(&family.parent_picture);
	window_finish(&family.parent);
	stage_finish(&family.stage);
}

TEST("upload@holes-made-before-the-commit-is-applied-are-shown-black-and-stay") {
	struct family family;
	family_init(&family, FILE_SEALED);
	family_commit(&family, family.child);
	client_roundtrip(&family.stage.screen.client);
	expect(fallocate(family.picture.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE * SIZE * 4) == 0);
	int64_t allocated = file_get_allocated(family.picture.fd);
	wl_surface_commit(family.parent.surface);
	client_roundtrip(&family.stage.screen.client);
	expect_int(file_get_allocated(family.picture.fd), ==, allocated);
	expect_int(get_stats(&family.stage).bytes_scratch, ==, 0);
	struct image wanted, got;
	image_init(&wanted, SIZE, SIZE);
	stage_capture(&family.stage, &got);
	expect_image_of(&got, &wanted, "black");
	image_finish(&wanted);
	image_finish(&got);
	family_finish(&family);
}

// The server's surface.
static struct wlr_surface *find_surface(struct stage *stage, struct wl_surface *surface) {
	uint32_t id = wl_proxy_get_id((struct wl_proxy *)surface);
	return wlr_surface_from_resource(wl_client_get_object(client_get_peer(&stage->screen.client), id));
}

TEST("upload@texture-that-another-reader-holds-is-made-anew") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct stage stage;
		struct window window;
		struct picture picture;
		stage_init(&stage, SIZE, SIZE);
		skip_unless_uploading(&stage.server);
		window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
		picture_init(&picture, &stage.screen.client, kind, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		picture_fill(&picture, 1);
		window_commit(&window, picture.buffer);
		struct wlr_surface *surface = find_surface(&stage, window.surface);
		struct wlr_buffer *held = wlr_buffer_lock(&surface->buffer->base);
		picture_fill_box(&picture, 10, 10, 20, 20, 2);
		window_commit_box(&window, picture.buffer, 10, 10, 20, 20);
		expect(&surface->buffer->base != held);
		stage_expect(&stage, &picture, 0, 0, file_kind_names[kind]);
		wlr_buffer_unlock(held);
		picture_fill_box(&picture, 90, 40, 20, 20, 3);
		window_commit_box(&window, picture.buffer, 90, 40, 20, 20);
		stage_expect(&stage, &picture, 0, 0, file_kind_names[kind]);
		picture_finish(&picture);
		window_finish(&window);
		stage_finish(&stage);
	}
}

TEST("upload@format-changes-with-damage-of-a-box-show-all-of-the-buffer") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		const uint32_t formats[] = {WL_SHM_FORMAT_XRGB8888, WL_SHM_FORMAT_RGB565, WL_SHM_FORMAT_XBGR8888};
		struct stage stage;
		struct window window;
		stage_init(&stage, SIZE, SIZE);
		skip_unless_uploading(&stage.server);
		window_init(&window, &stage.screen, WINDOW_LAYER, SIZE, SIZE);
		for (uint32_t i = 0; i < 3; i++) {
			struct picture picture;
			int bytes = i == 1 ? 2 : 4;
			picture_init(&picture, &stage.screen.client, kind, formats[i], SIZE, SIZE, SIZE * bytes);
			picture_fill(&picture, i);
			window_commit_box(&window, picture.buffer, 10, 10, 20, 20);
			stage_expect(&stage, &picture, 0, 0, file_kind_names[kind]);
			picture_finish(&picture);
		}
		window_finish(&window);
		stage_finish(&stage);
	}
}

#define LARGE 2048 // pixels: 16 MiB

// Queues so many commits of LARGE x LARGE, then has them applied at once. Returns the bytes that the renderer has read
// before the client was ended.
static int64_t upload_at_once(enum file_kind kind, int commits) {
	struct family family;
	struct picture picture;
	family_init(&family, kind);
	struct screen *screen = &family.stage.screen;
	picture_init(&picture, &screen->client, kind, WL_SHM_FORMAT_XRGB8888, LARGE, LARGE, LARGE * 4);
	picture_fill(&picture, 1);
	for (int i = 0; i < commits; i++) {
		wl_surface_attach(family.child, picture.buffer, 0, 0);
		wl_surface_damage_buffer(family.child, 0, 0, LARGE, LARGE);
		wl_surface_commit(family.child);
		client_roundtrip(&screen->client);
	}
	int64_t before = uploaded;
	wl_surface_commit(family.parent.surface);
	expect_no_memory(&screen->client, "too much at once");
	int64_t bytes = uploaded - before;
	picture_finish(&picture);
	picture_finish(&family.picture);
	picture_finish(&family.parent_picture);
	window_finish(&family.parent);
	stage_finish(&family.stage);
	return bytes;
}

TEST("upload@commits-applied-at-once-are-bounded") {
	const int commits = (int)(LIDO_DISPATCH_BYTES_MAX / (LARGE * LARGE * 4));
	expect_int(upload_at_once(FILE_UNSEALABLE, commits + 1), ==, LIDO_DISPATCH_BYTES_MAX);
	expect_int(upload_at_once(FILE_SEALED, LIDO_DISPATCH_UPLOADED_PER_BYTE * commits + 1), ==,
			LIDO_DISPATCH_UPLOADED_PER_BYTE * LIDO_DISPATCH_BYTES_MAX);
}

// Cuts, extends, punches and writes a file all the time.
struct vandal {
	int fd;
	bool is_sealed;
	atomic_bool is_stopped;
};

static void *vandalize(void *data) {
	struct vandal *vandal = data;
	const off_t size = SIZE * SIZE * 4;
	char row[SIZE * 4];
	memset(row, 0x55, sizeof(row));
	while (!vandal->is_stopped) {
		fallocate(vandal->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
		pwrite(vandal->fd, row, sizeof(row), size / 2);
		if (!vandal->is_sealed) {
			ftruncate(vandal->fd, 4096);
			ftruncate(vandal->fd, size);
		}
		sched_yield();
	}
	return NULL;
}

// The client may be ended, by what its file is when it is read. The others are served.
TEST("upload@file-that-changes-all-the-time-harms-nobody") {
	for (int kind = 0; kind < FILE_KINDS_LEN; kind++) {
		struct family family;
		struct picture picture;
		struct screen other;
		struct vandal vandal;
		pthread_t thread;
		family_init(&family, kind);
		screen_init(&other, &family.stage.server);
		vandal = (struct vandal){.fd = family.picture.fd, .is_sealed = FILE_KIND_IS_SEALABLE(kind)};
		expect(pthread_create(&thread, NULL, vandalize, &vandal) == 0);
		for (int i = 0; i < 100; i++) {
			family_commit(&family, i % 3 == 0 ? family.parent.surface : family.child);
			if (!client_try_roundtrip(&family.stage.screen.client)) {
				break;
			}
		}
		vandal.is_stopped = true;
		pthread_join(thread, NULL);
		expect_alive(&other.client);
		expect(!vandal.is_sealed || client_try_roundtrip(&family.stage.screen.client));
		picture_init(&picture, &other.client, FILE_SEALED, WL_SHM_FORMAT_XRGB8888, SIZE, SIZE, SIZE * 4);
		struct window window;
		window_init(&window, &other, WINDOW_LAYER, SIZE, SIZE);
		picture_fill(&picture, 9);
		window_commit(&window, picture.buffer);
		struct image wanted, got;
		image_init(&wanted, SIZE, SIZE);
		picture_draw(&picture, &wanted, 0, 0);
		screen_capture(&other, 0, 0, SIZE, SIZE, &got);
		expect_image_of(&got, &wanted, file_kind_names[kind]);
		image_finish(&wanted);
		image_finish(&got);
		window_finish(&window);
		picture_finish(&picture);
		screen_finish(&other);
		family_finish(&family);
	}
}

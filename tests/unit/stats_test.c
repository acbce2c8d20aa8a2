/*
 * The statistics of each client: the numbers, and JSON that a strict parser accepts.
 */
#include "file.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pool_pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A parser for well-formed JSON (RFC 8259). Each function returns where it stopped, or NULL.
static const char *parse_value(const char *text);

static const char *skip_blanks(const char *text) {
	return text + strspn(text, " \t\r\n");
}

static const char *parse_string(const char *text) {
	if (*text != '"') {
		return NULL;
	}
	for (text++; *text != '"'; text++) {
		if ((unsigned char)*text < ' ') {
			return NULL;
		}
		if (*text == '\\') {
			text++;
			if (*text == '\0' || strchr("\"\\/bfnrt", *text) == NULL) {
				return NULL;
			}
		}
	}
	return text + 1;
}

static const char *parse_number(const char *text) {
	text += *text == '-';
	if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1]))) {
		return NULL;
	}
	return text + strspn(text, "0123456789");
}

static const char *parse_list(const char *text, char close, bool has_names) {
	text = skip_blanks(text + 1);
	if (*text == close) {
		return text + 1;
	}
	for (;;) {
		if (has_names) {
			text = parse_string(skip_blanks(text));
			text = text != NULL ? skip_blanks(text) : NULL;
			if (text == NULL || *text != ':') {
				return NULL;
			}
			text++;
		}
		text = parse_value(skip_blanks(text));
		if (text == NULL) {
			return NULL;
		}
		text = skip_blanks(text);
		if (*text == close) {
			return text + 1;
		}
		if (*text != ',') {
			return NULL;
		}
		text++;
	}
}

static const char *parse_value(const char *text) {
	switch (*text) {
	case '[':
		return parse_list(text, ']', false);
	case '{':
		return parse_list(text, '}', true);
	case '"':
		return parse_string(text);
	default:
		return parse_number(text);
	}
}

static char *write_text(struct lido_manager *manager, void (*write)(struct lido_manager *, FILE *)) {
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	write(manager, stream);
	fclose(stream);
	return text;
}

static void expect_json(const char *text) {
	const char *end = parse_value(text);
	if (end == NULL || strcmp(end, "\n") != 0) {
		fail("not JSON: %s", text);
	}
}

TEST("stats@json-without-clients-is-an-empty-array") {
	struct server server;
	server_init_core(&server, NULL);
	char *text = write_text(server.manager, lido_manager_write_json);
	expect_string(text, "[]\n");
	free(text);
	server_finish(&server);
}

TEST("stats@json-has-one-object-per-client-with-every-key") {
	struct pair pair;
	pair_init(&pair, NULL);
	char *text = write_text(pair.server.manager, lido_manager_write_json);
	expect_json(text);
	static const char *const keys[] = {"name", "pid", "exported_areas", "sealed_files", "unsealable_files", "mappings",
		"fds", "pins", "blocks", "buffers", "buffers_peak", "bytes_mapped", "bytes_used", "bytes_used_peak",
		"bytes_resident", "bytes_cached", "bytes_scratch", "bytes_scratch_peak", "bytes_scratch_idle", "bytes_pinned",
		"bytes_read"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char key[40];
		snprintf(key, sizeof(key), "\"%s\":", keys[i]);
		char *first = strstr(text, key), *second = first != NULL ? strstr(first + 1, key) : NULL;
		expect(first != NULL && second != NULL && strstr(second + 1, key) == NULL);
	}
	free(text);
	pair_finish(&pair);
}

// Changes the command line of this process in /proc: in place, so the name must not be longer than the original.
static void set_command(const char *name) {
	char *command = program_invocation_name; // argv[0] itself
	static size_t size;
	if (size == 0) {
		size = strlen(command);
	}
	expect_int(strlen(name), <=, size);
	strncpy(command, name, size); // and zeros up to the old end
}

TEST("stats@unusual-program-names-give-valid-json") {
	static const char *const names[] = {"a\"b", "back\\slash", "tab\there", "line\nbreak", "\x01\x7f\x1b[31m",
		"\xff\xfe", "\xc3\xa4", "", "\\", "\"", "a/b\"c", "/"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		set_command(names[i]);
		struct pair pair;
		pair_init(&pair, NULL);
		char *text = write_text(pair.server.manager, lido_manager_write_json);
		expect_json(text);
		for (const char *c = text; *c != '\0'; c++) {
			expect((*c >= ' ' && *c <= '~') || *c == '\n');
		}
		free(text);
		text = write_text(pair.server.manager, lido_manager_write_table);
		expect(strchr(text, '\x1b') == NULL);
		free(text);
		pair_finish(&pair);
	}
}

static void handle_stats(const struct lido_pool_stats *stats, void *data) {
	struct lido_pool_stats **place = data;
	*(*place)++ = *stats;
}

static struct lido_pool_stats get_first(struct lido_manager *manager) {
	struct lido_pool_stats all[4], *end = all;
	lido_manager_for_each_pool(manager, handle_stats, &end);
	expect_int(end - all, ==, 2);
	return all[0];
}

TEST("stats@name-is-that-of-the-program-without-its-path") {
	struct pair pair;
	set_command("/usr/bin/foot");
	pair_init(&pair, NULL);
	char *text = write_text(pair.server.manager, lido_manager_write_json);
	expect_contains(text, "{\"name\": \"foot\", ");
	free(text);
	pair_finish(&pair);
}

TEST("stats@numbers-are-those-of-the-pool") {
	struct pair pair;
	pair_init(&pair, NULL);
	int sealed = file_create(FILE_SEALED, 131072), other = file_create(FILE_SHM_OPEN, 65536);
	file_fill(sealed, 0, 131072, 1);
	struct wl_shm_pool *shm_pools[3] = {wl_shm_create_pool(pair.client.shm, sealed, 131072),
		wl_shm_create_pool(pair.client.shm, other, 65536), wl_shm_create_pool(pair.client.shm, sealed, 65536)};
	struct wl_buffer *buffers[3];
	for (int i = 0; i < 3; i++) {
		buffers[i] = wl_shm_pool_create_buffer(shm_pools[i], 0, 128, 128, 512, WL_SHM_FORMAT_ARGB8888);
	}
	expect(lido_buffer_map(pair_get_buffer(&pair, buffers[0]), 0, 128, NULL) != NULL);
	struct lido_scratch *scratch = lido_scratch_create(pair_get_pool(&pair), 8192);
	struct lido_pool_stats stats = get_first(pair.server.manager);
	int64_t mapped;
	file_count_mappings(sealed, &mapped);
	expect_int(stats.pid, ==, getpid());
	expect_int(stats.exported_areas, ==, 0);
	expect_int(stats.sealed_files, ==, 1);
	expect_int(stats.unsealable_files, ==, 1);
	expect_int(stats.mappings, ==, 1);
	expect_int(stats.fds, ==, 2);
	expect_int(stats.blocks, ==, 0);
	expect_int(stats.buffers, ==, 3);
	expect_int(stats.bytes_mapped, ==, mapped);
	expect_int(stats.bytes_used, ==, 3 * 65536);
	expect_int(stats.bytes_scratch, ==, 8192);
	lido_scratch_destroy(scratch);
	for (int i = 0; i < 3; i++) {
		wl_buffer_destroy(buffers[i]);
		wl_shm_pool_destroy(shm_pools[i]);
	}
	close(sealed);
	close(other);
	pair_finish(&pair);
}

TEST("stats@of-one-client-are-those-of-all-and-name-it") {
	struct pair pair;
	pair_init(&pair, NULL);
	struct lido_pool_stats one, first = get_first(pair.server.manager);
	lido_pool_get_stats(pair_get_pool(&pair), &one);
	expect(one.client == client_get_peer(&pair.client) && first.client == one.client);
	expect_int(one.id, ==, first.id);
	expect_int(one.pid, ==, getpid());
	expect_string(one.name, first.name);
	pair_finish(&pair);
}

TEST("stats@client-that-is-gone-has-neither-name-nor-process") {
	struct pair pair;
	struct client client;
	struct lido_pool_stats stats;
	pair_init(&pair, NULL);
	client_init(&client, &pair.server);
	struct lido_pool *pool = lido_pool_from_client(pair.server.manager, client_get_peer(&client));
	struct lido_scratch *scratch = lido_scratch_create(pool, 8192);
	client_finish(&client);
	lido_pool_get_stats(pool, &stats);
	expect(stats.client == NULL);
	expect_int(stats.pid, ==, 0);
	expect_string(stats.name, "?");
	expect_int(stats.bytes_scratch, ==, 8192);
	lido_scratch_destroy(scratch);
	pair_finish(&pair);
}

TEST("stats@blocks-share-one-fd-and-one-mapping") {
	enum {
		COUNT = 500
	};
	struct pool_pair pair;
	static struct pool_block blocks[COUNT];
	static struct wl_buffer *buffers[COUNT];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < COUNT; i++) {
		pool_block_init(&blocks[i], &pair.pool, 4096);
		buffers[i] = pool_block_create_buffer(&blocks[i], 0, 32, 32);
	}
	expect_place(&blocks[COUNT - 1]);
	struct lido_pool_stats stats = get_first(pair.base.server.manager);
	expect_int(stats.exported_areas, ==, 1);
	expect_int(stats.sealed_files, ==, 0);
	expect_int(stats.unsealable_files, ==, 0);
	expect_int(stats.mappings, ==, 1);
	expect_int(stats.fds, ==, 1);
	expect_int(stats.blocks, ==, COUNT);
	expect_int(stats.buffers, ==, COUNT);
	expect_int(stats.bytes_mapped, ==, pool_client_get_first_area(&pair.pool)->reserve);
	expect_int(stats.bytes_used, ==, COUNT * 4096);
	for (int i = 0; i < COUNT; i++) {
		wl_buffer_destroy(buffers[i]);
	}
	pool_client_finish(&pair.pool);
	client_roundtrip(&pair.base.client);
	stats = get_first(pair.base.server.manager);
	expect_int(stats.blocks, ==, 0);
	expect_int(stats.bytes_used, ==, 0);
	pair_finish(&pair.base);
}

TEST("stats@table-has-a-header-and-a-line-per-client") {
	struct pair pair;
	pair_init(&pair, NULL);
	char *text = write_text(pair.server.manager, lido_manager_write_table);
	size_t lines = 0;
	for (const char *c = text; *c != '\0'; c++) {
		lines += *c == '\n';
	}
	expect_int(lines, ==, 3);
	free(text);
	pair_finish(&pair);
}

static int64_t get_cached(struct pool_pair *pair) {
	client_roundtrip(&pair->base.client);
	return get_first(pair->base.server.manager).bytes_cached;
}

TEST("stats@cached-is-memory-not-address-space") {
	const uint32_t size = 1 << 20;
	struct pool_pair pair;
	struct pool_block drawn, large, last;
	pool_pair_init(&pair, NULL, 0);
	// What nobody has drawn into has no pages.
	pool_block_init(&large, &pair.pool, 100 * size);
	pool_block_init(&drawn, &pair.pool, size);
	pool_block_init(&last, &pair.pool, size);
	expect_place(&last);
	uint8_t *start = pool_block_get_data(&large);
	memset(pool_block_get_data(&drawn), 1, size / 4);
	memset(pool_block_get_data(&last), 1, size);
	expect_int(get_cached(&pair), ==, 0);
	pool_block_finish(&large);
	expect_int(get_cached(&pair), <=, size + size / 4); // of the last 36 MiB just the size of the file is known
	pool_block_finish(&drawn);
	pool_block_finish(&last);
	int64_t cached = get_cached(&pair);
	expect_int(cached, ==, size + size / 4);
	expect_int(cached, ==, get_first(pair.base.server.manager).bytes_resident);
	// The client fills what is free, 10 MiB of it.
	memset(start, 1, 10 * size);
	expect_int(get_cached(&pair), ==, cached + 10 * size);
	pool_pair_finish(&pair);
}

TEST("stats@cached-is-exact-in-small-areas") {
	const uint32_t size = 1 << 20;
	struct pool_pair pair;
	struct pool_block blocks[4];
	pool_pair_init(&pair, NULL, 0);
	for (int i = 0; i < 4; i++) {
		pool_block_init(&blocks[i], &pair.pool, size + 64);
		expect_place(&blocks[i]);
		memset(pool_block_get_data(&blocks[i]), 1, (size_t)i * 4096);
	}
	pool_block_finish(&blocks[0]);
	expect_int(get_cached(&pair), ==, 0);
	pool_block_finish(&blocks[2]);
	expect_int(get_cached(&pair), ==, 2 * 4096);
	pool_block_finish(&blocks[1]);
	expect_int(get_cached(&pair), ==, 3 * 4096);
	pool_pair_finish(&pair);
}

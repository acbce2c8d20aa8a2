/*
 * The pool and everything in it, driven by the calls that requests and readers make, on files and mappings of the real
 * kernel. Any call may fail, any number of times. Belief: after each step lido_pool_audit() passes and no limit is
 * exceeded. Bytes written into a block, a scratch or a buffer are still there when it is freed, whatever was trimmed,
 * moved, shrunk or failed in between. In the end nothing is left behind.
 */
#include "bookkeeping.h"
#include "faults.h"
#include "file.h"
#include "input.h"
#include "memory/pool.h"
#include "memory/scratch.h"
#include "pair.h"
#include "runner.h"
#include "server.h"
#include "wire/buffer.h"
#include "wire/manager.h"
#include "wire/placement.h"
#include "wire/pool_resource.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "lido-shm-v1-protocol.h"

#define BLOCKS 24
#define BUFFERS 16
#define SCRATCHES 8
#define FILES 4
#define POOL_RESOURCES 3
#define CLAIMED (1 << 20) // bytes that buffers may name
#define TAG_SIZE 32       // bytes: a block has more

// A block, as a block resource has one. Its first and last bytes hold a mark.
struct block {
	struct lido_block *block; // NULL: none
	uint32_t pool_resource;   // index
	uint8_t mark;
};

// A wl_buffer, and its reader.
struct buffer {
	struct wl_resource *resource; // NULL: destroyed
	struct lido_buffer *locked;   // NULL: not
	struct wl_listener destroy;
	struct lido_area *area; // where bytes in its middle hold a mark; NULL: nowhere
	int64_t mark_offset;    // in the file
	uint8_t mark;
};

struct run {
	struct server server;
	struct lido_pool *pool;
	struct wl_client *client; // NULL: destroyed
	int socket;               // the client's end
	struct wl_resource *manager;
	struct wl_resource *pool_resources[POOL_RESOURCES];
	uint32_t last_id;
	uint8_t last_mark;
	struct block blocks[BLOCKS];
	struct buffer buffers[BUFFERS];
	struct lido_scratch *scratches[SCRATCHES];
	size_t scratch_sizes[SCRATCHES];
	int files[FILES];
	struct lido_area *areas[FILES]; // with a user, as a wl_shm_pool of that file; NULL: none
};

static const struct lido_limits limits = {
	.files_max = 5,
	.shm_pools_max = 8,
	.buffers_max = BUFFERS - 2,
	.areas_max = 3,
	.blocks_max = BLOCKS - 4,
	.area_bytes_max = 1 << 20,
	.scratch_bytes_max = 1 << 19,
};

static uint8_t next_mark(struct run *run) {
	run->last_mark += run->last_mark == UINT8_MAX ? 2 : 1; // never 0, which holes contain
	return run->last_mark;
}

static void write_mark(struct run *run, struct lido_area *area, int64_t offset, uint8_t mark) {
	uint8_t tag[TAG_SIZE];
	memset(tag, mark, sizeof(tag));
	file_write(area->fd, offset, tag, sizeof(tag));
	for (int i = 0; i < BUFFERS; i++) {
		struct buffer *buffer = &run->buffers[i];
		if (buffer->area == area && buffer->mark_offset > offset - TAG_SIZE &&
				buffer->mark_offset < offset + TAG_SIZE) {
			buffer->area = NULL; // overwritten by its own client
		}
	}
}

static void expect_mark(const struct lido_area *area, int64_t offset, uint8_t mark) {
	uint8_t tag[TAG_SIZE];
	file_read(area->fd, offset, tag, sizeof(tag));
	for (int i = 0; i < TAG_SIZE; i++) {
		expect_int(tag[i], ==, mark);
	}
}

static int64_t get_last_mark(const struct lido_block *block) {
	return block->range->offset + lido_block_get_size(block) - TAG_SIZE;
}

static void expect_block(const struct block *block) {
	expect_mark(&block->block->area->base, block->block->range->offset, block->mark);
	expect_mark(&block->block->area->base, get_last_mark(block->block), block->mark);
}

static void expect_all(const struct run *run) {
	for (int i = 0; i < BLOCKS; i++) {
		if (run->blocks[i].block != NULL) {
			expect_block(&run->blocks[i]);
		}
	}
	for (int i = 0; i < BUFFERS; i++) {
		const struct buffer *buffer = &run->buffers[i];
		if (buffer->area != NULL) {
			expect_mark(buffer->area, buffer->mark_offset, buffer->mark);
		}
	}
}

// Returns the object with the next id, or NULL if none was created. Ids have no gaps.
static struct wl_resource *find_new(struct run *run) {
	struct wl_resource *resource = wl_client_get_object(run->client, run->last_id + 1);
	run->last_id += resource != NULL;
	return resource;
}

static bool has_blocks(const struct run *run, uint32_t pool_resource) {
	bool found = false;
	for (int i = 0; i < BLOCKS; i++) {
		found |= run->blocks[i].block != NULL && run->blocks[i].pool_resource == pool_resource;
	}
	return found;
}

static void step_pool_resource(struct run *run, struct input *input) {
	uint32_t i = input_take_below(input, POOL_RESOURCES);
	if (run->pool_resources[i] == NULL) {
		uint8_t kind = input_take_byte(input);
		uint32_t reserve_max = kind % 2 == 0 ? 0 : input_take_size(input, 26);
		lido_pool_resource_create(run->manager, run->last_id + 1, reserve_max, kind % 4 >= 2);
		struct wl_resource *resource = find_new(run);
		// Without user data it is the rest of a request that ran out of memory.
		bool is_created = resource != NULL && wl_resource_get_user_data(resource) != NULL;
		run->pool_resources[i] = is_created ? resource : NULL;
	} else if (!has_blocks(run, i)) {
		wl_resource_destroy(run->pool_resources[i]);
		run->pool_resources[i] = NULL;
	}
}

static void expect_placed(const struct run *run, const struct block *block, uint32_t size) {
	const struct lido_range *range = block->block->range;
	expect_int(lido_block_get_size(block->block), ==, lido_allocator_round(size));
	expect_int(range->offset + range->size, <=, file_get_size(block->block->area->base.fd));
	for (int i = 0; i < BLOCKS; i++) {
		const struct block *other = &run->blocks[i];
		if (other != block && other->block != NULL && other->block->area == block->block->area) {
			const struct lido_range *others = other->block->range;
			expect(others->offset + others->size <= range->offset || range->offset + range->size <= others->offset);
		}
	}
}

static void step_block(struct run *run, struct input *input) {
	struct block *block = &run->blocks[input_take_below(input, BLOCKS)];
	if (block->block == NULL) {
		block->pool_resource = input_take_below(input, POOL_RESOURCES);
	}
	struct wl_resource *resource = run->pool_resources[block->pool_resource];
	uint32_t size = input_take_size(input, 20);
	if (resource == NULL) {
		return;
	}
	struct lido_block *before = block->block;
	int64_t offset = before != NULL ? before->range->offset : 0, wanted = before != NULL ? before->wanted : 0;
	struct lido_pool_resource *pool_resource = wl_resource_get_user_data(resource);
	struct lido_placement placement = lido_place_block(&pool_resource->announcer, &block->block, size);
	if (placement.result == LIDO_PLACEMENT_OK) {
		expect_placed(run, block, size);
		if (before != NULL && block->block == before) {
			expect_int(before->range->offset, ==, offset);
			expect_mark(&before->area->base, offset, block->mark);
		}
		block->mark = next_mark(run);
		write_mark(run, &block->block->area->base, block->block->range->offset, block->mark);
		write_mark(run, &block->block->area->base, get_last_mark(block->block), block->mark);
		return;
	}
	expect_int(placement.result, ==, LIDO_PLACEMENT_FAILED);
	expect(block->block == before);
	if (before != NULL) {
		expect_int(before->range->offset, ==, offset);
		expect_int(before->wanted, ==, wanted);
		expect_block(block);
	}
}

static void step_disown(struct run *run, struct input *input) {
	struct block *block = &run->blocks[input_take_below(input, BLOCKS)];
	if (block->block != NULL) {
		expect_block(block);
		lido_block_disown(block->block);
		block->block = NULL;
	}
}

// The client gives up a part of a block, and draws its marks anew.
static void step_discard(struct run *run, struct input *input) {
	struct block *block = &run->blocks[input_take_below(input, BLOCKS)];
	uint32_t offset = input_take_byte(input) * 512, size = input_take_size(input, 18);
	if (block->block == NULL) {
		return;
	}
	struct lido_area *area = &block->block->area->base;
	int64_t start = block->block->range->offset, end = lido_range_get_end(block->block->range);
	expect_block(block);
	for (int i = 0; i < BUFFERS; i++) {
		struct buffer *buffer = &run->buffers[i];
		if (buffer->area == area && buffer->mark_offset >= start && buffer->mark_offset < end) {
			expect_mark(area, buffer->mark_offset, buffer->mark);
			buffer->area = NULL;
		}
	}
	lido_block_discard(block->block, offset, size);
	write_mark(run, area, start, block->mark);
	write_mark(run, area, get_last_mark(block->block), block->mark);
	expect_all(run);
}

static void handle_buffer_destroy(struct wl_listener *listener, void *data) {
	struct buffer *buffer = wl_container_of(listener, buffer, destroy);
	wl_list_remove(&buffer->destroy.link);
	buffer->resource = NULL;
	if (buffer->locked == NULL) {
		buffer->area = NULL;
	}
}

// Marks bytes in the middle of a buffer, unless a mark of its block is there.
static void mark_buffer(struct run *run, struct buffer *buffer, const struct lido_buffer *made) {
	const struct lido_block *block = made->internal.block;
	int64_t offset = made->offset + made->size / 2;
	if (block == NULL || made->size < 2 * TAG_SIZE || offset < block->range->offset + TAG_SIZE ||
			offset > get_last_mark(block) - TAG_SIZE) {
		return;
	}
	buffer->mark = next_mark(run);
	buffer->mark_offset = offset;
	write_mark(run, made->internal.area, offset, buffer->mark);
	buffer->area = made->internal.area;
}

static void create_buffer(struct run *run, struct input *input, struct buffer *buffer) {
	struct lido_block *block = run->blocks[input_take_below(input, BLOCKS)].block;
	struct lido_area *area = block == NULL ? run->areas[input_take_below(input, FILES)] : NULL;
	int32_t width = 1 + (int32_t)input_take_below(input, 64), height = 1 + (int32_t)input_take_below(input, 64);
	struct lido_buffer_request request = {(int32_t)input_take_below(input, 4) * 2048, width, height, width * 4, 1};
	if (area != NULL && request.offset + request.height * request.stride <= area->size) {
		lido_buffer_create_in_file(run->manager, run->last_id + 1, run->pool, area, CLAIMED, &request);
	} else {
		lido_buffer_create_in_block(run->manager, run->last_id + 1, run->pool, block, CLAIMED, &request);
	}
	struct wl_resource *resource = find_new(run);
	struct lido_buffer *made = resource != NULL ? lido_buffer_try_from_resource(resource) : NULL;
	if (made == NULL) {
		return;
	}
	*buffer = (struct buffer){.resource = resource, .destroy.notify = handle_buffer_destroy};
	wl_resource_add_destroy_listener(resource, &buffer->destroy);
	mark_buffer(run, buffer, made);
}

// Reading and mapping must give the same pixels. If a mapping succeeds, reading must too.
static void read_buffer(struct lido_buffer *buffer) {
	static uint8_t pixels[64 * 64 * 4], copy[sizeof(pixels)];
	struct lido_box box = {.width = buffer->width, .height = buffer->height};
	faults_set_next(0);
	expect(!lido_buffer_detect_tampering(buffer));
	const void *mapped = lido_buffer_map(buffer, 0, buffer->height, NULL);
	enum lido_read_result result = lido_buffer_read(buffer, &box, pixels, (size_t)buffer->stride);
	if (mapped != NULL) {
		expect_int(result, ==, LIDO_READ_OK);
		lido_buffer_copy(buffer, mapped, &box, copy, (size_t)buffer->stride);
		expect_bytes(copy, pixels, (size_t)buffer->size);
	}
}

static void unlock_buffer(struct buffer *buffer) {
	struct lido_buffer *locked = buffer->locked;
	if (buffer->area != NULL) {
		expect_mark(buffer->area, buffer->mark_offset, buffer->mark);
	}
	buffer->area = buffer->resource != NULL ? buffer->area : NULL;
	buffer->locked = NULL;
	lido_buffer_unlock(locked);
}

static void step_buffer(struct run *run, struct input *input, struct buffer *buffer) {
	uint8_t choice = input_take_byte(input);
	if (buffer->resource == NULL && buffer->locked == NULL) {
		create_buffer(run, input, buffer);
	} else if (buffer->locked == NULL) {
		struct lido_buffer *locked = lido_buffer_try_from_resource(buffer->resource);
		expect(locked != NULL);
		if (choice % 2 == 0) {
			buffer->locked = lido_buffer_lock(locked);
		} else {
			wl_resource_destroy(buffer->resource);
		}
	} else if (buffer->resource != NULL && choice % 2 == 0) {
		wl_resource_destroy(buffer->resource);
	} else if (choice % 4 == 1) {
		read_buffer(buffer->locked);
	} else {
		unlock_buffer(buffer);
	}
}

static void destroy_scratch(struct run *run, int i) {
	const uint8_t *data = lido_scratch_get_data(run->scratches[i]);
	expect(data[0] == i && data[run->scratch_sizes[i] - 1] == i);
	lido_scratch_destroy(run->scratches[i]);
	run->scratches[i] = NULL;
}

static void step_scratch(struct run *run, struct input *input, int i) {
	if (run->scratches[i] == NULL) {
		size_t size = input_take_size(input, 19);
		struct lido_scratch *scratch = lido_scratch_create(run->pool, size);
		if (scratch != NULL) {
			memset(lido_scratch_get_data(scratch), i, size);
		}
		run->scratches[i] = scratch;
		run->scratch_sizes[i] = size;
		return;
	}
	destroy_scratch(run, i);
}

// Does what wl_shm_pool.destroy does.
static void drop_file(struct run *run, uint32_t i) {
	lido_refs_unref(&run->areas[i]->refs);
	run->areas[i] = NULL;
	lido_quota_subtract(&run->pool->quota, LIDO_QUOTA_SHM_POOLS, 1);
	lido_refs_unref(&run->pool->refs);
}

static void step_file(struct run *run, struct input *input) {
	uint32_t i = input_take_below(input, FILES);
	if (run->areas[i] != NULL) {
		drop_file(run, i);
		return;
	}
	int flags = input_take_below(input, 3) == 0 ? O_RDONLY : O_RDWR;
	struct lido_area *area = NULL;
	if (lido_imports_add(&run->pool->imports, file_reopen(run->files[i], flags), &area) != LIDO_IMPORT_OK) {
		expect(area == NULL && run->pool->quota.failure[0] != '\0');
	}
	run->areas[i] = area;
	if (area != NULL) {
		lido_quota_add(&run->pool->quota, LIDO_QUOTA_SHM_POOLS, 1);
		lido_refs_ref(&run->pool->refs);
	}
}

static void step_file_change(struct run *run, struct input *input) {
	int fd = run->files[input_take_below(input, FILES)];
	int64_t size = input_take_size(input, 18);
	if (input_take_byte(input) % 2 == 0) {
		(void)!ftruncate(fd, size); // it may be sealed
	} else {
		(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, size);
	}
}

static void end_client(struct run *run) {
	for (int i = 0; i < BLOCKS; i++) {
		if (run->blocks[i].block != NULL) {
			expect_block(&run->blocks[i]);
			lido_block_disown(run->blocks[i].block);
			run->blocks[i].block = NULL;
		}
	}
	for (uint32_t i = 0; i < FILES; i++) {
		if (run->areas[i] != NULL) {
			drop_file(run, i);
		}
	}
	wl_client_destroy(run->client);
	run->client = NULL;
	memset(run->pool_resources, 0, sizeof(run->pool_resources));
}

static bool is_anything_held(const struct run *run) {
	bool is_held = run->client != NULL;
	for (int i = 0; i < BUFFERS; i++) {
		is_held |= run->buffers[i].locked != NULL;
	}
	for (int i = 0; i < SCRATCHES; i++) {
		is_held |= run->scratches[i] != NULL;
	}
	return is_held;
}

static void expect_limits(const struct lido_pool *pool) {
	lido_pool_audit(pool);
	expect_int(pool_used(pool, FILES), <=, limits.files_max);
	expect_int(pool_used(pool, BUFFERS), <=, limits.buffers_max);
	expect_int(pool_used(pool, AREAS), <=, limits.areas_max);
	expect_int(pool_used(pool, BLOCKS), <=, limits.blocks_max);
	expect_int(pool_used(pool, BLOCK_BYTES), <=, limits.area_bytes_max);
	expect_int(pool_used(pool, SCRATCH_BYTES), <=, limits.scratch_bytes_max);
}

// Steps that only a client makes.
static void step_client(struct run *run, struct input *input, uint8_t kind) {
	switch (kind % 8) {
	case 0:
		step_pool_resource(run, input);
		break;
	case 1:
	case 2:
	case 3:
		step_block(run, input);
		break;
	case 4:
		step_disown(run, input);
		break;
	case 5:
		(kind & 8 ? step_discard : step_disown)(run, input);
		break;
	case 6:
		step_file(run, input);
		break;
	case 7:
		if (input_take_byte(input) % 16 == 0) {
			end_client(run);
		}
		break;
	}
}

static void step(struct run *run, struct input *input) {
	uint8_t kind = input_take_byte(input);
	bool had_client = run->client != NULL;
	switch (kind >> 5) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (had_client) {
			step_client(run, input, kind);
		}
		break;
	case 4:
		faults_set_next(1 + input_take_below(input, 12));
		break;
	case 5:
		if (had_client || run->buffers[kind % BUFFERS].locked != NULL) {
			step_buffer(run, input, &run->buffers[kind % BUFFERS]);
		}
		break;
	case 6:
		if (kind % 4 == 0) {
			step_file_change(run, input);
		} else if (had_client || run->scratches[kind / 4 % SCRATCHES] != NULL) {
			step_scratch(run, input, kind / 4 % SCRATCHES);
		}
		break;
	case 7:
		lido_pool_trim(run->pool, kind % 2 == 0 ? 0 : INT64_MAX, &(uint32_t){input_take_below(input, 5)});
		expect_all(run);
		break;
	}
	if (is_anything_held(run)) {
		expect_limits(run->pool);
	}
}

static void run_init(struct run *run) {
	static const enum file_kind kinds[FILES] = {FILE_SEALABLE, FILE_SEALED, FILE_UNSEALABLE, FILE_SEALED_FAST};
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*run = (struct run){.last_id = 2, .socket = fds[1]};
	server_init_core(&run->server, &limits);
	run->client = server_add_client(&run->server, fds[0]);
	run->pool = lido_pool_from_client(run->server.manager, run->client);
	run->manager = wl_resource_create(run->client, &lido_shm_manager_v1_interface, 1, 2);
	wl_resource_set_user_data(run->manager, run->pool);
	for (int i = 0; i < FILES; i++) {
		run->files[i] = file_create(kinds[i], 16384);
		file_fill(run->files[i], 0, 4096, 1); // the rest is a hole
	}
}

// Readers may outlive the client, and even the server.
static void run_finish(struct run *run, bool is_server_first) {
	if (run->client != NULL) {
		end_client(run);
	}
	if (is_server_first) {
		faults_set_next(0); // what cannot be unmapped is tried again only as long as there is a server
		server_finish(&run->server);
	}
	expect_all(run);
	for (int i = 0; i < BUFFERS; i++) {
		if (run->buffers[i].locked != NULL) {
			unlock_buffer(&run->buffers[i]);
		}
	}
	for (int i = 0; i < SCRATCHES; i++) {
		if (run->scratches[i] != NULL) {
			destroy_scratch(run, i);
		}
	}
	if (!is_server_first) {
		expect(wl_list_empty(&run->server.manager->pools));
		expect_int(manager_used(run->server.manager, FILES), ==, 0);
		faults_set_next(0);
		server_finish(&run->server);
	}
	for (int i = 0; i < FILES; i++) {
		close(run->files[i]);
	}
	close(run->socket);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct run run;
	struct input input = {data, size};
	bool is_server_first = input_take_byte(&input) % 4 == 0;
	bookkeeping_start();
	run_init(&run);
	faults_start(0);
	while (!input_is_empty(&input) && is_anything_held(&run)) {
		uint8_t events[4096];
		step(&run, &input);
		recv(run.socket, events, sizeof(events), MSG_DONTWAIT); // discards the fds too
	}
	run_finish(&run, is_server_first);
	faults_stop();
	bookkeeping_finish();
	return 0;
}

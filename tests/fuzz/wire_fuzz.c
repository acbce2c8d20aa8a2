/*
 * The wire: a whole server; a client that sends valid requests, nearly valid ones and garbage, with fds of every kind
 * and files that change at any time; and a compositor's use of its buffers. Belief: the server answers the client as
 * the protocol demands (fuzz_client.c) or ends it. Reading in place gives the bytes of the file. The audit passes after
 * each step. A second client is never affected (bystander.c). In the end nothing is left behind.
 */
#include "bookkeeping.h"
#include "bystander.h"
#include "file.h"
#include "fuzz_client.h"
#include "input.h"
#include "memory/pool.h"
#include "odd_file.h"
#include "pair.h"
#include "runner.h"
#include "wire/manager.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX 400
#define LOCKS 6
#define FILES 6
#define PIXELS_MAX (1 << 18) // bytes of a buffer that is read as a whole

// A reader that reads in place at any time.
struct lock {
	struct lido_buffer *buffer; // NULL: none
	const uint8_t *mapped;      // NULL: not in place
};

struct run {
	struct server server;
	struct attacker attacker;
	struct bystander bystander;
	struct lock locks[LOCKS];
	int files[FILES]; // sent to the server, and changed later; -1: none
	uint32_t files_len;
};

static const struct lido_limits tight = {
	.files_max = 4,
	.shm_pools_max = 6,
	.buffers_max = 10,
	.areas_max = 2,
	.blocks_max = 8,
	.area_bytes_max = 1 << 18,
	.scratch_bytes_max = 1 << 17,
};

// Returns few set bits, so that most arguments are valid.
static uint8_t take_oddities(struct input *input) {
	uint8_t some = input_take_byte(input);
	return some & input_take_byte(input);
}

// Takes the lowest bit of the oddities. Returns a number from the input if it is set, otherwise the given number.
static uint32_t spoil(struct input *input, uint8_t *oddities, uint32_t number) {
	bool is_odd = *oddities & 1;
	*oddities >>= 1;
	return is_odd ? input_take_number(input) : number;
}

// Creates a file to send, and remembers it, so that it can change later.
static int take_file(struct run *run, struct input *input, uint32_t size) {
	uint32_t kind = input_take_byte(input);
	struct attacker_area *area = &run->attacker.areas[kind / 32 % ATTACKER_AREAS_MAX];
	if (kind % 32 == 31 && area->id != 0) {
		return dup(area->fd); // a file of the server's
	}
	if (kind % 32 == 30) {
		return dup(run->attacker.socket);
	}
	int *slot = &run->files[run->files_len % FILES];
	if (kind % 32 >= 24 && run->files_len > 0) {
		return dup(run->files[kind % run->files_len % FILES]); // a file that was sent before
	}
	int fd = odd_file_create(kind % 24, size);
	if (run->files_len >= FILES) {
		close(*slot);
	}
	*slot = dup(fd);
	run->files_len++;
	return fd;
}

static void send_create_pool(struct run *run, struct input *input) {
	struct attacker *attacker = &run->attacker;
	uint32_t shm = attacker_choose(attacker, ATTACKER_SHM, 0);
	uint8_t oddities = take_oddities(input);
	uint32_t size = input_take_size(input, 18);
	if (shm == 0 || attacker->socket == -1) {
		return;
	}
	int fd = take_file(run, input, size);
	uint32_t words[] = {attacker_add(attacker, ATTACKER_SHM_POOL), spoil(input, &oddities, size)};
	attacker_send(attacker, shm, 0, words, 2, oddities & 1 ? -1 : fd);
	attacker->is_wild |= oddities & 1;
	close(fd);
}

static void send_create_buffer(struct run *run, struct input *input, enum attacker_kind kind) {
	static const uint32_t formats[][2] = {
		{0, 4}, {1, 4}, {0x34324752, 3}, {0x20203852, 1}, {0x3231564e, 1}, {0x56595559, 2}}; // and bytes per pixel
	struct attacker *attacker = &run->attacker;
	uint32_t lot = input_take_byte(input), pool = attacker_choose(attacker, kind, lot);
	uint8_t oddities = take_oddities(input);
	const uint32_t *format = formats[lot / 16 % 6];
	uint32_t width = 4 * (1 + input_take_below(input, 80)), height = 2 * (1 + input_take_below(input, 80));
	uint32_t offset = input_take_below(input, 8) * 512;
	if (pool == 0) {
		return;
	}
	uint32_t words[] = {attacker_add(attacker, ATTACKER_BUFFER), spoil(input, &oddities, offset),
		spoil(input, &oddities, width), spoil(input, &oddities, height), spoil(input, &oddities, width * format[1]),
		spoil(input, &oddities, format[0])};
	attacker_send(attacker, pool, kind == ATTACKER_BLOCK, words, 6, -1);
}

static void send_resize(struct run *run, struct input *input, enum attacker_kind kind) {
	uint32_t id = attacker_choose(&run->attacker, kind, input_take_byte(input));
	uint32_t size = input_take_byte(input) % 8 == 0 ? input_take_number(input) : input_take_size(input, 18);
	struct attacker_object *object = &run->attacker.objects[id];
	if (id != 0) {
		object->pending++;
		object->wanted = size;
		attacker_send(&run->attacker, id, 2, &size, 1, -1);
	}
}

static void send_get_pool(struct run *run, struct input *input) {
	uint32_t manager = attacker_choose(&run->attacker, ATTACKER_MANAGER, 0);
	uint8_t kind = input_take_byte(input);
	uint32_t reserve_max = kind % 4 == 0 ? input_take_number(input) : input_take_size(input, 23);
	if (manager != 0) {
		uint32_t words[] = {attacker_add(&run->attacker, ATTACKER_POOL), reserve_max};
		run->attacker.objects[words[0]].reserve_max = words[0] != 0 ? reserve_max : 0;
		attacker_send(&run->attacker, manager, kind % 8 < 4 ? 1 : 2, words, 2, -1); // get_pool or get_private_pool
	}
}

static void send_create_block(struct run *run, struct input *input) {
	uint32_t pool = attacker_choose(&run->attacker, ATTACKER_POOL, input_take_byte(input));
	uint32_t size = input_take_byte(input) % 8 == 0 ? input_take_number(input) : input_take_size(input, 18);
	if (pool != 0) {
		uint32_t words[] = {attacker_add(&run->attacker, ATTACKER_BLOCK), size};
		run->attacker.objects[words[0]].pending = 1;
		run->attacker.objects[words[0]].wanted = size;
		attacker_send(&run->attacker, pool, 1, words, 2, -1);
	}
}

static void send_discard(struct run *run, struct input *input) {
	uint32_t id = attacker_choose(&run->attacker, ATTACKER_BLOCK, input_take_byte(input));
	uint8_t oddities = take_oddities(input);
	uint32_t wanted = run->attacker.objects[id].wanted, offset = input_take_below(input, 16) * 4096;
	offset = offset < wanted ? offset : 0;
	uint32_t words[] = {spoil(input, &oddities, offset), spoil(input, &oddities, wanted - offset)};
	if (id != 0) {
		attacker_send(&run->attacker, id, 3, words, 2, -1);
	}
}

static void send_destroy(struct run *run, struct input *input) {
	static const uint32_t opcodes[ATTACKER_KINDS_LEN] = {[ATTACKER_SHM] = 1, [ATTACKER_SHM_POOL] = 1};
	static const enum attacker_kind kinds[] = {ATTACKER_SHM_POOL, ATTACKER_BUFFER, ATTACKER_BUFFER, ATTACKER_BLOCK,
		ATTACKER_BLOCK, ATTACKER_POOL, ATTACKER_MANAGER, ATTACKER_SHM};
	enum attacker_kind kind = kinds[input_take_below(input, 8)];
	uint32_t id = attacker_choose(&run->attacker, kind, input_take_byte(input));
	if (id != 0) {
		attacker_send(&run->attacker, id, opcodes[kind], NULL, 0, -1);
		run->attacker.objects[id].is_destroyed = true;
	}
}

// Sends any opcode to any object, whether its interface has it or not, with any arguments.
static void send_anything(struct run *run, struct input *input) {
	uint32_t words[8], len = input_take_below(input, 9), id = input_take_byte(input);
	uint32_t opcode = input_take_below(input, 4);
	for (uint32_t i = 0; i < len; i++) {
		words[i] = input_take_number(input);
	}
	int fd = input_take_byte(input) % 4 == 0 && run->attacker.socket != -1 ? take_file(run, input, 4096) : -1;
	run->attacker.is_wild = true;
	attacker_send(&run->attacker, id % (run->attacker.last_id + 2), opcode, words, len, fd);
	if (fd != -1) {
		close(fd);
	}
}

static void send_bytes(struct run *run, struct input *input) {
	uint8_t bytes[64];
	uint32_t size = input_take_below(input, sizeof(bytes)) + 1, fds_len = input_take_below(input, ATTACKER_FDS_MAX + 1);
	int fds[ATTACKER_FDS_MAX];
	for (uint32_t i = 0; i < size; i++) {
		bytes[i] = input_take_byte(input);
	}
	if (run->attacker.socket == -1) {
		return;
	}
	for (uint32_t i = 0; i < fds_len; i++) {
		fds[i] = take_file(run, input, 64);
	}
	run->attacker.is_wild = true;
	attacker_send_raw(&run->attacker, bytes, size, fds, fds_len);
	while (fds_len > 0) {
		close(fds[--fds_len]);
	}
}

// Changes a file that was sent, or one received from the server.
static void change_file(struct run *run, struct input *input) {
	uint32_t lot = input_take_byte(input);
	struct attacker_area *area = &run->attacker.areas[lot / 16 % ATTACKER_AREAS_MAX];
	int fd = run->files_len > 0 ? run->files[lot % FILES % run->files_len] : -1;
	fd = lot % 2 == 0 && area->id != 0 ? area->fd : fd;
	int64_t offset = input_take_below(input, 16) * (int64_t)4096, size = input_take_size(input, 16);
	switch (input_take_below(input, 4)) {
	case 0:
		(void)!ftruncate(fd, offset + size); // the seals may forbid each of these calls
		break;
	case 1:
		(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
		break;
	case 2:
		fcntl(fd, F_ADD_SEALS, (int)input_take_below(input, 32));
		break;
	case 3:
		if (offset + size <= (area->id != 0 && fd == area->fd ? area->size : 1 << 16)) {
			(void)!fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, size);
		}
		break;
	}
}

static struct lido_buffer *find_buffer(struct run *run, struct input *input) {
	uint32_t id = attacker_choose(&run->attacker, ATTACKER_BUFFER, input_take_byte(input));
	struct wl_resource *resource = run->attacker.peer != NULL ? wl_client_get_object(run->attacker.peer, id) : NULL;
	return resource != NULL && id != 0 ? lido_buffer_try_from_resource(resource) : NULL;
}

// Does what a commit and a screen capture do.
static void use_buffer(struct lido_buffer *buffer, uint8_t choice) {
	struct lido_box all = {.width = buffer->width, .height = buffer->height};
	struct lido_box narrow = {.x = choice, .y = choice, .width = 2, .height = 3};
	if (lido_buffer_detect_tampering(buffer)) {
		return;
	}
	const void *mapped = lido_buffer_map(buffer, 0, buffer->height, NULL);
	if (buffer->size > PIXELS_MAX) {
		return;
	}
	struct lido_scratch *scratch = lido_scratch_create(buffer->pool, (size_t)buffer->size);
	if (scratch == NULL) {
		lido_pool_post_no_memory(buffer->pool);
		return;
	}
	uint8_t *pixels = lido_scratch_get_data(scratch);
	size_t stride = (size_t)buffer->stride;
	enum lido_read_result result = lido_buffer_read(buffer, &all, pixels, stride);
	if (mapped != NULL) {
		expect_int(result, ==, LIDO_READ_OK);
		expect_bytes(pixels, mapped, stride * (size_t)buffer->height);
		lido_buffer_copy(buffer, mapped, &all, pixels, stride);
	}
	expect(lido_buffer_read(buffer, &narrow, pixels, stride) == LIDO_READ_OK || result == LIDO_READ_TRUNCATED);
	if (result == LIDO_READ_TRUNCATED) {
		lido_buffer_post_truncated(buffer);
	} else if (choice % 4 == 0) {
		lido_buffer_write(buffer, choice % 8 == 0 ? &all : &narrow, pixels, stride);
	}
	lido_scratch_destroy(scratch);
	lido_buffer_send_release(buffer);
}

// The pixels must be readable, however the file has changed.
static void unlock(struct lock *lock) {
	if (lock->mapped != NULL) {
		const volatile uint8_t *pixels = lock->mapped;
		(void)pixels[0];
		(void)pixels[lock->buffer->size - 1];
	}
	lido_buffer_unlock(lock->buffer);
	*lock = (struct lock){0};
}

static void step_lock(struct run *run, struct input *input) {
	struct lock *lock = &run->locks[input_take_below(input, LOCKS)];
	if (lock->buffer != NULL) {
		unlock(lock);
		return;
	}
	struct lido_buffer *buffer = find_buffer(run, input);
	if (buffer != NULL) {
		lock->buffer = lido_buffer_lock(buffer);
		lock->mapped = lido_buffer_map(buffer, 0, buffer->height, NULL);
	}
}

static void step_server(struct run *run, struct input *input) {
	uint8_t choice = input_take_byte(input);
	struct lido_buffer *buffer, *locked = run->locks[choice % LOCKS].buffer;
	switch (choice >> 5) {
	case 0:
	case 1:
		buffer = find_buffer(run, input);
		if (buffer != NULL) {
			use_buffer(buffer, choice);
		}
		break;
	case 2:
		if (locked != NULL) {
			use_buffer(locked, choice);
		}
		break;
	case 3:
	case 4:
		step_lock(run, input);
		break;
	case 5:
		if (run->attacker.peer != NULL) {
			struct lido_pool *pool = lido_pool_from_client(run->server.manager, run->attacker.peer);
			lido_pool_trim(pool, choice % 2 == 0 ? 0 : INT64_MAX, &(uint32_t){choice % 8});
		}
		break;
	case 6:
		expect_alive(&run->bystander.client);
		break;
	case 7:
		if (choice == 255) {
			attacker_hang_up(&run->attacker);
		}
		break;
	}
}

static void step(struct run *run, struct input *input) {
	switch (input_take_below(input, 24)) {
	case 0:
		send_create_pool(run, input);
		break;
	case 1:
	case 2:
		send_create_buffer(run, input, ATTACKER_SHM_POOL);
		break;
	case 3:
		send_resize(run, input, ATTACKER_SHM_POOL);
		break;
	case 4:
		send_get_pool(run, input);
		break;
	case 5:
	case 6:
		send_create_block(run, input);
		break;
	case 7:
	case 8:
		send_create_buffer(run, input, ATTACKER_BLOCK);
		break;
	case 9:
		send_resize(run, input, ATTACKER_BLOCK);
		break;
	case 10:
	case 11:
		send_destroy(run, input);
		break;
	case 12:
		send_anything(run, input);
		break;
	case 13:
		send_bytes(run, input);
		break;
	case 14:
		change_file(run, input);
		break;
	case 15:
	case 16:
		attacker_read(&run->attacker);
		break;
	case 17:
	case 18:
	case 19:
		server_dispatch(&run->server, 0);
		break;
	case 20:
		send_discard(run, input);
		break;
	default:
		step_server(run, input);
		break;
	}
}

static void audit_pools(const struct run *run) {
	const struct lido_pool *pool;
	uint32_t files = 0;
	wl_list_for_each(pool, &run->server.manager->pools, link) {
		lido_pool_audit(pool);
		files += pool_used(pool, FILES);
	}
	expect_int(manager_used(run->server.manager, FILES), ==, files);
}

static void end_attacker(struct run *run, bool is_reader_last) {
	if (is_reader_last) {
		attacker_finish(&run->attacker);
	}
	for (int i = 0; i < LOCKS; i++) {
		if (run->locks[i].buffer != NULL) {
			unlock(&run->locks[i]);
		}
	}
	if (!is_reader_last) {
		attacker_finish(&run->attacker);
	}
	expect_int(wl_list_length(&run->server.manager->pools), ==, 1);
	audit_pools(run);
	for (uint32_t i = 0; i < FILES && i < run->files_len; i++) {
		close(run->files[i]);
	}
}

// Ignores libwayland's message for each protocol error.
__attribute__((format(printf, 1, 0))) static void ignore_log(const char *format, va_list args) {
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct run run;
	struct input input = {data, size};
	uint8_t choice = input_take_byte(&input);
	setenv("XDG_RUNTIME_DIR", "/dev/shm", true); // a tmpfs
	wl_log_set_handler_server(ignore_log);
	bookkeeping_start();
	run = (struct run){0};
	server_init_core(&run.server, choice % 2 == 0 ? NULL : &tight);
	bystander_init(&run.bystander, &run.server);
	attacker_init(&run.attacker, &run.server);
	for (int i = 0; i < STEPS_MAX && !input_is_empty(&input); i++) {
		step(&run, &input);
		audit_pools(&run);
	}
	server_dispatch(&run.server, 0);
	attacker_read(&run.attacker);
	end_attacker(&run, choice % 4 < 2);
	bystander_expect_unharmed(&run.bystander);
	bystander_finish(&run.bystander);
	server_finish(&run.server);
	bookkeeping_finish();
	return 0;
}

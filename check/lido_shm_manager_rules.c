/*
 * lido_shm_manager_v1: the global, and the pool objects of one client.
 */
#include "rule.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SHARED_CLAUSE \
	"All objects that this request creates for one client refer to the same pool, with the same quota and the same " \
	"areas, so several libraries can each create their own."
#define ALONE_CLAUSE \
	"An announcement to one of them applies to that object alone; the id of an area is the same for all of them."
#define RESERVE_CLAUSE \
	"the sum of the reserves of the areas that are announced to this object at any one time will not exceed " \
	"reserve_max."

RULE("lido_shm_manager_v1@is-there-once", .clause = "A global that gives a client access to its pool.",
		.expected = {ACCEPTED}) {
	size_t count;
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	client_find_global(actor->client, lido_shm_manager_v1_interface.name, &count);
	expect_int(count, ==, 1);
}

RULE("lido_shm_manager_v1@wl_shm-works-beside-it",
		.clause =
				"lido_shm_v1: With wl_shm, each client creates files, and the server reads whatever files it receives.",
		.expected = {ACCEPTED}) {
	struct pool_block *block = actor_place_block(actor, actor_get_pool(actor), 4096);
	struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 4096);
	for (int i = 0; i < 5; i++) {
		actor_commit(actor, pool_block_create_buffer(block, 0, 32, 32));
		actor_commit(actor, actor_create_buffer(pool, 0, 32, 32));
		client_roundtrip(actor->client);
	}
}

static bool is_same_file(const struct pool_area *left, const struct pool_area *right) {
	struct stat stats[2];
	expect_int(fstat(left->fd, &stats[0]), ==, 0);
	expect_int(fstat(right->fd, &stats[1]), ==, 0);
	return stats[0].st_dev == stats[1].st_dev && stats[0].st_ino == stats[1].st_ino;
}

// Two areas are the same file if and only if they have the same id.
static void expect_same_areas(const struct pool_client *left, const struct pool_client *right) {
	const struct pool_area *first, *second;
	wl_list_for_each(first, &left->areas, link) {
		wl_list_for_each(second, &right->areas, link) {
			expect_int(is_same_file(first, second), ==, first->id == second->id);
		}
	}
}

RULE("lido_shm_manager_v1@several-bindings-take-the-same-pool",
		.clause = "lido_shm_v1: A client has exactly one pool, no matter how many lido_shm_pool_v1 objects it creates.",
		.expected = {ACCEPTED}) {
	struct pool_block *blocks[4];
	for (uint32_t i = 0; i < 4; i++) {
		blocks[i] = actor_place_block(actor, actor_add_pool(actor, 0), 8192);
		actor_fill_block(blocks[i], i);
	}
	for (uint32_t i = 0; i < 4; i++) {
		expect_int(blocks[i]->area->id, ==, blocks[0]->area->id);
		expect(is_same_file(blocks[i]->area, blocks[0]->area));
		actor_expect_filled(pool_block_get_data(blocks[i]), 8192, i);
		// All objects share the memory.
		actor_expect_filled(blocks[0]->area->data + blocks[i]->offset, 8192, i);
	}
}

RULE("lido_shm_manager_v1.destroy@pools-and-blocks-stay-as-they-are",
		.clause = "Pool objects and blocks remain unaffected.", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	struct pool_block *before = actor_place_block(actor, pool, 4096);
	uint32_t offset = before->offset;
	actor_fill_block(before, 1);
	lido_shm_manager_v1_destroy(pool->manager);
	struct pool_block *after = actor_place_block(actor, pool, 4096);
	expect_int(before->offset, ==, offset);
	actor_expect_filled(pool_block_get_data(before), 4096, 1);
	actor_commit(actor, pool_block_create_buffer(before, 0, 32, 32));
	pool_block_resize(after, 8192);
	expect_place(after);
	// actor_finish() destroys a manager.
	pool->manager = client_bind(actor->client, &lido_shm_manager_v1_interface, 1);
}

RULE("lido_shm_manager_v1.destroy@before-its-pool-is-used", .clause = "Destroys this object.", .expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	lido_shm_manager_v1_destroy(pool->manager);
	actor_place_block(actor, pool, 4096);
	pool->manager = client_bind(actor->client, &lido_shm_manager_v1_interface, 1);
	for (int i = 0; i < 100; i++) {
		lido_shm_manager_v1_destroy(client_bind(actor->client, &lido_shm_manager_v1_interface, 1));
	}
}

RULE("lido_shm_manager_v1.get_pool@limits-come-at-once", .clause = "The limits event is sent immediately.",
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_get_pool(actor);
	client_roundtrip(actor->client);
	expect_int(pool_client_get_events_len(pool), ==, 1);
	expect_int(pool_client_get_event(pool, 0)->kind, ==, POOL_EVENT_LIMITS);
}

RULE("lido_shm_manager_v1.get_pool@objects-have-the-same-limits", .clause = SHARED_CLAUSE, .expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 65536);
	client_roundtrip(actor->client);
	expect_int(first->bytes_max, ==, second->bytes_max);
	expect_int(first->blocks_max, ==, second->blocks_max);
	expect_int(first->buffers_max, ==, second->buffers_max);
}

RULE("lido_shm_manager_v1.get_pool@objects-share-the-quota", .clause = SHARED_CLAUSE, .expected = {ACCEPTED},
		.is_hostile = true) {
	struct pool_client *pools[2] = {actor_add_pool(actor, 0), actor_add_pool(actor, 0)};
	client_roundtrip(actor->client);
	int64_t size = pools[0]->bytes_max / 3 + 4096;
	if (size > UINT32_MAX) {
		skip("three blocks cannot reach the limit on bytes");
	}
	struct pool_block *blocks[3];
	for (int i = 0; i < 3; i++) {
		blocks[i] = actor_create_block(actor, pools[i % 2], (uint32_t)size);
	}
	client_roundtrip(actor->client);
	expect_int(blocks[2]->answer, ==, POOL_ANSWER_FAILED);
	if (blocks[0]->answer == POOL_ANSWER_PLACED) {
		pool_block_finish(blocks[0]);
		pool_block_resize(blocks[2], (uint32_t)size);
		expect_place(blocks[2]);
	}
}

RULE("lido_shm_manager_v1.get_pool@ids-of-areas-are-the-same-for-all-objects", .clause = ALONE_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t reserves[] = {0, 65536, 1 << 20, 0};
	struct pool_client *pools[4];
	for (int i = 0; i < 4; i++) {
		pools[i] = actor_add_pool(actor, reserves[i]);
		for (uint32_t j = 0; j < 5; j++) {
			actor_create_block(actor, pools[i], 4096 + j * 3000);
		}
	}
	client_roundtrip(actor->client);
	for (int i = 0; i < 4; i++) {
		expect(!wl_list_empty(&pools[i]->areas));
		for (int j = 0; j < i; j++) {
			expect_same_areas(pools[i], pools[j]);
		}
	}
}

RULE("lido_shm_manager_v1.get_pool@objects-are-told-of-areas-each-by-itself", .clause = ALONE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *first = actor_add_pool(actor, 0), *second = actor_add_pool(actor, 0);
	actor_place_block(actor, first, 4096);
	expect_int(pool_client_count(first, POOL_EVENT_AREA), ==, 1);
	expect_int(pool_client_get_events_len(second), ==, 1);
	actor_place_block(actor, second, 4096);
	expect_int(pool_client_count(second, POOL_EVENT_AREA), ==, 1);
	expect_int(pool_client_count(first, POOL_EVENT_AREA), ==, 1);
}

RULE("lido_shm_manager_v1.get_pool@other-clients-have-another-pool",
		.clause = "lido_shm_v1: The memory of a block belongs to the client until the block and all buffers created in "
				  "it are destroyed",
		.expected = {ACCEPTED}) {
	struct pool_client pool;
	struct pool_block theirs;
	struct pool_block *ours = actor_place_block(actor, actor_get_pool(actor), 8192);
	pool_client_init(&pool, &actor->other, 0);
	pool_block_init(&theirs, &pool, 8192);
	expect_place(&theirs);
	expect(!is_same_file(ours->area, theirs.area));
	actor_fill_block(ours, 1);
	actor_fill_block(&theirs, 2);
	actor_expect_filled(pool_block_get_data(ours), 8192, 1);
	pool_client_finish(&pool);
}

// Creates blocks until no room is left. The harness compares the sum of the reserves with reserve_max.
static void fill(struct actor *actor, uint32_t reserve_max) {
	struct pool_block blocks[40];
	struct client client;
	struct pool_client pool;
	client_init(&client, actor->server);
	pool_client_init(&pool, &client, reserve_max);
	uint32_t size = reserve_max / 30 + 1;
	for (int i = 0; i < 40; i++) {
		pool_block_init(&blocks[i], &pool, size);
	}
	client_roundtrip(&client);
	for (int i = 0; i < 40; i++) {
		expect_int(blocks[i].answer, !=, POOL_ANSWER_NONE);
	}
	pool_client_finish(&pool);
	client_finish(&client);
}

RULE("lido_shm_manager_v1.get_pool@reserves-stay-within-reserve_max", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}) {
	static const uint32_t reserves[] = {1, 4095, 4096, 8191, 123457, 1 << 20, (1 << 20) + 1};
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	for (size_t i = 0; i < sizeof(reserves) / sizeof(reserves[0]); i++) {
		fill(actor, reserves[i]);
	}
}

RULE("lido_shm_manager_v1.get_pool@large-reserves-stay-within-reserve_max", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}, .is_hostile = true) {
	static const uint32_t reserves[] = {256u << 20, (256u << 20) + 1, INT32_MAX, UINT32_MAX};
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	for (size_t i = 0; i < sizeof(reserves) / sizeof(reserves[0]); i++) {
		fill(actor, reserves[i]);
	}
}

RULE("lido_shm_manager_v1.get_pool@reserve_max-below-a-page-gives-nothing", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 4095);
	struct pool_block *block = actor_create_block(actor, pool, 1);
	expect_reason(block, ADDRESS_SPACE);
	expect_int(pool_client_count(pool, POOL_EVENT_AREA), ==, 0);
}

RULE("lido_shm_manager_v1.get_pool@reserve_max-of-a-page-gives-a-page", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 4096);
	struct pool_block *block = actor_place_block(actor, pool, 4096);
	expect_int(block->area->reserve, ==, 4096);
	expect_reason(actor_create_block(actor, pool, 1), ADDRESS_SPACE);
}

RULE("lido_shm_manager_v1.get_pool@reserve_max-of-a-page-serves-one-block-after-another", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_client *pool = actor_add_pool(actor, 4096);
	struct pool_block *first = actor_place_block(actor, pool, 4096);
	struct pool_block *second = actor_create_block(actor, pool, 1);
	expect_reason(second, ADDRESS_SPACE);
	pool_block_finish(first);
	pool_block_resize(second, 64);
	expect_place(second);
}

RULE("lido_shm_manager_v1.get_pool@large-areas-are-not-for-objects-that-can-spare-little", .clause = RESERVE_CLAUSE,
		.expected = {ACCEPTED}) {
	struct pool_block *large = actor_place_block(actor, actor_add_pool(actor, 0), 1 << 20);
	struct pool_block *small = actor_place_block(actor, actor_add_pool(actor, 65536), 4096);
	expect_int(small->area->id, !=, large->area->id);
	expect_int(small->area->reserve, <=, 65536);
}

struct peer_name {
	int events;
	size_t size;
	uint8_t bytes[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

static void handle_peer(void *data, struct lido_shm_manager_v1 *manager, struct wl_array *name) {
	struct peer_name *peer = data;
	expect_int(name->size, <=, sizeof(peer->bytes));
	peer->events++;
	peer->size = name->size;
	memcpy(peer->bytes, name->data, name->size);
}

static const struct lido_shm_manager_v1_listener manager_listener = {
	.peer = handle_peer,
};

static struct lido_shm_manager_v1 *bind_manager(struct actor *actor, struct peer_name *peer) {
	*peer = (struct peer_name){0};
	actor_need(actor, lido_shm_manager_v1_interface.name, 1);
	struct lido_shm_manager_v1 *manager = client_bind(actor->client, &lido_shm_manager_v1_interface, 1);
	lido_shm_manager_v1_add_listener(manager, &manager_listener, peer);
	client_roundtrip(actor->client);
	return manager;
}

RULE("lido_shm_manager_v1.peer@is-the-name-of-the-clients-socket",
		.clause = "Tells the name of the socket to which the server's end of the connection is connected.",
		.expected = {ACCEPTED}) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(&address.sun_path[1], sizeof(address.sun_path) - 1, "lido-shm-check-%d", (int)getpid());
	int fd = wl_display_get_fd(actor->client->display);
	expect_int(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	for (int i = 0; i < 3; i++) {
		struct peer_name peer;
		struct lido_shm_manager_v1 *manager = bind_manager(actor, &peer);
		expect_int(peer.size, ==, sizeof(address.sun_path));
		expect(memcmp(peer.bytes, address.sun_path, peer.size) == 0);
		lido_shm_manager_v1_destroy(manager);
	}
}

RULE("lido_shm_manager_v1.peer@is-empty-without-a-name", .clause = "no bytes: the socket has no name",
		.expected = {ACCEPTED}) {
	struct peer_name peer;
	struct lido_shm_manager_v1 *manager = bind_manager(actor, &peer);
	expect_int(peer.size, ==, 0);
	lido_shm_manager_v1_destroy(manager);
}

RULE("lido_shm_manager_v1.peer@comes-once", .clause = "Sent once, when the global is bound.", .expected = {ACCEPTED}) {
	struct peer_name peer;
	struct lido_shm_manager_v1 *manager = bind_manager(actor, &peer);
	expect_int(peer.events, ==, 1);
	lido_shm_pool_v1_destroy(lido_shm_manager_v1_get_pool(manager, 0));
	client_roundtrip(actor->client);
	expect_int(peer.events, ==, 1);
	lido_shm_manager_v1_destroy(manager);
}

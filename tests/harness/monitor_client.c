#include "monitor_client.h"
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>

static int64_t join(uint32_t high, uint32_t low) {
	return (int64_t)((uint64_t)high << 32 | low);
}

static struct monitor_row *get_last(struct monitor_client *client) {
	expect_int(client->rows.size, >, 0);
	return (struct monitor_row *)((char *)client->rows.data + client->rows.size) - 1;
}

static void handle_client(void *data, struct lido_monitor_v1 *monitor, uint32_t id, int32_t pid, const char *name) {
	struct monitor_client *client = data;
	struct monitor_row *row = wl_array_add(&client->rows, sizeof(*row));
	expect(row != NULL);
	*row = (struct monitor_row){.id = id, .pid = pid};
	snprintf(row->name, sizeof(row->name), "%s", name);
}

static void handle_value(void *data, struct lido_monitor_v1 *monitor, uint32_t value, uint32_t high, uint32_t low) {
	int64_t number = join(high, low);
	expect_int(value, <, MONITOR_VALUES_LEN);
	expect_int(number, !=, 0);
	get_last(data)->values[value] = number;
}

static void handle_limit(void *data, struct lido_monitor_v1 *monitor, const char *key, uint32_t used_high,
		uint32_t used_low, uint32_t max_high, uint32_t max_low) {
	struct monitor_row *row = get_last(data);
	snprintf(row->limit_key, sizeof(row->limit_key), "%s", key);
	row->limit_used = join(used_high, used_low);
	row->limit_max = join(max_high, max_low);
}

static void finish_answer(struct monitor_client *client, uint32_t next, uint32_t offset) {
	client->next = next;
	client->next_offset = offset;
	client->is_done = true;
	client->answers++;
}

static void handle_clients_done(void *data, struct lido_monitor_v1 *monitor, uint32_t next) {
	finish_answer(data, next, 0);
}

static void handle_area(void *data, struct lido_monitor_v1 *monitor, uint32_t area, uint32_t size, uint32_t reserve,
		uint32_t resident, uint32_t blocks) {
	struct monitor_client *client = data;
	client->area = area;
	client->size = size;
	client->reserve = reserve;
	client->resident = resident;
	client->blocks = blocks;
}

static void handle_range(void *data, struct lido_monitor_v1 *monitor, uint32_t kind, uint32_t offset, uint32_t size) {
	struct monitor_client *client = data;
	struct monitor_range *range = wl_array_add(&client->ranges, sizeof(*range));
	expect(range != NULL);
	*range = (struct monitor_range){.kind = kind, .offset = offset, .size = size};
}

static void handle_ranges_done(void *data, struct lido_monitor_v1 *monitor, uint32_t area, uint32_t offset) {
	finish_answer(data, area, offset);
}

static const struct lido_monitor_v1_listener monitor_listener = {
	.client = handle_client,
	.value = handle_value,
	.limit = handle_limit,
	.clients_done = handle_clients_done,
	.area = handle_area,
	.range = handle_range,
	.ranges_done = handle_ranges_done,
};

bool monitor_client_try_init(struct monitor_client *client, struct server *server, const char *name) {
	*client = (struct monitor_client){.inner = *server};
	snprintf(client->path, sizeof(client->path), "%s/%s", getenv("XDG_RUNTIME_DIR"), name);
	client->inner.socket = client->path;
	wl_array_init(&client->rows);
	wl_array_init(&client->ranges);
	if (!client_try_init(&client->client, &client->inner)) {
		return false;
	}
	client->monitor = client_bind(&client->client, &lido_monitor_v1_interface, 1);
	lido_monitor_v1_add_listener(client->monitor, &monitor_listener, client);
	return client_try_roundtrip(&client->client);
}

void monitor_client_init(struct monitor_client *client, struct server *server, const char *name) {
	expect(monitor_client_try_init(client, server, name));
}

void monitor_client_finish(struct monitor_client *client) {
	if (client->monitor != NULL) {
		lido_monitor_v1_destroy(client->monitor);
	}
	client_finish(&client->client);
	wl_array_release(&client->rows);
	wl_array_release(&client->ranges);
}

bool monitor_client_try_get_clients(struct monitor_client *client, uint32_t after) {
	client->is_done = false;
	lido_monitor_v1_get_clients(client->monitor, after);
	return client_wait(&client->client, &client->is_done);
}

bool monitor_client_try_get_ranges(struct monitor_client *client, uint32_t id, uint32_t area, uint32_t offset) {
	client->is_done = false;
	lido_monitor_v1_get_ranges(client->monitor, id, area, offset);
	return client_wait(&client->client, &client->is_done);
}

size_t monitor_client_get_all(struct monitor_client *client) {
	client->rows.size = 0;
	client->next = 0;
	do {
		expect(monitor_client_try_get_clients(client, client->next));
	} while (client->next != 0);
	return client->rows.size / sizeof(struct monitor_row);
}

const struct monitor_row *monitor_client_get_row(const struct monitor_client *client, size_t index) {
	expect_int(index, <, client->rows.size / sizeof(struct monitor_row));
	return (const struct monitor_row *)client->rows.data + index;
}

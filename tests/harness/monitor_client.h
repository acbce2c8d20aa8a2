/*
 * A monitor client: connects through the monitor socket, queries, and keeps the last answer.
 */
#ifndef HARNESS_MONITOR_CLIENT_H
#define HARNESS_MONITOR_CLIENT_H

#include "client.h"
#include "lido-monitor-v1-client-protocol.h"
#include "server.h"
#include <sys/un.h>

#define MONITOR_VALUES_LEN 32

/* The events of one client. */
struct monitor_row {
	uint32_t id;
	int32_t pid;
	char name[64];
	int64_t values[MONITOR_VALUES_LEN]; // by enum lido_monitor_v1_value
	char limit_key[32];
	int64_t limit_used, limit_max;
};

struct monitor_range {
	uint32_t kind, offset, size;
};

struct monitor_client {
	struct server inner; // the same server, through the monitor socket
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct client client;
	struct lido_monitor_v1 *monitor; // NULL: not offered

	// The last answer. Several answers of one list are appended.
	struct wl_array rows;   // struct monitor_row
	struct wl_array ranges; // struct monitor_range
	uint32_t area, size, reserve, resident, blocks;
	uint32_t next, next_offset; // where the next query continues
	bool is_done;               // the last query is answered
	size_t answers;             // number of answers so far
};

/* Connects to the socket of that name in XDG_RUNTIME_DIR, and binds the global. */
void monitor_client_init(struct monitor_client *client, struct server *server, const char *name);

/* The same, but returns false if the server ends the client. Call monitor_client_finish() in either case. */
bool monitor_client_try_init(struct monitor_client *client, struct server *server, const char *name);

void monitor_client_finish(struct monitor_client *client);

/* Queries once and waits for the answer. False: the connection broke first. */
bool monitor_client_try_get_clients(struct monitor_client *client, uint32_t after);
bool monitor_client_try_get_ranges(struct monitor_client *client, uint32_t id, uint32_t area, uint32_t offset);

/* Queries until all clients are known. Returns how many there are. */
size_t monitor_client_get_all(struct monitor_client *client);

/* The client with this index, in the order of the answers. */
const struct monitor_row *monitor_client_get_row(const struct monitor_client *client, size_t index);

#endif

/*
 * The answers to a monitor's questions. Each is small and takes bounded time: see <lido/limits.h>.
 */
#ifndef LIDO_MONITOR_ANSWER_H
#define LIDO_MONITOR_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct lido_manager;
struct wl_resource;

/* A request with its arguments. */
struct lido_monitor_question {
	bool is_of_ranges; // get_ranges; otherwise get_clients
	uint32_t client;   // of get_ranges; of get_clients: the answer starts after this one
	uint32_t area;     // of get_ranges
	uint32_t offset;   // of get_ranges; bytes
};

/* Sends the answer. resource: the lido_monitor_v1 that sent the question. */
void lido_monitor_answer(
		const struct lido_manager *manager, const struct lido_monitor_question *question, struct wl_resource *resource);

#endif

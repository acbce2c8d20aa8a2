/*
 * One rule of a protocol, the sentence that says so, and a client that puts a compositor to it.
 *
 *     RULE("wl_shm_pool.resize@smaller-is-refused",
 *             .clause = "This request can only be used to make the pool bigger.",
 *             .expected = {ERROR(wl_shm_pool, WL_SHM, INVALID_FD)}) {
 *         struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
 *         wl_shm_pool_resize(pool, 4096);
 *         actor_blame(actor, pool);
 *     }
 *
 * A rule sees nothing but what a client sees. So the same ones run against a Lido in this process and against any
 * compositor that listens at a socket.
 *
 * Each is a process of its own (process.h). When its body has come to the end, the compositor must have answered as
 * expected, and must still serve another client, which was connected before.
 */
#ifndef CHECK_RULE_H
#define CHECK_RULE_H

#include "actor.h"
#include "runner.h"
#include <stdio.h>

enum answer_kind {
	ANSWER_NONE,     // end of a list
	ANSWER_ACCEPTED, // all requests were carried out
	ANSWER_ERROR,    // a protocol error
	ANSWER_CLOSED,   // the connection was closed without one
};

struct answer {
	enum answer_kind kind;
	const char *object; // interface of the object that the error is of
	uint32_t code;      // of the error
};

#define ACCEPTED {.kind = ANSWER_ACCEPTED}
#define CLOSED {.kind = ANSWER_CLOSED}
#define ERROR(interface, prefix, name) {.kind = ANSWER_ERROR, .object = #interface, .code = prefix##_ERROR_##name}

#define RULE_EXPECTED_MAX 5 // with the end

struct rule {
	/* "INTERFACE.NAME@rule-with-hyphens"; INTERFACE.NAME is what is described where the clause stands. */
	const char *name;
	/* A sentence from there, or a summary, or from the errors of the interface: as it is, but for white space. */
	const char *clause;
	/* Any of these is right. */
	struct answer expected[RULE_EXPECTED_MAX];
	/* The description leaves it open: what is expected is what libwayland does, or what clients rely on. NULL: it does
	 * not; otherwise why that is expected. */
	const char *silent;
	/* May harm compositors: takes much of what there is, or takes memory away while it is in use. */
	bool is_hostile;

	void (*run)(struct actor *actor);
	const struct rule *next; // private
};

/* Defines and registers a rule; the body follows, and finds its struct actor *actor. */
#define RULE(...) RULE_NUMBERED(__COUNTER__, __VA_ARGS__)
#define RULE_NUMBERED(number, ...) RULE_NAMED(TEST_JOIN(run_rule_, number), TEST_JOIN(rule_, number), __VA_ARGS__)
#define RULE_NAMED(body, record, ...) \
	static void body(struct actor *actor); \
	static struct rule record = {.name = __VA_ARGS__, .run = body}; \
	__attribute__((constructor)) static void TEST_JOIN(register_, record)(void) { \
		rule_register(&record); \
	} \
	static void body(struct actor *actor)

/* Adds a rule; it must live forever. */
void rule_register(struct rule *rule);

/* The first of all rules by name, and by their place in the file; then by .next. */
const struct rule *rule_get_first(void);

/* Prints "accepted", or "invalid_fd (2) on wl_shm". Returns the length, as snprintf() does. */
int answer_print(const struct answer *answer, char *text, size_t size);

/* All that are expected, with "or" between. */
int rule_print_expected(const struct rule *rule, char *text, size_t size);

enum result_kind {
	RESULT_AS_EXPECTED,
	RESULT_DIFFERENT, // where the description is silent
	RESULT_FAILED,
	RESULT_SKIPPED, // something that the rule needs is not there
};

struct result {
	enum result_kind kind;
	char seen[256]; // what the compositor did, or what was not there
};

/*
 * Runs it. seconds: its time. socket: path of the target, or NULL: see target.h. log receives what it printed.
 */
void rule_run(const struct rule *rule, unsigned seconds, const char *socket, FILE *log, struct result *result);

#endif

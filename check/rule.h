/*
 * A rule of a protocol: the sentence that states it, and a client that tests a compositor against it.
 *
 *     RULE("wl_shm_pool.resize@smaller-is-refused",
 *             .clause = "This request can only be used to make the pool bigger.",
 *             .expected = {ERROR(wl_shm_pool, WL_SHM, INVALID_FD)}) {
 *         struct wl_shm_pool *pool = actor_create_pool(actor, FILE_SEALED, 8192);
 *         wl_shm_pool_resize(pool, 4096);
 *         actor_blame(actor, pool);
 *     }
 *
 * A rule sees only what a client sees. So the same rules test a Lido in this process and any compositor that listens at
 * a socket.
 *
 * Each rule runs in a process of its own (process.h). When its body returns, the compositor must have answered as
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
	const char *object; // interface of the object that the error is on
	uint32_t code;      // of the error
};

#define ACCEPTED {.kind = ANSWER_ACCEPTED}
#define CLOSED {.kind = ANSWER_CLOSED}
#define ERROR(interface, prefix, name) {.kind = ANSWER_ERROR, .object = #interface, .code = prefix##_ERROR_##name}

#define RULE_EXPECTED_MAX 5 // including the end

struct rule {
	/* "INTERFACE.NAME@rule-with-hyphens"; INTERFACE.NAME is the part of the protocol that the clause describes. */
	const char *name;
	/* A part of the description of INTERFACE.NAME or of a summary there, verbatim except for white space. A clause from
	 * elsewhere begins with "INTERFACE.NAME: ". */
	const char *clause;
	/* Each of these answers is right. */
	struct answer expected[RULE_EXPECTED_MAX];
	/* NULL, or a part of Lido's error message: a Lido in this process must give the first of the expected answers, with
	 * this message. Other compositors word their messages as they like. */
	const char *lido_message;
	/* NULL if the description states what is expected. Otherwise the description leaves it open, the expected answer is
	 * that of libwayland or the one that clients rely on, and this is the reason. */
	const char *silent;
	/* May harm compositors: uses up resources, or takes memory away while it is in use. */
	bool is_hostile;

	void (*run)(struct actor *actor);
	const struct rule *next; // private
};

/* Defines and registers a rule. The body follows; its argument is struct actor *actor. */
#define RULE(...) RULE_NUMBERED(__COUNTER__, __VA_ARGS__)
#define RULE_NUMBERED(number, ...) RULE_NAMED(TEST_JOIN(run_rule_, number), TEST_JOIN(rule_, number), __VA_ARGS__)
#define RULE_NAMED(body, record, ...) \
	static void body(struct actor *actor); \
	static struct rule record = {.name = __VA_ARGS__, .run = body}; \
	__attribute__((constructor)) static void TEST_JOIN(register_, record)(void) { \
		rule_register(&record); \
	} \
	static void body(struct actor *actor)

/* Adds a rule, which must stay valid until the process ends. */
void rule_register(struct rule *rule);

/* The first of all rules; .next leads to the others. They are sorted by name. */
const struct rule *rule_get_first(void);

/* Prints "accepted", or "invalid_fd (2) on wl_shm". Returns the length, as snprintf() does. */
int answer_print(const struct answer *answer, char *text, size_t size);

/* Prints all expected answers, separated by " or ". Returns the length, as snprintf() does. */
int rule_print_expected(const struct rule *rule, char *text, size_t size);

enum result_kind {
	RESULT_AS_EXPECTED,
	RESULT_DIFFERENT, // not as expected, but the description is silent
	RESULT_FAILED,
	RESULT_SKIPPED, // the compositor lacks something that the rule needs
};

struct result {
	enum result_kind kind;
	char seen[256]; // what the compositor did, or what it lacks
};

/*
 * Tests the rule. seconds: time limit. socket: path of the target, or NULL; see target.h. log receives what the rule
 * printed.
 */
void rule_run(const struct rule *rule, unsigned seconds, const char *socket, FILE *log, struct result *result);

#endif

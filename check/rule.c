#include "rule.h"
#include "process.h"
#include "target.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#define QUIET 20 // milliseconds without an event after which all requests count as answered

static const struct rule *first_rule;

// What the child has seen, in a page shared with its parent.
static char *seen;
static const struct rule *running;
static const char *socket_path; // of the target

// Names of errors, for messages.
static const struct {
	const char *object; // prefix of the interface
	uint32_t code;
	const char *name;
} error_names[] = {
	{"wl_display", WL_DISPLAY_ERROR_INVALID_OBJECT, "invalid_object"},
	{"wl_display", WL_DISPLAY_ERROR_INVALID_METHOD, "invalid_method"},
	{"wl_display", WL_DISPLAY_ERROR_NO_MEMORY, "no_memory"},
	{"wl_display", WL_DISPLAY_ERROR_IMPLEMENTATION, "implementation"},
	{"wl_shm", WL_SHM_ERROR_INVALID_FORMAT, "invalid_format"},
	{"wl_shm", WL_SHM_ERROR_INVALID_STRIDE, "invalid_stride"},
	{"wl_shm", WL_SHM_ERROR_INVALID_FD, "invalid_fd"},
	{"wl_buffer", WL_SHM_ERROR_INVALID_FD, "invalid_fd"},
	{"wl_buffer", LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "file_changed"},
	{"wl_surface", WL_SURFACE_ERROR_INVALID_SIZE, "invalid_size"},
	{"wl_surface", WL_SURFACE_ERROR_INVALID_OFFSET, "invalid_offset"},
	{"lido_shm_block_v1", LIDO_SHM_BLOCK_V1_ERROR_INVALID_FORMAT, "invalid_format"},
	{"lido_shm_block_v1", LIDO_SHM_BLOCK_V1_ERROR_INVALID_STRIDE, "invalid_stride"},
	{"lido_shm", LIDO_SHM_BLOCK_V1_ERROR_INVALID_SIZE, "invalid_size"},
	{"lido_shm", LIDO_SHM_BLOCK_V1_ERROR_FILE_CHANGED, "file_changed"},
	{"lido_shm_block_v1", LIDO_SHM_BLOCK_V1_ERROR_INVALID_RANGE, "invalid_range"},
	{"lido_shm_pool_v1", LIDO_SHM_POOL_V1_ERROR_BLOCKS_EXIST, "blocks_exist"},
};

void rule_register(struct rule *rule) {
	const struct rule **place = &first_rule;
	while (*place != NULL && strcmp((*place)->name, rule->name) <= 0) {
		place = (const struct rule **)(uintptr_t)&(*place)->next;
	}
	rule->next = *place;
	*place = rule;
}

const struct rule *rule_get_first(void) {
	return first_rule;
}

static const char *find_error_name(const struct answer *answer) {
	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++) {
		if (error_names[i].code == answer->code &&
				strncmp(answer->object, error_names[i].object, strlen(error_names[i].object)) == 0) {
			return error_names[i].name;
		}
	}
	return "error";
}

int answer_print(const struct answer *answer, char *text, size_t size) {
	if (answer->kind == ANSWER_ACCEPTED) {
		return snprintf(text, size, "accepted");
	}
	if (answer->kind == ANSWER_CLOSED) {
		return snprintf(text, size, "disconnected");
	}
	return snprintf(text, size, "%s (%u) on %s", find_error_name(answer), answer->code, answer->object);
}

int rule_print_expected(const struct rule *rule, char *text, size_t size) {
	int length = 0;
	for (const struct answer *answer = rule->expected; answer->kind != ANSWER_NONE; answer++) {
		size_t rest = size > (size_t)length ? size - (size_t)length : 0;
		char *end = text + (size - rest);
		if (answer != rule->expected) {
			length += snprintf(end, rest, " or ");
			rest = size > (size_t)length ? size - (size_t)length : 0;
			end = text + (size - rest);
		}
		length += answer_print(answer, end, rest);
	}
	return length;
}

static bool answer_equals(const struct answer *a, const struct answer *b) {
	return a->kind == b->kind && (a->kind != ANSWER_ERROR || (a->code == b->code && strcmp(a->object, b->object) == 0));
}

static bool answer_is_expected(const struct answer *answer) {
	for (const struct answer *expected = running->expected; expected->kind != ANSWER_NONE; expected++) {
		if (answer_equals(answer, expected)) {
			return true;
		}
	}
	return false;
}

// libwayland's log line is "interface#id: error code: message".
static const char *find_message(const struct client *client) {
	const char *error = strstr(client->error, ": error ");
	const char *message = error != NULL ? strstr(error + strlen(": error "), ": ") : NULL;
	return message != NULL ? message + 2 : client->error;
}

// The compositor has disconnected the client. Fails if the error is on another object than it should be.
static void read_error(struct actor *actor, struct answer *answer) {
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	answer->kind = ANSWER_ERROR;
	answer->code = wl_display_get_protocol_error(actor->client->display, &interface, &id);
	if (interface == NULL && actor->client->error[0] != '\0') {
		fail("error on an object that no longer exists: %s", actor->client->error);
	} else if (interface == NULL) {
		answer->kind = ANSWER_CLOSED;
		printf("disconnected: %s\n", strerror(wl_display_get_error(actor->client->display)));
		answer_print(answer, seen, sizeof((struct result){0}.seen));
		return;
	}
	answer->object = interface->name;
	int length = answer_print(answer, seen, sizeof((struct result){0}.seen));
	snprintf(seen + length, sizeof((struct result){0}.seen) - (size_t)length, ": %.*s",
			(int)strcspn(find_message(actor->client), "\n"), find_message(actor->client));
	if (actor->blamed != NULL && answer_is_expected(answer) &&
			strcmp(interface->name, wl_proxy_get_class(actor->blamed)) == 0 && id != wl_proxy_get_id(actor->blamed)) {
		fail("on another object than expected, %s#%u", interface->name, id);
	}
}

static void expect_lido_message(const struct client *client, const struct answer *answer) {
	const char *wanted = running->lido_message;
	if (target_has_socket || wanted == NULL) {
		return;
	}
	if (!answer_equals(answer, &running->expected[0])) {
		fail("expected the first of these answers from Lido");
	}
	if (strstr(find_message(client), wanted) == NULL) {
		fail("expected a message with \"%s\" from Lido", wanted);
	}
}

static void expect_other_served(struct client *other) {
	int fd = file_create(FILE_SEALED, 4096);
	struct wl_shm_pool *pool = wl_shm_create_pool(other->shm, fd, 4096);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(pool, 0, 32, 32, 128, WL_SHM_FORMAT_ARGB8888);
	if (!client_try_roundtrip(other)) {
		fail("another client was disconnected: %s", other->error);
	}
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
}

// Reads the answers to the last requests before another one is sent: a client that sends while the server closes its
// end does not receive the error.
static void settle(struct client *client) {
	struct pollfd poll_fd = {.fd = wl_display_get_fd(client->display), .events = POLLIN};
	do {
		if (!client_pump(client, 0)) {
			return;
		}
	} while (poll(&poll_fd, 1, client->server->socket != NULL ? QUIET : 0) > 0);
}

static void run_in_child(void) {
	struct server server;
	struct actor actor;
	struct answer answer = {.kind = ANSWER_ACCEPTED};
	target_init(&server, socket_path);
	actor_init(&actor, &server);
	running->run(&actor);
	settle(actor.client);
	if (client_try_roundtrip(actor.client)) {
		answer_print(&answer, seen, sizeof((struct result){0}.seen));
	} else {
		read_error(&actor, &answer);
	}
	expect_other_served(&actor.other);
	if (!answer_is_expected(&answer)) {
		fail("not as expected");
	}
	expect_lido_message(actor.client, &answer);
	actor_finish(&actor);
	target_finish(&server);
}

static void judge(const struct rule *rule, const struct verdict *verdict, struct result *result) {
	result->kind = verdict->outcome == OUTCOME_PASSED    ? RESULT_AS_EXPECTED
				   : verdict->outcome == OUTCOME_SKIPPED ? RESULT_SKIPPED
				   : rule->silent != NULL                ? RESULT_DIFFERENT
														 : RESULT_FAILED;
	size_t length = strlen(seen);
	memcpy(result->seen, seen, length + 1);
	if (verdict->outcome == OUTCOME_PASSED || (length > 0 && strcmp(verdict->cause, "not as expected") == 0)) {
		return;
	}
	snprintf(result->seen + length, sizeof(result->seen) - length, "%s%s", length > 0 ? "; " : "", verdict->cause);
}

void rule_run(const struct rule *rule, unsigned seconds, const char *socket, FILE *log, struct result *result) {
	const struct test test = {.name = rule->name, .run = run_in_child};
	struct verdict verdict;
	*result = (struct result){0};
	seen = mmap(NULL, sizeof(result->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	running = rule;
	socket_path = socket;
	process_run_test(&test, seconds, log, &verdict);
	judge(rule, &verdict, result);
	munmap(seen, sizeof(result->seen));
}

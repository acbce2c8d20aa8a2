/*
 * The hostile client.
 *
 *     attack NAME
 *     attack --list
 */
#include "attack.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOLD_MS 400

static struct attack *first_attack, **next_attack = &first_attack;

// Attacks exit without releasing anything, on purpose.
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *__asan_default_options(void) {
	return "detect_leaks=0:handle_segv=0";
}

void attack_register(struct attack *attack) {
	*next_attack = attack;
	next_attack = &attack->next;
}

int attack_count(int count) {
	const char *percent = getenv("LIDO_ATTACK_PERCENT");
	int scaled = percent != NULL ? (int)((int64_t)count * atoi(percent) / 100) : count;
	return scaled > 0 ? scaled : 1;
}

__attribute__((format(printf, 2, 0))) static void say(const char *kind, const char *format, va_list args) {
	printf("%s: ", kind);
	vprintf(format, args);
	printf("\n");
	fflush(stdout);
}

void fail(const char *format, ...) {
	va_list args;
	va_start(args, format);
	say("failed", format, args);
	va_end(args);
	_exit(EXIT_FAILURE);
}

void skip(const char *format, ...) {
	va_list args;
	va_start(args, format);
	say("skipped", format, args);
	va_end(args);
	_exit(ATTACK_SKIPPED);
}

void sleep_ms(int milliseconds) {
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
	while (nanosleep(&time, &time) != 0 && errno == EINTR) {
	}
}

void hold(void) {
	sleep_ms(HOLD_MS);
}

pid_t start_child(void (*fn)(void *data), void *data) {
	pid_t parent = getpid(), child = fork();
	if (child == -1) {
		fail("fork: %s", strerror(errno));
	}
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent) {
			_exit(0);
		}
		fn(data);
		_exit(0);
	}
	return child;
}

void stop_child(pid_t child) {
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {
	}
}

void expect_child_alive(pid_t child) {
	if (waitpid(child, NULL, WNOHANG) != 0) {
		fail("a child has exited");
	}
}

uint32_t random_below(uint32_t max) {
	static uint64_t state = 88172645463325252U; // xorshift64
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % max;
}

int main(int argc, char *argv[]) {
	if (argc != 2) {
		fprintf(stderr, "usage: attack NAME, or attack --list\n");
		return 2;
	}
	bool list = strcmp(argv[1], "--list") == 0;
	signal(SIGPIPE, SIG_IGN);
	for (struct attack *attack = first_attack; attack != NULL; attack = attack->next) {
		if (list) {
			puts(attack->name);
		} else if (strcmp(argv[1], attack->name) == 0) {
			attack->run();
			fflush(stdout);
			_exit(EXIT_SUCCESS);
		}
	}
	if (!list) {
		fprintf(stderr, "attack: unknown attack '%s'; see attack --list\n", argv[1]);
	}
	return list ? 0 : 2;
}

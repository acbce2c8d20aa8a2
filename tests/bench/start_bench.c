/*
 * Starts a compositor, and measures the time until it serves clients and what it holds when idle.
 *
 *     start_bench COMMAND [ARGS...]
 *
 * Prints the time from the fork until the socket exists in XDG_RUNTIME_DIR and until a client's first request is
 * answered (ms); the processor time (ms) and page faults until then; after some seconds without clients, its resident,
 * proportional and anonymous memory (KiB), fds and mappings; and the processor time (ms) and switches of an idle
 * second.
 */
#include "bench.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MAX_MS 30000
#define IDLE_US 1000000
#define END_MAX_US 5e6

static bool is_socket_name(const char *name) {
	size_t prefix = strlen("wayland-");
	return strncmp(name, "wayland-", prefix) == 0 && strspn(name + prefix, "0123456789") == strlen(name + prefix);
}

// Waits for the name of a socket in the watched folder.
static void await_socket(int watch, char *name, size_t size) {
	_Alignas(struct inotify_event) char buffer[4096];
	for (;;) {
		struct pollfd poll_fd = {.fd = watch, .events = POLLIN};
		ssize_t len = poll(&poll_fd, 1, START_MAX_MS) == 1 ? read(watch, buffer, sizeof(buffer)) : -1;
		if (len <= 0) {
			fail("the compositor has created no socket");
		}
		for (char *next = buffer; next < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)next;
			if (event->len > 0 && is_socket_name(event->name)) {
				snprintf(name, size, "%s", event->name);
				return;
			}
			next += sizeof(*event) + event->len;
		}
	}
}

static pid_t start(char **command) {
	pid_t parent = getpid(), child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		if (getppid() != parent) {
			_exit(EXIT_FAILURE);
		}
		// What the compositor leaves running must not keep the pipe to our caller open.
		if (freopen("/dev/null", "w", stdout) == NULL) {
			fail("cannot open /dev/null");
		}
		dup2(STDOUT_FILENO, STDERR_FILENO);
		execvp(command[0], command);
		fail("cannot run the compositor");
	}
	if (child == -1) {
		fail("cannot fork");
	}
	return child;
}

// The socket may exist before the server listens.
static void await_answer(const char *name) {
	struct wl_display *display;
	while ((display = wl_display_connect(name)) == NULL) {
		usleep(100);
	}
	if (wl_display_roundtrip(display) == -1) {
		fail("the compositor answers no client");
	}
	wl_display_disconnect(display);
}

int main(int argc, char *argv[]) {
	const char *folder = getenv("XDG_RUNTIME_DIR");
	int watch = inotify_init1(IN_CLOEXEC);
	char name[64];
	if (argc < 2) {
		fail("usage: start_bench COMMAND [ARGS...]");
	}
	if (folder == NULL || watch == -1 || inotify_add_watch(watch, folder, IN_CREATE) == -1) {
		fail("cannot watch XDG_RUNTIME_DIR");
	}
	double begin = now();
	pid_t child = start(argv + 1);
	await_socket(watch, name, sizeof(name));
	double socket = now() - begin;
	await_answer(name);
	double answer = now() - begin;
	struct usage started = usage_read(child);
	// Half a second after a client has gone, Lido trims its heap.
	usleep(IDLE_US);
	struct usage idle = usage_read(child);
	usleep(IDLE_US);
	idle = usage_subtract(usage_read(child), idle);
	struct footprint footprint = footprint_read(child);
	struct residence residence = residence_read(child);
	printf("idle\tsocket=%.2f\tanswer=%.2f\tcpu=%.2f\tfaults=%.0f\tresident=%.0f\tproportional=%.0f\tanonymous=%.0f\t"
		   "fds=%.0f\tmappings=%.0f\tidle_cpu=%.2f\tidle_switches=%.0f\n",
			socket / 1000, answer / 1000, started.cpu / 1000, started.faults, residence.resident,
			residence.proportional, residence.anonymous, footprint.fds, footprint.mappings, idle.cpu / 1000,
			idle.switches);
	fflush(stdout);
	// Cage waits for its client.
	kill(-child, SIGTERM);
	double end = now() + END_MAX_US;
	while (waitpid(child, NULL, WNOHANG) == 0) {
		usleep(1000);
		if (now() > end) {
			kill(-child, SIGKILL);
		}
	}
	return EXIT_SUCCESS;
}

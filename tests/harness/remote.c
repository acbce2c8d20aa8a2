#include "remote.h"
#include "runner.h"
#include "server.h"
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-client-core.h>

#define STATUS_DIED 99

// The server's process.
struct host {
	struct server server;
	struct surfaces surfaces;
	enum odd_pool_manner manner;
	int control;
	uint32_t requests, requests_max;
	bool is_over;
};

static void send_fd(int control, int fd) {
	char byte = 0;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} ancillary = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ancillary,
		.msg_controllen = sizeof(ancillary),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	// If the server has exited, sending fails, and the client will notice.
	(void)!sendmsg(control, &message, MSG_NOSIGNAL);
}

// Returns -1 if the other end is closed.
static int receive_fd(int control) {
	char byte;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} ancillary = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &ancillary,
		.msg_controllen = sizeof(ancillary),
	};
	if (recvmsg(control, &message, MSG_CMSG_CLOEXEC) <= 0) {
		return -1;
	}
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	expect(header != NULL);
	int fd;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int handle_control(int control, uint32_t mask, void *data) {
	struct host *host = data;
	int fd = receive_fd(control);
	host->is_over = fd < 0;
	if (fd >= 0) {
		server_add_client(&host->server, fd);
	}
	return 0;
}

static void handle_message(
		void *data, enum wl_protocol_logger_type direction, const struct wl_protocol_logger_message *message) {
	struct host *host = data;
	if (direction == WL_PROTOCOL_LOGGER_REQUEST && ++host->requests == host->requests_max) {
		_exit(STATUS_DIED);
	}
}

static void handle_commit(const struct surfaces_commit *commit, void *data) {
	struct host *host = data;
	expect_int(send(host->control, commit, sizeof(*commit), 0), ==, sizeof(*commit));
}

static void finish_stock(struct server *server) {
	wl_display_destroy_clients(server->display);
	wl_display_destroy(server->display);
}

static void host_init(struct host *host, const struct remote_options *options, int control) {
	*host = (struct host){.control = control, .requests_max = options->requests_max};
	if (options->shm == REMOTE_SHM_LIDO) {
		server_init_core(&host->server, options->limits);
	} else {
		host->server = (struct server){.display = wl_display_create(), .finish = finish_stock};
		expect(options->shm == REMOTE_SHM_NONE || wl_display_init_shm(host->server.display) == 0);
	}
	if (options->shm == REMOTE_SHM_ODD) {
		host->manner = options->manner;
		odd_pool_init(host->server.display, &host->manner);
	}
	host->surfaces.release = options->release;
	host->surfaces.commit = options->reports ? handle_commit : NULL;
	host->surfaces.data = host;
	surfaces_init(&host->surfaces, host->server.display);
	wl_display_add_protocol_logger(host->server.display, handle_message, host);
}

_Noreturn static void host_run(const struct remote_options *options, int control) {
	// Inherited fds would keep connections of other servers open.
	close_range(3, (unsigned)control - 1, 0);
	close_range((unsigned)control + 1, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct host host;
	host_init(&host, options, control);
	struct wl_event_source *source = wl_event_loop_add_fd(
			wl_display_get_event_loop(host.server.display), control, WL_EVENT_READABLE, handle_control, &host);
	while (!host.is_over) {
		server_dispatch(&host.server, -1);
	}
	wl_event_source_remove(source);
	server_finish(&host.server);
	_exit(0);
}

void remote_init(struct remote *remote, const struct remote_options *options) {
	static const struct remote_options defaults;
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	remote->pid = fork();
	expect(remote->pid >= 0);
	if (remote->pid == 0) {
		host_run(options != NULL ? options : &defaults, fds[1]);
	}
	close(fds[1]);
	remote->control = fds[0];
}

bool remote_finish(struct remote *remote) {
	int status;
	close(remote->control);
	expect(waitpid(remote->pid, &status, 0) == remote->pid);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != STATUS_DIED)) {
		fail("the server has failed: wait status %#x", (unsigned)status);
	}
	*remote = (struct remote){0};
	return WEXITSTATUS(status) == 0;
}

struct wl_display *remote_connect(struct remote *remote) {
	int fds[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	send_fd(remote->control, fds[0]);
	close(fds[0]);
	struct wl_display *display = wl_display_connect_to_fd(fds[1]);
	expect(display != NULL);
	return display;
}

void remote_receive(struct remote *remote, struct surfaces_commit *commit) {
	expect_int(recv(remote->control, commit, sizeof(*commit), 0), ==, sizeof(*commit));
}

/*
 * The cases of traps.c in which another process has the file of a pool, or a ring of io_uring has it.
 */
#ifndef TRAPS_PROCESS_CASES_H
#define TRAPS_PROCESS_CASES_H

// What another process does with the file: it must have this color, and receives another one.
static int see(int fd, uint32_t color, uint32_t new_color) {
	uint32_t word, *pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED || pread(fd, &word, 4, OFFSET) != 4) {
		return 2;
	}
	if (pixels[0] != color || word != color) {
		fprintf(stderr, "traps: another process sees %06x in its mapping, and reads %06x\n", pixels[0], word);
		return 1;
	}
	fill(pixels, new_color);
	return 0;
}

struct fd_message {
	struct msghdr header;
	struct iovec part;
	char byte;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

static void fd_message_init(struct fd_message *message, int fd) {
	*message = (struct fd_message){0};
	message->part = (struct iovec){.iov_base = &message->byte, .iov_len = 1};
	message->header = (struct msghdr){.msg_iov = &message->part,
		.msg_iovlen = 1,
		.msg_control = message->control,
		.msg_controllen = sizeof(message->control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message->header);
	*header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

static void send_fd(int socket, int fd) {
	struct fd_message message;
	fd_message_init(&message, fd);
	check(sendmsg(socket, &message.header, 0) == 1, "cannot send an fd");
}

static int receive_fd(int socket) {
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	check(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL, "cannot receive an fd");
	int fd;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void check_ended(pid_t child) {
	int status;
	check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the other process has failed");
}

static void run_sent(struct session *session) {
	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot create sockets");
	pid_t child = fork();
	if (child == 0) {
		_exit(see(receive_fd(ends[1]), 0x414141, 0x424242));
	}
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x414141);
	send_fd(ends[0], picture.fd);
	check_ended(child);
	// With the fd closed, new buffers must show the same file.
	close(picture.fd);
	struct wl_buffer *next = create_buffer(session, picture.pool, 0);
	show(session, next);
	check_shown(session, 0x424242, "pixels that another process has drawn are not shown in a new buffer");
	wl_buffer_destroy(next);
	picture.fd = ends[0];
	close(ends[1]);
	finish_after_showing(&picture, 0x424242);
}

// A file of another process, which draws on.
static void run_received(struct session *session) {
	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot create sockets");
	pid_t child = fork();
	if (child == 0) {
		int fd = create_file(SIZE);
		char byte;
		send_fd(ends[1], fd);
		_exit(read(ends[1], &byte, 1) == 1 ? see(fd, 0x434343, 0x444444) : 1);
	}
	struct picture picture;
	picture_init(&picture, session, receive_fd(ends[0]), SIZE, 0);
	picture_check(&picture, 0, 0x434343);
	check(write(ends[0], "1", 1) == 1, "cannot write to a socket");
	check_ended(child);
	close(ends[0]);
	close(ends[1]);
	finish_after_showing(&picture, 0x444444);
}

static void *allocate(void *data) {
	const atomic_bool *has_ended = data;
	while (!atomic_load(has_ended)) {
		void *volatile memory = malloc(16);
		free(memory);
	}
	return NULL;
}

// A thread allocates while another one forks.
static void run_forks_allocating(struct session *session) {
	static atomic_bool has_ended;
	struct picture picture;
	pthread_t thread;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	check(pthread_create(&thread, NULL, allocate, &has_ended) == 0, "cannot create a thread");
	for (int i = 0; i < 1000; i++) {
		pid_t child = fork();
		if (child == 0) {
			_exit(0);
		}
		check(child > 0 && waitpid(child, NULL, 0) == child, "cannot fork");
	}
	atomic_store(&has_ended, true);
	pthread_join(thread, NULL);
	picture_finish(&picture);
}

// A child that was forked before the pool was created draws into its own mapping.
static void run_forked_before(struct session *session) {
	int ends[2], fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	check(pipe2(ends, O_CLOEXEC) == 0, "cannot create a pipe");
	pid_t child = fork();
	if (child == 0) {
		char byte;
		check(read(ends[0], &byte, 1) == 1, "cannot read from a pipe");
		fill(pixels, 0x454545);
		_exit(0);
	}
	struct picture picture;
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x464646);
	check(write(ends[1], "1", 1) == 1, "cannot write to a pipe");
	check_ended(child);
	check(pixels[0] == 0x454545, "a mapping made before does not show what a child has drawn");
	munmap(pixels, SIZE);
	close(ends[0]);
	close(ends[1]);
	finish_after_showing(&picture, 0x454545);
}

// A child draws into a mapping of its own after its parent has made the pool larger.
static void run_forked_grows(struct session *session) {
	int ends[2];
	struct picture picture;
	check(pipe2(ends, O_CLOEXEC) == 0, "cannot create a pipe");
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	pid_t child = fork();
	if (child == 0) {
		char byte;
		check(read(ends[0], &byte, 1) == 1, "cannot read from a pipe");
		fill(picture.pixels, 0x4d4d4d);
		_exit(0);
	}
	picture_grow(&picture, 64 * SIZE);
	picture_check(&picture, 0, 0x4e4e4e);
	check(write(ends[1], "1", 1) == 1, "cannot write to a pipe");
	check_ended(child);
	printf("after the child: %06x\n", picture.pixels[0]);
	picture_check(&picture, 0, 0x4f4f4f);
	picture_finish(&picture);
	close(ends[0]);
	close(ends[1]);
}

// Starts this program again, which sees the fd.
static pid_t start_to_see(int how, int fd, uint32_t color) {
	char name[] = "traps", action[] = "see", text_fd[16], text_color[16], command[128];
	snprintf(text_fd, sizeof(text_fd), "%d", fd);
	snprintf(text_color, sizeof(text_color), "%u", color);
	char *arguments[] = {name, action, text_fd, text_color, NULL};
	pid_t child = -1;
	switch (how) {
	case 0:
		child = fork();
		if (child == 0) {
			execv("/proc/self/exe", arguments);
			_exit(1);
		}
		break;
	case 1:
		child = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork): this is the trap
		if (child == 0) {
			execl("/proc/self/exe", name, action, text_fd, text_color, NULL);
			_exit(1);
		}
		break;
	case 2:
		check(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) == 0, "cannot start a program");
		break;
	default:
		snprintf(command, sizeof(command), "exec /proc/%d/exe see %d %u", (int)getpid(), fd, color);
		check(system(command) == 0, "another program has failed");
		break;
	}
	return child;
}

static void run_inherited(struct session *session) {
	for (int how = 0; how < 4; how++) {
		struct picture picture;
		uint32_t color = 0x474700 + 0x10 * (uint32_t)how;
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		picture_check(&picture, 0, color);
		check(fcntl(picture.fd, F_SETFD, 0) == 0, "cannot make an fd inheritable");
		pid_t child = start_to_see(how, picture.fd, color);
		if (child > 0) {
			check_ended(child);
		}
		finish_after_showing(&picture, color + 1);
	}
}

// Any process of the same user can open the files of a program: but only a debugger does.
static void run_debugged(struct session *session) {
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x484848);
	char command[128];
	snprintf(command, sizeof(command), "od -A n -t x4 -N 4 /proc/%d/fd/%d", (int)getpid(), picture.fd);
	fflush(stdout);
	check(system(command) == 0, "cannot run od");
	finish_after_showing(&picture, 0x484848);
}

// A file that others can open by its name.
static void run_named(struct session *session) {
	char path[256];
	snprintf(path, sizeof(path), "%s/named.XXXXXX", getenv("XDG_RUNTIME_DIR"));
	struct picture picture;
	picture_init(&picture, session, mkstemp(path), SIZE, 0);
	picture_check(&picture, 0, 0x494949);
	pid_t child = fork();
	if (child == 0) {
		_exit(see(open(path, O_RDWR | O_CLOEXEC), 0x494949, 0x4a4a4a));
	}
	check_ended(child);
	check(unlink(path) == 0, "cannot remove a file");
	finish_after_showing(&picture, 0x4a4a4a);
}

// One request of io_uring: a read or write of one word at OFFSET.
struct ring {
	int fd;
	bool is_unseen; // by instructions of the program's own
	struct io_uring_params params;
	uint8_t *queues;
	struct io_uring_sqe *requests;
};

// Takes the fd of a new ring, or -errno.
static bool ring_map(struct ring *ring, int fd) {
	ring->fd = fd;
	if (fd < 0) {
		printf("skipped: io_uring_setup: %s\n", strerror(-fd));
		return false;
	}
	ring->queues = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->requests =
			mmap(NULL, sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	check(ring->queues != MAP_FAILED && (void *)ring->requests != MAP_FAILED &&
					(ring->params.features & IORING_FEAT_SINGLE_MMAP) != 0,
			"cannot map a ring");
	return true;
}

static bool ring_init(struct ring *ring) {
	*ring = (struct ring){.fd = -1};
	int fd = (int)syscall(SYS_io_uring_setup, 1, &ring->params);
	return ring_map(ring, fd < 0 ? -errno : fd);
}

static bool ring_init_unseen(struct ring *ring) {
	*ring = (struct ring){.fd = -1, .is_unseen = true};
	return ring_map(ring, (int)call_kernel(SYS_io_uring_setup, 1, (long)&ring->params, 0, 0, 0, 0));
}

// By a plugin with liburing. mode: of dlopen().
static bool ring_init_by_plugin(struct ring *ring, int mode) {
	*ring = (struct ring){.fd = -1, .is_unseen = true};
	void *plugin = dlopen(RING_PLUGIN, mode);
	check(plugin != NULL, "cannot load a plugin");
	void *symbol = dlsym(plugin, "plugin_create_ring");
	int (*create)(struct io_uring_params *params);
	memcpy(&create, &symbol, sizeof(create));
	return ring_map(ring, create(&ring->params));
}

static long ring_enter(const struct ring *ring) {
	return ring->is_unseen ? call_kernel(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0)
						   : syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
}

static void ring_transfer(struct ring *ring, int opcode, int fd, uint32_t *word) {
	uint32_t *tail = (uint32_t *)(void *)(ring->queues + ring->params.sq_off.tail);
	uint32_t *array = (uint32_t *)(void *)(ring->queues + ring->params.sq_off.array);
	ring->requests[0] = (struct io_uring_sqe){
		.opcode = (uint8_t)opcode, .fd = fd, .addr = (uintptr_t)word, .len = 4, .off = (uint64_t)OFFSET};
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	check(ring_enter(ring) == 1, "a ring does not work");
	uint32_t *head = (uint32_t *)(void *)(ring->queues + ring->params.cq_off.head);
	const struct io_uring_cqe *results =
			(const struct io_uring_cqe *)(const void *)(ring->queues + ring->params.cq_off.cqes);
	check(results[*head % ring->params.cq_entries].res == 4, "a ring cannot read or write");
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
}

static void ring_finish(struct ring *ring) {
	munmap(ring->queues, 4096);
	munmap(ring->requests, sizeof(struct io_uring_sqe));
	close(ring->fd);
}

static void check_ring(struct ring *ring, struct picture *picture, uint32_t color) {
	uint32_t word = 0;
	fill(picture->pixels, color);
	ring_transfer(ring, IORING_OP_READ, picture->fd, &word);
	check(word == color, "a ring reads something else");
	word = color + 1;
	ring_transfer(ring, IORING_OP_WRITE, picture->fd, &word);
	check(picture->pixels[OFFSET / 4] == color + 1, "what a ring writes is not in the mapping");
	fill(picture->pixels, color);
	finish_after_showing(picture, color);
}

// A pool that is older than the ring.
static void run_ring_after(struct session *session) {
	struct picture picture;
	struct ring ring;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	if (ring_init(&ring)) {
		check_ring(&ring, &picture, 0x4b4b4b);
		ring_finish(&ring);
	}
}

static void run_ring_before(struct session *session) {
	struct picture picture;
	struct ring ring;
	if (ring_init(&ring)) {
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		check_ring(&ring, &picture, 0x4c4c4c);
		ring_finish(&ring);
	}
}

static void use_plugin(struct session *session, int mode) {
	struct picture picture;
	struct ring ring;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	if (ring_init_by_plugin(&ring, mode)) {
		check_ring(&ring, &picture, 0x686868);
		ring_finish(&ring);
	}
}

static void run_ring_of_plugin(struct session *session) {
	use_plugin(session, RTLD_NOW | RTLD_LOCAL);
}

static void run_ring_of_library(struct session *session) {
	use_plugin(session, RTLD_NOW | RTLD_GLOBAL);
}

// A ring whose creation nobody sees is noticed at the next buffer.
static void run_ring_noticed(struct session *session) {
	struct picture picture;
	struct ring ring;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	if (ring_init_unseen(&ring)) {
		wl_buffer_destroy(create_buffer(session, picture.pool, 0));
		check_ring(&ring, &picture, 0x696969);
		ring_finish(&ring);
	}
}

// Each of these creates a child process that calls function, without the handlers of pthread_atfork().

static pid_t create_by_fork(int (*function)(void *), void *data) {
	pid_t child = _Fork();
	if (child == 0) {
		_exit(function(data));
	}
	return child;
}

static pid_t create_by_clone(int (*function)(void *), void *data) {
	static _Alignas(64) char stack[256 * 1024];
	return clone(function, stack + sizeof(stack), SIGCHLD, data);
}

static pid_t create_by_syscall(int (*function)(void *), void *data) {
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (child == 0) {
		_exit(function(data));
	}
	return child;
}

struct child {
	int go; // readable once it may draw
	uint32_t *pixels;
};

static int draw_in_child(void *data) {
	const struct child *child = data;
	char byte;
	if (read(child->go, &byte, 1) != 1) {
		return 1;
	}
	fill(child->pixels, 0x6a6a6a);
	return 0;
}

// As forked-before.
static void run_cloned_before(struct session *session) {
	static pid_t (*const ways[])(int (*function)(void *), void *data) = {
		create_by_fork, create_by_clone, create_by_syscall};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		int ends[2], fd = create_file(SIZE);
		struct child child = {.pixels = map(fd, SIZE, 0)};
		check(pipe2(ends, O_CLOEXEC) == 0, "cannot create a pipe");
		child.go = ends[0];
		pid_t pid = ways[i](draw_in_child, &child);
		struct picture picture;
		picture_init(&picture, session, fd, SIZE, 0);
		picture_check(&picture, 0, 0x6b6b6b);
		check(write(ends[1], "1", 1) == 1, "cannot write to a pipe");
		check_ended(pid);
		check(child.pixels[0] == 0x6a6a6a, "a mapping made before does not show what a child has drawn");
		munmap(child.pixels, SIZE);
		close(ends[0]);
		close(ends[1]);
		finish_after_showing(&picture, 0x6a6a6a);
	}
}

// Each of these closes an fd, which is higher than all others.

static bool close_by_close(int fd) {
	return close(fd) == 0;
}

static bool close_by_range(int fd) {
	return close_range((unsigned)fd, (unsigned)fd, 0) == 0;
}

static bool close_from(int fd) {
	closefrom(fd);
	return true;
}

static bool close_by_dup2(int fd) {
	return dup2(STDERR_FILENO, fd) == fd;
}

static bool close_by_dup3(int fd) {
	return dup3(STDERR_FILENO, fd, O_CLOEXEC) == fd;
}

static bool close_by_stream(int fd) {
	FILE *stream = fdopen(fd, "r");
	return stream != NULL && fclose(stream) == 0;
}

static bool close_by_syscall(int fd) {
	return syscall(SYS_close, fd) == 0;
}

static bool close_range_by_syscall(int fd) {
	return syscall(SYS_close_range, fd, ~0U, 0) == 0;
}

// The program closes its last fd of a file that a child has, and creates a buffer.
static void run_closes_returned(struct session *session) {
	static bool (*const closes[])(int fd) = {close_by_close, close_by_range, close_from, close_by_dup2, close_by_dup3,
		close_by_stream, close_by_syscall, close_range_by_syscall};
	for (size_t i = 0; i < sizeof(closes) / sizeof(closes[0]); i++) {
		int ends[2], fd = create_file(SIZE), high = fcntl(fd, F_DUPFD, 500);
		close(fd);
		check(pipe2(ends, O_CLOEXEC) == 0, "cannot create a pipe");
		struct picture picture;
		picture_init(&picture, session, high, SIZE, 0);
		picture_check(&picture, 0, 0x6c6c6c);
		struct child data = {.go = ends[0], .pixels = picture.pixels};
		pid_t child = fork();
		if (child == 0) {
			_exit(draw_in_child(&data));
		}
		check(closes[i](high), "cannot close an fd");
		struct wl_buffer *next = create_buffer(session, picture.pool, 0);
		check(write(ends[1], "1", 1) == 1, "cannot write to a pipe");
		check_ended(child);
		show(session, next);
		check_shown(session, 0x6a6a6a, "what a child has drawn into a file without an fd is not shown");
		wl_buffer_destroy(next);
		close(ends[0]);
		close(high);
		picture.fd = ends[1];
		finish_after_showing(&picture, 0x6a6a6a);
	}
}

#endif

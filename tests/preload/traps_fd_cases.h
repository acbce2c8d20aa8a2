/*
 * The cases of traps.c in which the program does things to fds that it does not know, or in which system calls fail. No
 * byte of another file may change by that, and what is drawn must be shown.
 */
#ifndef TRAPS_FD_CASES_H
#define TRAPS_FD_CASES_H

#define PRECIOUS_SIZE ((size_t)4 << 20)
#define FDS_END 256

struct precious {
	int fd;
	int copies[12];
};

static void create_precious(struct precious *precious) {
	char path[256];
	snprintf(path, sizeof(path), "%s/precious.XXXXXX", getenv("XDG_RUNTIME_DIR"));
	precious->fd = mkstemp(path);
	check(precious->fd >= 0 && unlink(path) == 0, "cannot create a file in XDG_RUNTIME_DIR");
	char *bytes = malloc(PRECIOUS_SIZE);
	check(bytes != NULL, "no memory");
	memset(bytes, 'P', PRECIOUS_SIZE);
	check(write(precious->fd, bytes, PRECIOUS_SIZE) == (ssize_t)PRECIOUS_SIZE, "cannot write the user's file");
	free(bytes);
	for (size_t i = 0; i < sizeof(precious->copies) / sizeof(precious->copies[0]); i++) {
		precious->copies[i] = dup(precious->fd);
		check(precious->copies[i] >= 0, "cannot duplicate the fd of the user's file");
	}
}

static void check_unchanged(const struct precious *precious) {
	struct stat stat;
	check(fstat(precious->fd, &stat) == 0, "the fd of the user's file was closed");
	check(stat.st_size == (off_t)PRECIOUS_SIZE, "the user's file has another size");
	char bytes[4096];
	for (size_t done = 0; done < PRECIOUS_SIZE; done += sizeof(bytes)) {
		check(pread(precious->fd, bytes, sizeof(bytes), (off_t)done) == (ssize_t)sizeof(bytes),
				"the user's file cannot be read");
		for (size_t i = 0; i < sizeof(bytes); i++) {
			check(bytes[i] == 'P', "the user's file has other bytes");
		}
	}
}

static void finish_precious(struct precious *precious) {
	check_unchanged(precious);
	for (size_t i = 0; i < sizeof(precious->copies) / sizeof(precious->copies[0]); i++) {
		check(close(precious->copies[i]) == 0, "a copy of the fd of the user's file was closed");
	}
	close(precious->fd);
}

// The fds that the program knows, in ascending order, without the standard ones.
struct known {
	int fds[8];
	size_t len;
};

static void know(struct known *known, int fd) {
	size_t i = known->len++;
	for (; i > 0 && known->fds[i - 1] > fd; i--) {
		known->fds[i] = known->fds[i - 1];
	}
	known->fds[i] = fd;
}

static bool is_known(const struct known *known, int fd) {
	for (size_t i = 0; i < known->len; i++) {
		if (known->fds[i] == fd) {
			return true;
		}
	}
	return fd <= STDERR_FILENO;
}

static void close_unknown(const struct known *known, struct precious *precious) {
	for (int fd = 0; fd < FDS_END; fd++) {
		if (!is_known(known, fd)) {
			close(fd);
		}
	}
	create_precious(precious);
}

static void close_unknown_ranges(const struct known *known, struct precious *precious) {
	unsigned start = STDERR_FILENO + 1;
	for (size_t i = 0; i < known->len; i++) {
		unsigned fd = (unsigned)known->fds[i];
		check(fd == start || close_range(start, fd - 1, 0) == 0, "cannot close a range of fds");
		start = fd + 1;
	}
	check(close_range(start, ~0U, 0) == 0, "cannot close all further fds");
	create_precious(precious);
}

static void close_unknown_from(const struct known *known, struct precious *precious) {
	closefrom(known->fds[known->len - 1] + 1);
	create_precious(precious);
}

static void replace_unknown(const struct known *known, struct precious *precious) {
	bool was_open[FDS_END];
	for (int fd = 0; fd < FDS_END; fd++) {
		was_open[fd] = !is_known(known, fd) && fcntl(fd, F_GETFD) != -1;
	}
	create_precious(precious);
	for (int fd = 0; fd < FDS_END; fd++) {
		check(!was_open[fd] || dup2(precious->fd, fd) == fd, "cannot replace an fd");
	}
}

// A pool with one buffer.
struct picture {
	struct session *session;
	int fd;
	size_t size;
	uint32_t *pixels;
	struct wl_shm_pool *pool;
	struct wl_buffer *buffer;
};

static void picture_init(struct picture *picture, struct session *session, int fd, size_t size, int32_t offset) {
	*picture = (struct picture){.session = session, .fd = fd, .size = size};
	check(ftruncate(fd, (off_t)size) == 0, "cannot resize a file");
	picture->pixels = map(fd, size, 0);
	picture->pool = wl_shm_create_pool(session->shm, fd, (int32_t)size);
	picture->buffer = create_buffer(session, picture->pool, offset);
}

static void picture_grow(struct picture *picture, size_t size) {
	check(ftruncate(picture->fd, (off_t)size) == 0, "cannot grow a file");
	munmap(picture->pixels, picture->size);
	picture->pixels = map(picture->fd, size, 0);
	picture->size = size;
	wl_shm_pool_resize(picture->pool, (int32_t)size);
}

static void picture_check(struct picture *picture, int32_t offset, uint32_t color) {
	fill(picture->pixels + offset / 4, color);
	show(picture->session, picture->buffer);
	check_shown(picture->session, color, "other pixels are shown than were drawn");
}

static void picture_finish(struct picture *picture) {
	wl_buffer_destroy(picture->buffer);
	wl_shm_pool_destroy(picture->pool);
	munmap(picture->pixels, picture->size);
	close(picture->fd);
}

// Two connections, with a pool of the first and a file that both have pools of.
struct scene {
	struct session *session, other;
	int new_fd;
	struct known known;
	struct picture one, two, shared;
};

static void scene_init(struct scene *scene, struct session *session) {
	*scene = (struct scene){.session = session};
	session_init(&scene->other);
	int fd = create_file(SIZE), shared_fd = create_file(2 * SIZE), other_fd = dup(shared_fd);
	scene->new_fd = create_file(SIZE);
	const int fds[] = {wl_display_get_fd(session->display), wl_display_get_fd(scene->other.display), fd, shared_fd,
		other_fd, scene->new_fd};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		know(&scene->known, fds[i]);
	}
	picture_init(&scene->one, session, fd, SIZE, 0);
	picture_init(&scene->two, session, shared_fd, 2 * SIZE, 0);
	picture_init(&scene->shared, &scene->other, other_fd, 2 * SIZE, (int32_t)SIZE);
	// Until then libwayland has fds of its own.
	check(wl_display_roundtrip(session->display) >= 0 && wl_display_roundtrip(scene->other.display) >= 0,
			"the connection is broken");
}

static void scene_finish(struct scene *scene) {
	picture_finish(&scene->one);
	picture_finish(&scene->two);
}

static void draw_in_one(struct picture *one) {
	picture_check(one, 0, 0x1a1b1c);
	picture_grow(one, (size_t)1 << 20);
	check((one->pixels[0] & 0xffffff) == 0x1a1b1c, "pixels are lost as a pool grows");
	picture_check(one, 0, 0x2a2b2c);
	check(fallocate(one->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 4096) == 0, "cannot punch a hole");
	check(one->pixels[25] == 0 && one->pixels[1048] == 0, "a hole does not read as zeros");
	check((one->pixels[24] & one->pixels[1049] & 0xffffff) == 0x2a2b2c, "the hole is too large");
	uint32_t *copy = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, one->fd, 0);
	check(copy != MAP_FAILED && copy[25] == 0 && (copy[24] & 0xffffff) == 0x2a2b2c, "a private mapping shows others");
	munmap(copy, SIZE);
}

// Shows a buffer at the end of the pool.
static void draw_at_end(struct picture *picture, uint32_t color) {
	size_t offset = picture->size - SIZE;
	struct wl_buffer *buffer = create_buffer(picture->session, picture->pool, (int32_t)offset);
	fill(picture->pixels + offset / 4, color);
	show(picture->session, buffer);
	check_shown(picture->session, color, "a buffer at the new end of a pool is not shown");
	wl_buffer_destroy(buffer);
}

static void draw_in_shared(struct scene *scene) {
	struct picture *two = &scene->two, third;
	picture_check(two, 0, 0x3a3b3c);
	for (size_t size = (size_t)1 << 20; size <= (size_t)4 << 20; size *= 2) {
		picture_grow(two, size);
		check((two->pixels[0] & 0xffffff) == 0x3a3b3c, "pixels are lost as a shared pool grows");
		draw_at_end(two, 0x4a4b4c);
	}
	picture_check(&scene->shared, SIZE, 0x5a5b5c);
	check((two->pixels[0] & 0xffffff) == 0x3a3b3c && (two->pixels[SIZE / 4] & 0xffffff) == 0x5a5b5c,
			"two connections have different pixels");
	struct session session;
	session_init(&session);
	picture_init(&third, &session, dup(two->fd), two->size, (int32_t)(2 * SIZE));
	picture_check(&third, 2 * SIZE, 0x6a6b6c);
	check((two->pixels[0] & 0xffffff) == 0x3a3b3c && (two->pixels[SIZE / 2] & 0xffffff) == 0x6a6b6c,
			"three connections have different pixels");
	picture_finish(&third);
	session_finish(&session);
	picture_finish(&scene->shared);
	session_finish(&scene->other);
	picture_check(two, 0, 0x7a7b7c);
	draw_at_end(two, 0x8a8b8c);
}

// So large that its memory is not cleared by writing when it is recycled.
static void draw_in_large(struct session *session) {
	const size_t size = (size_t)80 << 20;
	for (int i = 0; i < 2; i++) {
		struct picture picture;
		picture_init(&picture, session, create_file(size), size, 0);
		check(picture.pixels[0] == 0, "recycled memory is not zero");
		picture_check(&picture, 0, 0x9a9b9c);
		picture_finish(&picture);
	}
}

// Draws into pools that are new, mapped again, grown, punched, shared and recycled, after something has happened to the
// fds that the program does not know.
static void draw_without_fds(
		struct session *session, void (*happen)(const struct known *known, struct precious *precious)) {
	struct scene scene;
	struct precious precious;
	struct picture next;
	scene_init(&scene, session);
	happen(&scene.known, &precious);
	picture_init(&next, session, scene.new_fd, (size_t)1 << 20, 0);
	memset(next.pixels, 0xAA, next.size);
	check_unchanged(&precious);
	picture_check(&next, 0, 0x0a0b0c);
	draw_in_one(&scene.one);
	check_unchanged(&precious);
	draw_in_shared(&scene);
	check_unchanged(&precious);
	draw_in_large(session);
	picture_finish(&next);
	scene_finish(&scene);
	finish_precious(&precious);
}

static void run_closes_unknown_fds(struct session *session) {
	draw_without_fds(session, close_unknown);
}

static void run_close_range(struct session *session) {
	draw_without_fds(session, close_unknown_ranges);
}

static void run_closefrom(struct session *session) {
	draw_without_fds(session, close_unknown_from);
}

static void run_dup2(struct session *session) {
	draw_without_fds(session, replace_unknown);
}

// A child that closes what it does not know, and unmaps what it does, while the parent draws on.
static void fork_and_close(const struct known *known, struct precious *precious) {
	create_precious(precious);
	pid_t child = fork();
	if (child == 0) {
		struct precious other;
		close_unknown(known, &other);
		for (size_t i = 0; i < known->len; i++) {
			uint32_t *pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, known->fds[i], 0);
			if (pixels != MAP_FAILED) {
				munmap(pixels, SIZE);
			}
		}
		finish_precious(&other);
		_exit(0);
	}
	int status;
	check(waitpid(child, &status, 0) == child && status == 0, "the child process has failed");
}

// A file of the user's is where the library would print.
static void run_closes_stderr(struct session *session) {
	struct picture before, picture;
	picture_init(&before, session, create_file(SIZE), SIZE, 0);
	picture_check(&before, 0, 0x0b0b0b);
	struct precious precious;
	int copy = dup(STDERR_FILENO);
	check(copy >= 0 && close(STDERR_FILENO) == 0, "cannot close the standard error");
	create_precious(&precious);
	check(precious.fd == STDERR_FILENO, "the user's file has another fd");
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x1b1b1b);
	precious.fd = dup(precious.fd);
	check(dup2(copy, STDERR_FILENO) == STDERR_FILENO, "cannot restore the standard error");
	close(copy);
	finish_precious(&precious);
	picture_finish(&picture);
	picture_finish(&before);
}

static void run_fork_closes(struct session *session) {
	draw_without_fds(session, fork_and_close);
}

static void vfork_and_exec(const struct known *known, struct precious *precious) {
	create_precious(precious);
	pid_t child = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork): this is the trap
	if (child == 0) {
		for (int fd = STDERR_FILENO + 1; fd < FDS_END; fd++) {
			close(fd);
		}
		execlp("true", "true", NULL);
		_exit(1);
	}
	int status;
	check(waitpid(child, &status, 0) == child && status == 0, "the child process has failed");
}

static void run_vfork_exec(struct session *session) {
	draw_without_fds(session, vfork_and_exec);
}

// Runs a part of the case in a grandchild, whose parent has ended. This process has no further use for its session
// then.
static void run_in_daemon(struct session *session, void (*run)(struct session *session)) {
	int ends[2];
	check(pipe(ends) == 0, "cannot create a pipe");
	if (fork() == 0) {
		if (fork() != 0) {
			_exit(0);
		}
		check(setsid() != -1 && chdir("/") == 0, "cannot begin a session");
		alarm(30);
		run(session);
		check(write(ends[1], "1", 1) == 1, "cannot report");
		_exit(0);
	}
	close(ends[1]);
	wait(NULL);
	char byte;
	check(read(ends[0], &byte, 1) == 1, "the daemon has failed");
	_exit(0);
}

static void keep_fds(const struct known *known, struct precious *precious) {
	create_precious(precious);
}

static void draw_in_daemon(struct session *session) {
	draw_without_fds(session, keep_fds);
}

static void run_daemonizes(struct session *session) {
	// The library has a connection and an area before.
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x010203);
	run_in_daemon(session, draw_in_daemon);
}

static volatile sig_atomic_t signals_len;

static void handle_signal(int number) {
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page != MAP_FAILED) {
		munmap(page, 4096);
	}
	signals_len++;
}

// Signals interrupt system calls, which are not restarted.
static void run_signals(struct session *session) {
	struct sigaction action = {.sa_handler = handle_signal};
	check(sigaction(SIGUSR1, &action, NULL) == 0, "cannot handle a signal");
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;
	check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "cannot create a timer");
	const struct itimerspec often = {.it_interval = {.tv_nsec = 100000}, .it_value = {.tv_nsec = 100000}}, never = {0};
	for (uint32_t i = 1; i <= 20; i++) {
		struct picture picture;
		check(timer_settime(timer, 0, &often, NULL) == 0, "cannot set a timer");
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		fill(picture.pixels, i);
		for (size_t size = 2 * SIZE; size <= 64 * SIZE; size *= 2) {
			picture_grow(&picture, size);
			check(picture.pixels[0] == i && picture.pixels[SIZE / 4 - 1] == i, "pixels are lost as a pool grows");
		}
		check(timer_settime(timer, 0, &never, NULL) == 0, "cannot stop a timer");
		picture_check(&picture, 0, 0x505000 + i);
		picture_finish(&picture);
	}
	timer_delete(timer);
	check(signals_len > 0, "no signal has arrived");
}

static void refuse_to_open_files(void) {
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(rules) / sizeof(rules[0]), .filter = rules};
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0,
			"cannot restrict system calls");
	check(open("/dev/null", O_RDONLY) == -1, "a file was opened that must not be");
}

// Pixels of which only an fd is left must stay, also if nobody can look which fds there are.
static void draw_in_sandbox(struct session *session) {
	int fd = create_file(SIZE);
	struct picture picture, next;
	picture_init(&picture, session, dup(fd), SIZE, 0);
	refuse_to_open_files();
	picture_check(&picture, 0, 0x203040);
	picture_finish(&picture);
	picture_init(&next, session, create_file(SIZE), SIZE, 0);
	picture_check(&next, 0, 0x304050);
	picture_finish(&next);
	uint32_t *pixels = map(fd, SIZE, 0);
	check((pixels[0] & 0xffffff) == 0x203040, "pixels are lost of which only an fd is left");
	munmap(pixels, SIZE);
	close(fd);
}

static void run_seccomp(struct session *session) {
	run_in_daemon(session, draw_in_sandbox);
}

// No further fd can be had: neither by the program nor by the library.
static void run_without_fds(struct session *session) {
	struct picture picture;
	struct rlimit limit, few = {.rlim_cur = 64};
	uint32_t word;
	int others[64];
	size_t len = 0;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x5a5a5a);
	check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "cannot get a limit");
	few.rlim_max = limit.rlim_max;
	check(setrlimit(RLIMIT_NOFILE, &few) == 0, "cannot set a limit");
	while (len < 64 && (others[len] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0) {
		len++;
	}
	check(len < 64 && errno == EMFILE, "there are more fds");
	picture_grow(&picture, 64 * SIZE);
	show(session, picture.buffer);
	check(picture.pixels[0] == 0x5a5a5a, "pixels are lost as a pool grows");
	check(pread(picture.fd, &word, 4, 0) == 4 && word == 0x5a5a5a, "a file has other bytes than its mapping");
	fill(picture.pixels, 0x5b5b5b);
	struct wl_buffer *next = create_buffer(session, picture.pool, 0);
	show(session, next);
	check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "cannot set a limit");
	for (size_t i = 0; i < len; i++) {
		close(others[i]);
	}
	check_shown(session, 0x5b5b5b, "pixels are not shown in a new buffer");
	wl_buffer_destroy(next);
	picture_check(&picture, 0, 0x5c5c5c);
	picture_finish(&picture);
}

// A program of root's gives its privileges up. From then on it cannot look at its fds in /proc.
static void draw_without_privileges(struct session *session) {
	int fd = create_file(SIZE);
	struct picture picture, next;
	uint32_t word;
	picture_init(&picture, session, dup(fd), SIZE, 0);
	check(setgid(65534) == 0 && setuid(65534) == 0 && setuid(0) == -1, "cannot give privileges up");
	picture_check(&picture, 0, 0x5d5d5d);
	picture_grow(&picture, 64 * SIZE);
	check(pread(fd, &word, 4, 0) == 4 && word == 0x5d5d5d, "a file has other bytes than its mapping");
	picture_check(&picture, 0, 0x5e5e5e);
	picture_finish(&picture);
	picture_init(&next, session, create_file(SIZE), SIZE, 0);
	picture_check(&next, 0, 0x5f5f5f);
	picture_finish(&next);
	uint32_t *pixels = map(fd, SIZE, 0);
	check((pixels[0] & 0xffffff) == 0x5e5e5e, "pixels are lost of which only an fd is left");
	munmap(pixels, SIZE);
	close(fd);
}

static void run_setuid(struct session *session) {
	if (getuid() != 0) {
		printf("skipped: only root can give privileges up\n");
		return;
	}
	run_in_daemon(session, draw_without_privileges);
}

#endif

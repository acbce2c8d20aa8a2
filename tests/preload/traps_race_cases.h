/*
 * The cases of traps.c in which something happens to a file at the very moment at which it moves, or at which a call
 * that uses it has begun before, and ends after.
 */
#ifndef TRAPS_RACE_CASES_H
#define TRAPS_RACE_CASES_H

// What to do, once, when the library has punched a file's bytes out: they are in a block, and the library is not ready.
static void (*in_move)(void);

// The library calls this instead of the C library's.
int advise(void *address, size_t size, int advice) __asm__("madvise") __attribute__((visibility("default")));

int advise(void *address, size_t size, int advice) {
	int result = (int)syscall(SYS_madvise, address, size, advice);
	void (*hook)(void) = in_move;
	if (advice == MADV_REMOVE && hook != NULL) {
		in_move = NULL;
		hook();
	}
	return result;
}

static struct picture *moving;
static volatile uint32_t seen;
static volatile sig_atomic_t is_seen;

static void read_in_handler(int number) {
	uint32_t word = 0;
	if (pread(moving->fd, &word, 4, OFFSET) == 4) {
		seen = word;
	}
	is_seen = true;
}

static void raise_signal(void) {
	raise(SIGUSR1);
}

// A handler of a signal reads the file while it moves.
static void run_signal_in_move(struct session *session) {
	struct sigaction action = {.sa_handler = read_in_handler};
	struct picture picture = {.fd = -1};
	check(sigaction(SIGUSR1, &action, NULL) == 0, "cannot handle a signal");
	for (uint32_t i = 0; i < 20; i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0);
		fill(pixels, 0x600000 + i);
		is_seen = false;
		picture.fd = fd;
		moving = &picture;
		in_move = raise_signal;
		picture_init(&picture, session, fd, SIZE, 0);
		if (!is_seen) {
			raise(SIGUSR1);
		}
		in_move = NULL;
		check(seen == 0x600000 + i, "a handler of a signal reads something else");
		munmap(pixels, SIZE);
		finish_after_showing(&picture, 0x600000 + i);
	}
}

// A handler reads the file of a pool at any time: while the library handles its pool, or the program allocates memory.
static void run_signal_reads(struct session *session) {
	struct sigaction action = {.sa_handler = read_in_handler};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;
	struct picture picture;
	check(sigaction(SIGUSR1, &action, NULL) == 0, "cannot handle a signal");
	check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "cannot create a timer");
	moving = &picture;
	for (uint32_t i = 1; i <= 300; i++) {
		const struct itimerspec once = {.it_value = {.tv_nsec = 1000 * (long)i}};
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		fill(picture.pixels, i);
		is_seen = false;
		check(timer_settime(timer, 0, &once, NULL) == 0, "cannot set a timer");
		for (size_t size = 2 * SIZE; size <= 4 * SIZE || !is_seen; size += SIZE) {
			picture_grow(&picture, size);
			free(calloc(1, size));
		}
		check(seen == i, "a handler of a signal reads something else");
		check(picture.pixels[0] == i && picture.pixels[SIZE / 4 - 1] == i, "pixels are lost as a handler reads");
		picture_finish(&picture);
	}
	timer_delete(timer);
}

// A thread that makes one call while the file moves. call returns false if something is wrong.
static struct {
	bool (*call)(int fd);
	int fd, begin[2];
} caller;

static void *make_call(void *data) {
	static char failed[] = "a call while the file moves has another effect";
	char byte;
	return read(caller.begin[0], &byte, 1) == 1 && caller.call(caller.fd) ? NULL : failed;
}

static void let_call(void) {
	if (write(caller.begin[1], "1", 1) == 1) {
		usleep(20000); // the call ends meanwhile, or waits
	}
}

static bool read_in_move(int fd) {
	uint32_t word = 0;
	return pread(fd, &word, 4, OFFSET) == 4 && word == 0x616161;
}

static bool read_by_syscall_in_move(int fd) {
	uint32_t word = 0;
	return syscall(SYS_pread64, fd, &word, 4, ODD_WORDS(OFFSET)) == 4 && word == 0x616161;
}

static bool map_in_move(int fd) {
	const uint32_t *pixels = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	return pixels != MAP_FAILED && pixels[OFFSET / 4] == 0x616161;
}

static bool send_in_move(int fd) {
	int other = create_file(SIZE);
	off_t offset = 0;
	uint32_t word;
	bool done = sendfile(other, fd, &offset, SIZE) == (ssize_t)SIZE && pread(other, &word, 4, OFFSET) == 4;
	return close(other) == 0 && done && word == 0x616161;
}

static bool write_in_move(int fd) {
	const uint32_t word = 0x626262;
	return pwrite(fd, &word, 4, OFFSET) == 4;
}

static bool append_in_move(int fd) {
	const uint32_t word = 0x626262;
	return lseek(fd, OFFSET, SEEK_SET) == OFFSET && write(fd, &word, 4) == 4;
}

// Another thread uses the file while it moves.
static void run_calls_in_move(struct session *session) {
	static bool (*const calls[])(int fd) = {
		read_in_move, read_by_syscall_in_move, map_in_move, send_in_move, write_in_move, append_in_move};
	check(pipe(caller.begin) == 0, "cannot create a pipe");
	// In the move, lido-run may not look the function up that let_call() calls.
	check(write(caller.begin[1], "", 0) == 0, "cannot write nothing");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0);
		struct picture picture;
		pthread_t thread;
		void *text;
		char name[64];
		snprintf(name, sizeof(name), "the call %zu has no effect on the mapping", i);
		fill(pixels, 0x616161);
		caller.call = calls[i];
		caller.fd = fd;
		check(pthread_create(&thread, NULL, make_call, NULL) == 0, "cannot create a thread");
		in_move = let_call;
		picture_init(&picture, session, fd, SIZE, 0);
		if (in_move != NULL) {
			in_move = NULL;
			let_call();
		}
		pthread_join(thread, &text);
		check(text == NULL, text);
		bool is_written = calls[i] == write_in_move || calls[i] == append_in_move;
		check(picture.pixels[OFFSET / 4] == (is_written ? 0x626262 : 0x616161) && picture.pixels[0] == 0x616161, name);
		munmap(pixels, SIZE);
		fill(picture.pixels, 0x616161);
		finish_after_showing(&picture, 0x616161);
	}
	close(caller.begin[0]);
	close(caller.begin[1]);
}

struct transfer {
	int from, to;
	off64_t *from_offset, *to_offset;
	ssize_t moved;
};

static void *transfer(void *data) {
	struct transfer *transfer = data;
	transfer->moved = splice(transfer->from, transfer->from_offset, transfer->to, transfer->to_offset, 4, 0);
	return NULL;
}

// Waits until a thread sleeps in the kernel.
static void wait_for_sleep(void) {
	usleep(50000);
}

// A splice() that waits for its pipe has begun before the pool is created, and ends afterwards.
static void run_splices_around(struct session *session) {
	const uint32_t color = 0x636363;
	for (int i = 0; i < 2; i++) {
		int ends[2], fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0), word = 0;
		off64_t offset = OFFSET;
		check(pipe(ends) == 0, "cannot create a pipe");
		fill(pixels, 0x646464);
		struct transfer from_pipe = {.from = ends[0], .to = fd, .to_offset = &offset};
		struct transfer to_pipe = {.from = fd, .to = ends[1], .from_offset = &offset};
		char bytes[4096] = {0};
		for (int len = fcntl(ends[1], F_GETPIPE_SZ); i == 1 && len > 0; len -= (int)sizeof(bytes)) {
			check(write(ends[1], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes), "cannot fill a pipe");
		}
		pthread_t thread;
		check(pthread_create(&thread, NULL, transfer, i == 0 ? &from_pipe : &to_pipe) == 0, "cannot create a thread");
		wait_for_sleep();
		struct picture picture;
		picture_init(&picture, session, fd, SIZE, 0);
		if (i == 0) {
			check(write(ends[1], &color, 4) == 4, "cannot write to a pipe");
			pthread_join(thread, NULL);
			check(from_pipe.moved == 4 && picture.pixels[OFFSET / 4] == color, "what splice() has written is lost");
		} else {
			int len = fcntl(ends[1], F_GETPIPE_SZ);
			for (; len > 0; len -= (int)sizeof(bytes)) {
				check(read(ends[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes), "cannot empty a pipe");
			}
			pthread_join(thread, NULL);
			check(to_pipe.moved == 4 && read(ends[0], &word, 4) == 4 && word == 0x646464,
					"splice() reads other pixels");
		}
		close(ends[0]);
		close(ends[1]);
		munmap(pixels, SIZE);
		fill(picture.pixels, 0x646464);
		finish_after_showing(&picture, 0x646464);
	}
}

// The fd of such a call is closed while it lasts.
static void run_splices_into_closed(struct session *session) {
	const uint32_t color = 0x6d6d6d;
	int ends[2], fd = create_file(SIZE), other = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	uint32_t *pixels = map(fd, SIZE, 0);
	off64_t offset = OFFSET;
	pthread_t thread;
	check(pipe(ends) == 0, "cannot create a pipe");
	fill(pixels, 0x6e6e6e);
	struct transfer from_pipe = {.from = ends[0], .to = other, .to_offset = &offset};
	check(pthread_create(&thread, NULL, transfer, &from_pipe) == 0, "cannot create a thread");
	wait_for_sleep();
	close(other);
	struct picture picture;
	picture_init(&picture, session, fd, SIZE, 0);
	check(write(ends[1], &color, 4) == 4, "cannot write to a pipe");
	pthread_join(thread, NULL);
	check(from_pipe.moved == 4 && picture.pixels[OFFSET / 4] == color, "what splice() has written is lost");
	close(ends[0]);
	close(ends[1]);
	munmap(pixels, SIZE);
	fill(picture.pixels, 0x6e6e6e);
	finish_after_showing(&picture, 0x6e6e6e);
}

static void *read_forever(void *data) {
	const int *fd = data;
	char byte;
	return read(*fd, &byte, 1) == 1 ? data : NULL;
}

// A call that never ends, since its thread is canceled, is none of a later file with the same fd.
static void run_cancels(struct session *session) {
	int ends[2];
	pthread_t thread;
	check(pipe(ends) == 0, "cannot create a pipe");
	check(pthread_create(&thread, NULL, read_forever, &ends[0]) == 0, "cannot create a thread");
	wait_for_sleep();
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	close(ends[0]);
	close(ends[1]);
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	check(picture.fd == ends[0], "a new file has another fd");
	picture_check(&picture, 0, 0x6f6f6f);
	picture_finish(&picture);
}

// Each of these opens a stream of a file, and gives a further fd of it. NULL: it cannot.

static FILE *open_by_path(int *fd) {
	char path[64];
	*fd = create_file(SIZE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	return fopen(path, "r+");
}

static FILE *open_temporary(int *fd) {
	FILE *stream = tmpfile();
	*fd = stream != NULL ? fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0) : -1;
	return stream;
}

static FILE *open_before_unlinking(int *fd) {
	char path[256];
	snprintf(path, sizeof(path), "%s/stream.XXXXXX", getenv("XDG_RUNTIME_DIR"));
	*fd = mkstemp(path);
	FILE *stream = fopen(path, "r+");
	unlink(path);
	return stream;
}

static FILE *replace_stdin(int *fd) {
	*fd = create_file(SIZE);
	return dup2(*fd, STDIN_FILENO) == STDIN_FILENO ? stdin : NULL;
}

// Streams of the C library that are older than the pool, and read and write its file later.
static void run_streams_before(struct session *session) {
	static FILE *(*const streams[])(int *fd) = {open_by_path, open_temporary, open_before_unlinking, replace_stdin};
	for (uint32_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		int fd;
		char name[64];
		uint32_t word = 0;
		struct picture picture;
		FILE *stream = streams[i](&fd);
		check(stream != NULL && fd >= 0, "cannot open a stream");
		picture_init(&picture, session, fd, SIZE, 0);
		fill(picture.pixels, 0x656565);
		snprintf(name, sizeof(name), "the stream %u reads something else", i);
		check(fseek(stream, (long)OFFSET, SEEK_SET) == 0 && fread(&word, 4, 1, stream) == 1 && word == 0x656565, name);
		if (stream != stdin) {
			fclose(stream);
		}
		finish_after_showing(&picture, 0x656565);
	}
}

// Another process opens the file by its name before the name is removed, and draws after the pool was created.
static void run_named_before(struct session *session) {
	char path[256], byte;
	int ends[2];
	snprintf(path, sizeof(path), "%s/named", getenv("XDG_RUNTIME_DIR"));
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot create sockets");
	pid_t child = fork();
	if (child == 0) {
		check(read(ends[1], &byte, 1) == 1, "cannot hear the parent process");
		int other = open(path, O_RDWR | O_CLOEXEC);
		check(write(ends[1], "1", 1) == 1 && read(ends[1], &byte, 1) == 1, "cannot reach the parent process");
		_exit(see(other, 0x666666, 0x676767));
	}
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	check(fd >= 0 && ftruncate(fd, (off_t)SIZE) == 0, "cannot create a file");
	check(write(ends[0], "1", 1) == 1 && read(ends[0], &byte, 1) == 1, "cannot reach the child process");
	check(unlink(path) == 0, "cannot remove a file");
	struct picture picture;
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x666666);
	check(write(ends[0], "1", 1) == 1, "cannot write to a socket");
	check_ended(child);
	close(ends[0]);
	close(ends[1]);
	finish_after_showing(&picture, 0x676767);
}

// A child has the file before it has a size.
static void run_forked_unsized(struct session *session) {
	int ends[2], fd = memfd_create("traps", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	check(pipe2(ends, O_CLOEXEC) == 0, "cannot create a pipe");
	pid_t child = fork();
	if (child == 0) {
		char byte;
		check(read(ends[0], &byte, 1) == 1, "cannot hear the parent process");
		_exit(see(fd, 0x707070, 0x717171));
	}
	struct picture picture;
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x707070);
	check(write(ends[1], "1", 1) == 1, "cannot write to a pipe");
	check_ended(child);
	close(ends[0]);
	close(ends[1]);
	finish_after_showing(&picture, 0x717171);
}

#endif

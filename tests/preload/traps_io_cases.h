/*
 * The cases of traps.c in which the program uses the file of a pool otherwise than by a mapping: everybody must see and
 * change the same bytes.
 */
#ifndef TRAPS_IO_CASES_H
#define TRAPS_IO_CASES_H

#define OFFSET ((off_t)SIZE / 2)

static int create_unsealable(size_t size) {
	int fd = memfd_create("traps", MFD_CLOEXEC);
	check(fd >= 0 && ftruncate(fd, (off_t)size) == 0, "cannot create a file");
	return fd;
}

static void finish_after_showing(struct picture *picture, uint32_t color) {
	check(picture->pixels[0] == color, "a mapping shows other pixels");
	show(picture->session, picture->buffer);
	check_shown(picture->session, color, "pixels are not shown");
	picture_check(picture, 0, color + 1);
	picture_finish(picture);
}

// Each of these reads a word at OFFSET.

static bool read_by_read(int fd, uint32_t *word) {
	return lseek(fd, OFFSET, SEEK_SET) == OFFSET && read(fd, word, 4) == 4 && lseek(fd, 0, SEEK_CUR) == OFFSET + 4;
}

static bool read_by_pread(int fd, uint32_t *word) {
	return pread(fd, word, 4, OFFSET) == 4;
}

static bool read_by_readv(int fd, uint32_t *word) {
	const struct iovec part = {.iov_base = word, .iov_len = 4};
	return lseek(fd, OFFSET, SEEK_SET) == OFFSET && readv(fd, &part, 1) == 4;
}

static bool read_by_preadv(int fd, uint32_t *word) {
	const struct iovec part = {.iov_base = word, .iov_len = 4};
	return preadv(fd, &part, 1, OFFSET) == 4;
}

static bool read_by_preadv2(int fd, uint32_t *word) {
	const struct iovec part = {.iov_base = word, .iov_len = 4};
	return preadv2(fd, &part, 1, OFFSET, 0) == 4;
}

static bool read_by_stream(int fd, uint32_t *word) {
	FILE *stream = fdopen(dup(fd), "r");
	bool done = stream != NULL && fseek(stream, (long)OFFSET, SEEK_SET) == 0 && fread(word, 4, 1, stream) == 1;
	return stream != NULL && fclose(stream) == 0 && done;
}

static bool read_by_aio(int fd, uint32_t *word) {
	struct aiocb request = {.aio_fildes = fd, .aio_buf = word, .aio_nbytes = 4, .aio_offset = OFFSET};
	const struct aiocb *requests[] = {&request};
	return aio_read(&request) == 0 && aio_suspend(requests, 1, NULL) == 0 && aio_return(&request) == 4;
}

static bool read_by_sendfile(int fd, uint32_t *word) {
	int other = create_file(4);
	off_t offset = OFFSET;
	bool done = sendfile(other, fd, &offset, 4) == 4 && pread(other, word, 4, 0) == 4;
	return close(other) == 0 && done;
}

static bool read_by_splice(int fd, uint32_t *word) {
	int ends[2];
	off64_t offset = OFFSET;
	bool done = pipe(ends) == 0 && splice(fd, &offset, ends[1], NULL, 4, 0) == 4 && read(ends[0], word, 4) == 4;
	return close(ends[0]) == 0 && close(ends[1]) == 0 && done;
}

static bool read_by_copy(int fd, uint32_t *word) {
	int other = create_file(4);
	off64_t from = OFFSET, to = 0;
	bool done = copy_file_range(fd, &from, other, &to, 4, 0) == 4 && pread(other, word, 4, 0) == 4;
	return close(other) == 0 && done;
}

static bool read_by_seeking(int fd, uint32_t *word) {
	bool done = lseek(fd, 0, SEEK_DATA) == 0 && lseek(fd, 0, SEEK_HOLE) == (off_t)SIZE;
	return done && pread(fd, word, 4, OFFSET) == 4;
}

static bool read_by_dup(int fd, uint32_t *word) {
	int other = dup(fd), third = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	bool done = pread(other, word, 4, OFFSET) == 4 && pread(third, word, 4, OFFSET) == 4;
	return close(other) == 0 && close(third) == 0 && done;
}

static bool read_by_opening(int fd, uint32_t *word) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int other = open(path, O_RDONLY | O_CLOEXEC);
	bool done = other >= 0 && pread(other, word, 4, OFFSET) == 4;
	return close(other) == 0 && done;
}

static bool read_by_private_mapping(int fd, uint32_t *word) {
	uint32_t *pixels = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (pixels == MAP_FAILED) {
		return false;
	}
	*word = pixels[OFFSET / 4];
	return munmap(pixels, SIZE) == 0;
}

static bool read_by_syscall(int fd, uint32_t *word) {
	return syscall(SYS_pread64, fd, word, 4, ODD_WORDS(OFFSET)) == 4;
}

static int submit_by_syscall(aio_context_t context, struct iocb *request) {
	struct iocb *requests[] = {request};
	return (int)syscall(SYS_io_submit, context, 1, requests);
}

static bool read_by_requests(int fd, uint32_t *word, int (*submit)(aio_context_t context, struct iocb *request)) {
	aio_context_t context = 0;
	if (syscall(SYS_io_setup, 1, &context) != 0) {
		return pread(fd, word, 4, OFFSET) == 4;
	}
	struct iocb request = {.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uintptr_t)word,
		.aio_nbytes = 4,
		.aio_offset = OFFSET};
	struct io_event event;
	bool done = submit(context, &request) == 1 && syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1 &&
				event.res == 4;
	return syscall(SYS_io_destroy, context) == 0 && done;
}

static bool read_by_kernel_requests(int fd, uint32_t *word) {
	return read_by_requests(fd, word, submit_by_syscall);
}

// By a plugin with libaio.
static bool read_by_plugin(int fd, uint32_t *word) {
	void *plugin = dlopen(RING_PLUGIN, RTLD_NOW | RTLD_LOCAL);
	check(plugin != NULL, "cannot load a plugin");
	void *symbol = dlsym(plugin, "plugin_submit");
	int (*submit)(aio_context_t context, struct iocb *request);
	memcpy(&submit, &symbol, sizeof(submit));
	return read_by_requests(fd, word, submit) && dlclose(plugin) == 0;
}

static void run_reads(struct session *session) {
	static bool (*const reads[])(int fd, uint32_t *word) = {read_by_read, read_by_pread, read_by_readv, read_by_preadv,
		read_by_preadv2, read_by_stream, read_by_aio, read_by_sendfile, read_by_splice, read_by_copy, read_by_seeking,
		read_by_dup, read_by_opening, read_by_private_mapping, read_by_syscall, read_by_kernel_requests,
		read_by_plugin};
	for (uint32_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		struct picture picture;
		uint32_t color = 0x101000 + 0x10 * i, word = 0;
		char text[64];
		picture_init(&picture, session, i % 2 == 0 ? create_file(SIZE) : create_unsealable(SIZE), SIZE, 0);
		fill(picture.pixels, color);
		snprintf(text, sizeof(text), "the way %u of reading reads something else", i);
		check(reads[i](picture.fd, &word) && word == color, text);
		// The buffer was made before the file was read, and another one after.
		finish_after_showing(&picture, color);
	}
}

// Each of these writes SIZE bytes to the start of the file.

static bool write_by_write(int fd, const void *pixels) {
	return write(fd, pixels, SIZE) == (ssize_t)SIZE;
}

static bool write_by_pwrite(int fd, const void *pixels) {
	return pwrite(fd, pixels, SIZE, 0) == (ssize_t)SIZE;
}

static bool write_by_writev(int fd, const void *pixels) {
	const struct iovec part = {.iov_base = (void *)(uintptr_t)pixels, .iov_len = SIZE};
	return writev(fd, &part, 1) == (ssize_t)SIZE;
}

static bool write_by_pwritev(int fd, const void *pixels) {
	const struct iovec part = {.iov_base = (void *)(uintptr_t)pixels, .iov_len = SIZE};
	return pwritev(fd, &part, 1, 0) == (ssize_t)SIZE;
}

static bool write_by_pwritev2(int fd, const void *pixels) {
	const struct iovec part = {.iov_base = (void *)(uintptr_t)pixels, .iov_len = SIZE};
	return pwritev2(fd, &part, 1, 0, 0) == (ssize_t)SIZE;
}

static bool write_by_stream(int fd, const void *pixels) {
	FILE *stream = fdopen(dup(fd), "r+");
	bool done = stream != NULL && fwrite(pixels, SIZE, 1, stream) == 1;
	return stream != NULL && fclose(stream) == 0 && done;
}

static bool write_by_sendfile(int fd, const void *pixels) {
	int other = create_file(SIZE);
	off_t offset = 0;
	bool done = pwrite(other, pixels, SIZE, 0) == (ssize_t)SIZE && sendfile(fd, other, &offset, SIZE) == (ssize_t)SIZE;
	return close(other) == 0 && done;
}

static bool write_by_splice(int fd, const void *pixels) {
	int ends[2];
	off64_t offset = 0;
	bool done = pipe(ends) == 0 && write(ends[1], pixels, SIZE) == (ssize_t)SIZE &&
				splice(ends[0], NULL, fd, &offset, SIZE, 0) == (ssize_t)SIZE;
	return close(ends[0]) == 0 && close(ends[1]) == 0 && done;
}

static bool write_by_syscall(int fd, const void *pixels) {
	return syscall(SYS_pwrite64, fd, pixels, SIZE, ODD_WORDS(0)) == (long)SIZE;
}

static void run_writes(struct session *session) {
	static bool (*const writes[])(int fd, const void *pixels) = {write_by_write, write_by_pwrite, write_by_writev,
		write_by_pwritev, write_by_pwritev2, write_by_stream, write_by_sendfile, write_by_splice, write_by_syscall};
	for (uint32_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct picture picture;
		uint32_t color = 0x202000 + 0x10 * i, pixels[SIZE / 4];
		char text[64];
		picture_init(&picture, session, i % 2 == 0 ? create_file(SIZE) : create_unsealable(SIZE), SIZE, 0);
		fill(picture.pixels, 0x010101);
		fill(pixels, color);
		snprintf(text, sizeof(text), "the way %u of writing fails", i);
		check(writes[i](picture.fd, pixels), text);
		snprintf(text, sizeof(text), "the way %u of writing is not shown", i);
		check(picture.pixels[SIZE / 4 - 1] == color, text);
		finish_after_showing(&picture, color);
	}
}

static void handle_anything(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format, uint32_t width,
		uint32_t height, uint32_t stride) {
}

static void handle_captured(
		void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t high, uint32_t low, uint32_t nanoseconds) {
	bool *is_done = data;
	*is_done = true;
}

static const struct zwlr_screencopy_frame_v1_listener captured_listener = {
	.buffer = handle_anything,
	.flags = handle_flags,
	.ready = handle_captured,
	.failed = handle_failed,
};

// Captures a part of the screen into a picture.
static void capture_into(struct picture *picture) {
	struct session *session = picture->session;
	bool is_done = false;
	struct zwlr_screencopy_frame_v1 *frame = zwlr_screencopy_manager_v1_capture_output_region(
			session->screencopy, 0, session->output, 0, 0, WIDTH, HEIGHT);
	zwlr_screencopy_frame_v1_add_listener(frame, &captured_listener, &is_done);
	check(wl_display_roundtrip(session->display) >= 0, "the connection is broken");
	fill(picture->pixels, 0x012345);
	zwlr_screencopy_frame_v1_copy(frame, picture->buffer);
	while (!is_done) {
		check(wl_display_dispatch(session->display) >= 0, "the connection is broken");
	}
	zwlr_screencopy_frame_v1_destroy(frame);
	check(picture->pixels[0] != 0x012345, "a mapping does not show what was captured");
}

// The server writes into a buffer that is older than the place where its file's bytes are.
static void run_captures(struct session *session) {
	struct picture picture;
	uint32_t word;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	capture_into(&picture);
	picture_grow(&picture, 64 * SIZE);
	capture_into(&picture);
	capture_into(&picture);
	check(pread(picture.fd, &word, 4, 0) == 4 && word == picture.pixels[0], "a file has not what was captured");
	capture_into(&picture);
	check(pread(picture.fd, &word, 4, 0) == 4 && word == picture.pixels[0], "a file has not what was captured");
	picture_finish(&picture);
}

// A stock client's file is sealed by the server.
static void run_shrinks_sealed(struct session *session) {
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x303030);
	check(ftruncate(picture.fd, 4096) == -1 && errno == EPERM, "a sealed file was made smaller");
	check((fcntl(picture.fd, F_GET_SEALS) & F_SEAL_SHRINK) != 0, "the file is not sealed");
	struct stat stat;
	check(fstat(picture.fd, &stat) == 0 && stat.st_size == (off_t)SIZE, "a sealed file has another size");
	finish_after_showing(&picture, 0x303030);
}

static void truncate_by_path(int fd, off_t size) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(truncate(path, size) == 0, "cannot make a file smaller");
}

static void run_shrinks(struct session *session) {
	for (int i = 0; i < 2; i++) {
		struct picture picture;
		picture_init(&picture, session, create_unsealable(SIZE), SIZE, 0);
		picture_check(&picture, 0, 0x313131);
		if (i == 0) {
			check(ftruncate(picture.fd, 6000) == 0, "cannot make a file smaller");
		} else {
			truncate_by_path(picture.fd, 6000);
		}
		check(ftruncate(picture.fd, (off_t)SIZE) == 0, "cannot make a file larger");
		check(picture.pixels[6000 / 4 - 1] == 0x313131, "pixels before the end of the file are lost");
		check(picture.pixels[6000 / 4] == 0 && picture.pixels[SIZE / 4 - 1] == 0, "cut off pixels are back");
		picture_check(&picture, 0, 0x323232);
		picture_finish(&picture);
	}
}

static void run_truncates_by_opening(struct session *session) {
	for (int i = 0; i < 3; i++) {
		struct picture picture;
		char path[64];
		picture_init(&picture, session, create_unsealable(SIZE), SIZE, 0);
		picture_check(&picture, 0, 0x3a3a3a);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", picture.fd);
		int fd = i == 0 ? open(path, O_RDWR | O_TRUNC | O_CLOEXEC) : i == 1 ? creat(path, 0600) : -1;
#ifdef SYS_creat
		fd = i == 2 ? (int)syscall(SYS_creat, path, 0600) : fd;
#else
		fd = i == 2 ? creat(path, 0600) : fd;
#endif
		check(fd >= 0 && ftruncate(picture.fd, (off_t)SIZE) == 0, "cannot open a file, and make it larger");
		check(picture.pixels[0] == 0 && picture.pixels[SIZE / 4 - 1] == 0, "cut off pixels are back");
		check(pwrite(fd, "abcd", 4, 0) == 4 && memcmp(picture.pixels, "abcd", 4) == 0,
				"what is written to a file is not in its mapping");
		close(fd);
		picture_check(&picture, 0, 0x3b3b3b);
		picture_finish(&picture);
	}
}

static void run_fallocates(struct session *session) {
	struct picture picture;
	char path[64];
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	fill(picture.pixels, 0x333333);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", picture.fd);
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	check(fallocate(picture.fd, punch, 0, 4096) == 0 && picture.pixels[0] == 0, "a hole was not punched");
	check(fallocate(picture.fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096) == -1 && errno == EOPNOTSUPP,
			"a range has collapsed");
	check(posix_fallocate(picture.fd, 0, (off_t)SIZE) == 0, "cannot allocate space");
	uint32_t words[2];
	check(pread(picture.fd, words, 8, 4092) == 8 && words[0] == 0 && words[1] == 0x333333, "a hole has pixels");
	int other = open(path, O_RDONLY | O_CLOEXEC);
	check(fallocate(other, punch, 0, 4096) == -1 && errno == EBADF, "a hole was punched by an fd that cannot write");
	close(other);
	picture_check(&picture, 0, 0x343434);
	picture_finish(&picture);
}

static void run_private_mapping(struct session *session) {
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x353535);
	uint32_t *pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, picture.fd, 0);
	check(pixels != MAP_FAILED && pixels[0] == 0x353535, "a private mapping shows other pixels");
	fill(picture.pixels, 0x363636);
	check(pixels[0] == 0x363636, "a private mapping does not show later pixels");
	pixels[0] = 0;
	check(picture.pixels[0] == 0x363636, "a private mapping has changed the file");
	munmap(pixels, SIZE);
	finish_after_showing(&picture, 0x363636);
}

static void run_remaps_pages(struct session *session) {
	struct picture first, picture; // whose pages do not have the same numbers in the area
	const size_t half = SIZE / 2;
	picture_init(&first, session, create_file(SIZE), SIZE, 0);
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	volatile uint32_t *pixels = picture.pixels;
	fill(picture.pixels, 0x747474);
	pixels[half / 4] = 0x757575;
	check(remap_file_pages(picture.pixels, half, 0, half / (size_t)sysconf(_SC_PAGESIZE), 0) == 0,
			"cannot remap pages");
	check(pixels[0] == 0x757575 && pixels[half / 4] == 0x757575, "a mapping shows other pages");
	pixels[0] = 0x747474;
	check(pixels[half / 4] == 0x747474, "pages of a file differ");
	show(session, picture.buffer);
	check_shown(session, 0x747474, "pixels are not shown");
	picture_finish(&picture);
	picture_finish(&first);
}

static volatile bool is_drawing;

// Draws ever greater numbers, so that no earlier one may come back. Returns NULL if none does.
static void *draw_on(void *data) {
	static char newer[] = "a pixel is newer than all that were drawn", lost[] = "a pixel that was drawn is lost";
	volatile uint32_t *pixels = data;
	for (uint32_t number = 1; is_drawing; number++) {
		for (size_t i = 0; i < SIZE / 4; i++) {
			if (pixels[i] > number) {
				return newer;
			}
			if (pixels[i] != number - 1) {
				return lost;
			}
			pixels[i] = number;
		}
	}
	return NULL;
}

// A thread draws while the file moves: into a block, into a larger one, and back. draw returns what has failed.
static void move_while(struct session *session, void *(*draw)(void *pixels)) {
	for (int i = 0; i < 100; i++) {
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0), word;
		pthread_t thread;
		is_drawing = true;
		check(pthread_create(&thread, NULL, draw, pixels) == 0, "cannot create a thread");
		usleep((useconds_t)(i % 10) * 30);
		struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
		check(ftruncate(fd, 8 * (off_t)SIZE) == 0, "cannot grow a file");
		wl_shm_pool_resize(pool, 8 * SIZE);
		usleep(100);
		check(pread(fd, &word, 4, 0) == 4, "cannot read a file");
		usleep(100);
		is_drawing = false;
		void *text;
		pthread_join(thread, &text);
		check(text == NULL, text);
		wl_shm_pool_destroy(pool);
		munmap(pixels, SIZE);
		close(fd);
	}
}

static void run_draws_meanwhile(struct session *session) {
	move_while(session, draw_on);
}

static struct precious source;

// Has the kernel draw, as much at once as it likes. Returns NULL if it always draws.
static void *read_on(void *data) {
	static char failed[] = "a read into a mapping has failed";
	uint8_t *bytes = data;
	do {
		for (size_t done = 0; done < 4096;) {
			ssize_t got = pread(source.fd, bytes + done, 4096 - done, (off_t)done);
			if (got <= 0) {
				return failed;
			}
			done += (size_t)got;
		}
	} while (is_drawing);
	return bytes[0] == 'P' && bytes[4095] == 'P' ? NULL : failed;
}

static void run_reads_meanwhile(struct session *session) {
	create_precious(&source);
	move_while(session, read_on);
	finish_precious(&source);
}

// The same by calls that the library does not interpose.
static void *ask_on(void *data) {
	static char failed[] = "a system call has failed otherwise than with EFAULT";
	while (is_drawing) {
		// It also returns how much it has written before the fault.
		if (getrandom(data, 4096, 0) == -1 && errno != EFAULT) {
			return failed;
		}
	}
	return NULL;
}

static void run_asks_meanwhile(struct session *session) {
	move_while(session, ask_on);
}

static void *draw_blindly(void *data) {
	volatile uint32_t *pixels = data;
	for (uint32_t number = 1; is_drawing; number++) {
		for (size_t i = 0; i < SIZE / 4; i++) {
			pixels[i] = number;
		}
	}
	return NULL;
}

// The same where the library cannot make the thread wait: the last pixels of all must stay.
static void draw_meanwhile_in_sandbox(struct session *session) {
	refuse_to_open_files();
	for (int i = 0; i < 30; i++) {
		struct picture picture;
		int fd = create_file(SIZE);
		uint32_t *pixels = map(fd, SIZE, 0);
		pthread_t thread;
		is_drawing = true;
		check(pthread_create(&thread, NULL, draw_blindly, pixels) == 0, "cannot create a thread");
		picture_init(&picture, session, fd, SIZE, 0);
		usleep((useconds_t)(i % 10) * 30);
		picture_grow(&picture, 8 * SIZE);
		is_drawing = false;
		pthread_join(thread, NULL);
		for (size_t k = 1; k < SIZE / 4; k++) {
			check(pixels[k] == pixels[0] || pixels[k] == pixels[0] - 1, "a pixel that was drawn is lost");
			check(pixels[k] == picture.pixels[k], "mappings of one file show different pixels");
		}
		munmap(pixels, SIZE);
		picture_check(&picture, 0, 0x565656);
		picture_finish(&picture);
	}
}

static void run_draws_in_sandbox(struct session *session) {
	run_in_daemon(session, draw_meanwhile_in_sandbox);
}

// The library counts on it that an fd which was once of another file is none of a pool's.
static void run_reuses_fds(struct session *session) {
	for (uint32_t i = 0; i < 20; i++) {
		char byte;
		int other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
		struct picture first, second;
		picture_init(&first, session, create_file(SIZE), SIZE, 0);
		check(read(other, &byte, 1) == 1, "cannot read a device");
		close(other);
		int fd = create_file(SIZE);
		check(fd == other, "a new file has another fd");
		picture_init(&second, session, fd, SIZE, 0);
		fill(second.pixels, 0x3a0000 + i);
		uint32_t word;
		check(pread(fd, &word, 4, 0) == 4 && word == 0x3a0000 + i, "a pool's file has other bytes");
		fill(first.pixels, 0x3b0000 + i);
		check(dup2(first.fd, fd) == fd && pread(fd, &word, 4, 0) == 4 && word == 0x3b0000 + i,
				"a duplicate of a pool's file has other bytes");
		picture_finish(&second);
		picture_finish(&first);
	}
}

static int64_t get_ns(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// So short that some rounds are not interrupted.
#define READ_ROUNDS 500

static int64_t time_preads(ssize_t (*read_at)(int fd, void *data, size_t size, off_t offset), int fd) {
	enum {
		LEN = 1000000 / READ_ROUNDS
	};
	char byte;
	int64_t start = get_ns();
	for (int i = 0; i < LEN; i++) {
		check(read_at(fd, &byte, 1, i % 4096) == 1, "cannot read a file");
	}
	return get_ns() - start;
}

// What a million reads of ordinary files cost while a pool is in a block, by the interposed function and by the C
// library's.
static void run_ordinary_reads(struct session *session) {
	struct picture picture;
	struct precious precious;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	create_precious(&precious);
	void *library = dlopen("libc.so.6", RTLD_LAZY), *symbol = dlsym(library, "pread");
	ssize_t (*original)(int fd, void *data, size_t size, off_t offset);
	memcpy(&original, &symbol, sizeof(original));
	int64_t all = 0, all_original = 0, best = INT64_MAX, best_original = INT64_MAX;
	for (int i = 0; i < READ_ROUNDS; i++) {
		int64_t time_original = time_preads(original, precious.fd), time = time_preads(pread, precious.fd);
		all += time;
		all_original += time_original;
		best = time < best ? time : best;
		best_original = time_original < best_original ? time_original : best_original;
	}
	printf("a read: %ld ns, by the C library %ld ns; the shortest of %d rounds: %ld%%\n", (long)(all / 1000000),
			(long)(all_original / 1000000), READ_ROUNDS, (long)(best * 100 / best_original));
	check(best * 2 < best_original * 3, "reads of ordinary files take half as long again");
	dlclose(library);
	finish_precious(&precious);
	picture_finish(&picture);
}

#endif

/*
 * The cases of traps.c in which the program does something with the file of a pool that no library can see, or that it
 * does not imitate.
 */
#ifndef TRAPS_UNSEEN_CASES_H
#define TRAPS_UNSEEN_CASES_H

// System calls by instructions of the program's own: no library can see them. The file has no bytes meanwhile.
static void run_unseen_read(struct session *session) {
	struct picture picture;
	uint32_t word = 1;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	fill(picture.pixels, 0x373737);
	check(call_kernel(SYS_pread64, picture.fd, (long)&word, 4, OFFSET, 0, 0) == 4, "cannot read a file");
	printf("an unseen read: %06x\n", word);
	finish_after_showing(&picture, 0x373737);
}

static void run_unseen_mapping(struct session *session) {
	struct picture picture;
	uint32_t word;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	fill(picture.pixels, 0x373737);
	const uint32_t *pixels = (const uint32_t *)call_kernel(
			KERNEL_MMAP, 0, (long)SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, picture.fd, 0);
	printf("an unseen mapping: %06x\n", pixels[0]);
	check(pread(picture.fd, &word, 4, 0) == 4 && pixels[0] == 0x373737, "a file that was read is not in its mappings");
	munmap((void *)(uintptr_t)pixels, SIZE);
	finish_after_showing(&picture, 0x373737);
}

// As in Rust, where rustix creates a file and its size by instructions of its own, and memmap2 maps it by the C
// library.
static void run_sized_unseen(struct session *session) {
	int fd = (int)call_kernel(SYS_memfd_create, (long)"traps", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);
	check(fd >= 0 && call_kernel(SYS_ftruncate, fd, (long)SIZE, 0, 0, 0, 0) == 0, "cannot create a file");
	uint32_t *pixels = map(fd, SIZE, 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x575757);
	show(session, buffer);
	check_shown(session, 0x575757, "pixels are not shown");
	check(call_kernel(SYS_ftruncate, fd, 64 * (long)SIZE, 0, 0, 0, 0) == 0, "cannot grow a file");
	wl_shm_pool_resize(pool, 64 * SIZE);
	uint32_t *larger = map(fd, 64 * SIZE, 0);
	check(larger[0] == 0x575757, "pixels are lost as a pool grows");
	fill(larger + 63 * SIZE / 4, 0x585858);
	struct wl_buffer *last = create_buffer(session, pool, 63 * SIZE);
	show(session, last);
	check_shown(session, 0x585858, "pixels at the new end of a pool are not shown");
	wl_buffer_destroy(last);
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(larger, 64 * SIZE);
	munmap(pixels, SIZE);
	close(fd);
}

// What fstat() tells of a file whose bytes are in a block.
static void run_counts_blocks(struct session *session) {
	struct picture picture;
	struct stat before, stat;
	uint32_t word;
	int fd = create_file(SIZE);
	check(fstat(fd, &before) == 0, "cannot look at a file");
	picture_init(&picture, session, fd, SIZE, 0);
	fill(picture.pixels, 0x595959);
	check(fstat(fd, &stat) == 0, "cannot look at a file");
	printf("a file in use has blocks: %ld\n", (long)stat.st_blocks);
	check(stat.st_dev == before.st_dev && stat.st_ino == before.st_ino && stat.st_mode == before.st_mode &&
					stat.st_nlink == before.st_nlink && stat.st_uid == before.st_uid && stat.st_size == before.st_size,
			"a file has another status");
	check(pread(fd, &word, 4, 0) == 4 && fstat(fd, &stat) == 0 && stat.st_blocks == (blkcnt_t)(SIZE / 512),
			"a file that was read has not all of its blocks");
	finish_after_showing(&picture, 0x595959);
}

static long count_blocks(int fd) {
	struct stat stat;
	check(fstat(fd, &stat) == 0 && stat.st_size == (off_t)SIZE, "a file has not the size that was allocated");
	return (long)stat.st_blocks;
}

static int create_allocated(void) {
	int fd = memfd_create("traps", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	check(fd >= 0 && posix_fallocate(fd, 0, (off_t)SIZE) == 0, "cannot allocate a file");
	return fd;
}

// A toolkit that allocates the file of each pool (Weston's): its pages would be freed as soon as the pool is created.
// A file that no pool moves has them.
static void run_allocates(struct session *session) {
	struct picture first, picture;
	picture_init(&first, session, create_file(SIZE), SIZE, 0);
	int fd = create_allocated(), other = create_allocated(), read_only = create_allocated();
	printf("an allocated file has blocks: %ld\n", count_blocks(fd));
	picture_init(&picture, session, fd, SIZE, 0);
	fill(picture.pixels, 0x5b5b5b);
	uint32_t *pixels = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, other, 0);
	check(pixels != MAP_FAILED, "cannot map the file");
	wl_shm_pool_destroy(wl_shm_create_pool(session->shm, other, SIZE));
	check(count_blocks(other) == SIZE / 512, "an ordinary pool has not all of its blocks");
	munmap(pixels, SIZE);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", read_only);
	close(other);
	other = open(path, O_RDONLY | O_CLOEXEC);
	check(posix_fallocate(other, 0, (off_t)SIZE) == EBADF, "space was allocated by an fd that cannot write");
	close(other);
	close(read_only);
	picture_finish(&first);
	finish_after_showing(&picture, 0x5b5b5b);
}

// The next call that is seen makes file and mapping the same.
static void run_unseen_write(struct session *session) {
	const uint32_t color = 0x383838;
	struct picture picture;
	uint32_t word;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	fill(picture.pixels, 0x373737);
	check(call_kernel(SYS_pwrite64, picture.fd, (long)&color, 4, 0, 0, 0) == 4, "cannot write a file");
	check(pread(picture.fd, &word, 4, 0) == 4 && word == picture.pixels[0], "file and mapping differ");
	printf("after an unseen write: %06x\n", word);
	picture_check(&picture, 0, 0x393939);
	picture_finish(&picture);
}

// As vkcube: a program that has found libwayland's functions by itself, so that nobody sees when it reads. It creates a
// pool while it has prepared to read, and afterwards.
static void run_finds_libwayland(struct session *session) {
	void *library = dlopen("libwayland-client.so.0", RTLD_LAZY), *symbol;
	int (*prepare)(struct wl_display *display);
	void (*cancel)(struct wl_display *display);
	symbol = dlsym(library, "wl_display_prepare_read");
	memcpy(&prepare, &symbol, sizeof(prepare));
	symbol = dlsym(library, "wl_display_cancel_read");
	memcpy(&cancel, &symbol, sizeof(cancel));
	for (int i = 0; i < 3; i++) {
		struct picture picture;
		check(prepare(session->display) == 0, "cannot prepare to read: there are events in the queue");
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		cancel(session->display);
		picture_check(&picture, 0, 0x727272);
		picture_finish(&picture);
		picture_init(&picture, session, create_file(SIZE), SIZE, 0);
		picture_check(&picture, 0, 0x737373);
		picture_finish(&picture);
	}
	dlclose(library);
}

#endif

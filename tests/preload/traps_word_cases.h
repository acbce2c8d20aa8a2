/*
 * The cases of traps.c about the width of words: system calls by their numbers, which differ where an offset has two
 * words, and files and offsets beyond what 32 bits can name.
 */
#ifndef TRAPS_WORD_CASES_H
#define TRAPS_WORD_CASES_H

#include <linux/net.h>

#if __SIZEOF_LONG__ == 8
#define FTRUNCATE SYS_ftruncate
#else
#define FTRUNCATE SYS_ftruncate64
#endif

#define FAR_OFFSET ((off64_t)1 << 32)

static void *map_by_number(int fd, size_t size, off_t offset) {
#ifdef SYS_mmap2
	return (void *)syscall(SYS_mmap2, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)(offset / 4096));
#else
	return (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
#endif
}

// The oldest mmap() of some machines.
static void *map_by_oldest_number(int fd, size_t size, off_t offset) {
#ifdef __i386__
	const long args[6] = {0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (long)offset};
	return (void *)syscall(SYS_mmap, args);
#else
	return map_by_number(fd, size, offset);
#endif
}

static void run_numbered(struct session *session) {
	int fd = memfd_create("traps", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	check(syscall(FTRUNCATE, fd, ODD_WORDS(SIZE)) == 0, "cannot size a file by number");
	uint32_t *pixels = map_by_number(fd, SIZE, 0);
	check(pixels != MAP_FAILED, "cannot map a file by number");
	fill(pixels, 0x515151);
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, (int32_t)SIZE);
	check(syscall(FTRUNCATE, fd, ODD_WORDS(2 * SIZE)) == 0, "cannot grow a file by number");
	wl_shm_pool_resize(pool, (int32_t)(2 * SIZE));
	uint32_t *late = map_by_oldest_number(fd, SIZE, (off_t)SIZE);
	check(late != MAP_FAILED && late[0] == 0, "cannot map the end of a file by number");
	fill(late, 0x525252);
	struct wl_buffer *buffer = create_buffer(session, pool, (int32_t)SIZE);
	show(session, buffer);
	check_shown(session, 0x525252, "pixels of a mapping made by number are not shown");
	const long mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	check(syscall(SYS_fallocate, fd, mode, WORDS(SIZE), WORDS(4096)) == 0, "cannot punch a hole by number");
	check(late[0] == 0 && late[1023] == 0 && late[1024] == 0x525252, "the hole is not where it was punched");
	check(pixels[0] == 0x515151, "pixels drawn before the pool was created have changed");
	fill(late, 0x535353);
	show(session, buffer);
	check_shown(session, 0x535353, "pixels drawn into a hole are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	munmap(late, SIZE);
	close(fd);
}

static void run_shrinks_numbered(struct session *session) {
	struct picture picture;
	int fd = create_file(SIZE);
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x545454);
	check(syscall(FTRUNCATE, fd, ODD_WORDS(4096)) == -1, "a sealed file was shrunk");
#ifdef SYS_truncate64
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(syscall(SYS_truncate64, path, ODD_WORDS(4096)) == -1, "a sealed file was shrunk by its path");
#endif
	finish_after_showing(&picture, 0x545454);
}

static void run_seeks_numbered(struct session *session) {
	struct picture picture;
	int fd = create_file(SIZE);
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x555555);
#ifdef SYS__llseek
	int64_t data = -1;
	check(syscall(SYS__llseek, fd, 0L, 0L, &data, SEEK_DATA) == 0, "cannot look for data by number");
	check(data == 0, "a file that was drawn into has a hole at its start");
#else
	check(syscall(SYS_lseek, fd, 0L, SEEK_DATA) == 0, "a file that was drawn into has a hole at its start");
#endif
	finish_after_showing(&picture, 0x555555);
}

// Passes a message to a function of sockets: by the one number that has all of them, if there is one.
static long send_by_number(int socket, const struct msghdr *message) {
#ifdef SYS_socketcall
	const long args[] = {socket, (long)message, 0};
	return syscall(SYS_socketcall, SYS_SENDMSG, args);
#else
	return syscall(SYS_sendmsg, socket, message, 0L);
#endif
}

static long send_many_by_number(int socket, const struct msghdr *message) {
	struct mmsghdr messages[1] = {{.msg_hdr = *message}};
	return syscall(SYS_sendmmsg, socket, messages, 1L, 0L);
}

static void check_sent(struct session *session, long (*send)(int socket, const struct msghdr *message)) {
	int ends[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot create sockets");
	pid_t child = fork();
	if (child == 0) {
		_exit(see(receive_fd(ends[1]), 0x565656, 0x575757));
	}
	struct picture picture;
	picture_init(&picture, session, create_file(SIZE), SIZE, 0);
	picture_check(&picture, 0, 0x565656);
	struct fd_message message;
	fd_message_init(&message, picture.fd);
	check(send(ends[0], &message.header) == 1, "cannot send an fd by number");
	check_ended(child);
	close(ends[0]);
	close(ends[1]);
	finish_after_showing(&picture, 0x575757);
}

static void run_sends_numbered(struct session *session) {
	check_sent(session, send_by_number);
	check_sent(session, send_many_by_number);
}

// A pool in a file of which 32 bits cannot name the size.
static void run_large_file(struct session *session) {
	int fd = create_file(SIZE);
	uint32_t *pixels = map(fd, SIZE, 0);
	check(ftruncate64(fd, FAR_OFFSET + (off64_t)SIZE) == 0, "cannot create a large file");
	struct wl_shm_pool *pool = wl_shm_create_pool(session->shm, fd, (int32_t)SIZE);
	struct wl_buffer *buffer = create_buffer(session, pool, 0);
	fill(pixels, 0x585858);
	show(session, buffer);
	check_shown(session, 0x585858, "pixels at the start of a large file are not shown");
	wl_buffer_destroy(buffer);
	wl_shm_pool_destroy(pool);
	munmap(pixels, SIZE);
	close(fd);
}

// A mapping of which 32 bits cannot name the offset: its bytes are not those at the start of the file.
static void run_far_mapping(struct session *session) {
	struct picture picture;
	int fd = create_file(SIZE);
	picture_init(&picture, session, fd, SIZE, 0);
	picture_check(&picture, 0, 0x595959);
	check(ftruncate64(fd, FAR_OFFSET + (off64_t)SIZE) == 0, "cannot make a file large");
	uint32_t *far = mmap64(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, FAR_OFFSET), word = 0;
	check(far != MAP_FAILED, "cannot map the end of a large file");
	check(far[0] == 0, "the end of a large file has the pixels of its start");
	fill(far, 0x5a5a5a);
	check(picture.pixels[0] == 0x595959, "drawing at the end of a large file has changed its start");
	check(pread64(fd, &word, 4, FAR_OFFSET + 4) == 4 && word == 0x5a5a5a, "pixels at the end of a file are not read");
	munmap(far, SIZE);
	finish_after_showing(&picture, 0x595959);
}

#endif

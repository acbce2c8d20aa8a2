/*
 * A private client: another process draws, which has a file of the client and nothing else.
 */
#include "toolkit.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define XRGB WL_SHM_FORMAT_XRGB8888
#define SECRET 0xa5 // each byte of what the other process must not see

// What the artist is told. The first message about a file brings its fd.
struct order {
	struct lido_image_file file;
	int32_t width, height, stride;
	uint32_t seed;
	bool tries_all; // to change the file, and to find secrets in it
};

struct work {
	uint32_t sum;
	bool is_changed;  // the artist could change the file's size or its seals
	bool has_secrets; // it found one
};

// A process that was started before the connection was made, so it has what it is sent.
struct artist {
	pid_t pid;
	int socket;
};

static bool try_to_change(int fd, uint32_t size) {
	bool is_changed = ftruncate(fd, (off_t)size + 1) == 0 || errno != EPERM;
	is_changed |= ftruncate(fd, (off_t)size - 1) == 0 || errno != EPERM;
	is_changed |= fallocate(fd, 0, size, 4096) == 0 || errno != EPERM;
	is_changed |= pwrite(fd, "x", 1, size) == 1 || errno != EPERM;
	return is_changed || fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0;
}

static bool has_secrets(const uint8_t *data, uint32_t size) {
	uint8_t secret[64];
	memset(secret, SECRET, sizeof(secret));
	return memmem(data, size, secret, sizeof(secret)) != NULL;
}

static void draw(const struct order *order, uint8_t *data, struct work *work) {
	uint8_t *pixels = data + order->file.offset;
	for (int32_t y = 0; y < order->height; y++) {
		memset(pixels + (size_t)y * order->stride, (int)((order->seed + (uint32_t)y) % SECRET), order->width * 4);
	}
	work->sum = surfaces_sum(pixels, order->width, order->height, order->stride);
}

// Returns false at the end. *fd: -1, or what came with the order.
static bool receive(int socket, struct order *order, int *fd) {
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec vector = {.iov_base = order, .iov_len = sizeof(*order)};
	struct msghdr message = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	*fd = -1;
	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*order)) {
		return false;
	}
	if (message.msg_controllen >= CMSG_LEN(sizeof(int))) {
		memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
	}
	return true;
}

static void artist_live(int socket) {
	uint8_t *data[16] = {NULL};
	struct order order;
	int fd;
	while (receive(socket, &order, &fd)) {
		struct work work = {0};
		uint8_t **mapping = &data[order.file.id % 16];
		if (fd != -1) {
			*mapping = mmap(NULL, order.file.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			work.is_changed = order.tries_all && try_to_change(fd, order.file.size);
			close(fd);
		}
		if (*mapping == NULL || *mapping == MAP_FAILED) {
			_exit(1);
		}
		work.has_secrets = order.tries_all && has_secrets(*mapping, order.file.size);
		draw(&order, *mapping, &work);
		if (send(socket, &work, sizeof(work), MSG_NOSIGNAL) != (ssize_t)sizeof(work)) {
			break;
		}
	}
	_exit(0);
}

static void artist_init(struct artist *artist) {
	int sockets[2];
	expect_int(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), ==, 0);
	artist->pid = fork();
	expect_int(artist->pid, !=, -1);
	if (artist->pid == 0) {
		close(sockets[0]);
		artist_live(sockets[1]);
	}
	close(sockets[1]);
	artist->socket = sockets[0];
}

static void artist_finish(struct artist *artist) {
	int status;
	close(artist->socket);
	expect_int(waitpid(artist->pid, &status, 0), ==, artist->pid);
	expect_int(status, ==, 0);
}

// Has the artist draw an image. known: id of the file that it has; is updated.
static struct work artist_draw(
		struct artist *artist, struct lido_image *image, uint32_t seed, uint32_t *known, bool tries_all) {
	struct order order = {.width = lido_image_get_width(image),
		.height = lido_image_get_height(image),
		.stride = lido_image_get_stride(image),
		.seed = seed,
		.tries_all = tries_all};
	struct work work;
	expect(lido_image_get_file(image, &order.file));
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec vector = {.iov_base = &order, .iov_len = sizeof(order)};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	if (order.file.id != *known) {
		memcpy(CMSG_DATA(&control.header), &order.file.fd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		*known = order.file.id;
	}
	expect_int(sendmsg(artist->socket, &message, MSG_NOSIGNAL), ==, sizeof(order));
	expect_int(recv(artist->socket, &work, sizeof(work), 0), ==, sizeof(work));
	return work;
}

struct studio {
	struct artist artist;
	struct toolkit_pair pair; // whose client is an ordinary one
	struct lido_client *client;
};

static void studio_init(struct studio *studio, enum lido_client_backend backend) {
	const struct lido_client_options options = {.backend = backend, .is_private = true};
	artist_init(&studio->artist);
	toolkit_pair_init(&studio->pair, &(struct remote_options){.reports = true}, backend);
	studio->client = lido_client_create(studio->pair.toolkit.display, &options, NULL);
	expect(studio->client != NULL);
	expect_int(lido_client_get_backend(studio->client), ==, backend);
}

static void studio_finish(struct studio *studio) {
	lido_client_destroy(studio->client);
	toolkit_pair_finish(&studio->pair);
	artist_finish(&studio->artist);
}

static void expect_shown(struct studio *studio, struct lido_image *image, uint32_t sum) {
	struct surfaces_commit commit;
	expect(toolkit_commit(&studio->pair.toolkit, image));
	remote_receive(&studio->pair.remote, &commit);
	expect_int(commit.sum, ==, sum);
	toolkit_settle(&studio->pair.toolkit);
	expect(lido_client_dispatch(studio->client));
}

// Draws secrets, in images of this client.
static void keep_secrets(struct lido_client *client, struct lido_image **images, int count) {
	for (int i = 0; i < count; i++) {
		images[i] = lido_image_create(client, 100, 100, XRGB);
		expect(images[i] != NULL);
		memset(lido_image_get_pixels(images[i]), SECRET, 100 * 100 * 4);
	}
}

TEST_EACH_BACKEND("client_private@what-another-process-draws-is-shown-and-it-can-do-nothing-else") {
	struct studio studio;
	struct lido_image *secrets[8];
	uint32_t known = 0;
	studio_init(&studio, backend);
	keep_secrets(studio.pair.toolkit.client, secrets, 8);
	// Another private client is as unseen as the ordinary one.
	const struct lido_client_options options = {.backend = backend, .is_private = true};
	struct lido_client *other = lido_client_create(studio.pair.toolkit.display, &options, NULL);
	struct lido_image *others[8];
	keep_secrets(other, others, 8);
	struct lido_image *image = lido_image_create(studio.client, 64, 48, XRGB);
	for (uint32_t seed = 1; seed <= 5; seed++) {
		struct work work = artist_draw(&studio.artist, image, seed, &known, true);
		expect(!work.is_changed && !work.has_secrets);
		expect_shown(&studio, image, work.sum);
	}
	// All goes on, for each of them.
	keep_secrets(studio.pair.toolkit.client, secrets, 1);
	keep_secrets(other, others, 1);
	lido_client_destroy(other);
	studio_finish(&studio);
}

TEST_EACH_BACKEND("client_private@frames-of-a-swapchain-share-few-files-whatever-their-sizes") {
	struct studio studio;
	uint32_t known = 0, files = 0;
	studio_init(&studio, backend);
	struct lido_swapchain *swapchain = lido_swapchain_create(studio.client);
	for (uint32_t i = 0; i < 60; i++) {
		int32_t size = 40 + (int32_t)(i % 20) * 7;
		struct lido_image *image = lido_swapchain_acquire(swapchain, size, size, XRGB);
		uint32_t before = known;
		struct work work = artist_draw(&studio.artist, image, i, &known, i % 10 == 0);
		expect(!work.is_changed && !work.has_secrets);
		expect_shown(&studio, image, work.sum);
		files += known != before;
	}
	expect(backend == LIDO_CLIENT_BACKEND_WL_SHM || files == 1);
	studio_finish(&studio);
}

TEST_EACH_BACKEND("client_private@images-in-a-block-have-their-offsets") {
	struct studio studio;
	uint32_t known = 0;
	studio_init(&studio, backend);
	struct lido_client_block *block = lido_client_block_create(studio.client, 65536);
	struct lido_image *first = lido_client_block_create_image(block, 0, 16, 16, 64, XRGB);
	struct lido_image *second = lido_client_block_create_image(block, 4096, 16, 16, 64, XRGB);
	struct lido_image_file files[2];
	expect(lido_image_get_file(first, &files[0]) && lido_image_get_file(second, &files[1]));
	expect_int(files[0].id, ==, files[1].id);
	expect_int(files[1].offset - files[0].offset, ==, 4096);
	struct work works[] = {
		artist_draw(&studio.artist, first, 1, &known, false), artist_draw(&studio.artist, second, 2, &known, false)};
	expect_shown(&studio, first, works[0].sum);
	expect_shown(&studio, second, works[1].sum);
	studio_finish(&studio);
}

TEST("client_private@files-beyond-the-servers-limit-are-of-wl-shm") {
	enum {
		COUNT = 20
	};
	struct remote remote;
	struct toolkit toolkit;
	struct lido_client *clients[COUNT];
	struct artist artist;
	uint32_t known = 0, files = 0;
	artist_init(&artist);
	remote_init(&remote, NULL);
	toolkit_init(&toolkit, &remote, LIDO_CLIENT_BACKEND_POOL);
	for (int i = 0; i < COUNT; i++) {
		clients[i] = lido_client_create(toolkit.display, &(struct lido_client_options){.is_private = true}, NULL);
		expect(clients[i] != NULL);
		struct lido_image *image = lido_image_create(clients[i], 32, 32, XRGB);
		known = 0;
		struct work work = artist_draw(&artist, image, (uint32_t)i, &known, true);
		expect(!work.is_changed);
		expect(toolkit_commit(&toolkit, image));
		struct lido_client_stats stats;
		lido_client_get_stats(clients[i], &stats);
		files += stats.files;
	}
	expect_int(files, ==, COUNT - LIDO_AREAS_MAX_DEFAULT);
	for (int i = 0; i < COUNT; i++) {
		lido_client_destroy(clients[i]);
	}
	toolkit_settle(&toolkit);
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
	artist_finish(&artist);
}

TEST("client_private@takes-wl-shm-if-the-pool-is-too-old") {
	struct remote remote;
	struct toolkit toolkit;
	const enum lido_client_backend backends[] = {LIDO_CLIENT_BACKEND_AUTO, LIDO_CLIENT_BACKEND_POOL};
	remote_init(&remote, &(struct remote_options){.shm = REMOTE_SHM_ODD, .manner = ODD_POOL_PLAIN});
	toolkit_init(&toolkit, &remote, LIDO_CLIENT_BACKEND_POOL);
	for (int i = 0; i < 2; i++) {
		enum lido_client_error error;
		struct lido_client *client = lido_client_create(
				toolkit.display, &(struct lido_client_options){.backend = backends[i], .is_private = true}, &error);
		expect_int(error, ==, i == 0 ? LIDO_CLIENT_ERROR_NONE : LIDO_CLIENT_ERROR_UNSUPPORTED);
		expect(i == 1 || lido_client_get_backend(client) == LIDO_CLIENT_BACKEND_WL_SHM);
		lido_client_destroy(client);
	}
	toolkit_finish(&toolkit);
	expect(remote_finish(&remote));
}

TEST_EACH_BACKEND("client_private@other-clients-tell-no-file") {
	struct toolkit_pair pair;
	struct lido_client *client = toolkit_pair_init(&pair, NULL, backend);
	struct lido_image *image = lido_image_create(client, 10, 10, XRGB);
	struct lido_image_file file;
	expect(!lido_image_get_file(image, &file));
	expect_client_error(client, UNSUPPORTED);
	toolkit_pair_finish(&pair);
}

// Attacks on the memory that the server keeps for a client: copies of pixels, and their mappings.
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// A picture of one page.
#define SIDE 32
#define PAGE_SIZE (SIDE * SIDE * 4)

#define QUEUE_SURFACES 1000
#define QUEUE_COMMITS 3 // per surface: as many as may be queued
#define QUEUE_CLIENTS 5

// After this time the server has given idle memory back.
#define IDLE_MS 5000

// A window with synchronized subsurfaces whose commits queue up, since the window never commits. Each commit has its
// own picture: the server keeps a copy of each.
struct queue {
	struct attacker attacker;
	struct window window;
	struct wl_surface *surfaces[QUEUE_SURFACES];
	struct wl_subsurface *subsurfaces[QUEUE_SURFACES];
	struct wl_shm_pool *pool;
	int count; // surfaces
};

static void queue_init(struct queue *queue) {
	attacker_connect(&queue->attacker);
	window_init(&queue->window, &queue->attacker);
	queue->count = attack_count(QUEUE_SURFACES);
	// Unsealable files are never read in place.
	int fd = file_create(PAGE_SIZE, -1);
	queue->pool = wl_shm_create_pool(queue->attacker.shm, fd, PAGE_SIZE);
	close(fd);
	for (int i = 0; i < queue->count; i++) {
		queue->surfaces[i] = wl_compositor_create_surface(queue->attacker.compositor);
		queue->subsurfaces[i] = wl_subcompositor_get_subsurface(
				queue->attacker.subcompositor, queue->surfaces[i], queue->window.surface);
	}
	expect_alive(&queue->attacker);
}

// One picture for each surface in turn, so that no surface's copies lie together.
static void queue_commits(struct queue *queue) {
	for (int i = 0; i < QUEUE_COMMITS * queue->count; i++) {
		struct wl_surface *surface = queue->surfaces[i % queue->count];
		struct wl_buffer *buffer =
				wl_shm_pool_create_buffer(queue->pool, 0, SIDE, SIDE, SIDE * 4, WL_SHM_FORMAT_ARGB8888);
		wl_surface_attach(surface, buffer, 0, 0);
		wl_surface_commit(surface);
		if (i % 64 == 63) {
			expect_alive(&queue->attacker);
		}
	}
	expect_alive(&queue->attacker);
}

static void queue_destroy_surface(struct queue *queue, int i) {
	wl_subsurface_destroy(queue->subsurfaces[i]);
	wl_surface_destroy(queue->surfaces[i]);
	if (i % 64 == 0) {
		expect_alive(&queue->attacker);
	}
}

// Every second surface goes, so that what stays is in pieces.
static void run_queue(void *data) {
	const int *ready_fd = data;
	static struct queue queue;
	queue_init(&queue);
	queue_commits(&queue);
	for (int i = 0; i < queue.count; i += 2) {
		queue_destroy_surface(&queue, i);
	}
	expect_alive(&queue.attacker);
	sleep_ms(IDLE_MS);
	expect_alive(&queue.attacker);
	if (write(*ready_fd, "", 1) == 1) {
		pause();
	}
}

ATTACK("mappings-of-queued-pictures") {
	int fds[2];
	pid_t children[QUEUE_CLIENTS];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		fail("cannot create a pipe: %s", strerror(errno));
	}
	for (int i = 0; i < QUEUE_CLIENTS; i++) {
		children[i] = start_child(run_queue, &fds[1]);
	}
	close(fds[1]);
	for (int i = 0; i < QUEUE_CLIENTS; i++) {
		char byte;
		if (read(fds[0], &byte, 1) != 1) {
			fail("the server has disconnected a client that is within its limits");
		}
	}
	// A client that needs memory now gets it.
	struct attacker newcomer;
	struct window window;
	struct picture picture;
	attacker_connect(&newcomer);
	window_init(&window, &newcomer);
	picture_init(&picture, &newcomer, -1, true, SIDE, SIDE);
	window_commit(&window, picture.buffer);
	expect_alive(&newcomer);
	hold();
	// Kill them one after the other: libwayland and wlroots destroy a client's objects at once, in up to 60 ms.
	for (int i = 0; i < QUEUE_CLIENTS; i++) {
		stop_child(children[i]);
		sleep_ms(100);
	}
}

// Many idle copies that fit no request, then many requests for a copy.
ATTACK("warm-memories-without-end") {
	static struct queue queue;
	queue_init(&queue);
	queue_commits(&queue);
	for (int i = 0; i < queue.count; i++) {
		queue_destroy_surface(&queue, i);
	}
	int fd = file_create(1 << 20, -1);
	struct wl_shm_pool *pool = wl_shm_create_pool(queue.attacker.shm, fd, 1 << 20);
	struct wl_surface *surface = wl_compositor_create_surface(queue.attacker.compositor);
	struct wl_buffer *buffers[2];
	for (int i = 0; i < 2; i++) {
		// A picture of another size needs another copy.
		buffers[i] = wl_shm_pool_create_buffer(pool, 0, 64, 128 + 32 * i, 256, WL_SHM_FORMAT_ARGB8888);
	}
	// So many fit into one dispatch.
	for (int i = 0; i < attack_count(2 * 2300); i++) {
		wl_surface_attach(surface, buffers[i % 2], 0, 0);
		wl_surface_commit(surface);
		attacker_flush(&queue.attacker);
	}
	expect_alive(&queue.attacker);
}
